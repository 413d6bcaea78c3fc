// Every activation is one line: its formula and its derivative side by side.
//
// The formula language (include/fusion/Dialect/Formula.h): `x` the operand, `dy` the incoming gradient, attribute names as
// constants, + - * /, < <= > >= ==, c ? a : b, let-bindings `s = expr; expr`, and exp log log1p tanh erf sqrt rsqrt abs.
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
def Fusion_ClampOp       : Fusion_Activation<"clamp",       "u = x < min ? min : x; u > max ? max : u",           "x > min ? (x < max ? dy : 0) : 0", (ins F64Attr:$min, F64Attr:$max)> {
  let hasVerifier = 1; // (clamp_c1) neither bound is NaN; min > max is allowed and gives max everywhere, as in PyTorch
}

#endif
