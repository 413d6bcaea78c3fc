"""The mutants of scripts/mutate-compiler: what is edited, and the tests that are tried in order until one fails.

A find-string is as short as it can be and still occur once (or `times` times), so that it survives edits around it.
"""
from mutant_tests import LAUNCHES, golden, lit, model, planted

RULES, STRUCTURED, REDUCED = (f"lib/Differentiate/{name}.cpp" for name in ("Rules", "RulesStructured", "RulesReductions"))
NORMS = "lib/Raise/DecomposeNorms.cpp"
STAGES, LOWER_NORMS, LOWER_REDUCTIONS, ACCESS = (f"lib/Stages/{name}.cpp" for name in ("LowerToStages", "LowerNorms", "LowerReductions", "Access"))
SCALARS, DEAD, MERGE, RANGE = (f"lib/Simplify/{name}.cpp" for name in ("Scalars", "DeadLimits", "MergeLimits", "Range"))
PLACES = "lib/Emit/CUDA/EmitSweepPlaces.cpp"
SUMS, EXTREMES = (f"lib/Simplify/{name}.cpp" for name in ("Sums", "Extremes"))
SKETCH, ANALYSIS, CHOOSE = "lib/Fuse/Sketch.cpp", "lib/Fuse/Analysis.cpp", "lib/Schedule/ChooseWindow.cpp"
SWEEP, FINISH, ROWS, PHASE, TILE = (f"lib/Emit/CUDA/Emit{name}.cpp" for name in ("Sweep", "Finish", "Rows", "Phase", "Tile"))
FULL_EDGE = "--schedule-from={models}/full-edge/full.mlir" # tiles of a size that tensor cores are worth
MUTANTS = []


def mutant(name, file, what, find, replace, *tests, times=1, **more):
    MUTANTS.append({"name": name, "file": file, "what": what, "find": find, "replace": replace, "tests": tests, "times": times, **more})


def formula(name, activation, what, find, replace, *goldens):
    """An edit of one activation's line, which the goldens of that activation must catch."""
    mutant(name, "dialects/Fusion/Activations.td", what, find, replace, golden(*(goldens or [f"act_{activation}"])),
           unit="lib/Dialect/FusionDialect.cpp", activation=activation)


def prelude(name, part, what, find, replace, *tests, times=1):
    mutant(name, f"lib/Emit/CUDA/prelude/{part}.cuh", what, find, replace, *tests, times=times, unit="lib/Emit/CUDA/Prelude.cpp")


def scheduled(group, name, full, options="--sanitize"):
    """A model with the plan and the tiles of one of another group."""
    test = model(group, name, options=f"--schedule-from={{models}}/{full}.mlir {options}".strip())
    return test._replace(groups=(group, full.partition("/")[0]))


def held(name, options=""):
    return scheduled("held", name, f"held-full/{name}", options)


# Formulas of activations.
formula("relu-loses-nan", "relu", "NaN becomes 0", '"x < 0 ? 0 : x", ', '"x > 0 ? x : 0", ')
formula("relu6-bound", "relu6", "min(x, 3)", "(x > 6 ? 6 : x)", "(x > 3 ? 3 : x)")
formula("leaky-relu-square", "leaky_relu", "slope squared", '"x > 0 ? x : x * slope"', '"x > 0 ? x : x * slope * slope"')
formula("sigmoid-sign", "sigmoid", "exp(x)", '"1 / (1 + exp(-x))"', '"1 / (1 + exp(x))"')
formula("hardswish-min-3", "hardswish", "min(u, 3)", "x * (u > 6 ? 6 : u) * (1 / 6)", "x * (u > 3 ? 3 : u) * (1 / 6)")
formula("softplus-threshold", "softplus", "threshold 2", '"x > 20 ? x', '"x > 2 ? x')
formula("clamp-order", "clamp", "the upper bound first", "u = x < min ? min : x; u > max ? max : u", "u = x > max ? max : x; u < min ? min : u",
        "act_clamp", "act_clamp_crossed")
formula("elu-exp", "elu", "exp without - 1", '"x <= 0 ? alpha * expm1(x) : x"', '"x <= 0 ? alpha * exp(x) : x"')
formula("celu-alpha", "celu", "alpha not divided by", "alpha * expm1(x * (1 / alpha))", "alpha * expm1(x)")
formula("gelu-tanh-cube", "gelu_tanh", "x^2 instead of x^3", "0.044715 * x * x * x", "0.044715 * x * x")
formula("log-sigmoid-sign", "log_sigmoid", "exp(abs(x))", "- log1p(exp(-abs(x)))", "- log1p(exp(abs(x)))")
formula("softsign-one", "softsign", "2 + abs(x)", '"x / (1 + abs(x))"', '"x / (2 + abs(x))"')
# Derivatives of activations.
formula("relu-kink", "relu", "dy at 0", '"x <= 0 ? 0 : dy"', '"x < 0 ? 0 : dy"')
formula("relu6-kink", "relu6", "dy at 6", "(x >= 6 ? 0 : dy)", "(x > 6 ? 0 : dy)")
formula("leaky-relu-kink", "leaky_relu", "dy at 0", '"x > 0 ? dy : dy * slope"', '"x >= 0 ? dy : dy * slope"')
formula("sigmoid-gradient", "sigmoid", "1 + s", "dy * (1 - s) * s", "dy * (1 + s) * s")
formula("tanh-gradient", "tanh", "1 - t", "dy * (1 - t * t)\"", "dy * (1 - t)\"")
formula("swish-gradient-y-plus", "swish", "x + x * (1 - s)", "dy * s * (1 + x * (1 - s))", "dy * s * (x + x * (1 - s))")
formula("hardswish-kink", "hardswish", "kinks on the other side", '"x <= -3 ? 0 : (x < 3 ?', '"x < -3 ? 0 : (x <= 3 ?')
formula("hardsigmoid-kink", "hardsigmoid", "dy / 6 at -3", '"x > -3 ? (x < 3 ? dy', '"x >= -3 ? (x < 3 ? dy')
formula("gelu-gradient", "gelu", "twice the density", "* 0.39894228040143267794", "* 0.79788456080286535588")
formula("softplus-gradient", "softplus", "exp(x)", '"x > 20 ? dy : dy / (1 + exp(-x))"', '"x > 20 ? dy : dy / (1 + exp(x))"')
formula("clamp-kink", "clamp", "dy at max", "u = x < max ? dy", "u = x <= max ? dy")
formula("elu-gradient", "elu", "without alpha", "dy * (alpha * exp(x))", "dy * exp(x)")
formula("selu-gradient", "selu", "without the scale", ': dy * 1.0507009873554804934"', ': dy"')
formula("celu-gradient", "celu", "times alpha", "dy * exp(x * (1 / alpha))", "dy * (alpha * exp(x * (1 / alpha)))")
formula("mish-gradient", "mish", "1 - t", '(1 - t * t))"', '(1 - t))"')
formula("gelu-tanh-gradient", "gelu_tanh", "the 3 of x^3 forgotten", "0.134145", "0.044715")
formula("softsign-gradient", "softsign", "1 + |x| / a", "(1 - abs(x) / a)", "(1 + abs(x) / a)")
formula("log-sigmoid-gradient", "log_sigmoid", "sides swapped", "(x < 0 ? 1 : z)", "(x < 0 ? z : 1)")
formula("exp-gradient", "exp", "dy * x", '"dy * exp(x)"', '"dy * x"')
formula("log-gradient", "log", "dy * x", '"dy / x"', '"dy * x"')
formula("sqrt-gradient", "sqrt", "without the 2", '"dy / (2 * sqrt(x))"', '"dy / sqrt(x)"')
formula("rsqrt-gradient", "rsqrt", "r^2", "dy * (r * r * r)", "dy * (r * r)")
formula("abs-kink", "abs", "dy at 0", "(x < 0 ? -dy : 0)", "(x < 0 ? -dy : dy)")
formula("neg-gradient", "neg", "the sign", '"-dy"', '"dy"')
formula("square-gradient", "square", "without the 2", '"dy * (2 * x)"', '"dy * x"')
formula("reciprocal-gradient", "reciprocal", "the sign", "-dy * (r * r)", "dy * (r * r)")
formula("pow-gradient", "pow", "the exponent not lowered", "pow(x, exponent - 1)", "pow(x, exponent)")
formula("pow-0-gradient", "pow", "0 * pow(x, -1) for exponent 0", '"exponent == 0 ? 0 : dy * (exponent * pow(x, exponent - 1))"',
        '"dy * (exponent * pow(x, exponent - 1))"', "act_pow_0")

