// Windowed product-sums of warpgroups on tensor cores: what tensor-window.cuh does, with the weights read from shared memory by products
// that run while the warps bring the next slice.
// requires: wgmma.cuh, tensor-window.cuh
//
// Tile T: as in tensor-window.cuh; `Products` names the warpgroup's struct (wgmma.cuh), whose columns are warpChannels. Each warp brings
// warpPlaces places; a multiple of four warps shares the channels. Factors: Tf32. Weights lie in bricks (bricks.cuh).

// A warp's share of the sums, multiplied together with three other warps.
template <class P, class T, bool Scatter> struct TogetherShare : TensorWindowShare<P, T, Scatter> {
  using S = TensorWindowShape<P, T, Scatter>;
  using Share = TensorWindowShare<P, T, Scatter>;
  static constexpr int Rows = Share::Rows;
  static constexpr bool Alike = Share::Alike;

  static constexpr int Together = Share::S::Phases == 1 ? 2 : 1; // steps whose products form a group

  // The left factors of a step: a[g, c], a[g + 8, c], a[g, c + 4], a[g + 8, c + 4] of each 16 rows.
  template <bool Round> DEV void fragments(unsigned (&a)[Rows][4], int2 entry, const float *place) const {
    const int k[2] = {entry.x, entry.y};
#pragma unroll
    for (int i = 0; i < 2; i++) {
      const float *x = place + (S::Filled && k[i] < 0 ? 0 : k[i]);
#pragma unroll
      for (int run = 0; run < 2 * Rows; run++) {
        const float factor = x[Alike ? Share::distance(8 * run) : this->corner[Alike ? 0 : run]];
        a[run / 2][run % 2 + 2 * i] = S::Filled && k[i] < 0 ? 0u : __float_as_uint(Round ? nearTf32(factor) : factor);
      }
    }
  }

  // The same as multiply, of whole warpgroups, which take steps at what lies ahead while products run.
  template <class Ahead> DEV void multiplyTogether(const int2 *table, const float *weights, const float *patch, Ahead &ahead) {
    const int *steps = (const int *)(table + S::Phases * S::PhaseEntries);
    const float *place = patch + S::Shift + (Alike ? this->corner[0] : 0);
#pragma unroll
    for (int phase = 0; phase < S::Phases; phase++) {
      const int2 *entry = table + phase * S::PhaseEntries + this->quarter;
      const int count = S::Phases == 1 && S::Bricks::Classes == 1 ? S::PhaseEntries / 8 : steps[phase];
      const int first = S::Bricks::Classes == 1 ? 0 : steps[S::Phases + phase];
      const int column = S::WarpsChannels == 1 ? 0 : this->firstChannel * 4;
      unsigned long long b = warpgroupOperand(weights + first + column, 4 * S::Bricks::Brick, 128);
      unsigned a[2][Together][Rows][4]; // while products read one, the other is filled
      int2 next[Together];              // where the words of the next steps lie
#pragma unroll
      for (int i = 0; i < Together; i++)
        next[i] = entry[4 * i]; // maybe behind the last
      int step = 0;
#pragma unroll 1
      for (; step + 2 * Together <= count; step += 2 * Together) { // a branch between products would make ptxas wait for each of them
#pragma unroll
        for (int turn = 0; turn < 2; turn++) {
#pragma unroll
          for (int i = 0; i < Together; i++)
            fragments<Ahead::copies>(a[turn][i], next[i], place);
          entry += 4 * Together;
          startProducts();
#pragma unroll
          for (int i = 0; i < Together; i++, b += S::Bricks::Brick / 2)
#pragma unroll
            for (int r = 0; r < Rows; r++)
              T::Products::template multiply<true>(this->sums[phase][r], a[turn][i][r], b);
          endOfProducts();
#pragma unroll
          for (int i = 0; i < Together; i++)
            next[i] = entry[4 * i];
          ahead.step();
          waitForProducts<1>();
        }
      }
      waitForProducts<0>();
#pragma unroll 1
      for (; step < count; step++, entry += 4, b += S::Bricks::Brick / 2) {
        fragments<Ahead::copies>(a[0][0], *entry, place);
        startProducts();
#pragma unroll
        for (int r = 0; r < Rows; r++)
          T::Products::template multiply<true>(this->sums[phase][r], a[0][0][r], b);
        endOfProducts();
        ahead.step();
        waitForProducts<0>();
      }
    }
  }
};

