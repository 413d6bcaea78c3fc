// Windowed product-sums of warpgroups on tensor cores: what tensor-window.cuh does, with both operands read from shared memory by products
// that run while the warps bring the next slice.
// requires: wgmma.cuh, patch.cuh, window.cuh, mma.cuh, together-shape.cuh
//
// What lies in memory and what is computed on the way pass through registers alike, where they are rounded.

// A warpgroup's share of the sums: `Rows` tiles of 64 places of every phase by warpChannels.
template <class P, class T, bool Scatter> struct TogetherShare {
  using S = TogetherShape<P, T, Scatter>;
  static constexpr int Rows = S::Rows, Columns = T::warpChannels / 8;
  int firstTile, firstChannel;
  int start[Rows]; // the first place of each tile; one behind the last tile is multiplied and dropped
  float sums[S::Phases][Rows][Columns][4];

  DEV TogetherShare()
      : firstTile((int)threadIdx.x / 128 % S::PlaceGroups * Rows), firstChannel((int)threadIdx.x / 128 / S::PlaceGroups * T::warpChannels),
        sums{} {
#pragma unroll
    for (int r = 0; r < Rows; r++) {
      const int tile = smaller(firstTile + r, S::Tiles - 1);
      const int in = tile % S::SlabTiles;
      start[r] = tile / S::SlabTiles * S::slab + (S::Squares ? in / S::Across * 8 * S::row + in % S::Across * 8 : 64 * in);
    }
  }

  // sums += the product-sum over the staged channels and all taps that meet each phase; the products run on behind the return, and steps
  // are taken at what lies ahead in between.
  template <class Ahead> DEV void multiply(const TogetherTables<P, T, Scatter> &tables, const float *weights, const float *patch, Ahead &ahead) {
    const unsigned right = quadOf(weights) + firstChannel;
    const unsigned left = quadOf(patch);
    startProducts();
#pragma unroll
    for (int phase = 0; phase < S::Phases; phase++) {
      const int4 of = tables.phases[phase];
      const int *taps = tables.taps + phase * S::MostTaps;
#pragma unroll 1
      for (int tap = 0; tap < of.x; tap++) {
        const unsigned a = left + taps[tap];
        const unsigned b = right + of.y + tap * S::Wide;
#pragma unroll
        for (int step = 0; step < S::Quads / 2; step++) {
#pragma unroll
          for (int r = 0; r < Rows; r++)
            T::Products::multiply(sums[phase][r], warpgroupOperand(a + start[r] + 2 * step * S::plane, S::plane, S::NextRun),
                                  warpgroupOperand(b + 2 * step * of.z, of.z, 8));
          endOfProducts();
          ahead.step();
        }
      }
    }
  }

  DEV void deposit(float *tile) const {
    const int group = threadIdx.x % 32 / 4;
    const int quarter = threadIdx.x % 4;
    const int warp = threadIdx.x / 32 % 4;
#pragma unroll
    for (int r = 0; r < 2 * Rows; r++) {
      const int number = firstTile + r / 2;
      const int in = number % S::SlabTiles;
      const int m = 16 * warp + r % 2 * 8 + group;
      const int run = 64 * in + m;
      const int px = S::Squares ? in % S::Across * 8 + m % 8 : run % S::row;
      const int py = S::Squares ? in / S::Across * 8 + m / 8 : run / S::row;
      const int w = px * S::spread.w;
      const int h = py * S::spread.h;
      const int d = number / S::SlabTiles * S::spread.d;
#pragma unroll
      for (int phase = 0; phase < S::Phases; phase++) {
        const int x = w + phase % S::phases.w;
        const int y = h + phase / S::phases.w % S::phases.h;
        const int z = d + phase / (S::phases.w * S::phases.h);
        if (number < S::Tiles && px < S::cover.w && py < S::cover.h && x < T::box.w && y < T::box.h && z < T::box.d) {
          float *to = tile + (firstChannel + 2 * quarter) * T::pitch + (z * T::box.h + y) * T::box.w + x;
#pragma unroll
          for (int j = 0; j < Columns; j++)
#pragma unroll
            for (int q = 0; q < 2; q++)
              if (T::channels % T::warpChannels == 0 || firstChannel + 8 * j + 2 * quarter + q < T::channels)
                to[(8 * j + q) * T::pitch] = sums[phase][r / 2][j][r % 2 * 2 + q];
        }
      }
    }
  }
};