# Derivative rules.
mutant("sub-gradient-sign", RULES, "the right operand's sign", "negate(c, sumTo(c, c.dy(), op.getRhs()))", "sumTo(c, c.dy(), op.getRhs())",
       planted("sub_chain"))
mutant("mul-gradient-own-operand", RULES, "dy times the operand itself", "part(op.getLhs(), op.getRhs());", "part(op.getLhs(), op.getLhs());",
       golden("broadcast_mul"))
mutant("mul-gradient-not-summed", RULES, "the broadcast operand's sum", "sumTo(c, MulOp::create(c.builder, c.loc, op.getType(), c.dy(), other), operand)",
       "MulOp::create(c.builder, c.loc, op.getType(), c.dy(), other)", golden("broadcast_mul"))
mutant("div-gradient-numerator", RULES, "x / rhs instead of y / rhs", "op.getY(), op.getRhs());", "op.getLhs(), op.getRhs());", golden("broadcast_div"))
mutant("div-gradient-product", RULES, "dy * rhs", "DivOp::create(c.builder, c.loc, op.getType(), c.dy(), op.getRhs())",
       "MulOp::create(c.builder, c.loc, op.getType(), c.dy(), op.getRhs())", golden("broadcast_div"))
mutant("div-gradient-sign", RULES, "the divisor's sign", "negate(c, sumTo(c, product, op.getRhs()))", "sumTo(c, product, op.getRhs())", golden("broadcast_div"))
mutant("extremum-gradient-swapped", RULES, "dy where the other operand is larger", "c.dy(), operand, other)", "c.dy(), other, operand)",
       golden("broadcast_maximum"))
mutant("minimum-gradient-is-maximum", RULES, "the maximum's gradient", "extremumRule<MinimumGradOp>", "extremumRule<MaximumGradOp>", golden("broadcast_minimum"))
mutant("where-gradient-swapped", RULES, "dy to rhs where lhs is chosen", "part(op.getRhs(), zero, c.dy());", "part(op.getRhs(), c.dy(), zero);", golden("where"))
mutant("gradient-overwritten", RULES, "the last use's gradient alone",
       "sum = sum ? AddOp::create(builder, gradient.getLoc(), value.getType(), sum, gradient).getResult() : gradient;", "sum = gradient;",
       model("graphs", "gate", "square"))
mutant("first-result-gets-all", "lib/Differentiate/Differentiate.cpp", "every result has the first one's dy", "gradients.contribute(result, block.getArgument(i));",
       "gradients.contribute(result, block.getArgument(0));", model("structures", "branches"))
mutant("detach-has-gradient", "lib/Differentiate/Differentiate.cpp", "what is detached is active", "isa<DetachOp, CountOp>(op)", "isa<CountOp>(op)", golden("detach"))
mutant("bias-gradient-axis", STRUCTURED, "a sum over the channels", "if (d != 1)", "if (d != 0)", model("graphs", "square_linear"))
mutant("linear-gradient-transposed", STRUCTURED, "dy * weight^T", "c.dy(), op.getWeight(), false, false)", "c.dy(), op.getWeight(), false, true)",
       model("graphs", "square_linear"))
mutant("matmul-gradient-order", STRUCTURED, "b^T where a is transposed", "ta ? matmul(c, a.getType(), b, c.dy(), tb, true)",
       "ta ? matmul(c, a.getType(), b, c.dy(), !tb, true)", model("graphs", "square_matmul"))
mutant("gamma-gradient-not-normalised", STRUCTURED, "dy * x", "MulOp::create(c.builder, c.loc, op.getType(), c.dy(), n)",
       "MulOp::create(c.builder, c.loc, op.getType(), c.dy(), op.getX())", planted("linear_chain"))
mutant("sum-gradient-axis", REDUCED, "dims not kept: dy along the last axes", "broadcastTo(b, b.keepDims(c.dy(), op.getX(), op.getDims()),", "broadcastTo(b, c.dy(),",
       model("reductions", "sum_of_equal_extents"))
mutant("extreme-gradient-of-max", REDUCED, "the minimum's gradient at the maximum", "x, c.op->getName().stripDialect(), dims", 'x, "max", dims',
       golden("reduce_min_inner"))
mutant("variance-gradient-factor", REDUCED, "without the 2", "b.constant(2)", "b.constant(1)", golden("reduce_variance_middle"))
mutant("moments-gradient-count", REDUCED, "not divided by the count", "b.keepDims(b.div(gradient, b.count(x, op.getDims())),", "b.keepDims(gradient,",
       golden("reduce_variance_middle"))
mutant("moments-mean-gradient", REDUCED, "the mean's gradient forgotten", "broadcastTo(b, perElement(dMean), x)",
       "broadcastTo(b, b.mul(perElement(dMean), b.constant(0)), x)", model("graphs", "own_statistics"))
mutant("standardize-gradient-sign", REDUCED, "centred + slope", "b.sub(centred, slope)", "b.add(centred, slope)", golden("layer_norm"))
mutant("standardize-foreign-moments", REDUCED, "statistics of another tensor as its own", "moments.getX() == op.getX() && ", "",
       model("graphs", "statistics_of_another"))
mutant("running-mean-gradient-sign", REDUCED, "the mean's sign", "negate(c, sumTo(c, scaled, op.getMean()))", "sumTo(c, scaled, op.getMean())",
       golden("batch_norm_inference"))
mutant("running-variance-gradient", REDUCED, "x not centred", "b.mul(dy, b.sub(b.inF32(op.getX()), op.getMean()))", "b.mul(dy, b.inF32(op.getX()))",
       golden("batch_norm_inference"))
mutant("dropout-gradient-unmasked", REDUCED, "dy everywhere", "withAttributesOf(c, c.op->getName().getStringRef(), c.dy(), x.getType())", "c.dy()", golden("dropout"))

# Decompositions.
mutant("rsqrt-then-eps", NORMS, "eps outside the root", "stats.unary<RsqrtOp>(stats.add(variance, stats.constant(eps.convertToDouble())))",
       "stats.add(stats.unary<RsqrtOp>(variance), stats.constant(eps.convertToDouble()))", golden("layer_norm"))
mutant("variance-correction", NORMS, "count + correction", "(double(*count) - correction)", "(double(*count) + correction)", golden("reduce_variance_inner"))
mutant("any-batch-correction", NORMS, "no correction for an unknown batch", "b.div(b.mul(variance, n), left)", "b.div(b.mul(variance, n), n)",
       golden("batch_norm_any_batch", "reduce_variance_batch"), lit("Raise"))
