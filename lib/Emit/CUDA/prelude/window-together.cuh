// Windowed product-sums of warpgroups on tensor cores: what tensor-window.cuh does, with both operands read from shared memory by products
// that run while the warps bring the next slice.
// requires: copies.cuh, wgmma.cuh, patch.cuh, window.cuh, mma.cuh, together-shape.cuh
//
// The patch passes through registers, computed on the way or not, where it is rounded. So do weights, but for packed ones (pack.cuh), which
// are copied.

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

// The weights of a slice on their way to a buffer through registers: a step stores what the step before loaded, and loads more.
template <class P, class T, bool Scatter, class W> struct TogetherWeights {
  using S = TogetherShape<P, T, Scatter>;
  static constexpr int Items = S::Quads * (S::Wide - 1) * S::Taps, Turns = ceilDiv(Items, T::threads); // quads
  static constexpr int Step = smaller(4 / S::Factors::pack, ceilDiv(Turns, S::LeastSteps > 0 ? S::LeastSteps : 1));
  // Neighbours in memory, where a tap has no others.
  static constexpr bool Fours =
      alignedTensors && sizeof(W) == 4 && !Scatter && S::Taps == 1 && S::Reduced % 4 == 0 && S::Reduced % T::slice == 0;
  const W *weight; // of the block's first channel
  const int2 *quads;
  int channels, turn = Turns;
  int cells[Step]; // quads where what is loaded goes, -1 where nothing is
  float v[Step][S::Quad];

  DEV TogetherWeights(const W *weight, const int2 *quads, const WindowPlace<P, T, Scatter> &at)
      : weight(weight + (Scatter ? ((index_t)(at.channel / S::Written) * S::Reduced * S::Written + at.channel % S::Written) * S::Taps
                                 : (index_t)at.channel * (S::Reduced * S::Taps))),
        quads(quads), channels(at.channels) {}

  DEV bool left() const { return turn < Turns; }
  DEV void start(float *, int from, int count) {
    turn = 0;
    load(from, count);
  }
  DEV void step(float *to, int from, int count) {
    if (turn < Turns) {
#pragma unroll
      for (int j = 0; j < Step; j++)
        if (cells[j] >= 0)
          *(float4 *)(to + 4 * cells[j]) = WarpgroupWords<typename S::Factors>::quad(v[j]);
      turn += Step;
      if (turn < Turns)
        load(from, count);
    }
  }

  DEV void load(int from, int count) {
#pragma unroll
    for (int j = 0; j < Step; j++) {
      const int i = (turn + j) * T::threads + threadIdx.x;
      cells[j] = -1;
#pragma unroll
      for (int q = 0; q < S::Quad; q++)
        v[j][q] = 0.0f;
      if (i >= Items)
        continue;
      const int quad = i / ((S::Wide - 1) * S::Taps);
      const int e = i - quad * ((S::Wide - 1) * S::Taps);
      const int column = e / S::Taps;
      const int tap = e - column * S::Taps;
      const int2 first = quads[tap];
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
};

// The same of packed weights, which are copied behind the threads' backs: lanes along output channels.
template <class P, class T, bool Scatter> struct TogetherPacked {
  using S = TogetherShape<P, T, Scatter>;
  static constexpr int Columns = S::Wide - 1, Lanes = Columns >= 32 ? 32 : Columns >= 16 ? 16 : 8;
  static constexpr int Rows = S::Quads * S::Taps, Workers = T::threads / Lanes, Turns = ceilDiv(Rows, Workers);
  static constexpr int Step = ceilDiv(Turns, S::LeastSteps > 0 ? S::LeastSteps : 1), Written = Scatter ? S::Written : P::A;
  const float *weight; // of the lane's first channel
  const int2 *quads;
  int channels, turn = Turns;

  DEV TogetherPacked(const float *weight, const int2 *quads, const WindowPlace<P, T, Scatter> &at)
      : weight(weight + 4 * ((Scatter ? (index_t)(at.channel / S::Written * (S::Reduced / 4)) * (S::Taps * Written) + at.channel % S::Written
                                      : (index_t)at.channel) +
                             threadIdx.x % Lanes)),
        quads(quads), channels(at.channels - (int)threadIdx.x % Lanes) {}

  DEV bool left() const { return turn < Turns; }
  DEV void start(float *, int, int) { turn = 0; }
  DEV void step(float *to, int from, int count) {
#pragma unroll
    for (int j = 0; j < Step; j++) {
      const int row = turn * Workers + threadIdx.x / Lanes;
      if (turn < Turns && row < Rows) {
        const int quad = row / S::Taps;
        const int tap = row - quad * S::Taps;
        const int2 first = quads[tap];
        const bool exists = S::Reduced % T::slice == 0 || 4 * quad < count;
        float *cell = to + 4 * (first.x + quad * first.y + (int)threadIdx.x % Lanes);
        const float *of = weight + (exists ? (index_t)(from / 4 * S::Taps + row) * (4 * Written) : 0);
#pragma unroll
        for (int c = 0; c < Columns; c += Lanes)
          if (Columns % Lanes == 0 || c + (int)threadIdx.x % Lanes < Columns)
            copyQuadLater(cell + 4 * c, of + (c < channels ? 4 * c : 0), exists && c < channels);
      }
      turn++;
    }
  }
};

template <bool Packed> struct TogetherWeightsOf {
  template <class P, class T, bool Scatter, class W> using Type = TogetherWeights<P, T, Scatter, W>;
};
template <> struct TogetherWeightsOf<true> {
  template <class P, class T, bool Scatter, class W> using Type = TogetherPacked<P, T, Scatter>;
};

// A slice on its way to a buffer, step by step while products run.
template <class P, class T, bool Scatter, class Load, class Weights> struct TogetherAhead {
  using S = TogetherShape<P, T, Scatter>;
  using Words = WarpgroupWords<typename S::Factors>;
  static constexpr bool Last = liesChannelsLast<Load>(0);
  static constexpr int Items = S::Quads * S::plane, Turns = ceilDiv(Items, T::threads); // quads of the patch
  static constexpr int Batch = smaller(Turns, (Load::plain ? 4 : 2) / S::Factors::pack), Batches = ceilDiv(Turns, Batch);
  static constexpr int Every = S::LeastSteps > Batches ? S::LeastSteps / Batches : 1; // steps from batch to batch
  const Load &load;
  const int *places;
  Weights weights;
  float *to;
  int image, channel;      // first operand channel
  int from = 0, count = 0; // of the slice
  int batch = Batches + 1, steps = 0;
  int cells[Batch]; // quads where what is loaded goes, -1 where nothing is
  float x[Batch][S::Quad];

  DEV bool left() const { return weights.left() || batch <= Batches; }
  // The next steps bring the slice that starts with reduction channel `next`.
  DEV void start(float *buffer, int next) {
    to = buffer;
    from = next;
    count = S::Reduced % T::slice == 0 ? T::slice : smaller(T::slice, S::Reduced - next);
    batch = steps = 0;
    weights.start(to, from, count);
  }
  DEV void step() {
    weights.step(to, from, count);
    if (batch <= Batches && steps-- == 0) {
      if (batch > 0)
        storePatch();
      if (batch < Batches)
        loadPatch();
      batch++;
      steps = Every - 1;
    }
  }
  // What the steps left over.
  DEV void finish() {
#pragma unroll 1
    while (left()) {
      steps = 0;
      step();
    }
  }

  DEV float element(int c, int p) const {
    if constexpr (Load::plain)
      return *load.at(image, c, p);
    else
      return load(image, c, p);
  }
  DEV void loadPatch() {
#pragma unroll
    for (int j = 0; j < Batch; j++) {
      const int i = (batch * Batch + j) * T::threads + threadIdx.x;
      cells[j] = -1;
      if (i >= Items)
        continue;
      const int quad = Last ? i % S::Quads : i / S::plane; // lanes read neighbours
      const int at = Last ? i / S::Quads : i - quad * S::plane;
      const int place = places[at];
      cells[j] = quad * S::plane + at;
#pragma unroll
      for (int q = 0; q < S::Quad; q++) {
        const bool exists = place >= 0 && (S::Reduced % T::slice == 0 || S::Quad * quad + q < count);
        x[j][q] = exists ? element(channel + from + S::Quad * quad + q, place) : 0.0f;
      }
    }
  }
  DEV void storePatch() const {
#pragma unroll
    for (int j = 0; j < Batch; j++)
      if (cells[j] >= 0)
        *(float4 *)(to + S::WeightFloats + 4 * cells[j]) = Words::quad(x[j]);
  }
};

// On return tile[c * T::pitch + m] holds the sum of local channel c < at.channels at every tile element m inside the output. `tile` may
// alias `pipe`. `Packed`: weights lie as pack.cuh leaves them.
template <class P, class T, bool Scatter, bool Packed, class Load, class W>
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
  using Weights = typename TogetherWeightsOf<Packed>::template Type<P, T, Scatter, W>;
  TogetherAhead<P, T, Scatter, Load, Weights> ahead{load, tables.places, Weights(weight, tables.quads, at), now, at.image,
                                                    at.channel / S::Written * S::Reduced};
  ahead.start(now, 0);
  ahead.finish();
  TogetherShare<P, T, Scatter> share;
  waitForCopies();
  showToWarpgroups();
  __syncthreads();
#pragma unroll 1
  for (int from = T::slice;; from += T::slice) {
    if (from < S::Reduced)
      ahead.start(next, from);
    share.multiply(tables, now, now + S::WeightFloats, ahead);
    ahead.finish();
    waitForCopies();
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
