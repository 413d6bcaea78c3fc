// ConvTranspose3d -> swish -> GroupNorm -> hardswish, swish spelled out as sigmoid(x) * x. Reads 25 MB, writes 1008 MB, 5.4 GFLOP.
func.func @conv_transpose3d_swish_group_norm_hardswish(%x: tensor<128x3x16x32x32xf32>,
                                                       %weight: tensor<3x16x3x3x3xf32> {fusion.parameter},
                                                       %bias: tensor<16xf32> {fusion.parameter},
                                                       %gamma: tensor<16xf32> {fusion.parameter},
                                                       %beta: tensor<16xf32> {fusion.parameter}) -> tensor<128x16x31x63x63xf32> {
  %conv = fusion.conv %x, %weight bias %bias {transposed, stride = array<i64: 2, 2, 2>, padding = array<i64: 1, 1, 1>}
      : (tensor<128x3x16x32x32xf32>, tensor<3x16x3x3x3xf32>, tensor<16xf32>) -> tensor<128x16x31x63x63xf32>
  %gate = fusion.sigmoid %conv : tensor<128x16x31x63x63xf32>
  %swish = fusion.mul %gate, %conv : (tensor<128x16x31x63x63xf32>, tensor<128x16x31x63x63xf32>) -> tensor<128x16x31x63x63xf32>
  %norm = fusion.group_norm %swish affine %gamma, %beta {groups = 4 : i64, eps = 1.0e-5}
      : (tensor<128x16x31x63x63xf32>, tensor<16xf32>, tensor<16xf32>) -> tensor<128x16x31x63x63xf32>
  %y = fusion.hardswish %norm : tensor<128x16x31x63x63xf32>
  return %y : tensor<128x16x31x63x63xf32>
}