mutant("momentum-swapped", NORMS, "momentum of the old value", "make.constant(1 - momentum)", "make.constant(momentum)", golden("batch_norm_running"))
mutant("running-variance-biased", NORMS, "the biased variance", "corrected(make, variance, o.getX(), dims, 1)", "variance", golden("batch_norm_running"))
mutant("trailing-dims", NORMS, "the first of several normalised dims", "llvm::seq(rank - count, rank)", "llvm::seq(rank - count, rank - count + 1)",
       golden("layer_norm_three"))
mutant("rms-of-abs", NORMS, "the mean of |x|", "stats.unary<SquareOp>(o.getX())", "stats.unary<AbsOp>(o.getX())", golden("rms_norm"))
mutant("instance-norm-one-group", NORMS, "all channels in one group", "grouped(o, o.getX().getType().getDimSize(1))", "grouped(o, 1)", golden("instance_norm"))
mutant("layer-norm-beta-first", NORMS, "(y + beta) * gamma", "make.add(make.mul(y, o.getGamma()), o.getBeta())", "make.mul(make.add(y, o.getBeta()), o.getGamma())",
       golden("layer_norm"))
mutant("logsumexp-infinite-shift", NORMS, "inf - inf", "stats.ternary<WhereOp>(difference, stats.constant(0), m)", "m", golden("special_logsumexp"))
mutant("log-softmax-axis", NORMS, "the sum over the last dim", "stats.reduce<SumOp>(make.unary<ExpOp>(z), o.getDims(), true)",
       "stats.reduce<SumOp>(make.unary<ExpOp>(z), {cast<RankedTensorType>(z.getType()).getRank() - 1}, true)", golden("log_softmax_channels"))
mutant("softmax-not-divided", NORMS, "the sum forgotten", "make.div(e, stats.reduce<SumOp>(e, o.getDims(), true))", "e", golden("softmax_last"))

# Idioms.
mutant("gate-of-another-value", "lib/Raise/RaiseIdioms.cpp", "x * sigmoid(z) becomes swish", "if (match(mul.getRhs()) == mul.getLhs())", "if (match(mul.getRhs()))",
       model("graphs", "gate"))
mutant("hardsigmoid-offset", "lib/Raise/RaiseIdioms.cpp", "x / 6 + 1/4 becomes hardsigmoid", "matchPlus(gate, 0.5)", "matchPlus(gate, 0.25)", lit("Raise"))

# Stages.
mutant("eps-outside-root", LOWER_NORMS, "1 / (sqrt(v) + eps)", "Value sum = arith::AddFOp::create(b, l, v[0], e);\n      Value root = math::SqrtOp::create(b, l, sum);",
       "Value sum = math::SqrtOp::create(b, l, v[0]);\n      Value root = arith::AddFOp::create(b, l, sum, e);", planted("conv_norm_chain"))
mutant("gamma-is-beta", LOWER_NORMS, "gamma and beta swapped", "{channel(normalize.getGamma()), channel(normalize.getBeta())}",
       "{channel(normalize.getBeta()), channel(normalize.getGamma())}", planted("linear_chain"))
mutant("norm-gradient-count", LOWER_NORMS, "all channels counted", "double(domain.channels / groups)", "double(domain.channels)", planted("linear_chain"))
mutant("bias-subtracted", STAGES, "z - bias", "return arith::AddFOp::create(b, l, v[0], v[1]); }", "return arith::SubFOp::create(b, l, v[0], v[1]); }",
       planted("conv_chain"))
mutant("count-of-batch", STAGES, "an unknown batch counts 1", "x.isDynamicDim(d) ? getAffineSymbolExpr(0, op.getContext())",
       "x.isDynamicDim(d) ? getAffineConstantExpr(1, op.getContext())", golden("batch_norm_any_batch"))
mutant("where-swapped", STAGES, "the other operand", '"a == 0 ? c : b"', '"a == 0 ? b : c"', golden("where"))
mutant("maximum-loses-nan", STAGES, "b where a is NaN", '"a > b ? a : (a == a ? b : a)"', '"a > b ? a : b"', golden("special_maximum"))
mutant("maximum-tie", STAGES, "dy to both where equal", '"b == c ? a * 0.5 : (b < c ? 0 : a)"', '"b < c ? 0 : a"', golden("special_maximum"))
mutant("minimum-gradient-side", STAGES, "dy to the larger one", "(b > c ? 0 : a)", "(b > c ? a : 0)", golden("broadcast_minimum"))
mutant("broadcast-folded", STAGES, "a broadcast counts as a reshape", "if (withoutUnitDims(access, domain) != withoutUnitDims(map.getResultAccess(), domain) ||",
       "if (", model("reductions", "sum_channels"))
mutant("group-index", ACCESS, "channel % groups", "c.floorDiv(d.channels / groups)", "c % groups", planted("conv_norm_chain"))
mutant("broadcast-run", ACCESS, "positions not divided by the inner extent", "inner == 1 ? p : p.floorDiv(inner)", "p", golden("broadcast_add", "broadcast"),
       model("graphs", "sum_per_position"), model("reductions", "max_width", "sum_height"))
mutant("broadcast-stride", ACCESS, "strides of the operand not multiplied", "stride *= run;", "", golden("broadcast_add", "broadcast"),
       model("norms", "layer_norm_image"))
mutant("run-inner", ACCESS, "a run of the whole image", "return run;\n    }\n  if", "return Run{1, C * P, 1, true};\n    }\n  if",
       model("reductions", "max_channels"))
mutant("extreme-apart-summed", LOWER_REDUCTIONS, "the second step of a maximum is a sum", "return reduceOver(loc, kind, inner, later, type);",
       "return reduceOver(loc, ReduceKind::sum, inner, later, type);", model("reductions", "max_dims_apart"))
mutant("variance-apart-about-zero", LOWER_REDUCTIONS, "squares not centred", "arith::MulFOp::create(b, l, centred, centred)", "arith::MulFOp::create(b, l, in[0], in[0])",
       model("reductions", "variance_apart"))
mutant("mean-apart-count", LOWER_REDUCTIONS, "the first dim's extent alone", "count < 0 || from.isDynamicDim(d) ? -1 : count * from.getDimSize(d)",
       "count < 0 || from.isDynamicDim(d) ? -1 : from.getDimSize(d)", model("reductions", "variance_apart"))
mutant("extreme-gradient-index", LOWER_REDUCTIONS, "the place not divided by the inner extent", "(run->inner == 1 ? inside : inside.floorDiv(run->inner)) % run->reduced",
       "inside % run->reduced", golden("reduce_max_middle"))
mutant("extreme-gradient-batch", LOWER_REDUCTIONS, "the image forgotten", "r = n * run->reduced + inside.floorDiv(run->inner);", "r = inside.floorDiv(run->inner);",
       golden("reduce_max_batch", "reduce_max_all"))
mutant("global-pool-count", LOWER_REDUCTIONS, "divided by the channels", "1.0 / double(Domain::of(x).positions)", "1.0 / double(Domain::of(x).channels)",
       golden("adaptive_avg_pool2d_global"))
mutant("dropout-scale", LOWER_REDUCTIONS, "kept values not scaled", "static_cast<float>(1 / (1 - p)) : 0", "1.0f : 0", golden("dropout"))
mutant("dropout-inverted", LOWER_REDUCTIONS, "what should go is kept", "arith::CmpFPredicate::OGE, u,", "arith::CmpFPredicate::OLT, u,", golden("dropout"))

# Algebra.
mutant("dead-relu-reaches-below", DEAD, "relu of [-1, ...) is dead", "if (!(range.lo >= 0))\n      return std::nullopt;\n    // relu passes",
       "if (!(range.lo >= -1))\n      return std::nullopt;\n    // relu passes", planted("conv_chain"), lit("Simplify/dead-limits.mlir"))
