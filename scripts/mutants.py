"""The mutants of scripts/mutate-compiler: what is edited, and the tests that are tried in order until one fails."""

MODELS = "{root}/test/Planted/Inputs"
RUN = "{bin}/fusion-run --grad=all --check "

TESTS = {
    "differentiate": "{lit}/Differentiate",
    "simplify": "{lit}/Simplify",
    "plans": "{lit}/Pipelines {lit}/Fuse",
    "conv": RUN + MODELS + "/conv_chain.mlir",
    "conv-kinks": RUN + "--inputs=kinks " + MODELS + "/conv_chain.mlir",
    "conv-nonfinite": RUN + "--inputs=nonfinite " + MODELS + "/conv_chain.mlir",
    "conv-sanitized": RUN + "--sanitize " + MODELS + "/conv_chain.mlir",
    "linear": RUN + MODELS + "/linear_chain.mlir",
    "linear-sanitized": RUN + "--sanitize " + MODELS + "/linear_chain.mlir",
    "norm": RUN + MODELS + "/conv_norm_chain.mlir",
    "norm-sanitized": RUN + "--sanitize " + MODELS + "/conv_norm_chain.mlir",
    "norm-mean": RUN + "--inputs=mean:10000 " + MODELS + "/channel_norm.mlir",
    "norm-bytes": "{bin}/fusion-run --grad=all --bytes " + MODELS + "/conv_norm_chain.mlir",
    "large": "{bin}/fusion-run --sanitize --blocks=last " + MODELS + "/large_conv_chain.mlir",
    "sub": RUN + MODELS + "/sub_chain.mlir",
    "hardswish-kinks": RUN + "--inputs=kinks {root}/test/Golden/act_hardswish.mlir",
    "launches": "{bin}/fusion-planted-tests",
}

STAGES = "lib/Stages/LowerToStages.cpp"
FINISH = "lib/Emit/CUDA/EmitFinish.cpp"
PRELUDE = "lib/Emit/CUDA/prelude/"
EMBED = {"unit": "lib/Emit/CUDA/Prelude.cpp"}
DIALECT = {"unit": "lib/Dialect/FusionDialect.cpp"}
RUNTIME = {"tools": ("fusion-planted-tests",), "tests": ["launches"]}


def mutant(name, file, find, replace, tests=(), **more):
    return {"name": name, "file": file, "find": find, "replace": replace, "tests": list(tests), **more}


