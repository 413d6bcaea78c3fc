// convolution -> batch norm -> max pool
func.func @conv_batch_norm_pool(%x: tensor<128x8x128x128xf32>, %weight: tensor<64x8x3x3xf32> {fusion.parameter}, %gamma: tensor<64xf32> {fusion.parameter},
                                %beta: tensor<64xf32> {fusion.parameter}) -> tensor<128x64x63x63xf32> {
  %conv = fusion.conv %x, %weight : (tensor<128x8x128x128xf32>, tensor<64x8x3x3xf32>) -> tensor<128x64x126x126xf32>
  %norm = fusion.batch_norm %conv affine %gamma, %beta {eps = 1.0e-5} : (tensor<128x64x126x126xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<128x64x126x126xf32>
  %pool = fusion.max_pool %norm {kernel = array<i64: 2, 2>} : tensor<128x64x126x126xf32> to tensor<128x64x63x63xf32>
  %y = fusion.swish %pool : tensor<128x64x63x63xf32>
  return %y : tensor<128x64x63x63xf32>
}
