// RUN: qonnx-opt --qonnx-cleanup %s %each_pass

// A computed shape, a Gemm whose weight is transposed, an identity, and two equal quantizers.
func.func @main(%x: tensor<2x3xf32> {onnx.name = "x"}) -> (tensor<*xf32> {onnx.name = "y"}, tensor<*xf32> {onnx.name = "z"}) {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %n = onnx.constant dense<4.0> : tensor<f32>
  %w = onnx.constant dense<[[1.0, 2.0, 3.0]]> : tensor<1x3xf32>
  %b = onnx.constant dense<0.25> : tensor<1xf32>
  %0 = onnx.identity %x : (tensor<2x3xf32>) -> tensor<*xf32>
  %1 = onnx.shape %x {start = 0 : i64} : (tensor<2x3xf32>) -> tensor<*xi64>
  %2 = onnx.reshape %0, %1 {allow_zero = false} : (tensor<*xf32>, tensor<*xi64>) -> tensor<*xf32>
  %3 = qonnx.int_quant %2, %s, %z, %n {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<*xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<*xf32>
  %4 = qonnx.int_quant %2, %s, %z, %n {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<*xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<*xf32>
  %5 = onnx.gemm %3, %w, %b {alpha = 1.0 : f32, beta = 1.0 : f32, trans_a = false, trans_b = true} : (tensor<*xf32>, tensor<1x3xf32>, tensor<1xf32>) -> tensor<*xf32>
  return %5, %4 : tensor<*xf32>, tensor<*xf32>
}
