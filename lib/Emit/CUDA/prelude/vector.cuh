// Runs of 1, 2, 4 or 8 consecutive floats between global memory and registers; addresses are aligned to the run where tensors are aligned.
// requires: base.cuh, aligned.cuh

// __ldg is a plain load that stays one instruction.
template <int V> DEV void loadVector(float (&to)[V], const float *from) {
  static_assert(V == 1 || V == 2 || V == 4 || V == 8, "expected a run of 1, 2, 4 or 8 floats");
  if constexpr (!alignedTensors) {
#pragma unroll
    for (int i = 0; i < V; i++)
      to[i] = from[i];
  } else if constexpr (V >= 4) {
#pragma unroll
    for (int i = 0; i < V; i += 4) {
      const float4 quad = __ldg((const float4 *)(from + i));
      to[i] = quad.x;
      to[i + 1] = quad.y;
      to[i + 2] = quad.z;
      to[i + 3] = quad.w;
    }
  } else if constexpr (V == 2) {
    const float2 pair = __ldg((const float2 *)from);
    to[0] = pair.x;
    to[1] = pair.y;
  } else {
    to[0] = *from;
  }
}

template <int V> DEV void storeVector(float *to, const float (&from)[V]) {
  static_assert(V == 1 || V == 2 || V == 4 || V == 8, "expected a run of 1, 2, 4 or 8 floats");
  if constexpr (!alignedTensors)
#pragma unroll
    for (int i = 0; i < V; i++)
      to[i] = from[i];
  else if constexpr (V >= 4)
#pragma unroll
    for (int i = 0; i < V; i += 4)
      *(float4 *)(to + i) = float4{from[i], from[i + 1], from[i + 2], from[i + 3]};
  else if constexpr (V == 2)
    *(float2 *)to = float2{from[0], from[1]};
  else
    *to = from[0];
}
