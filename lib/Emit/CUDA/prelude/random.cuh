// Random numbers that are a function of an element's place: the same mask forward and backward, on every device.
// requires: base.cuh

// Word i mod 4 of Philox4x32-10 with the key `seed` and the counter `offset` + i / 4, as a number in [0, 1).
DEV float uniform(long long i, unsigned long long seed, unsigned long long offset) {
  const unsigned long long counter = offset + (unsigned long long)i / 4;
  unsigned key0 = (unsigned)seed, key1 = (unsigned)(seed >> 32);
  unsigned c0 = (unsigned)counter, c1 = (unsigned)(counter >> 32), c2 = 0, c3 = 0;
#pragma unroll
  for (int round = 0; round < 10; round++) {
    const unsigned long long a = 0xD2511F53ull * c0, b = 0xCD9E8D57ull * c2;
    c0 = (unsigned)(b >> 32) ^ c1 ^ key0;
    c2 = (unsigned)(a >> 32) ^ c3 ^ key1;
    c1 = (unsigned)b;
    c3 = (unsigned)a;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  const int word = (int)(i % 4);
  const unsigned bits = word == 0 ? c0 : word == 1 ? c1 : word == 2 ? c2 : c3;
  return (float)(bits >> 8) * 0x1p-24f;
}
