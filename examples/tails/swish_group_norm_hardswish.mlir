// swish -> GroupNorm -> hardswish with no anchor in front, swish spelled out as sigmoid(x) * x.
func.func @swish_group_norm_hardswish(%x: tensor<128x16x31x63x63xf32>,
                                      %gamma: tensor<16xf32> {fusion.parameter},
                                      %beta: tensor<16xf32> {fusion.parameter}) -> tensor<128x16x31x63x63xf32> {
  %gate = fusion.sigmoid %x : tensor<128x16x31x63x63xf32>
  %swish = fusion.mul %gate, %x : (tensor<128x16x31x63x63xf32>, tensor<128x16x31x63x63xf32>) -> tensor<128x16x31x63x63xf32>
  %norm = fusion.group_norm %swish affine %gamma, %beta {groups = 4 : i64, eps = 1.0e-5}
      : (tensor<128x16x31x63x63xf32>, tensor<16xf32>, tensor<16xf32>) -> tensor<128x16x31x63x63xf32>
  %y = fusion.hardswish %norm : tensor<128x16x31x63x63xf32>
  return %y : tensor<128x16x31x63x63xf32>
}
