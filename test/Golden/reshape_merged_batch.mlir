// A batch merged with the dim behind it, and split again.
func.func @reshape_merged_batch(%x: tensor<?x4x5xf32>,
                                %weight: tensor<2x5xf32> {fusion.parameter}) -> tensor<?x4x2xf32> {
  %a = fusion.reshape %x : tensor<?x4x5xf32> to tensor<?x5xf32>
  %z = fusion.linear %a, %weight : (tensor<?x5xf32>, tensor<2x5xf32>) -> tensor<?x2xf32>
  %y = fusion.reshape %z : tensor<?x2xf32> to tensor<?x4x2xf32>
  return %y : tensor<?x4x2xf32>
}