mutant("dead-clamp-above", DEAD, "the upper bound not looked at", "if (!range.within(min, max))", "if (!(range.lo >= min))", lit("Simplify/dead-limits-more.mlir"))
mutant("dead-limit-kink", DEAD, "hardsigmoid's gradient counts as 0 at 1", "(HardsigmoidOp) { return exactAt({0}); }", "(HardsigmoidOp) { return exactAt({0, 1}); }",
       lit("Simplify/dead-limits-more.mlir"))
mutant("dead-limit-times-zero", DEAD, "sigmoid's gradient selects its 0", "(SigmoidOp) { return finiteAt", "(SigmoidOp) { return exactAt", lit("Simplify/dead-limits.mlir", "Simplify/dead-limits-more.mlir"))
mutant("relu-of-hardswish-is-exact", "lib/Simplify/ReluOfHardswish.cpp", "without --assume-finite too", "Change::Finite, Change::Exact", "Change::Exact, Change::Exact",
       planted("conv_chain", "--check --inputs=nonfinite"), lit("Simplify/relu-of-hardswish.mlir"))
mutant("relu-of-hardswish-used-twice", "lib/Simplify/ReluOfHardswish.cpp", "a hardswish with other uses", " || !hardswish->hasOneUse()", "",
       lit("Simplify/relu-of-hardswish.mlir"))
mutant("merged-bounds-swapped", MERGE, "clamp(max, min)", "limit(a.min), limit(a.max)", "limit(a.max), limit(a.min)", lit("Simplify/merge-limits.mlir"))
mutant("merged-crossed-clamps", MERGE, "clamps whose min is above their max", "bounds.min <= bounds.max ? std::optional(bounds) : std::nullopt", "bounds",
       lit("Simplify/merge-limits.mlir"))
mutant("negative-leaky-relus", MERGE, "an inner slope below 0", "!(slope(inner) >= 0) || ", "", lit("Simplify/merge-limits.mlir"))
mutant("any-divisor-is-exact", SCALARS, "reciprocals that are rounded count as exact", "if (powerOfTwo != Exact)", "if (false)", lit("Simplify/scalars.mlir"))
mutant("merged-difference-sign", SCALARS, "(x - a) + b as x + (a + b)", "(std::is_same_v<Inner, SubOp> ? -a : a)", "a", lit("Simplify/scalars.mlir"))
mutant("merged-scalar-used-twice", SCALARS, "an inner step with other uses", " || !inner->hasOneUse()", "", lit("Simplify/scalars.mlir"))
mutant("neutral-element", SCALARS, "x * 0 is x", "s->c != 1)", "s->c != 0)", lit("Simplify/scalars.mlir"))
mutant("swish-not-negative", RANGE, "swish's range from 0", "operand(0).lo >= 0 ? 0 : -0.2786", "0", lit("Simplify/dead-limits.mlir", "Simplify/dead-limits-more.mlir"))
mutant("product-is-square", RANGE, "every product is not negative", "if (mul.getLhs() == mul.getRhs())", "if (true)",
       lit("Simplify/dead-limits.mlir", "Simplify/dead-limits-more.mlir", "Simplify/other.mlir"))
mutant("minimum-range", RANGE, "the maximum's lower bound", "Range{std::min(a.lo, b.lo), std::min", "Range{std::max(a.lo, b.lo), std::min", lit("Simplify/ranges-of-extrema.mlir"))
mutant("equal-ops-of-other-attributes", "lib/Simplify/CommonSubexpressions.cpp", "attributes not compared", "attributes.getDictionary(op->getContext())}",
       "DictionaryAttr::get(op->getContext())}", lit("Simplify/common-subexpressions.mlir"))

# Plans.
mutant("worse-plan-taken", "lib/Fuse/Decide.cpp", "the slower choice", "if (seconds < best) {", "if (seconds > best) {", lit("Pipelines", "Fuse"), times=2)
mutant("plan-other-cluster", SKETCH, "a value of another kernel not stored", "from.cluster != to.cluster && !fromMemory(v)", "false",
       model("graphs", "parallel_convs"), lit("Fuse"))
mutant("plan-other-domain", SKETCH, "a value of other extents not stored", "bool otherDomain = !(domainOf(v) == domain);", "bool otherDomain = false;",
       model("shapes", "flatten", "unflatten", "softmax_flat"))
mutant("plan-cut", SKETCH, "what a sweep leaves not stored", "bool cut = !from.inlinable &&", "bool cut = false &&",
       model("reductions", "crossed_rows", "crossed_linear", "crossed_channels", "crossed_width"),
       explained="values are right, the sweep runs again; the variance's gradient even takes a kernel less")
mutant("plan-pool-operand", SKETCH, "a pool's operand not stored", "if (full(v) && (!(separate(", "if (false && (!(separate(", model("pools", "behind_conv"))
mutant("plan-joins-read", SKETCH, "a sum that another stage waits for joins a later kernel",
       "[](Operation *op) { return llvm::all_of(op->getUsers(), [](Operation *user) { return isa<func::ReturnOp>(user); }); })", "[](Operation *) { return true; })",
       model("norms", "batch_norm_tail"), model("graphs", "residual_block"), lit("Fuse"))
mutant("plan-absorbs-any-sum", SKETCH, "a sum of all channels while a weight gradient loads", "shape->perImage || shape->channels != 1 || ", "shape->perImage || ",
       model("graphs", "shift_all"))
mutant("plan-finish-order", SKETCH, "what finishes reductions after what reads them", "(k.kind == KernelSketch::Finish ? 0 : 1)", "(k.kind == KernelSketch::Finish ? 1 : 0)",
       planted("conv_norm_chain"))
mutant("plan-shared-tile-depth", ANALYSIS, "a tile of another depth shared", "from.depth == to.depth && ", "",
       model("reductions", "crossed_rows", "crossed_linear", "crossed_channels", "crossed_width"))
mutant("plan-two-widths", ANALYSIS, "groups of two widths in a row kernel", "before.getResultAccess() != op.getResultAccess()", "false",
       model("graphs", "two_group_widths_in_a_row"))
mutant("plan-any-run", ANALYSIS, "reductions of several runs in one sweep", "runOf(first.getResultAccess(), domain) == run;", "true;",
       model("norms", "softmax_twice"), model("reductions", "max_apart"))
# A contraction's tile.
mutant("tile-pool-padding", ANALYSIS, "pools whose windows reach into padding", "if (op.getPadding()[d] != 0 || ", "if (", model("tiles", "overlapping"),
       model("pools", "padded_behind_conv"))
mutant("tile-pool-overlap", ANALYSIS, "pools whose windows overlap", " + 1 > op.getStride()[d])", " + 1 > 2 * op.getStride()[d])", model("tiles", "overlapping_inside"))
mutant("tile-part-of-channels", ANALYSIS, "reductions over one group's channels", "if (!contract || contract.getGroups() != 1)", "if (!contract)",
       model("tiles", "grouped_softmax"))
mutant("tile-before-pool", ANALYSIS, "a reduction in front of the tile's pool", "return domain == tile && run == Run", "return run == Run",
       model("tiles", "fork_pool_softmax"))
mutant("tile-two-pools", ANALYSIS, "a second pool of one tile", "tilePools.count(from.cluster) || ", "", model("tiles", "fork_two_pools", "then_two_pools"))
mutant("tile-put-back", TILE, "the pool reads what is in front of its operand", "loop.putBack = x == loop.tileValue ? Value() : x;", "loop.putBack = Value();",
       model("tiles", "max", "average_3d"))
mutant("tile-barrier", TILE, "no barrier in front of the pool", 'if (x != loop.tileValue)\n    w.line(k.meet());', '', model("tiles", "max", "average_3d"))
mutant("tile-sweep-channel", PLACES, "the wrong channel of a parameter", '{source->place + ".image", "r", "p"}', '{source->place + ".image", "0", "p"}',
       model("tiles", "softmax_of_bias", "then_softmax"))
