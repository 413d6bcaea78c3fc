// Runs of 1, 2 or 4 consecutive floats between global memory and registers; addresses are aligned to the run where tensors are aligned.
// requires: base.cuh, aligned.cuh

// __ldg is a plain load that stays one instruction.
template <int V> DEV void loadVector(float (&to)[V], const float *from) {
  static_assert(V == 1 || V == 2 || V == 4, "expected a run of 1, 2 or 4 floats");
  if constexpr (!alignedTensors) {
#pragma unroll
    for (int i = 0; i < V; i++)
      to[i] = from[i];
  } else if constexpr (V == 4) {
    const float4 quad = __ldg((const float4 *)from);
    to[0] = quad.x;
    to[1] = quad.y;
    to[2] = quad.z;
    to[3] = quad.w;
  } else if constexpr (V == 2) {
    const float2 pair = __ldg((const float2 *)from);
    to[0] = pair.x;
    to[1] = pair.y;
  } else {
    to[0] = *from;
  }
}

template <int V> DEV void storeVector(float *to, const float (&from)[V]) {
  static_assert(V == 1 || V == 2 || V == 4, "expected a run of 1, 2 or 4 floats");
  if constexpr (!alignedTensors)
#pragma unroll
    for (int i = 0; i < V; i++)
      to[i] = from[i];
  else if constexpr (V == 4)
    *(float4 *)to = float4{from[0], from[1], from[2], from[3]};
  else if constexpr (V == 2)
    *(float2 *)to = float2{from[0], from[1]};
  else
    *to = from[0];
}
