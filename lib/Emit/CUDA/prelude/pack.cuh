// The weights of a window in the order in which warpgroups read them, rounded to TF32.
// requires: base.cuh, aligned.cuh, wgmma.cuh
//
// From [A][B][Taps] to quads of reduction channels, [reduced / 4][Taps][written][4]: a gather reduces over B and writes A, a scatter the
// other way round (each of its groups its own run of A). Reduction channels are a multiple of four.

template <int A, int B, int Taps, bool Scatter> DEV void packWeights(float *to, const float *weight) {
  constexpr int Written = Scatter ? B : A, Items = A * B * Taps / 4;
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= Items)
    return;
  const int column = i % Written;
  const int tap = i / Written % Taps;
  const int four = i / (Written * Taps);
  const float *of = weight + (Scatter ? (index_t)(4 * four * B + column) * Taps + tap : (index_t)(column * B + 4 * four) * Taps + tap);
  constexpr int Next = (Scatter ? B : 1) * Taps;
  const float4 quad = {nearTf32(of[0]), nearTf32(of[Next]), nearTf32(of[2 * Next]), nearTf32(of[3 * Next])};
  if constexpr (alignedTensors) {
    *(float4 *)(to + 4 * (index_t)i) = quad;
  } else {
    to[4 * (index_t)i] = quad.x;
    to[4 * (index_t)i + 1] = quad.y;
    to[4 * (index_t)i + 2] = quad.z;
    to[4 * (index_t)i + 3] = quad.w;
  }
}
