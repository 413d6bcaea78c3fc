// Names that users gave to values, and the only two ways in which they may reach emitted text.
#pragma once
#include "mlir/IR/Location.h"
#include "mlir/IR/Value.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include <string>

namespace fusion {

/// For comments and reports: keeps [A-Za-z0-9_.:/-], puts '_' for every other byte and stops after 64 bytes. `/` next to `*`
/// cannot occur (`*` is replaced), and neither can `//` end a comment, so the result is safe inside any comment.
std::string escapeName(llvm::StringRef name);

/// A C identifier made of the name: letters, digits and single underscores, never reserved, never a keyword of C++ or CUDA, never
/// empty, at most 48 bytes. Equal names give equal identifiers; use UniqueIdentifiers where they must differ.
std::string identifier(llvm::StringRef name);

/// Hands out identifiers that differ from each other and from those reserved.
class UniqueIdentifiers {
public:
  /// `identifier(name)`, with the smallest free number behind it if that is taken.
  std::string get(llvm::StringRef name);
  void reserve(llvm::StringRef taken) { used.insert(taken); }

private:
  llvm::StringSet<> used;
};

/// The name a location carries (its outermost NameLoc), or the empty string.
llvm::StringRef nameOf(mlir::Location loc);
/// The name of a value: the `fusion.name` of a function argument, otherwise what its location carries.
llvm::StringRef nameOf(mlir::Value value);

/// Gives every argument and result of a function that has no `fusion.name` yet one: its location's name, else x0, x1, ... and y or
/// y0, y1, ...; with a number behind it where that is taken.
void nameTensors(mlir::FunctionOpInterface function);

/// Attribute names that the passes agree on.
constexpr llvm::StringLiteral kNameAttr = "fusion.name";           // function arguments and results: the user's name
constexpr llvm::StringLiteral kParameterAttr = "fusion.parameter"; // function arguments: a parameter, not an input
constexpr llvm::StringLiteral kRoleAttr = "fusion.role";           // functions: "forward" or "backward"
constexpr llvm::StringLiteral kGradOfAttr = "fusion.grad_of";      // results of the backward function: the argument's name
constexpr llvm::StringLiteral kIdAttr = "fusion.id";               // ops: the same number on a forward op and on its clone
constexpr llvm::StringLiteral kFactorsAttr = "fusion.factors"; // functions, contractions: tf32, bf16, fp16: factors may be rounded to it

} // namespace fusion