MUTANTS = [
    # What a stage computes.
    mutant("eps-outside-root", STAGES,
           "Value sum = arith::AddFOp::create(b, l, v[0], e);\n      Value root = math::SqrtOp::create(b, l, sum);\n"
           "      return arith::DivFOp::create(b, l, one, root);",
           "Value root = math::SqrtOp::create(b, l, v[0]);\n      Value sum = arith::AddFOp::create(b, l, root, e);\n"
           "      return arith::DivFOp::create(b, l, one, sum);", ["norm", "linear"]),
    mutant("gamma-is-beta", STAGES, "{channel(normalize.getGamma()), channel(normalize.getBeta())}",
           "{channel(normalize.getBeta()), channel(normalize.getGamma())}", ["linear"]),
    mutant("norm-gradient-count", STAGES, "double(domain.channels / groups)", "double(domain.channels)", ["linear"]),
    mutant("bias-subtracted", STAGES, "return arith::AddFOp::create(b, l, v[0], v[1]); }", "return arith::SubFOp::create(b, l, v[0], v[1]); }", ["conv"]),
    # How a kernel computes it.
    mutant("finish-forgets-channel", FINISH, "c < (channel + 1) * {0}; ++c)", "c < (channel + 1) * {0} - 1; ++c)", ["norm"]),
    mutant("finish-swaps-moments", FINISH, "d.channels, 2 * d.channels)", "2 * d.channels, d.channels)", ["norm"]),
    mutant("columns-off-by-one", FINISH, 'formatv("if (channel >= {0})", elements)', 'formatv("if (channel > {0})", elements)', ["conv", "conv-sanitized"]),
    mutant("int32-offsets", "lib/Emit/CUDA/EmitPhase.cpp", '(wide ? "long long" : "int")', '"int"', ["conv", "large"]),
    mutant("partials-transposed", "lib/Emit/CUDA/EmitChannels.cpp", "{0}[(index_t)channel * gridDim.x + blockIdx.x] = {1}_all;",
           "{0}[(index_t)blockIdx.x * gridDim.y + channel] = {1}_all;", ["norm"]),
    # Derivatives.
    mutant("sub-gradient-sign", "lib/Differentiate/Rules.cpp", "negate(c, sumTo(c, c.dy(), op.getRhs()))", "sumTo(c, c.dy(), op.getRhs())",
           ["sub", "differentiate"]),
    mutant("mul-gradient-own-operand", "lib/Differentiate/Rules.cpp", "part(op.getLhs(), op.getRhs());", "part(op.getLhs(), op.getLhs());", ["linear"]),
    mutant("gradient-overwritten", "lib/Differentiate/Rules.cpp", "sum = sum ? AddOp::create(builder, gradient.getLoc(), value.getType(), sum, gradient).getResult() : gradient;",
           "sum = gradient;", ["linear", "differentiate"]),
    mutant("gamma-gradient-not-normalised", "lib/Differentiate/RulesStructured.cpp", "MulOp::create(c.builder, c.loc, op.getType(), c.dy(), n)",
           "MulOp::create(c.builder, c.loc, op.getType(), c.dy(), op.getX())", ["linear"]),
    # Algebra.
    mutant("dead-relu-reaches-below", "lib/Simplify/DeadLimits.cpp", "if (!(range.lo >= 0))\n      return std::nullopt;\n    // relu passes",
           "if (!(range.lo >= -1))\n      return std::nullopt;\n    // relu passes", ["conv", "simplify"]),
    mutant("relu-of-hardswish-is-exact", "lib/Simplify/ReluOfHardswish.cpp", "Change::Finite, Change::Exact", "Change::Exact, Change::Exact",
           ["conv-nonfinite", "simplify"]),
    mutant("merged-bounds-swapped", "lib/Simplify/MergeLimits.cpp", "limit(a.min), limit(a.max)", "limit(a.max), limit(a.min)", ["simplify"]),
    # Plans.
    mutant("worse-plan-taken", "lib/Fuse/Decide.cpp", "if (seconds < best) {", "if (seconds > best) {", ["norm", "norm-bytes", "plans"], times=2),
    # The prelude.
    mutant("matmul-barrier", PRELUDE + "matmul.cuh", "    __syncthreads(); // this buffer is full; whoever read it two steps ago has passed the barrier in between\n", "",
           ["linear", "linear-sanitized"], **EMBED),
    mutant("matmul-tail", PRELUDE + "matmul.cuh", "inner(i) < liveInner", "inner(i) <= liveInner", ["linear", "linear-sanitized"], **EMBED),
    mutant("chan-rule-without-count", PRELUDE + "reduce.cuh", "delta * delta * count * share", "delta * delta * share", ["norm"], **EMBED),
    mutant("sums-about-zero", PRELUDE + "reduce.cuh", "    if (n == 0)\n      shift = x;\n", "", ["norm", "norm-mean"], **EMBED),
    mutant("column-sum-tail", PRELUDE + "rows.cuh", "for (; i < count; i++)", "for (; i + 1 < count; i++)", ["conv"], **EMBED),
    mutant("scratch-reused-early", PRELUDE + "reduce.cuh", "  v = warpSum(v);\n  __syncthreads();\n", "  v = warpSum(v);\n", ["norm", "norm-sanitized"], **EMBED),
    # Formulas of activations.
    mutant("swish-gradient-y-plus", "dialects/Fusion/Activations.td", "dy * s * (1 + x * (1 - s))", "dy * s * (x + x * (1 - s))", ["linear"], **DIALECT),
    mutant("hardswish-min-3", "dialects/Fusion/Activations.td", "x * (u > 6 ? 6 : u) * (1 / 6)", "x * (u > 3 ? 3 : u) * (1 / 6)", ["conv"], **DIALECT),
    mutant("hardswish-kink", "dialects/Fusion/Activations.td", '"x <= -3 ? 0 : (x < 3 ?', '"x < -3 ? 0 : (x <= 3 ?', ["conv-kinks", "hardswish-kinks"], **DIALECT),
    mutant("relu-loses-nan", "dialects/Fusion/Activations.td", '"x < 0 ? 0 : x", ', '"x > 0 ? x : 0", ', ["conv", "conv-nonfinite"], **DIALECT),
    # The launch.
    mutant("default-stream", "lib/Runtime/Executable.cpp", "kernel.sharedBytes, stream, args)", "kernel.sharedBytes, nullptr, args)", **RUNTIME),
    mutant("wait-after-launch", "lib/Runtime/Executable.cpp",
           "if (Error error = context.driver().launch(function, extent, Extent3{kernel.block, 1, 1}, kernel.sharedBytes, stream, args))",
           "Error launched = context.driver().launch(function, extent, Extent3{kernel.block, 1, 1}, kernel.sharedBytes, stream, args);\n"
           "  if (Error waited = context.driver().synchronize())\n    return waited;\n  if (Error error = launched)", **RUNTIME),
]
