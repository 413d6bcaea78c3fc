// View, flatten and a use of the value that was there before.
func.func @reshape_flatten(%x: tensor<?x4x5xf32>) -> tensor<?x20xf32> {
  %a = fusion.reshape %x : tensor<?x4x5xf32> to tensor<?x20xf32>
  %b = fusion.reshape %a : tensor<?x20xf32> to tensor<?x2x10xf32>
  %c = fusion.reshape %b : tensor<?x2x10xf32> to tensor<?x20xf32>
  %t = fusion.tanh %a : tensor<?x20xf32>
  %y = fusion.mul %t, %c : (tensor<?x20xf32>, tensor<?x20xf32>) -> tensor<?x20xf32>
  return %y : tensor<?x20xf32>
}
