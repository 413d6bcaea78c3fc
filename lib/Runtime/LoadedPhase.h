// Internal to the runtime: the phases of a program on a device, each in the forms that launches have asked for so far.
#pragma once
#include "LaunchPlan.h"
#include "fusion/Runtime/Context.h"
#include <atomic>
#include <mutex>
#include <optional>

namespace fusion::runtime::detail {

/// One phase in one form. `plan` and `modules` are read without a lock once `ready`.
struct LoadedForm {
  std::mutex loading;
  std::atomic<bool> ready{false};
  std::vector<ModuleHandle> modules;
  std::optional<LaunchPlan> plan;
};

struct LoadedPhase {
  const Phase *phase = nullptr; ///< null: the variant lacks it
  PhaseKind kind = PhaseKind::Forward;
  Form first = Form::Wide;       ///< what small aligned launches run: Narrow where there is such a form
  std::vector<unsigned> tensors; ///< those whose addresses a launch reads
  LoadedForm forms[kForms];

  /// The form that a launch needs. `misaligned`: some address is no multiple of 16.
  Form formFor(int64_t batch, bool misaligned) const {
    if (__builtin_expect(misaligned && phase->unaligned, 0))
      return Form::Unaligned;
    return first == Form::Narrow && batch > phase->narrowBatch ? Form::Wide : first;
  }
};

/// Compiles and loads phases; every entry may be called from any thread at any time.
class Loader {
public:
  Loader(Context context, Program program, const Variant &variant, std::string target);
  ~Loader();
  Loader(const Loader &) = delete;
  Loader &operator=(const Loader &) = delete;

  const LoadedPhase &phase(PhaseKind kind) const { return phases[kind == PhaseKind::Forward ? 0 : 1]; }
  /// Compiles and loads one form of a phase that exists, unless that was done.
  Error load(PhaseKind kind, Form form);
  /// The first form of all phases, at the same time.
  Error loadAll();

  const Context context;
  const Program program;
  const Variant &variant; ///< the program's
  const std::string target;

private:
  struct Work;
  Error loadForms(const std::vector<std::pair<LoadedPhase *, Form>> &wanted);
  Expected<bool> takeImage(Work &work);
  Error planSource(Work &work);
  Error finish(Work &work);
  std::string nameOf(PhaseKind kind) const;
  void announce(const LoadedPhase &loaded, Form form) const;

  size_t sharedLimit;
  std::string imageKind;
  LoadedPhase phases[2];
};

} // namespace fusion::runtime::detail
