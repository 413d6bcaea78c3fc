// A chain of arithmetic with an f32 scalar and a parameter that broadcasts, in bf16.
func.func @narrow_arithmetic(%x: tensor<?x5x7xbf16>,
                             %g: tensor<5x1xbf16> {fusion.parameter}) -> tensor<?x5x7xbf16> {
  %tenth = fusion.constant 0.1 : tensor<f32>
  %a = fusion.mul %x, %g : (tensor<?x5x7xbf16>, tensor<5x1xbf16>) -> tensor<?x5x7xbf16>
  %b = fusion.add %a, %tenth : (tensor<?x5x7xbf16>, tensor<f32>) -> tensor<?x5x7xbf16>
  %y = fusion.swish %b : tensor<?x5x7xbf16>
  return %y : tensor<?x5x7xbf16>
}
