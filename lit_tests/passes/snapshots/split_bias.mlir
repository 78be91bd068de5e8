// RUN: qonnx-opt --split-bias %s

// A convolution's bias becomes an addition along the channels; a Gemm becomes a product with a transposed weight, a
// factor and an addition.
func.func @main(%x: tensor<1x1x4x4xf32> {onnx.name = "x"}, %v: tensor<1x3xf32> {onnx.name = "v"})
    -> (tensor<1x2x4x4xf32> {onnx.name = "y"}, tensor<1x2xf32> {onnx.name = "u"}) {
  %w = onnx.constant dense<1.0> : tensor<2x1x1x1xf32>
  %b = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %m = onnx.constant dense<1.0> : tensor<2x3xf32>
  %0 = onnx.conv %x, %w, %b {dilations = array<i64>, group = 1 : i64, pads = array<i64>, strides = array<i64>} : (tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>
  %1 = onnx.gemm %v, %m, %b {alpha = 0.5 : f32, beta = 1.0 : f32, trans_a = false, trans_b = true} : (tensor<1x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %0, %1 : tensor<1x2x4x4xf32>, tensor<1x2xf32>
}
