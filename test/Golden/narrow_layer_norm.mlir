// Layer norm in bf16 with parameters in f32, then gelu.
func.func @narrow_layer_norm(%x: tensor<?x3x24xbf16>,
                             %g: tensor<24xf32> {fusion.parameter},
                             %b: tensor<24xf32> {fusion.parameter}) -> tensor<?x3x24xbf16> {
  %n = fusion.layer_norm %x affine %g, %b {normalised_dims = 1 : i64, eps = 1.0e-5} : (tensor<?x3x24xbf16>, tensor<24xf32>, tensor<24xf32>) -> tensor<?x3x24xbf16>
  %y = fusion.gelu %n : tensor<?x3x24xbf16>
  return %y : tensor<?x3x24xbf16>
}