mutant("tile-sweep-position", SWEEP, "the tile's element of another position", '" + m];");', '"];");', model("tiles", "softmax", "min"))
mutant("tile-partials", TILE, "partials in front of a sweep dropped", "loop.stored = Stored::Nothing;", "return;", model("tiles", "fork_softmax_mean"))
mutant("tile-multiple", CHOOSE, "a box that cuts windows", "work.multiple; // a box", "Extents{1, 1, 1}; // a box", model("tiles", "max", "average_1d"))
prelude("pooled-clip", "pooled", "windows over the edge not clipped", "P::large.w;\n};", "2 * P::large.w;\n};", model("tiles", "average_ceil", "max_ceil"))
prelude("pooled-covered", "pooled", "windows behind the last one live", "roundUp(P::large.h, T::box.h) / P::stride.h", "P::small.h", model("tiles", "then_mean", "then_image_mean"))
prelude("pooled-stride", "pooled", "windows a kernel apart", "i.w * P::stride.w + tw", "i.w * P::kernel.w + tw", model("tiles", "max_gaps"))
prelude("pooled-divisor", "pooled", "the override of the divisor ignored", "P::divisor != 0 ? P::divisor : volume(P::kernel)", "volume(P::kernel)",
        model("tiles", "average_divisor"))
mutant("windows-of-sum", LOWER_REDUCTIONS, "a sum over a dim as a mean", "w->padding, w->dilation, false, 1, false)",
       "w->padding, w->dilation, false, 0, false)", model("tiles", "sum_of_depth"))
# Sums and extremes of fewer elements.
mutant("sum-of-varying", SUMS, "a factor that varies along the summed dims", " && constantAlong(factor, rank, op.getDims()))", ")", lit("Simplify/sums.mlir"))
mutant("sum-of-shifted", SUMS, "any shift leaves a sum", "if (isNormalised(x))", "if (true)", lit("Simplify/sums.mlir"))
mutant("sum-of-norm-count", SUMS, "the sum as the mean", "b.reshape(b.mul(y, count), op", "b.reshape(y, op", lit("Simplify/sums.mlir"), model("tiles", "norm_mean"))
mutant("sum-of-used", SUMS, "a product that is needed anyway", "if (!scaled || !scaled->hasOneUse() || ", "if (!scaled || ", lit("Simplify/sums.mlir"))
mutant("sum-of-rows", SUMS, "a sum over the batch of a linear layer", "op.getDims() != ArrayRef<int64_t>{1} ||\n        linear", "\n        linear", lit("Simplify/sums.mlir"))
mutant("max-of-decreasing", EXTREMES, "max of a map that falls", "*scalar > 0 ? Direction::Up : Direction::Down", "Direction::Up", lit("Simplify/extremes.mlir"))
mutant("max-of-leaky", EXTREMES, "leaky_relu of a negative slope", "leaky.getSlope().convertToDouble() >= 0 ?", "true ?", lit("Simplify/extremes.mlir"))
mutant("max-before-gradient", EXTREMES, "reordered before differentiation", "Justification{m.change, Change::Different, m.direction", "Justification{m.change, Change::Exact, m.direction",
       lit("Simplify/extremes.mlir"))
mutant("pools-that-overlap", EXTREMES, "max pools with other strides merged", "return w.kernel == w.stride && ", "return ", lit("Simplify/extremes.mlir"))
mutant("workspace-alias", PHASE, "a buffer that the same kernel reads", "return s.freeAfter < now;", "return s.freeAfter <= now;", model("graphs", "three_convs"))
mutant("workspace-use-forgotten", PHASE, "the last reader of a buffer", "last = std::max(last, order[user]);", "last = order[user];",
       model("graphs", "residual_block", "three_convs", "gate"), model("norms", "softmax_behind_conv", "layer_norm_behind_conv"))
mutant("int32-offsets", PHASE, "32 bits for 2^31 elements", '(wide ? "long long" : "int")', '"int"', planted("large_conv_chain", "--sanitize --blocks=last"))

# Layouts.
mutant("layout-mixed", "lib/Stages/Access.cpp", "channels that are not whole", "} else if (along && *along < P) {", "} else {", model("mixed", "flattened", "unflattened"))
mutant("layout-images", "lib/Stages/Access.cpp", "rows that are parts of images", "if (!inside || *inside >= C * P) {", "if (C == 0) {", model("mixed", "halves"))
mutant("layout-positions", "lib/Stages/Access.cpp", "positions with no channels between them", "images + positions * C + channels", "images + positions * P + channels",
       model("convolutions", "in"))
mutant("layout-linear", "lib/Emit/CUDA/KernelPlaces.cpp", "a result's channel not divided by", "{0} / {2} % {3}", "{0} % {3}", model("mixed", "sum_of_rows"))
mutant("layout-runs", "lib/Emit/CUDA/EmitChannels.cpp", "runs of positions where channels are neighbours", "use.access == full() && along == k.channelsLast(use.tensor) &&",
       "use.access == full() &&", model("mixed", "norm_in"))
mutant("layout-gradient", "lib/Differentiate/Differentiate.cpp", "an incoming gradient that lies elsewhere", "if (Attribute layout = forward.getResultAttr(i, kLayoutAttr))",
       "if (Attribute layout; layout)", lit("Differentiate/layouts.mlir"), model("elementwise", "both"))
mutant("layout-weight", "lib/Stages/LowerToStages.cpp", "taps of a weight read as neighbours", "if (!isChannelsLast(weight))", "if (true)", model("convolutions", "weight"))
prelude("patch-lanes", "patch", "a lane's channels next to each other", "c / Side * (Side * Lanes) + c % Side; // channels", "c; // channels", model("convolutions", "pointwise"))

# How kernels are printed.
mutant("variance-unbiased", SWEEP, "divided by count - 1", '.m2 / " + all + ".count;"', '.m2 / (" + all + ".count - 1.0f);"', model("reductions", "variance_channels", "variance_positions"))
mutant("sweep-bound", PLACES, "one result too many", "own < (index_t){0};", "own <= (index_t){0};", model("reductions", "max_features", "max_positions"))
mutant("sweep-step", SWEEP, "runs of elements overlap", ": tile.lanes * vector;", ": tile.lanes;", model("reductions", "sum_image", "sum_long_row"))
mutant("sweep-vector", PLACES, "extents that no vector divides", "vectorFor({extent},", "vectorFor({extent / 4 * 4},", model("reductions", "max_features", "max_channels"))
mutant("sweep-channel", PLACES, "runs per channel not divided by", 'formatv("(outer / {0} % {1})", runs, C)', 'formatv("(outer % {0})", C)',
       model("norms", "softmax_width_scaled"))
mutant("sweep-inner", PLACES, "runs along the inner extent", 'formatv("({0} * {1} + {2})", r, run.inner, in)', 'formatv("({0} + {2})", r, run.inner, in)',
       model("reductions", "max_height"))
mutant("sweep-kept-channel", SWEEP, "a result's channel not divided by", "Domain d = Domain::from(map.getDomain());\n    std::string", "Domain d = Domain::from(map.getDomain());\n    std::swap(d.channels, d.positions);\n    std::string",
       model("norms", "softmax_channels", "layer_norm_behind_conv"), model("reductions", "mean_height"))
