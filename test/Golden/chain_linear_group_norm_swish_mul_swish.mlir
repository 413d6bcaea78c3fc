// Linear -> GroupNorm -> swish -> multiply by a parameter -> swish, tiny and odd.
func.func @chain_linear_group_norm_swish_mul_swish(%x: tensor<?x13xf32>,
                                                   %weight: tensor<21x13xf32> {fusion.parameter},
                                                   %bias: tensor<21xf32> {fusion.parameter},
                                                   %gamma: tensor<21xf32> {fusion.parameter},
                                                   %beta: tensor<21xf32> {fusion.parameter},
                                                   %factor: tensor<21xf32> {fusion.parameter}) -> tensor<?x21xf32> {
  %z = fusion.linear %x, %weight bias %bias : (tensor<?x13xf32>, tensor<21x13xf32>, tensor<21xf32>) -> tensor<?x21xf32>
  %n = fusion.group_norm %z affine %gamma, %beta {groups = 7 : i64, eps = 1.0e-05} : (tensor<?x21xf32>, tensor<21xf32>, tensor<21xf32>) -> tensor<?x21xf32>
  %gate1 = fusion.sigmoid %n : tensor<?x21xf32>
  %s1 = fusion.mul %gate1, %n : (tensor<?x21xf32>, tensor<?x21xf32>) -> tensor<?x21xf32>
  %p = fusion.mul %s1, %factor : (tensor<?x21xf32>, tensor<21xf32>) -> tensor<?x21xf32>
  %gate2 = fusion.sigmoid %p : tensor<?x21xf32>
  %y = fusion.mul %gate2, %p : (tensor<?x21xf32>, tensor<?x21xf32>) -> tensor<?x21xf32>
  return %y : tensor<?x21xf32>
}
