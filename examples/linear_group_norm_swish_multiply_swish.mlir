// Linear -> GroupNorm -> swish -> multiply by a parameter -> swish, swish spelled out as sigmoid(x) * x. Reads 302 MB, writes 34 MB, 137 GFLOP.
func.func @linear_group_norm_swish_multiply_swish(%x: tensor<1024x8192xf32>,
                                                  %weight: tensor<8192x8192xf32> {fusion.parameter},
                                                  %bias: tensor<8192xf32> {fusion.parameter},
                                                  %gamma: tensor<8192xf32> {fusion.parameter},
                                                  %beta: tensor<8192xf32> {fusion.parameter},
                                                  %multiply_weight: tensor<8192xf32> {fusion.parameter}) -> tensor<1024x8192xf32> {
  %linear = fusion.linear %x, %weight bias %bias
      : (tensor<1024x8192xf32>, tensor<8192x8192xf32>, tensor<8192xf32>) -> tensor<1024x8192xf32>
  %norm = fusion.group_norm %linear affine %gamma, %beta {groups = 256 : i64, eps = 1.0e-5}
      : (tensor<1024x8192xf32>, tensor<8192xf32>, tensor<8192xf32>) -> tensor<1024x8192xf32>
  %gate1 = fusion.sigmoid %norm : tensor<1024x8192xf32>
  %swish1 = fusion.mul %gate1, %norm : (tensor<1024x8192xf32>, tensor<1024x8192xf32>) -> tensor<1024x8192xf32>
  %product = fusion.mul %swish1, %multiply_weight : (tensor<1024x8192xf32>, tensor<8192xf32>) -> tensor<1024x8192xf32>
  %gate2 = fusion.sigmoid %product : tensor<1024x8192xf32>
  %y = fusion.mul %gate2, %product : (tensor<1024x8192xf32>, tensor<1024x8192xf32>) -> tensor<1024x8192xf32>
  return %y : tensor<1024x8192xf32>
}