// A slice on its way to a buffer, step by step while products run: a step stores what the step before loaded, and loads more.
template <class P, class T, bool Scatter, class Load, class W> struct TogetherAhead {
  using S = TogetherShape<P, T, Scatter>;
  using Words = WarpgroupWords<typename S::Factors>;
  static constexpr bool Last = liesChannelsLast<Load>(0);
  static constexpr int WeightItems = S::Quads * (S::Wide - 1) * S::Taps, PatchItems = S::Quads * S::plane; // quads
  static constexpr int WeightTurns = ceilDiv(WeightItems, T::threads), PatchTurns = ceilDiv(PatchItems, T::threads);
  static constexpr int Steps = S::LeastSteps > 0 ? S::LeastSteps : 1;
  static constexpr int WeightStep = smaller(4 / S::Factors::pack, ceilDiv(WeightTurns, Steps)),
                       PatchStep = smaller(Load::plain ? 4 / S::Factors::pack : 2, ceilDiv(PatchTurns, Steps));
  // Neighbours in memory, where a tap has no others.
  static constexpr bool Fours =
      alignedTensors && sizeof(W) == 4 && !Scatter && S::Taps == 1 && S::Reduced % 4 == 0 && S::Reduced % T::slice == 0;
  const Load &load;
  const W *weight; // of the block's first channel
  const TogetherTables<P, T, Scatter> &tables;
  float *to;
  int image, channel, channels; // first operand channel; output channels of the block
  int from = 0, count = 0;      // of the slice
  int turn = WeightTurns, patchTurn = PatchTurns;
  int cells[WeightStep], patchCells[PatchStep]; // quads where what is loaded goes, -1 where nothing is
  float v[WeightStep][S::Quad], x[PatchStep][S::Quad];

  // The next steps bring the slice that starts with reduction channel `next`.
  DEV void start(float *buffer, int next) {
    to = buffer;
    from = next;
    count = S::Reduced % T::slice == 0 ? T::slice : smaller(T::slice, S::Reduced - next);
    turn = patchTurn = 0;
    loadWeights();
    loadPatch();
  }

  DEV void loadWeights() {
#pragma unroll
    for (int j = 0; j < WeightStep; j++) {
      const int i = (turn + j) * T::threads + threadIdx.x;
      cells[j] = -1;
#pragma unroll
      for (int q = 0; q < S::Quad; q++)
        v[j][q] = 0.0f;
      if (i >= WeightItems)
        continue;
      const int quad = i / ((S::Wide - 1) * S::Taps);
      const int e = i - quad * ((S::Wide - 1) * S::Taps);
      const int column = e / S::Taps;
      const int tap = e - column * S::Taps;
      const int2 first = tables.quads[tap];
      cells[j] = first.x + quad * first.y + column;
      if (column < channels) {
        const int reduction = from + S::Quad * quad;
        const W *of = weight + (Scatter ? (index_t)reduction * (S::Written * S::Taps) + e
                                        : (index_t)column * (S::Reduced * S::Taps) + (reduction * S::Taps + tap));
        if constexpr (Fours) {
#pragma unroll
          for (int q = 0; q < S::Quad; q += 4) {
            const float4 all = *(const float4 *)(of + q);
            v[j][q] = all.x;
            v[j][q + 1] = all.y;
            v[j][q + 2] = all.z;
            v[j][q + 3] = all.w;
          }
        } else {
#pragma unroll
          for (int q = 0; q < S::Quad; q++)
            if (S::Reduced % T::slice == 0 || S::Quad * quad + q < count)
              v[j][q] = of[(index_t)q * ((Scatter ? S::Written : 1) * S::Taps)];
        }
      }
    }
  }
  DEV void storeWeights() const {
#pragma unroll
    for (int j = 0; j < WeightStep; j++)
      if (cells[j] >= 0)
        *(float4 *)(to + 4 * cells[j]) = Words::quad(v[j]);
  }

  DEV float element(int c, int p) const {
    if constexpr (Load::plain)
      return *load.at(image, c, p);
    else
      return load(image, c, p);
  }
  DEV void loadPatch() {
#pragma unroll
    for (int j = 0; j < PatchStep; j++) {
      const int i = (patchTurn + j) * T::threads + threadIdx.x;
      patchCells[j] = -1;
      if (i >= PatchItems)
        continue;
      const int quad = Last ? i % S::Quads : i / S::plane; // lanes read neighbours
      const int at = Last ? i / S::Quads : i - quad * S::plane;
      const int place = tables.places[at];
      patchCells[j] = quad * S::plane + at;
#pragma unroll
      for (int q = 0; q < S::Quad; q++) {
        const bool exists = place >= 0 && (S::Reduced % T::slice == 0 || S::Quad * quad + q < count);
        x[j][q] = exists ? element(channel + from + S::Quad * quad + q, place) : 0.0f;
      }
    }
  }
  DEV void storePatch() const {
#pragma unroll
    for (int j = 0; j < PatchStep; j++)
      if (patchCells[j] >= 0)
        *(float4 *)(to + S::WeightFloats + 4 * patchCells[j]) = Words::quad(x[j]);
  }

  DEV void step() {
    if (turn < WeightTurns) {
      storeWeights();
      turn += WeightStep;
      if (turn < WeightTurns)
        loadWeights();
    }
    if (patchTurn < PatchTurns) {
      storePatch();
      patchTurn += PatchStep;
      if (patchTurn < PatchTurns)
        loadPatch();
    }
  }
  // What the steps left over.
  DEV void finish() {
#pragma unroll 1
    while (turn < WeightTurns || patchTurn < PatchTurns)
      step();
  }
};

