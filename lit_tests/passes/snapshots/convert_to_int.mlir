// RUN: qonnx-opt --convert-to-int %s

// Quantizer, product and quantizer become integers of exactly the widths that the weights and the range of x need.
func.func @main(%x: tensor<1x2xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %n = onnx.constant dense<2.0> : tensor<f32>
  %w = onnx.constant dense<[[0.4, -0.6], [0.1, -1.2]]> : tensor<2x2xf32>
  %0 = qonnx.int_quant %x, %s, %z, %n {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  %1 = qonnx.int_quant %w, %s, %z, %n {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<2x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2x2xf32>
  %2 = onnx.matmul %0, %1 : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %3 = qonnx.int_quant %2, %s, %z, %n {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  return %3 : tensor<1x2xf32>
}
