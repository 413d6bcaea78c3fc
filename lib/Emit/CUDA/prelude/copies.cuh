// Copies from global to shared memory behind a thread's back.
// requires: base.cuh, aligned.cuh

// Copies a float from global to shared memory, or a zero, behind the thread's back; `from` is valid either way. waitForCopies makes the
// thread's copies visible to itself, and a barrier behind it to the block.
DEV void copyLater(float *to, const float *from, bool exists) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;"
               :
               : "r"((unsigned)__cvta_generic_to_shared(to)), "l"(from), "r"(exists ? 4 : 0)
               : "memory");
}
DEV void waitForCopies() { asm volatile("cp.async.wait_all;" : : : "memory"); }

// Copies four floats from global to shared memory, or zeros, behind the thread's back, as part of the group that the next endOfCopies ends.
DEV void copyQuadLater(float *to, const float *from, bool exists) {
  if constexpr (alignedTensors) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
                 :
                 : "r"((unsigned)__cvta_generic_to_shared(to)), "l"(from), "r"(exists ? 16 : 0)
                 : "memory");
  } else {
#pragma unroll
    for (int i = 0; i < 4; i++)
      asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;"
                   :
                   : "r"((unsigned)__cvta_generic_to_shared(to + i)), "l"(from + i), "r"(exists ? 4 : 0)
                   : "memory");
  }
}
DEV void endOfCopies() { asm volatile("cp.async.commit_group;" : : : "memory"); }
// Until all but the last `Groups` groups of the thread's copies have arrived.
template <int Groups> DEV void waitForAllBut() { asm volatile("cp.async.wait_group %0;" : : "n"(Groups) : "memory"); }

// What a staging loop does with an element's place: brings it, or makes a word of `pack` elements that this thread brought there. Both walk
// the same places, so that nobody else's copies need to have arrived.
struct Bring {
  static constexpr bool brings = true;
  static constexpr int pack = 1;
  DEV static void one(float *to, const float *from, bool exists) { copyLater(to, from, exists); }
  DEV static void quad(float *to, const float *from, bool exists) { copyQuadLater(to, from, exists); }
  // Elements of 16 bits are widened on the way, which no copy can do.
  template <class E> DEV static void one(float *to, const E *from, bool exists) {
    const float v = *from;
    *to = exists ? v : 0.0f;
  }
  template <class E> DEV static void quad(float *to, const E *from, bool exists) {
    const float4 v = {from[0], from[1], from[2], from[3]};
    *(float4 *)to = exists ? v : float4{0.0f, 0.0f, 0.0f, 0.0f};
  }
};

// How values that are computed while they are staged lie in shared memory: as they are. On tensor cores `pack` of them share a word.
struct AsComputed {
  static constexpr int pack = 1;
  DEV static float word(float x, float) { return x; }
};
