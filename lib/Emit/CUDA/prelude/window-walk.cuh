// Windowed product-sums of warpgroups for box after box: who multiplies has the epilogue too, while the others bring the next box.
// requires: window-together.cuh, part.cuh
//
// Tile T: as in together-shape.cuh, with `walks`. Shared memory: the pipe and, beside it, the tile.

// Calls then(at) for boxes blockIdx.x, blockIdx.x + gridDim.x, ... of `boxes`, by the threads that multiply, when tile[c * T::pitch + m]
// holds the sum of local channel c < at.channels at every tile element m inside the output. `Packed`: as in windowTogether.
template <class P, class T, bool Scatter, bool Packed, class Load, class W, class Then>
DEV void windowWalk(float *tile, float *pipe, const Load &load, const W *weight, int boxes, const Then &then) {
  using S = TogetherShape<P, T, Scatter>;
  using Tables = TogetherTables<P, T, Scatter>;
  static_assert(T::pitch >= volume(T::box), "expected a tile row to hold the box");
  float *buffers = pipe + S::TableFloats;
  Tables(pipe).template fillQuads<T::threads>(threadIdx.x);
  __syncthreads();
  int walked = 0;
  // Both sides meet at the end of each slice, as in windowTogether, and once in front of the first. Who brings slices is one ahead.
  if (const int group = warpgroupNumber(); group < S::Multiplying / 128) {
    meetAnywhere();
#pragma unroll 1
    for (int box = blockIdx.x; box < boxes; box += gridDim.x, walked++) {
      const Tables tables(pipe, walked);
      TogetherShare<P, T, Scatter> share(group);
      const int turns = tables.turns();
#pragma unroll 1
      for (int turn = 0; turn < turns; turn++) {
        share.multiply(tables, buffers + S::weightsOf(walked, turn), buffers + S::patchOf(walked, turn), turn % S::TapSlices * T::tapSlice);
        waitForProducts<0>();
        meetAnywhere(); // everybody has read the tile of the box before, too
      }
      share.deposit(tile);
      meetPart<1, S::Multiplying>();
      then(WindowPlace<P, T, Scatter>(box));
      __syncwarp(); // lanes might part there as far as ptxas can see, and then it has products wait for each other
    }
  } else {
    const int me = (int)threadIdx.x - S::Multiplying;
#pragma unroll 1
    for (int box = blockIdx.x; box < boxes; box += gridDim.x, walked++) {
      const WindowPlace<P, T, Scatter> at(box);
      const Tables tables(pipe, walked);
      tables.template fillBox<T::stagers>(at, me); // the places of the box before were read in front of the last meeting
      meetPart<2, T::stagers>();
#pragma unroll 1
      for (int turn = 0; turn < S::Turns; turn++) {
        togetherStage<Packed, T::stagers>(buffers, load, weight, tables, at, walked, turn, me);
        showToWarpgroups();
        meetAnywhere();
      }
    }
    meetAnywhere();
  }
}
