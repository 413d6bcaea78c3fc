// A cast to f16 rounds between two ops of one kernel, too.
func.func @cast_f16(%x: tensor<3x40xf32>) -> tensor<3x40xf32> {
  %n = fusion.cast %x : tensor<3x40xf32> to tensor<3x40xf16>
  %w = fusion.cast %n : tensor<3x40xf16> to tensor<3x40xf32>
  %t = fusion.add %x, %x : (tensor<3x40xf32>, tensor<3x40xf32>) -> tensor<3x40xf32>
  %y = fusion.sub %t, %w : (tensor<3x40xf32>, tensor<3x40xf32>) -> tensor<3x40xf32>
  return %y : tensor<3x40xf32>
}
