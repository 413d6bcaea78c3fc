// Linear -> GroupNorm -> swish at a size that trains in a moment on any device.
func.func @linear_group_norm_swish(%x: tensor<16x24xf32>,
                                   %weight: tensor<32x24xf32> {fusion.parameter},
                                   %bias: tensor<32xf32> {fusion.parameter},
                                   %gamma: tensor<32xf32> {fusion.parameter},
                                   %beta: tensor<32xf32> {fusion.parameter}) -> tensor<16x32xf32> {
  %linear = fusion.linear %x, %weight bias %bias
      : (tensor<16x24xf32>, tensor<32x24xf32>, tensor<32xf32>) -> tensor<16x32xf32>
  %norm = fusion.group_norm %linear affine %gamma, %beta {groups = 4 : i64, eps = 1.0e-5}
      : (tensor<16x32xf32>, tensor<32xf32>, tensor<32xf32>) -> tensor<16x32xf32>
  %y = fusion.swish %norm : tensor<16x32xf32>
  return %y : tensor<16x32xf32>
}
