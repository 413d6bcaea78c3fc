// Barriers of a part of a block.
// requires: base.cuh

// `Threads` threads meet at barrier Number, whole warps; number 0 is __syncthreads.
template <int Number, int Threads> DEV void meetPart() { asm volatile("bar.sync %0, %1;" : : "n"(Number), "n"(Threads) : "memory"); }

// The threads of an epilogue meet: all of a block, or those of them that multiply.
template <int Threads, bool Part> DEV void meetEpilogue() {
  if constexpr (Part)
    meetPart<1, Threads>();
  else
    __syncthreads();
}
