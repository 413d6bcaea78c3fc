// Runs of 2, 4 or 8 consecutive 16-bit elements between global memory and fp32 registers, as vector.cuh has them of floats.
// requires: base.cuh, aligned.cuh, narrow.cuh

template <class E> DEV void widenPair(float *to, unsigned pair) {
  E low, high;
  low.bits = (unsigned short)pair;
  high.bits = (unsigned short)(pair >> 16);
  to[0] = low;
  to[1] = high;
}

template <class E> DEV unsigned narrowPair(const float *from) {
  E low, high;
  low = from[0];
  high = from[1];
  return low.bits | (unsigned)high.bits << 16;
}

template <class E, int V> DEV void loadNarrow(float (&to)[V], const E *from) {
  static_assert(V == 2 || V == 4 || V == 8, "expected a run of 2, 4 or 8 elements");
  if constexpr (!alignedTensors) {
#pragma unroll
    for (int i = 0; i < V; i++)
      to[i] = from[i];
  } else if constexpr (V == 8) {
    const uint4 words = __ldg((const uint4 *)from);
    widenPair<E>(to, words.x);
    widenPair<E>(to + 2, words.y);
    widenPair<E>(to + 4, words.z);
    widenPair<E>(to + 6, words.w);
  } else if constexpr (V == 4) {
    const uint2 words = __ldg((const uint2 *)from);
    widenPair<E>(to, words.x);
    widenPair<E>(to + 2, words.y);
  } else {
    widenPair<E>(to, __ldg((const unsigned *)from));
  }
}

template <class E, int V> DEV void storeNarrow(E *to, const float (&from)[V]) {
  static_assert(V == 2 || V == 4 || V == 8, "expected a run of 2, 4 or 8 elements");
  if constexpr (!alignedTensors)
#pragma unroll
    for (int i = 0; i < V; i++)
      to[i] = from[i];
  else if constexpr (V == 8)
    *(uint4 *)to = uint4{narrowPair<E>(from), narrowPair<E>(from + 2), narrowPair<E>(from + 4), narrowPair<E>(from + 6)};
  else if constexpr (V == 4)
    *(uint2 *)to = uint2{narrowPair<E>(from), narrowPair<E>(from + 2)};
  else
    *(unsigned *)to = narrowPair<E>(from);
}

template <int V> DEV void loadVector(float (&to)[V], const bf16 *from) { loadNarrow<bf16>(to, from); }
template <int V> DEV void loadVector(float (&to)[V], const f16 *from) { loadNarrow<f16>(to, from); }
template <int V> DEV void storeVector(bf16 *to, const float (&from)[V]) { storeNarrow<bf16>(to, from); }
template <int V> DEV void storeVector(f16 *to, const float (&from)[V]) { storeNarrow<f16>(to, from); }
