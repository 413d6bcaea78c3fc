// Exponential and reciprocal as the hardware computes them, for formulas where their error stays within that of the operands.
// requires: base.cuh

// exp(x) off by up to 2 + 1.2 |x| ulp: for an x that was rounded itself, which makes exp(x) uncertain by as much.
DEV float roundedExp(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x * 0x1.715476p+0f));
  return y;
}

// 1 / x off by up to 1 ulp, 0 above 2^126: for an x of at least 1.
DEV float reciprocal(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// a / x off by up to 2 ulp, for the same x.
DEV float quotient(float a, float x) { return a * reciprocal(x); }
