func.func @held_norm(%x: tensor<32x64x2048x64xf32>, %g: tensor<64xf32> {fusion.parameter}, %b: tensor<64xf32> {fusion.parameter}) -> tensor<32x64x2048x64xf32> {
  %n = fusion.layer_norm %x affine %g, %b {normalised_dims = 1 : i64, eps = 1.0e-5} : (tensor<32x64x2048x64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<32x64x2048x64xf32>
  %y = fusion.gelu %n : tensor<32x64x2048x64xf32>
  return %y : tensor<32x64x2048x64xf32>
}
