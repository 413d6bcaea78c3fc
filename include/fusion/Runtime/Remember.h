// Short texts that outlive the process, beside the compiled binaries: written whole or not at all, checked when read.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace fusion::runtime {

class Memory {
public:
  /// `directory` empty: nothing is remembered beyond this object. `report` gets what is wrong with an entry or with the directory; none
  /// of it is an error.
  explicit Memory(const std::string &directory, std::function<void(const std::string &)> report);
  ~Memory();
  /// The text stored under exactly this key. A damaged entry is not there.
  std::optional<std::string> find(const std::string &key);
  void insert(const std::string &key, const std::string &text);

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace fusion::runtime