mutant("finish-forgets-channel", FINISH, "the group's last channel", "mergeRows<{1}>({2}, {3}, all", "mergeRows<{1}>({2}, {3} - 1, all", planted("conv_norm_chain"))
mutant("finish-other-image", FINISH, "the first image's partials", '"const index_t begin = image * tiles;"', '"const index_t begin = 0;"', planted("conv_norm_chain"))
mutant("columns-off-by-one", FINISH, "one column too many", "|| channel >= {0})", "|| channel > {0})", planted("conv_chain"), planted("conv_chain", "--check --sanitize"))
mutant("row-group-index", ROWS, "feature % width", 'formatv("(feature / {0})", loop.width)', 'formatv("(feature % {0})", loop.width)', planted("linear_chain"))
mutant("row-guard", ROWS, "lanes behind the group", '"const bool live = lane + 32 * j < {0} && channel < {1};"', '"const bool live = channel < {1};"',
       model("linear-norm", "width_5", "width_48"))
mutant("partials-transposed", "lib/Emit/CUDA/EmitChannels.cpp", "tiles before channels", "(index_t)channel * {2} + {3}] = {1}_all",
       "(index_t)blockIdx.x * gridDim.y + channel] = {1}_all", planted("conv_norm_chain"))

# The prelude: sums and moments.
prelude("chan-rule-without-count", "reduce", "Chan's rule without the count", "delta * delta * count * share", "delta * delta * share", planted("conv_norm_chain"))
prelude("sums-about-zero", "reduce", "moments about 0", "shift = warpSum(live ? x : 0.0f) / warpSum(live ? 1.0f : 0.0f);", "shift = 0.0f;",
        planted("channel_norm", "--check --inputs=mean:10000"))
prelude("scratch-reused-early", "reduce", "a barrier before scratch is used again", "  v = warpSum(v);\n  __syncthreads();\n", "  v = warpSum(v);\n",
        planted("conv_norm_chain"), planted("conv_norm_chain", "--check --sanitize"))
prelude("moments-swapped", "rows", "the planes of mean and M2", "part[plane], part[2 * plane]", "part[2 * plane], part[plane]", planted("conv_norm_chain"))
prelude("row-sum-tail", "rows", "the last partial", "count - i > j * Threads", "count - i > j * Threads + 1", planted("conv_norm_chain"))
prelude("column-sum-tail", "rows", "the last partial", "count - i > j * Shares", "count - i > j * Shares + 1", planted("conv_chain"))
# The prelude: sweeps.
prelude("max-from-zero", "sweep", "the neutral element", "return MaxOf{negativeInfinity()}", "return MaxOf{0.0f}", golden("reduce_max_inner"), model("reductions", "max_channels"))
prelude("min-from-max", "sweep", "the neutral element", "return MinOf{-negativeInfinity()}", "return MinOf{negativeInfinity()}", golden("reduce_min_inner"))
prelude("max-loses-nan", "sweep", "NaN", "value = largerOrNan(value, v)", "value = v > value ? v : value", golden("special_max"))
prelude("sum-merge", "sweep", "the last thread's share alone", "value += other.value", "value = other.value", model("reductions", "sum_image", "sum_long_row"))
prelude("place-tie", "sweep", "the last of equal elements", "(level && at < place)", "(level && at > place)", golden("special_max"), model("reductions", "tie"))
prelude("place-first-nan", "sweep", "the last NaN", "(v != v && best != best)", "(v != v && best != best && at > place)",
        model("reductions", "max_of_row", options="--inputs=nonfinite"))
prelude("warp-half", "sweep", "sixteen lanes", "for (int step = 1; step < 32;", "for (int step = 1; step < 16;", model("reductions", "sum_long_row"))
prelude("block-last-warp", "sweep", "the last warp", "warp < Threads / 32;", "warp < Threads / 32 - 1;", model("reductions", "sum_long_row", "sum_image"))
prelude("block-barrier", "sweep", "a barrier behind the warps' shares", "    scratch[threadIdx.x / 32] = mine;\n  __syncthreads();", "    scratch[threadIdx.x / 32] = mine;",
        model("reductions", "sum_long_row"))
prelude("column-share", "sweep", "a thread's share", "threadIdx.x % Lanes + Lanes;", "threadIdx.x % Lanes + 2 * Lanes;", model("reductions", "sum_channels", "sum_batch"))
prelude("sweep-moments-about-zero", "sweep", "moments about 0", "shift = n == 0 ? v : shift;", "shift = 0.0f;",
        model("reductions", "variance_of_columns", options="--inputs=mean:1e4"))
# The prelude: pools and random numbers.
prelude("pool-first-window", "pool", "one window too late", "l + padding - reach + 1", "l + padding - reach + 2", golden("max_pool2d_overlapping"))
prelude("pool-last-window", "pool", "padding forgotten", "(l + padding) / stride", "l / stride", golden("max_pool2d_overlapping"))
prelude("pool-counts-padding", "pool", "padding in front counted", "P::includePadding || begin > 0 ? begin : 0", "begin", golden("avg_pool2d_without_pad"))
prelude("pool-padding-behind", "pool", "padding behind not counted", "large + (P::includePadding ? padding : 0)", "large", golden("avg_pool2d"), golden("avg_pool2d_beyond"))
prelude("pool-loses-nan", "pool", "NaN", "best = largerOrNan(best, v);", "best = v > best ? v : best;", golden("special_max_pool2d"))
prelude("pool-tie", "pool", "the last of equal elements", "if (v > best || v != v", "if (v >= best || v != v", golden("special_max_pool2d"), model("pools", "behind_conv"))
prelude("cells-rest", "cells", "no cell behind the last window", "ceilDiv(P::large.w, P::stride.w)", "P::small.w", model("pools", "max_1d_gaps"))
prelude("cells-gap", "cells", "dy for all elements behind the maximum", "p == place ? dy", "p >= place ? dy", model("pools", "max_2d"))
prelude("pool-adaptive-end", "pool", "the end rounded down", "(i + 1) * large + small - 1) / small", "(i + 1) * large) / small", golden("adaptive_avg_pool2d"))
prelude("average-gap", "pool", "elements between windows have a share", "in / dilation < kernel", "in / dilation <= kernel", model("pools", "average_gaps"))
prelude("tile-pool-fours", "pooled", "three elements of four", "          visit(v.w);", "", model("pools", "fours_behind_conv"))
prelude("tile-pool-element", "pooled", "what stands in front of the pool", "best = largerOrNan(best, element(v));", "best = largerOrNan(best, v);",
        lit("Emit/pools-of-tiles.mlir"))
prelude("tanh-near", "math", "the polynomial too far from 0", "fabsf(x) < 1.0f", "fabsf(x) < 2.0f", golden("act_tanh"), model("norms", "softmax_channels"))
prelude("softplus-tanh", "math", "1 instead of 2", "quotient(n, n + 2.0f)", "quotient(n, n + 1.0f)", golden("act_mish"))
prelude("erf-side", "math", "the upper side alone", "x < 0.0f ? least : 2.0f - least", "2.0f - least", golden("act_gelu"))
mutant("sweep-put-back", SWEEP, "later walks take what was put back for the tile", "    inTile = keeping;", "    ;", lit("Emit/walks-over-tiles.mlir"))
prelude("pool-dilation", "pool", "windows reach less far", "reachW = (P::kernel.w - 1) * P::dilation.w + 1", "reachW = P::kernel.w", model("pools", "max_dilated"))
prelude("random-rounds", "random", "nine rounds", "round < 10", "round < 9", golden("dropout"))
prelude("random-seed", "random", "32 bits of the seed", "key1 = (unsigned)(seed >> 32)", "key1 = 0", golden("dropout"))
prelude("random-counter", "random", "four elements have one number", "(unsigned long long)i / 4", "(unsigned long long)i / 16", golden("dropout"))
# The prelude: contractions.
prelude("matmul-barrier", "matmul", "the barrier behind a full buffer",
        "    __syncthreads(); // this buffer is full; whoever read it two steps ago has passed the barrier in between\n", "", planted("linear_chain"),
        planted("linear_chain", "--check --sanitize"))
