// RUN: qonnx-opt --fold-constants %s

// The shape of x and what is computed of it become one constant, and with it the type of the result; a quantized weight
// stays quantized, because its integers are wanted later.
func.func @main(%x: tensor<2x3xf32> {onnx.name = "x"}) -> (tensor<*xf32> {onnx.name = "y"}, tensor<2xf32> {onnx.name = "w"}) {
  %two = onnx.constant dense<2> : tensor<i64>
  %w = onnx.constant dense<[0.3, -0.8]> : tensor<2xf32>
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %0 = onnx.shape %x {start = 0 : i64} : (tensor<2x3xf32>) -> tensor<2xi64>
  %1 = onnx.mul %0, %two : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  %2 = onnx.expand %s, %1 : (tensor<f32>, tensor<2xi64>) -> tensor<*xf32>
  %3 = qonnx.int_quant %w, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2xf32>
  return %2, %3 : tensor<*xf32>, tensor<2xf32>
}
