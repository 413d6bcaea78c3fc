// Linear -> GroupNorm -> swish -> multiply -> swish, small: a partial row tile, two groups, an eps that shows.
func.func @linear_chain(%x: tensor<5x24xf32>, %weight: tensor<64x24xf32> {fusion.parameter}, %bias: tensor<64xf32> {fusion.parameter},
                        %gamma: tensor<64xf32> {fusion.parameter}, %beta: tensor<64xf32> {fusion.parameter},
                        %scale: tensor<64xf32> {fusion.parameter}) -> tensor<5x64xf32> {
  %linear = fusion.linear %x, %weight bias %bias : (tensor<5x24xf32>, tensor<64x24xf32>, tensor<64xf32>) -> tensor<5x64xf32>
  %norm = fusion.group_norm %linear affine %gamma, %beta {groups = 2 : i64, eps = 2.5e-1}
      : (tensor<5x64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<5x64xf32>
  %swish = fusion.swish %norm : tensor<5x64xf32>
  %product = fusion.mul %swish, %scale : (tensor<5x64xf32>, tensor<64xf32>) -> tensor<5x64xf32>
  %y = fusion.swish %product : tensor<5x64xf32>
  return %y : tensor<5x64xf32>
}