// On return tile[c * T::pitch + m] holds the sum of local channel c < at.channels at every tile element m inside the output. `tile` may
// alias `pipe`.
template <class P, class T, bool Scatter, class Load, class W>
DEV void windowTogether(float *tile, float *pipe, const Load &load, const W *weight, const WindowPlace<P, T, Scatter> &at) {
  using S = TogetherShape<P, T, Scatter>;
  static_assert(T::pitch >= volume(T::box), "expected a tile row to hold the box");
  const TogetherTables<P, T, Scatter> tables(pipe);
  float *now = pipe + S::TableFloats; // the buffer that is multiplied
  float *next = now + (S::Buffers - 1) * S::BufferFloats;
  tables.fill(at, Vec3{windowBase<Scatter>(at.d, P::stride.d, P::taps.d, P::padding.d, P::dilation.d),
                       windowBase<Scatter>(at.h, P::stride.h, P::taps.h, P::padding.h, P::dilation.h),
                       windowBase<Scatter>(at.w, P::stride.w, P::taps.w, P::padding.w, P::dilation.w)});
  __syncthreads(); // the tables are there
  const int group = at.channel / S::Written;
  const W *first = Scatter ? weight + ((index_t)group * S::Reduced * S::Written + at.channel - group * S::Written) * S::Taps
                           : weight + (index_t)at.channel * (S::Reduced * S::Taps);
  TogetherAhead<P, T, Scatter, Load, W> ahead{load, first, tables, now, at.image, group * S::Reduced, at.channels};
  ahead.start(now, 0);
  ahead.finish();
  TogetherShare<P, T, Scatter> share;
  showToWarpgroups();
  __syncthreads();
#pragma unroll 1
  for (int from = T::slice;; from += T::slice) {
    if (from < S::Reduced)
      ahead.start(next, from);
    share.multiply(tables, now, now + S::WeightFloats, ahead);
    ahead.finish();
    waitForProducts<0>();
    showToWarpgroups();
    __syncthreads(); // everybody has read this buffer, and the next one is full
    if (from >= S::Reduced)
      break;
    float *swap = now;
    now = next;
    next = swap;
  }
  share.deposit(tile);
  __syncthreads();
}
