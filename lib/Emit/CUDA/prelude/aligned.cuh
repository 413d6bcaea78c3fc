// What vector accesses rely on.
// requires: (nothing)

// Tensors begin at multiples of 16 bytes; with `false` here, at multiples of 4.
constexpr bool alignedTensors = true;
