// The --emit side of fusion-opt.
#pragma once

namespace fusion::tools {

/// True when the command line asks for the compiler (`--emit=...`) instead of the pass driver.
bool wantsEmit(int argc, char **argv);
int emitMain(int argc, char **argv);

} // namespace fusion::tools