prelude("matmul-tail", "matmul", "one k too many", "inner(i) < liveInner", "inner(i) <= liveInner", planted("linear_chain"), planted("linear_chain", "--check --sanitize"))
prelude("window-padding", "window", "padding", "return origin * stride - padding;", "return origin * stride;", golden("conv2d_window"))
prelude("window-phase", "window", "the tap's sign", "(stride - 1) * t * dilation) % stride", "t * dilation) % stride", golden("conv_transpose2d_gaps"),
        model("transposed-norm", "grouped"))
prelude("patch-bound", "patch", "one column too many", "(unsigned)x < (unsigned)G::in.w", "(unsigned)x <= (unsigned)G::in.w", model("conv-hardswish-relu", "depthwise"))
prelude("weight-tail", "weight", "the last position of a row", "k < left; k++", "k + 1 < left; k++", planted("conv_chain"))
prelude("weight-barrier", "weight", "shares of a tile added at once", "    __syncthreads();\n  }\n  place.template write", "  }\n  place.template write", planted("conv_chain"),
        planted("conv_chain", "--check --sanitize"))
prelude("weight-zero-times-inf", "weight", "0 * inf behind the edge", "if (at.d + d >= P::small.d || at.h + h >= P::small.h)", "if (false)",
        model("full-edge", "small", options=f"{FULL_EDGE} --precision=ieee --inputs=nonfinite"))
prelude("tensor-window-tap", "tensor-window", "one tap's weights for all", "entry.y = S::weightAt(channel, of);", "entry.y = S::weightAt(channel, 0);",
        model("full-edge", "small", options=f"{FULL_EDGE} --arch=sm_90"))
prelude("tensor-window-barrier", "tensor-window", "a buffer filled while it is read", "    __syncthreads(); // everybody has read this buffer, and the next one is full\n", "",
        model("full-edge", "small", options=f"{FULL_EDGE} --arch=sm_90 --sanitize"))
prelude("tensor-window-buffer", "tensor-window", "the first slice again and again", "    now = next;\n", "", model("full-edge", "small", options=f"{FULL_EDGE} --arch=sm_90"))
prelude("together-tap", "window-together", "one tap's weights for all", "right + of.y + tap * S::Wide, of.z", "right + of.y, of.z",
        model("full-edge", "small", options=FULL_EDGE), times=2)
prelude("together-wait", "window-together", "sums read before their products end", "      waitForProducts<0>();\n      meetAnywhere();", "      meetAnywhere();",
        model("full-edge", "small", options=FULL_EDGE))
prelude("together-buffer", "together-shape", "the first slice again and again", "(Stays ? turn : (box * Turns + turn) % 2) * WeightFloats", "0",
        model("full-edge", "small", options=FULL_EDGE))
prelude("together-place", "together-shape", "the next line of the patch", "h / S::step.h * S::row + w / S::step.w;", "w / S::step.w;",
        model("full-edge", "small", options=FULL_EDGE))
WALK = scheduled("walk", "elements", "full-walk/elements")
prelude("walk-tile", "window-walk", "epilogues read a tile that is not there yet", "      meetPart<1, S::Multiplying>();\n", "", WALK)
prelude("walk-places", "window-walk", "places read while others look them up", "      meetPart<2, T::stagers>();\n", "", WALK)
prelude("walk-patch", "together-shape", "one buffer of patches for all boxes", "(box * (Turns / TapSlices) + turn / TapSlices) % 2 * PatchFloats", "turn / TapSlices % 2 * PatchFloats", WALK)
prelude("walk-box", "window-walk", "every block multiplies its first box again", "then(WindowPlace<P, T, Scatter>(box));", "then(WindowPlace<P, T, Scatter>());", WALK)
mutant("walk-partial", "lib/Emit/CUDA/EmitWindow.cpp", "statistics by block in place of box", 'loop.tile = "at.number"', 'loop.tile = "blockIdx.x"',
       scheduled("walk", "statistics", "full-walk/statistics", "--batch=67"))
prelude("line-end", "window", "a box's last lines end behind the picture", "(volume(B::box) % Step == 0 || first + lane < volume(B::box)) &&\n             ((B::covered.h <= B::out.h && B::covered.d <= B::out.d) || first + lane < behind());",
        "(volume(B::box) % Step == 0 || first + lane < volume(B::box));", lit("Integration/tails.test"), scheduled("walk", "lines", "full-walk/elements"))
prelude("pack-order", "pack", "the first of four reduction channels in place of the last", "nearTf32(of[3 * Next])}", "nearTf32(of[0])}",
        model("full-edge", "small", options=FULL_EDGE))
prelude("tensor-weight-zero-times-inf", "tensor-weight", "0 * inf behind the edge", "return at.d < left.d && at.h < left.h && at.w + ahead < left.w;", "return true;",
        model("full-edge", "small", options=f"{FULL_EDGE} --arch=sm_90 --inputs=nonfinite"))
prelude("tensor-weight-barrier", "tensor-weight", "shares of an output added at once", "      share.deposit(pipe);\n    __syncthreads();", "      share.deposit(pipe);",
        model("full-edge", "small", options=f"{FULL_EDGE} --arch=sm_90 --sanitize"))
prelude("tensor-weight-column", "tensor-weight", "taps and channels swapped", "n % T::bs * S::Taps + n / T::bs", "n",
        model("full-edge", "small", options=f"{FULL_EDGE} --arch=sm_90"))
prelude("together-weight-line", "weight-together", "the first line of taps for all", "start[i] = (n / T::taps.h * P::dilation.d * S::patch.h + n % T::taps.h * P::dilation.h)",
        "start[i] = (n / T::taps.h * P::dilation.d * S::patch.h)", model("full-edge", "small", options=FULL_EDGE))
prelude("together-weight-wait", "weight-together", "sums read before their products end", "        waitForProducts<0>();\n", "",
        model("full-edge", "small", options=FULL_EDGE))
prelude("together-weight-zero-times-inf", "weight-together", "0 * inf behind the edge", "if (inFront || at.w + k < P::small.w)", "if (true)",
        model("full-edge", "small", options=f"{FULL_EDGE} --inputs=nonfinite"))
prelude("together-weight-copy", "weight-together", "no tap is shifted", "const int strided = ahead - tap * P::dilation.w;", "const int strided = ahead;",
        model("full-edge", "small", options=FULL_EDGE))
prelude("together-weight-channel", "weight-together", "the first eight channels again", "(S::LineQuads * S::PitchL) + channel;", "(S::LineQuads * S::PitchL);",
        model("full-edge", "small", options=FULL_EDGE))

# Split sums.
SPLIT_ODD = scheduled("split-forward", "odd", "split-full/forward")
prelude("split-range", "tiles", "ranges of k that overlap", "first = blockIdx.z * share;", "first = blockIdx.z * (share / 2);", SPLIT_ODD)
prelude("split-last-range", "tiles", "the last range reaches behind k", "K - first < share ? K - first : share", "share", SPLIT_ODD)
prelude("split-lost", "rows", "the last split's product", "s < Splits; s++", "s + 1 < Splits; s++", SPLIT_ODD, scheduled("split-forward", "quads", "split-full/forward"))
mutant("split-one-place", "lib/Emit/CUDA/EmitMatmul.cpp", "all splits write one product", "(index_t)blockIdx.z * {1} * {2}; //", "(index_t)blockIdx.y * {1} * {2}; //", SPLIT_ODD)
mutant("split-operand", "lib/Emit/CUDA/EmitMatmul.cpp", "every split multiplies the first range", 'split ? "(first + k)" : "k"', '"k"', SPLIT_ODD)
mutant("split-epilogue-twice", SKETCH, "what stands behind the sum stays in front", "    kernel.merged = op;\n", "    kernel.anchor = op;\n", lit("Schedule/split.mlir"))

