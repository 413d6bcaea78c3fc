// Windowed product-sums of warpgroups on tensor cores: what tensor-window.cuh does, with both operands read from shared memory. Some warps
// multiply a slice while others bring the next one.
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

  DEV explicit TogetherShare(int number)
      : firstTile(number % S::PlaceGroups * Rows), firstChannel(number / S::PlaceGroups * T::warpChannels), sums{} {
#pragma unroll
    for (int r = 0; r < Rows; r++) {
      const int tile = smaller(firstTile + r, S::Tiles - 1);
      const int in = tile % S::SlabTiles;
      start[r] = tile / S::SlabTiles * S::slab + (S::Squares ? in / S::Across * 8 * S::row + in % S::Across * 8 : 64 * in);
    }
  }

  // What a tap adds to a phase, with its places at `a` and its weights at `b`, whose quads of channels are `next` apart.
  DEV void multiplyTap(float (&to)[Rows][Columns][4], unsigned a, unsigned b, int next) {
#pragma unroll
    for (int step = 0; step < S::Quads / 2; step++)
#pragma unroll
      for (int r = 0; r < Rows; r++)
        T::Products::multiply(to[r], warpgroupOperand(a + start[r] + 2 * step * S::plane, S::plane, S::NextRun),
                              warpgroupOperand(b + 2 * step * next, next, 8));
  }

  // sums += the product-sum over the staged channels and those taps that meet each phase, from tap `from` on; the products run on behind
  // the return.
  DEV void multiply(const TogetherTables<P, T, Scatter> &tables, const float *weights, const float *patch, int from) {
    const unsigned right = quadOf(weights) + firstChannel;
    const unsigned left = quadOf(patch);
    startProducts();
#pragma unroll
    for (int phase = 0; phase < S::Phases; phase++) {
      const int4 of = tables.phases[phase];
      const int *taps = tables.taps + phase * S::MostTaps + from;
      constexpr int Most = smaller(S::MostTaps, T::tapSlice);
      if constexpr (S::Alike && S::MostTaps % Most == 0 && S::Phases * Most * (S::Quads / 2) * Rows <= 128) {
#pragma unroll
        for (int tap = 0; tap < Most; tap++)
          multiplyTap(sums[phase], left + taps[tap], right + of.y + tap * S::Wide, of.z);
      } else {
#pragma unroll 1
        for (int tap = 0; tap < smaller(Most, (S::Alike ? S::MostTaps : of.x) - from); tap++)
          multiplyTap(sums[phase], left + taps[tap], right + of.y + tap * S::Wide, of.z);
      }
    }
    endOfProducts();
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

// The tap whose weights lie at `place` of those that are staged, `first` in front of them; behind the last there are none.
template <class P, class T, bool Scatter> DEV int togetherTap(int first, int place) {
  using S = TogetherShape<P, T, Scatter>;
  return S::TapSlices == 1 ? place : Scatter ? S::Taps - 1 - first - place : first + place;
}

// Brings the weights of `count` reduction channels from `from` on, of taps from the place `first` on, through registers; thread `me` of
// All.
template <int All, class P, class T, bool Scatter, class W>
DEV void togetherWeights(float *to, const W *weight, const int2 *quads, const WindowPlace<P, T, Scatter> &at, int from, int count,
                         int first, int me) {
  using S = TogetherShape<P, T, Scatter>;
  constexpr int Columns = S::Wide - 1, Items = S::Quads * Columns * T::tapSlice;
  // Neighbours in memory, where a tap has no others.
  constexpr bool Fours = alignedTensors && sizeof(W) == 4 && !Scatter && S::Taps == 1 && S::Reduced % 4 == 0 && S::Reduced % T::slice == 0;
  const W *own = weight + (Scatter ? ((index_t)(at.channel / S::Written) * S::Reduced * S::Written + at.channel % S::Written) * S::Taps
                                   : (index_t)at.channel * (S::Reduced * S::Taps));
#pragma unroll 4
  for (int i = me; i < Items; i += All) {
    const int quad = i / (Columns * T::tapSlice);
    const int e = i - quad * (Columns * T::tapSlice);
    const int column = e / T::tapSlice;
    const int tap = togetherTap<P, T, Scatter>(first, e - column * T::tapSlice);
    if (S::Taps % T::tapSlice && (unsigned)tap >= (unsigned)S::Taps)
      continue;
    const int reduction = from + S::Quad * quad;
    const W *of = own + (Scatter ? (index_t)reduction * (S::Written * S::Taps) + (column * S::Taps + tap)
                                 : (index_t)column * (S::Reduced * S::Taps) + (reduction * S::Taps + tap));
    float v[S::Quad];
    if constexpr (Fours) {
#pragma unroll
      for (int q = 0; q < S::Quad; q += 4) {
        const float4 four = column < at.channels ? *(const float4 *)(of + q) : float4{0.0f, 0.0f, 0.0f, 0.0f};
        v[q] = four.x;
        v[q + 1] = four.y;
        v[q + 2] = four.z;
        v[q + 3] = four.w;
      }
    } else {
#pragma unroll
      for (int q = 0; q < S::Quad; q++) {
        const bool exists = column < at.channels && (S::Reduced % T::slice == 0 || S::Quad * quad + q < count);
        v[q] = exists ? (float)of[(index_t)q * ((Scatter ? S::Written : 1) * S::Taps)] : 0.0f;
      }
    }
    const int2 cell = quads[tap];
    *(float4 *)(to + 4 * (cell.x - (S::TapSlices == 1 ? 0 : first * S::Wide) + quad * cell.y + column)) =
        WarpgroupWords<typename S::Factors>::quad(v);
  }
}

// The same of packed weights, which are copied behind the threads' backs: lanes along output channels.
template <int All, class P, class T, bool Scatter>
DEV void togetherPacked(float *to, const float *weight, const int2 *quads, const WindowPlace<P, T, Scatter> &at, int from, int count,
                        int first, int me) {
  using S = TogetherShape<P, T, Scatter>;
  constexpr int Columns = S::Wide - 1, Lanes = Columns >= 32 ? 32 : Columns >= 16 ? 16 : 8, Written = Scatter ? S::Written : P::A;
  const int lane = me % Lanes;
  const float *own =
      weight + 4 * ((Scatter ? (index_t)(at.channel / S::Written * (S::Reduced / 4)) * (S::Taps * Written) + at.channel % S::Written
                             : (index_t)at.channel) +
                    lane);
#pragma unroll 2
  for (int row = me / Lanes; row < S::Quads * T::tapSlice; row += All / Lanes) {
    const int quad = row / T::tapSlice;
    const int tap = togetherTap<P, T, Scatter>(first, row - quad * T::tapSlice);
    if (S::Taps % T::tapSlice && (unsigned)tap >= (unsigned)S::Taps)
      continue;
    const int2 place = quads[tap];
    const bool there = S::Reduced % T::slice == 0 || 4 * quad < count;
    float *cell = to + 4 * (place.x - (S::TapSlices == 1 ? 0 : first * S::Wide) + quad * place.y + lane);
    const float *of = own + (there ? (index_t)((from / 4 + quad) * S::Taps + tap) * (4 * Written) : 0);
#pragma unroll
    for (int c = 0; c < Columns; c += Lanes) {
      const bool exists = there && c + lane < at.channels;
      if (Columns % Lanes == 0 || c + lane < Columns)
        copyQuadLater(cell + 4 * c, of + (exists ? 4 * c : -4 * lane), exists);
    }
  }
}

// Brings the patch of `count` reduction channels from `from` on through registers.
template <int All, class P, class T, bool Scatter, class Load>
DEV void togetherPatch(float *to, const Load &load, const int *places, const WindowPlace<P, T, Scatter> &at, int from, int count, int me) {
  using S = TogetherShape<P, T, Scatter>;
  constexpr bool Last = liesChannelsLast<Load>(0);
  constexpr int Items = S::Quads * S::plane, Mine = ceilDiv(Items, All);
  constexpr int Batch = ceilDiv(Mine, ceilDiv(Mine, T::batch)); // quads whose loads are in flight together
  const int channel = at.channel / S::Written * S::Reduced + from;
#pragma unroll 1
  for (int i = me; i < Items; i += Batch * All) {
    float v[Batch][S::Quad];
    int cell[Batch];
#pragma unroll
    for (int j = 0; j < Batch; j++) {
      const int item = smaller(i + j * All, Items - 1);          // behind the last comes the last one again: no branch parts the loads
      const int quad = Last ? item % S::Quads : item / S::plane; // lanes read neighbours
      cell[j] = Last ? quad * S::plane + item / S::Quads : item;
      const int place = places[Last ? item / S::Quads : item - quad * S::plane];
      const bool inside = place >= 0;
      const int p = inside ? place : 0; // the same for all channels of a quad, which then lie known distances apart
      const int first = channel + S::Quad * quad;
#pragma unroll
      for (int q = 0; q < S::Quad; q++) {
        const bool exists = S::Reduced % T::slice == 0 || S::Quad * quad + q < count;
        const int c = exists ? first + q : channel;
        float value;
        if constexpr (Load::plain)
          value = *load.at(at.image, c, p);
        else
          value = load(at.image, c, p);
        v[j][q] = inside && exists ? value : 0.0f;
      }
    }
#pragma unroll
    for (int j = 0; j < Batch; j++)
      if (i + j * All < Items)
        *(float4 *)(to + 4 * cell[j]) = WarpgroupWords<typename S::Factors>::quad(v[j]);
  }
}

// Brings what a turn multiplies and the one before it did not, of the block's box number `box`.
template <bool Packed, int All, class P, class T, bool Scatter, class Load, class W>
DEV void togetherStage(float *buffers, const Load &load, const W *weight, const TogetherTables<P, T, Scatter> &tables,
                       const WindowPlace<P, T, Scatter> &at, int box, int turn, int me) {
  using S = TogetherShape<P, T, Scatter>;
  const int slice = turn / S::TapSlices;
  const int from = slice * T::slice;
  const int first = turn % S::TapSlices * T::tapSlice;
  const int count = S::Reduced % T::slice == 0 ? T::slice : smaller(T::slice, S::Reduced - from);
  float *to = buffers + S::weightsOf(box, turn);
  if constexpr (Packed) {
    if (!S::Stays || box == 0)
      togetherPacked<All>(to, weight, tables.quads, at, from, count, first, me);
  } else {
    if (!S::Stays || box == 0)
      togetherWeights<All>(to, weight, tables.quads, at, from, count, first, me);
  }
  if (first == 0)
    togetherPatch<All>(buffers + S::patchOf(box, turn), load, tables.places, at, from, count, me);
  waitForCopies();
}

// On return tile[c * T::pitch + m] holds the sum of local channel c < at.channels at every tile element m inside the output. `tile` may
// alias `pipe`. `Packed`: weights lie as pack.cuh leaves them.
template <class P, class T, bool Scatter, bool Packed, class Load, class W>
DEV void windowTogether(float *tile, float *pipe, const Load &load, const W *weight, const WindowPlace<P, T, Scatter> &at) {
  using S = TogetherShape<P, T, Scatter>;
  static_assert(T::pitch >= volume(T::box), "expected a tile row to hold the box");
  const TogetherTables<P, T, Scatter> tables(pipe);
  float *buffers = pipe + S::TableFloats;
  tables.template fillQuads<T::threads>(threadIdx.x);
  tables.template fillBox<T::threads>(at, threadIdx.x);
  __syncthreads(); // the tables are there
  togetherStage<Packed, T::threads>(buffers, load, weight, tables, at, 0, 0, threadIdx.x);
  showToWarpgroups();
  __syncthreads();
  // Both sides meet at the end of each slice: this buffer has been read, and the next one is full. Who brings slices has no sums, and
  // products hold up whoever asks for them.
  if (const int number = warpgroupNumber(); number < S::Multiplying / 128) {
    TogetherShare<P, T, Scatter> share(number);
    const int turns = tables.turns();
#pragma unroll 1
    for (int turn = 0; turn < turns; turn++) {
      share.multiply(tables, buffers + S::weightsOf(0, turn), buffers + S::patchOf(0, turn), turn % S::TapSlices * T::tapSlice);
      waitForProducts<0>();
      meetAnywhere();
    }
    share.deposit(tile);
  } else {
#pragma unroll 1
    for (int turn = 1; turn < S::Turns; turn++) {
      togetherStage<Packed, T::stagers>(buffers, load, weight, tables, at, 0, turn, (int)threadIdx.x - S::Multiplying);
      showToWarpgroups();
      meetAnywhere();
    }
    meetAnywhere();
  }
  __syncthreads();
}
