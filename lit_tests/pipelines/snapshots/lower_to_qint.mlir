// RUN: qonnx-opt --lower-to-qint %s %each_pass

// A quantized dense layer with a bias and an activation.
func.func @main(%x: tensor<1x2xf32> {onnx.name = "x"}) -> (tensor<*xf32> {onnx.name = "y"}) {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %n = onnx.constant dense<2.0> : tensor<f32>
  %w = onnx.constant dense<[[0.4, -0.6], [0.1, -1.2]]> : tensor<2x2xf32>
  %b = onnx.constant dense<[0.25, -0.5]> : tensor<2xf32>
  %0 = qonnx.int_quant %x, %s, %z, %n {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<*xf32>
  %1 = qonnx.int_quant %w, %s, %z, %n {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<2x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<*xf32>
  %2 = onnx.gemm %0, %1, %b {alpha = 1.0 : f32, beta = 1.0 : f32, trans_a = false, trans_b = false} : (tensor<*xf32>, tensor<*xf32>, tensor<2xf32>) -> tensor<*xf32>
  %3 = onnx.relu %2 : (tensor<*xf32>) -> tensor<*xf32>
  %4 = qonnx.int_quant %3, %s, %z, %n {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<*xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<*xf32>
  return %4 : tensor<*xf32>
}
