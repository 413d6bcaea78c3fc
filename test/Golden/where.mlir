// Selection by a mask that is no multiple of anything; ties, NaN and zeros of both signs in the mask.
func.func @where(%a: tensor<2x3x5xf32>,
                 %b: tensor<3x1xf32>) -> tensor<2x3x5xf32> {
  %limit = fusion.constant 0.25 : tensor<f32>
  %low = fusion.clamp %a {min = 0.0, max = 0.25} : tensor<2x3x5xf32>
  %mask = fusion.sub %low, %limit : (tensor<2x3x5xf32>, tensor<f32>) -> tensor<2x3x5xf32>
  %y = fusion.where %mask, %a, %b : (tensor<2x3x5xf32>, tensor<2x3x5xf32>, tensor<3x1xf32>) -> tensor<2x3x5xf32>
  return %y : tensor<2x3x5xf32>
}
