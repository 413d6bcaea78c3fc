// Exponential and reciprocal as the hardware computes them, for formulas where their error stays within that of the operands, and
// activations that are made of them without a branch.
// requires: base.cuh

// 2^x off by up to 2 ulp.
DEV float powerOfTwo(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// exp(x) off by up to 2 + 1.2 |x| ulp: for an x that was rounded itself, which makes exp(x) uncertain by as much.
DEV float roundedExp(float x) { return powerOfTwo(x * 0x1.715476p+0f); }

// 1 / x off by up to 1 ulp, 0 above 2^126: for an x of at least 1.
DEV float reciprocal(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// a / x off by up to 2 ulp, for the same x.
DEV float quotient(float a, float x) { return a * reciprocal(x); }

// tanh(log1p(e)) = e (e + 2) / (e (e + 2) + 2) for an exponential e; from 2^30 on it is 1.
DEV float tanhLog1p(float e) {
  const float bounded = e > 0x1p+30f ? 0x1p+30f : e;
  const float n = bounded * (bounded + 2.0f);
  return quotient(n, n + 2.0f);
}

// tanh(x) off by up to 3 x 2^-24 of itself, without a branch: a polynomial near 0, and 1 - 2 / (exp(2 |x|) + 1) elsewhere.
DEV float fastTanh(float x) {
  const float s = x * x;
  const float high = (0x1.156c4ap-10f * s - 0x1.9a373cp-8f) * s + 0x1.4d9344p-6f;
  const float p = ((high * s - 0x1.b642fap-5f) * s + 0x1.10ecc4p-3f) * s - 0x1.55546cp-2f;
  const float away = 1.0f - 2.0f * reciprocal(roundedExp(2.0f * fabsf(x)) + 1.0f);
  return copysignf(fabsf(x) < 1.0f ? x + x * s * p : away, x); // -0 stays -0
}

// 1 + erf(x) off by up to 4e-7, and below 0 by up to 2e-8 and 1e-6 of itself: 2^(-|x| q(|x|)) is the smaller one of 1 + erf(x) and
// 1 - erf(x), below 2e-8 from 4 on.
DEV float onePlusErf(float x) {
  const float a = fabsf(x);
  const float high = ((0x1.7bf012p-15f * a - 0x1.d294eep-12f) * a + 0x1.85fed8p-10f) * a + 0x1.9793cep-11f;
  const float q = (((high * a - 0x1.cef246p-6f) * a + 0x1.3017a4p-3f) * a + 0x1.d63aa6p-1f) * a + 0x1.a0be9ep+0f;
  const float least = a > 4.0f ? 0.0f : powerOfTwo(-a * q);
  return x < 0.0f ? least : 2.0f - least;
}
