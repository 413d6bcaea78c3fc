// Every activation is one line: its formula and its derivative side by side.
//
// The formula language (include/fusion/Dialect/Formula.h): `x` the operand, `dy` the incoming gradient, attribute names as
// constants, `inf`, + - * /, < <= > >= ==, c ? a : b, let-bindings `s = expr; expr`, exp expm1 log log1p tanh erf sqrt rsqrt abs, and
// pow(x, constant).
// Emission, range analysis and cost read these lines; the evaluator has formulas of its own. Comparisons are written so
// that a NaN operand comes through as it does in PyTorch: `x < 0 ? 0 : x` keeps NaN, `x > 0 ? x : 0` would lose it.
#ifndef FUSION_ACTIVATIONS_TD
#define FUSION_ACTIVATIONS_TD

include "FusionBase.td"
include "FusionInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

class Fusion_Activation<string mnemonic, string formula, string derivative, dag attributes = (ins)>
    : Fusion_NamedOp<mnemonic, [SameOperandsAndResultType, DeclareOpInterfaceMethods<ActivationInterface>]> {
  let summary = mnemonic # "(x) = " # formula;
  let description = "Elementwise. Formula `" # formula # "`, gradient `" # derivative # "`.";
  let arguments = !con((ins Fusion_Tensor:$x), attributes);
  let results = (outs Fusion_Tensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($y)";
  let extraClassDeclaration = [{
    static constexpr const char *formulaText() { return "}] # formula # [{"; }
    static constexpr const char *derivativeText() { return "}] # derivative # [{"; }
  }];
  let extraClassDefinition = [{
    ::llvm::StringRef $cppClass::getFormula() { return formulaText(); }
    ::llvm::StringRef $cppClass::getDerivative() { return derivativeText(); }
  }];
}

//                                        name            formula                                               gradient
def Fusion_ReluOp        : Fusion_Activation<"relu",        "x < 0 ? 0 : x",                                      "x <= 0 ? 0 : dy">;
def Fusion_Relu6Op       : Fusion_Activation<"relu6",       "x < 0 ? 0 : (x > 6 ? 6 : x)",                        "x <= 0 ? 0 : (x >= 6 ? 0 : dy)">;
def Fusion_LeakyReluOp   : Fusion_Activation<"leaky_relu",  "x > 0 ? x : x * slope",                              "x > 0 ? dy : dy * slope", (ins F64Attr:$slope)> {
  let hasVerifier = 1; // (leaky_relu_c1) slope is finite
}
def Fusion_SigmoidOp     : Fusion_Activation<"sigmoid",     "1 / (1 + exp(-x))",                                  "s = 1 / (1 + exp(-x)); dy * (1 - s) * s">;
def Fusion_TanhOp        : Fusion_Activation<"tanh",        "tanh(x)",                                            "t = tanh(x); dy * (1 - t * t)">;
def Fusion_SwishOp       : Fusion_Activation<"swish",       "x / (1 + exp(-x))",                                  "s = 1 / (1 + exp(-x)); dy * s * (1 + x * (1 - s))">;
def Fusion_HardswishOp   : Fusion_Activation<"hardswish",   "t = x + 3; u = t < 0 ? 0 : t; x * (u > 6 ? 6 : u) * (1 / 6)", "x <= -3 ? 0 : (x < 3 ? dy * (x / 3 + 0.5) : dy)">;
def Fusion_HardsigmoidOp : Fusion_Activation<"hardsigmoid", "t = x + 3; u = t < 0 ? 0 : t; (u > 6 ? 6 : u) * (1 / 6)", "x > -3 ? (x < 3 ? dy * (1 / 6) : 0) : 0">;
def Fusion_GeluOp        : Fusion_Activation<"gelu",        "x * (0.5 * (1 + erf(x * 0.70710678118654752440)))",  "p = 0.5 * (1 + erf(x * 0.70710678118654752440)); dy * (p + x * (exp(-0.5 * x * x) * 0.39894228040143267794))">;
def Fusion_SoftplusOp    : Fusion_Activation<"softplus",    "x > 20 ? x : log1p(exp(x))",                         "x > 20 ? dy : dy / (1 + exp(-x))">;
def Fusion_ClampOp       : Fusion_Activation<"clamp",       "u = x < min ? min : x; u > max ? max : u",           "u = x < max ? dy : (max == inf ? (x == max ? dy : 0) : 0); x > min ? u : (min == -inf ? (x == min ? u : 0) : 0)", (ins F64Attr:$min, F64Attr:$max)> {
  let hasVerifier = 1; // (clamp_c1) neither bound is NaN; min > max is allowed and gives max everywhere; an infinite bound leaves its side open
}
def Fusion_EluOp         : Fusion_Activation<"elu",         "x <= 0 ? alpha * expm1(x) : x",                      "x <= 0 ? dy * (alpha * exp(x)) : dy", (ins F64Attr:$alpha)> {
  let hasVerifier = 1; // (elu_c1) alpha is finite
}
def Fusion_SeluOp        : Fusion_Activation<"selu",        "x <= 0 ? 1.758099340847376854 * expm1(x) : 1.0507009873554804934 * x", "x <= 0 ? dy * (1.758099340847376854 * exp(x)) : dy * 1.0507009873554804934">;
def Fusion_CeluOp        : Fusion_Activation<"celu",        "x <= 0 ? alpha * expm1(x * (1 / alpha)) : x",        "x <= 0 ? dy * exp(x * (1 / alpha)) : dy", (ins F64Attr:$alpha)> {
  let hasVerifier = 1; // (celu_c1) alpha is finite and not 0
}
def Fusion_MishOp        : Fusion_Activation<"mish",        "x * tanh(log1p(exp(x)))",                            "t = tanh(log1p(exp(x))); dy * (t + x * (1 / (1 + exp(-x))) * (1 - t * t))">;
// Beyond 1e19 the square overflows where the tanh has long been 1; r == 0 keeps 0 * inf out, and an infinite x is NaN as in PyTorch.
def Fusion_GeluTanhOp    : Fusion_Activation<"gelu_tanh",   "0.5 * x * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)))", "q = x * x; t = tanh(0.79788456080286535588 * (x + 0.044715 * q * x)); r = 0.5 * x * (1 - t * t); dy * (0.5 * (1 + t) + (r == 0 ? 0 : r * (0.79788456080286535588 * (1 + 0.134145 * q))))">;
def Fusion_SoftsignOp    : Fusion_Activation<"softsign",    "x / (1 + abs(x))",                                   "a = 1 + abs(x); dy / a * (1 - abs(x) / a)">;
def Fusion_LogSigmoidOp  : Fusion_Activation<"log_sigmoid", "(x < 0 ? x : 0) - log1p(exp(-abs(x)))",              "z = exp(-abs(x)); dy * ((x < 0 ? 1 : z) / (1 + z))">;
def Fusion_ExpOp         : Fusion_Activation<"exp",         "exp(x)",                                             "dy * exp(x)">;
def Fusion_LogOp         : Fusion_Activation<"log",         "log(x)",                                             "dy / x">;
def Fusion_SqrtOp        : Fusion_Activation<"sqrt",        "sqrt(x)",                                            "dy / (2 * sqrt(x))">;
def Fusion_RsqrtOp       : Fusion_Activation<"rsqrt",       "rsqrt(x)",                                           "r = rsqrt(x); -0.5 * dy * (r * r * r)">;
def Fusion_AbsOp         : Fusion_Activation<"abs",         "abs(x)",                                             "x > 0 ? dy : (x < 0 ? -dy : 0)">;
def Fusion_NegOp         : Fusion_Activation<"neg",         "-x",                                                 "-dy">;
def Fusion_SquareOp      : Fusion_Activation<"square",      "x * x",                                              "dy * (2 * x)">;
def Fusion_ReciprocalOp  : Fusion_Activation<"reciprocal",  "1 / x",                                              "r = 1 / x; -dy * (r * r)">;
def Fusion_PowOp         : Fusion_Activation<"pow",         "pow(x, exponent)",                                   "exponent == 0 ? 0 : dy * (exponent * pow(x, exponent - 1))", (ins F64Attr:$exponent)> {
  let hasVerifier = 1; // (pow_c1) the exponent is finite
}

#endif
