// Brings a box of positions of several channels from an operand to shared memory, with zeros outside the operand.
// requires: base.cuh

// Geometry G: `in` extents of the operand, `patch` extents of the box, `channels` staged at a time, `plane` and `row` floats from
// channel to channel and from row to row, `split` runs that a row is dealt into by its w remainder, `threads`.
// `first` is the operand channel of staged channel 0, `count` how many exist; `base` is where the box starts, maybe outside.
template <class G, class Load> DEV void stagePatch(float *to, const Load &load, int image, int first, int count, Vec3 base) {
  constexpr int Run = G::channels < 4 ? G::channels : 4; // channels per thread and pixel: their loads are in flight together
  constexpr int Pixels = volume(G::patch);
#pragma unroll 1
  for (int i = threadIdx.x; i < Pixels * ceilDiv(G::channels, Run); i += G::threads) {
    const int run = i / Pixels * Run;
    const int pixel = i % Pixels;
    const int px = pixel % G::patch.w;
    const int py = pixel / G::patch.w;
    const int x = base.w + px;
    const int y = base.h + py % G::patch.h;
    const int z = base.d + py / G::patch.h;
    const bool inside = (unsigned)x < (unsigned)G::in.w && (unsigned)y < (unsigned)G::in.h && (unsigned)z < (unsigned)G::in.d;
    const int p = (z * G::in.h + y) * G::in.w + x;
    float v[Run];
#pragma unroll
    for (int c = 0; c < Run; c++)
      v[c] = inside && run + c < count ? load(image, first + run + c, p) : 0.0f;
    float *cell = to + run * G::plane + py * G::row + px % G::split * (G::row / G::split) + px / G::split;
#pragma unroll
    for (int c = 0; c < Run; c++)
      if (run + c < G::channels)
        cell[c * G::plane] = v[c];
  }
}
