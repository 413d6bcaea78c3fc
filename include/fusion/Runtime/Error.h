// Typed errors without exceptions: what went wrong, and what the caller can do about it.
#pragma once
#include <cassert>
#include <optional>
#include <string>
#include <utility>

namespace fusion::runtime {

enum class ErrorKind {
  None,
  InvalidArgument, ///< the caller passed something that does not fit the program; the message names it
  InvalidProgram,  ///< the program file is malformed, of another version, or fails its checksum
  Unsupported,     ///< understood, but this build or device cannot do it
  Compile,         ///< the CUDA source did not compile; the message holds the compiler's log
  Device,          ///< the driver reported an error, or the host driver's checks found a defect
  OutOfMemory,
  System,    ///< a file, a process or a library could not be used
  Cancelled, ///< the progress callback asked to stop
};

/// Empty (false) means success.
class [[nodiscard]] Error {
public:
  Error() = default;
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}
  explicit operator bool() const { return kind_ != ErrorKind::None; }
  ErrorKind kind() const { return kind_; }
  const std::string &message() const { return message_; }
  static Error success() { return {}; }

private:
  ErrorKind kind_ = ErrorKind::None;
  std::string message_;
};

/// A value, or the error that kept it from being made.
template <class T> class [[nodiscard]] Expected {
public:
  Expected(T value) : value_(std::move(value)) {}
  Expected(Error error) : error_(std::move(error)) { assert(error_ && "an Expected without a value needs an error"); }
  explicit operator bool() const { return value_.has_value(); }
  T &operator*() { return *value_; }
  const T &operator*() const { return *value_; }
  T *operator->() { return &*value_; }
  const T *operator->() const { return &*value_; }
  const Error &error() const { return error_; }

private:
  std::optional<T> value_;
  Error error_;
};

} // namespace fusion::runtime
