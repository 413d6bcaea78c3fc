// Takes names out of the source text into locations and attributes, as given: making them safe is the emitter's part.
#include "NameValues.h"
#include "fusion/Dialect/Names.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace fusion {

/// The SSA name in a source range, without its `%`; empty for numbers and `argN`, which printers invent.
static StringRef ssaName(SMRange range) {
  if (!range.isValid())
    return {};
  StringRef name(range.Start.getPointer(), range.End.getPointer() - range.Start.getPointer());
  name.consume_front("%");
  StringRef number = name;
  number.consume_front("arg");
  return llvm::all_of(number, llvm::isDigit) ? StringRef() : name;
}

static Location named(Location loc, StringRef name) {
  if (name.empty() || isa<NameLoc>(loc))
    return loc;
  return NameLoc::get(StringAttr::get(loc.getContext(), name), loc);
}

static StringRef given(DictionaryAttr attributes) {
  auto name = attributes ? attributes.getAs<StringAttr>(kNameAttr) : StringAttr();
  return name ? name.getValue() : StringRef();
}

LogicalResult nameValues(func::FuncOp function, const AsmParserState &state) {
  Builder builder(function.getContext());
  Block &block = function.getBody().front();
  auto *definition = state.getBlockDef(&block);
  for (BlockArgument arg : block.getArguments()) {
    StringRef name =
        definition && arg.getArgNumber() < definition->arguments.size() ? ssaName(definition->arguments[arg.getArgNumber()].loc) : "";
    if (StringRef explicitName = given(function.getArgAttrDict(arg.getArgNumber())); !explicitName.empty())
      arg.setLoc(NameLoc::get(builder.getStringAttr(explicitName), arg.getLoc()));
    else
      arg.setLoc(named(arg.getLoc(), name));
  }
  for (Operation &op : block)
    if (auto *definition = state.getOpDef(&op); definition && !definition->resultGroups.empty())
      op.setLoc(named(op.getLoc(), ssaName(definition->resultGroups.front().definition.loc)));

  // Arguments and results become the tensors of one program, so the names the user wrote down must differ.
  llvm::StringSet<> used;
  auto claim = [&](StringRef name) -> LogicalResult {
    if (name.empty() || used.insert(name).second)
      return success();
    return function.emitError() << "expected arguments and results of different names, but got \"" << escapeName(name)
                                << "\" twice; rename one";
  };
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (failed(claim(given(function.getArgAttrDict(i)))))
      return failure();
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    if (failed(claim(given(function.getResultAttrDict(i)))))
      return failure();
  nameTensors(function);
  for (BlockArgument arg : block.getArguments())
    arg.setLoc(named(arg.getLoc(), nameOf(Value(arg))));
  return success();
}

} // namespace fusion