// A slice on its way to a buffer, step by step while products run: a step makes words of what the step before loaded, and loads more.
template <class P, class T, bool Scatter, class Load, class W> struct TogetherAhead {
  using S = TensorWindowShape<P, T, Scatter>;
  using B = typename S::Bricks;
  static constexpr bool copies = Load::plain;
  static constexpr int Noted = S::Quads ? 4 : 1, Line = S::patch.w / Noted;     // neighbours that lie together in memory, and have one note
  static constexpr int Quad = copies && !liesChannelsLast<Load>(0) ? Noted : 1; // of them are loaded at once
  static constexpr int Places = volume(S::patch) / Quad, PatchItems = T::slice * Places;
  static constexpr int WeightItems = S::Wide * (S::Direct || B::Fours ? S::SliceTaps : B::Words) / 4;
  static constexpr int PatchTurns = ceilDiv(PatchItems, T::threads), WeightTurns = ceilDiv(WeightItems, T::threads);
  static constexpr int Steps = ceilDiv(S::LeastSteps, TogetherShare<P, T, Scatter>::Together); // in a slice, at least
  static constexpr int PatchStep = smaller(8, ceilDiv(PatchTurns, Steps)), WeightStep = smaller(4, ceilDiv(WeightTurns, Steps));
  const Load &load;
  const W *weight;    // of the block's first channel
  const int2 *places; // of the patch: where in a channel of memory, or -1 outside, and where in shared memory
  const int *words;   // of weights (TensorWindowBricks::note)
  float *to;
  int image, channel, channels; // first operand channel; output channels of the block
  int from = 0, count = 0;      // of the slice
  int turn = WeightTurns, patchTurn = PatchTurns;
  int cells[WeightStep], patchCells[Load::plain ? 1 : PatchStep]; // where what is loaded goes, -1 where nothing is
  float v[WeightStep][4], x[Load::plain ? 1 : PatchStep];

  // Notes where each place of the patch lies.
  DEV static void note(int2 *places, Vec3 base) {
#pragma unroll 1
    for (int i = threadIdx.x; i < S::PatchPlaces; i += T::threads) {
      const int line = i / Line;
      const int column = i % Line * Noted;
      const int w = base.w + column;
      const int h = base.h + line % S::patch.h;
      const int d = base.d + line / S::patch.h;
      const bool inside = (unsigned)w < (unsigned)S::in.w && (unsigned)h < (unsigned)S::in.h && (unsigned)d < (unsigned)S::in.d;
      places[i] =
          int2{inside ? (d * S::in.h + h) * S::in.w + w : -1, line * S::row + column % S::split * (S::row / S::split) + column / S::split};
    }
  }

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
      v[j][0] = v[j][1] = v[j][2] = v[j][3] = 0.0f;
      cells[j] = -1;
      if (i >= WeightItems)
        continue;
      if constexpr (S::Direct) { // four neighbours of memory
        const int column = i / (S::SliceTaps / 4);
        const int quad = i - column * (S::SliceTaps / 4);
        cells[j] = quad * B::Brick + 4 * column;
        if (column < channels && (S::Reduced % T::slice == 0 || 4 * quad < count * S::Taps)) {
          const W *of = weight + ((index_t)column * (S::Reduced * S::Taps) + (from * S::Taps + 4 * quad));
          if constexpr (alignedTensors && sizeof(W) == 4) {
            const float4 all = *(const float4 *)of;
            v[j][0] = all.x;
            v[j][1] = all.y;
            v[j][2] = all.z;
            v[j][3] = all.w;
          } else {
#pragma unroll
            for (int q = 0; q < 4; q++)
              v[j][q] = of[q];
          }
        }
      } else if constexpr (B::Fours) { // a tap of four channels
        const int four = i / (S::Wide * S::Taps);
        const int e = i - four * (S::Wide * S::Taps);
        const int column = e / S::Taps;
        const int tap = e - column * S::Taps;
        cells[j] = B::at(words[tap] + 4 * four) + 4 * column;
        if (column < channels) {
          const W *of = weight + (Scatter ? (index_t)(from + 4 * four) * (S::Written * S::Taps) + e
                                          : (index_t)column * (S::Reduced * S::Taps) + ((from + 4 * four) * S::Taps + tap));
#pragma unroll
          for (int q = 0; q < 4; q++)
            if (S::Reduced % T::slice == 0 || 4 * four + q < count)
              v[j][q] = of[(index_t)q * ((Scatter ? S::Written : 1) * S::Taps)];
        }
      } else { // any four words
        const int four = i / S::Wide;
        const int column = i - four * S::Wide;
        cells[j] = four * B::Brick + 4 * column;
#pragma unroll
        for (int q = 0; q < 4; q++) {
          const int2 word = ((const int2 *)words)[4 * four + q];
          if (column < channels && word.x >= 0 && word.y < count)
            v[j][q] =
                weight[(index_t)from * ((Scatter ? S::Written : 1) * S::Taps) + column * ((Scatter ? 1 : S::Reduced) * S::Taps) + word.x];
        }
      }
    }
  }
  DEV void storeWeights() {
#pragma unroll
    for (int j = 0; j < WeightStep; j++)
      if (cells[j] >= 0)
        *(float4 *)(to + cells[j]) = float4{nearTf32(v[j][0]), nearTf32(v[j][1]), nearTf32(v[j][2]), nearTf32(v[j][3])};
  }

  // What lies in memory is copied, and rounded when it is read; values that are computed on the way pass through registers.
  DEV void loadPatch() {
#pragma unroll
    for (int j = 0; j < PatchStep; j++) {
      const int i = (patchTurn + j) * T::threads + threadIdx.x;
      if constexpr (!Load::plain)
        patchCells[j] = -1;
      if (i >= PatchItems)
        continue;
      const int row = i / Places;
      const int at = i - row * Places;
      const int within = Quad == Noted ? 0 : at % Noted;
      const int2 place = places[Quad == Noted ? at : at / Noted];
      const int cell = row * S::plane + place.y + within;
      const bool inside = place.x >= 0 && (S::Reduced % T::slice == 0 || row < count);
      if constexpr (!Load::plain) {
        patchCells[j] = cell;
        x[j] = inside ? load(image, channel + from + row, place.x + within) : 0.0f;
      } else {
        const auto *of = load.at(image, channel + from + (inside ? row : 0), inside ? place.x + within : 0);
        if constexpr (Quad == 4)
          Bring::quad(to + S::WeightFloats + cell, of, inside);
        else
          Bring::one(to + S::WeightFloats + cell, of, inside);
      }
    }
  }
  DEV void storePatch() {
    if constexpr (!Load::plain) {
#pragma unroll
      for (int j = 0; j < PatchStep; j++)
        if (patchCells[j] >= 0)
          to[S::WeightFloats + patchCells[j]] = nearTf32(x[j]);
    }
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
  using S = TensorWindowShape<P, T, Scatter>;
  using Ahead = TogetherAhead<P, T, Scatter, Load, W>;
  static_assert(T::pitch >= volume(T::box), "expected a tile row to hold the box");
  int2 *table = (int2 *)pipe;
  float *now = pipe + S::TableFloats; // the buffer that is multiplied
  float *next = now + (S::Buffers - 1) * S::BufferFloats;
  const Vec3 base = {windowBase<Scatter>(at.d, P::stride.d, P::taps.d, P::padding.d, P::dilation.d),
                     windowBase<Scatter>(at.h, P::stride.h, P::taps.h, P::padding.h, P::dilation.h),
                     windowBase<Scatter>(at.w, P::stride.w, P::taps.w, P::padding.w, P::dilation.w)};
  const Vec3 early = {base.d, base.h, base.w - S::Shift};
  tensorWindowTable<P, T, Scatter>(table, at, base);
  int2 *places = table + S::Phases * (S::PhaseEntries + 1);
  int *words = (int *)(places + S::PatchPlaces);
  Ahead::note(places, early);
  S::Bricks::note(words);
  if constexpr (S::Bricks::Filled && (S::Direct || S::Bricks::Fours)) { // what only fills up a step is zero
#pragma unroll 1
    for (int i = threadIdx.x; i < S::Buffers * S::BufferFloats; i += T::threads)
      now[i] = 0.0f;
  }
  __syncthreads(); // the tables are there
  const int group = at.channel / S::Written;
  const W *first = Scatter ? weight + ((index_t)group * S::Reduced * S::Written + at.channel - group * S::Written) * S::Taps
                           : weight + (index_t)at.channel * (S::Reduced * S::Taps);
  Ahead ahead{load, first, places, words, now, at.image, group * S::Reduced, at.channels};
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
    share.multiplyTogether(table, now, now + S::WeightFloats, ahead);
    ahead.finish();
    waitForCopies();
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