# Factor formats.
BRAIN = model("full-edge", "small", options=f"{FULL_EDGE} --precision=bf16")
PRODUCT = scheduled("full-tensor", "tails", "full-bands-model/model", "--precision=bf16")
prelude("half-word", "half", "f16 factors packed as bf16", "cvt.rn.f16x2.f32", "cvt.rn.bf16x2.f32", model("full-edge", "small", options=f"{FULL_EDGE} --precision=fp16"))
prelude("half-unit", "half", "bf16 factors multiplied as f16", "m16n8k16.row.col.f32.bf16.bf16.f32", "m16n8k16.row.col.f32.f16.f16.f32", BRAIN)
prelude("word-second-factor", "mma", "the first factor of a word twice", "F::word(*at, pack > 1 ? at[apart] : 0.0f)", "F::word(*at, *at)", BRAIN)
prelude("staged-alone", "mma", "a factor that shares its word later is made one", "Round && F::pack == 1 ?", "Round ?",
        scheduled("full-words", "small", "full-words/full", "--precision=bf16"))
prelude("words-of-taps", "tensor-window", "words of one channel counted as channels", "k / taps : k % S::Words) * S::pack;", "k / taps : k % S::Words);", BRAIN)
prelude("product-second-factor", "tensor", "the first factor of a word twice", "x[i][(F::pack * j + 1) % 4]", "x[i][F::pack * j]", PRODUCT)
TOGETHER = scheduled("full-tensor", "tails", "full-bands-model/model", "--sanitize")
prelude("product-half", "tensor-together", "one half's sums are not taken over", "        takeOver(1);\n", "", TOGETHER)
prelude("product-ring", "tensor-together", "slices written where others are multiplied", "to = to == pipe + (T::stages - 1) * Sums::Buffer ? pipe", "to = to == pipe + (T::stages - 2) * Sums::Buffer ? pipe", TOGETHER)
prelude("product-columns", "tensor-together", "the first columns for both halves", " + half * Products::columns)", ")", TOGETHER)
# Sums of convolutions.
CONVOLVED, OF_SUMS = "lib/Simplify/SumsOfConvolutions.cpp", lit("Integration/sums-of-convolutions.test")
mutant("sum-range", CONVOLVED, "a tap's range ends early", "divideFloorSigned(out - 1 - ahead, w.stride[d]) + 1", "divideFloorSigned(out - 1 - ahead, w.stride[d])", OF_SUMS)
mutant("sum-bias", CONVOLVED, "the bias once for all elements", "b.constant(double(summed))", "b.constant(1)", OF_SUMS)
mutant("within-end", "lib/Stages/LowerReductions.cpp", "one element too many", "constant(double(within.getTo()))", "constant(double(within.getTo() + 1))", OF_SUMS)
# Runs in registers.
HELD = "lib/Schedule/ChooseTiles.cpp"
prelude("lanes-half", "lanes", "half of the lanes", "step < Lanes; step *= 2)\n    v +=", "step < Lanes / 2; step *= 2)\n    v +=", held("layer_norm"))
prelude("lanes-own-twice", "lanes", "the upper lane merges its own share twice", "T low = upper ? other : mine;", "T low = mine;", held("max"), held("softmax_of_many"))
prelude("lanes-shift", "lanes", "what each lane shifted by", "mine.shift * (n * one) + mine.s * one", "mine.s * one",
        held("layer_norm_of_argument", "--inputs=mean:1e6"))
prelude("lanes-count", "lanes", "the squares' shift", "mine.q - away * (2.0f * mine.s - n * away)", "mine.q - away * (mine.s - n * away)", held("layer_norm"))
mutant("held-guard", SWEEP, "an element behind the run", '"if (r < {0})"', '"if (r <= {0})"', held("softmax_of_odd"))
mutant("held-too-long", HELD, "runs of any length in registers", "elements(run, lanes) <= 32 && elements(run, lanes) * again <= 64", "true", lit("Schedule/held.mlir"))

# 16-bit tensors.
prelude("bf16-widened", "narrow", "one bit too few", "(int)bits << 16", "(int)bits << 15", model("bf16-tails", "hardswish_relu"))
prelude("bf16-cut-off", "narrow", "the lower half cut off", 'asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(v));',
        "bits = (unsigned short)(__float_as_int(v) >> 16);", golden("cast_bf16"))
prelude("f16-as-bf16", "narrow", "f16 written as bf16", "cvt.rn.f16.f32", "cvt.rn.bf16.f32", model("f16-tails", "hardswish_relu"))
prelude("narrow-pair-loaded", "narrow-vector", "two elements swapped", "low.bits = (unsigned short)pair;\n  high.bits = (unsigned short)(pair >> 16);",
        "high.bits = (unsigned short)pair;\n  low.bits = (unsigned short)(pair >> 16);", model("bf16-reductions", "sum_long_row"), model("bf16-pools", "average_2d"), model("bf16-norms", "softmax_long_rows"))
prelude("narrow-pair-stored", "narrow-vector", "two elements swapped", "low.bits | (unsigned)high.bits << 16", "high.bits | (unsigned)low.bits << 16", model("bf16-norms", "softmax_long_rows"))
prelude("narrow-run-of-8", "narrow-vector", "the first four elements twice", "widenPair<E>(to + 4, words.z);", "widenPair<E>(to + 4, words.x);", model("bf16-norms", "softmax_long_rows"))
mutant("cast-keeps-the-value", STAGES, "no cast rounds", "cast.rounds() ? ", "false ? ", lit("Stages/element-types.mlir"), golden("cast_bf16"))
mutant("narrow-map-folded", STAGES, "a value that is written in 16 bits stays f32", "elementBytes(map.getResult().getType()) < elementBytes(map.getInputs()[0].getType())", "false",
       lit("Stages/element-types.mlir"))
mutant("narrow-places", LOWER_REDUCTIONS, "places in 16 bits", "x, kept, inF32(type))", "x, kept, type)", lit("Stages/element-types.mlir"))
mutant("narrow-partial-sums", LOWER_REDUCTIONS, "sums between two runs in 16 bits", "x, now, inF32(withOnes(from, now))", "x, now, withOnes(from, now)", lit("Stages/element-types.mlir"))
mutant("narrow-norms", NORMS, "norms are made in 16 bits", "isa<GroupNormOp, InstanceNormOp>(op) ||", "isa<GroupNormOp, InstanceNormOp, MeanOp>(op) ||", lit("Raise/decompose-narrow.mlir"))
mutant("narrow-constant", STAGES, "a constant is not rounded to its type", "static_cast<float>(scalarOf(constant))", "static_cast<float>(constant.getValue().convertToDouble())",
       lit("Stages/element-types.mlir"))
mutant("narrow-bytes", PHASE, "a byte per element", "Expr(elementBytes(v.getType())) *", "Expr(1) *", model("bf16-tails", "norm_volume"), model("bf16-tails", "long"))

# The launch.
mutant("default-stream", "lib/Runtime/LaunchPlan.cpp", "the default stream", "described.sharedBytes, stream, args)", "described.sharedBytes, nullptr, args)", LAUNCHES)
mutant("wait-after-launch", "lib/Runtime/LaunchPlan.cpp", "a wait behind every launch", "    return inKernel(described, error);\n  return {};",
       "    return inKernel(described, error);\n  return driver.synchronize();", LAUNCHES)
