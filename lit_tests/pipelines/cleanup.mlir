// RUN: qonnx-opt --qonnx-cleanup %s

// The chain Shape, Gather, Concat, Reshape of old exports; a Gemm; two equal quantizers; an identity; dead code.
func.func @main(%x: tensor<2x3x4xf32> {onnx.name = "x"}) -> (tensor<*xf32> {onnx.name = "y"}, tensor<*xf32> {onnx.name = "z"}) {
  %zero = onnx.constant dense<0> : tensor<i64>
  %axes = onnx.constant dense<-1> : tensor<1xi64>
  %scale = onnx.constant dense<0.5> : tensor<f32>
  %zero_point = onnx.constant dense<0.0> : tensor<f32>
  %bits = onnx.constant dense<4.0> : tensor<f32>
  %w = onnx.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]]> : tensor<1x12xf32>
  %b = onnx.constant dense<0.25> : tensor<1xf32>
  %0 = onnx.identity %x : (tensor<2x3x4xf32>) -> tensor<*xf32>
  %1 = onnx.shape %0 {start = 0 : i64} : (tensor<*xf32>) -> tensor<*xi64>
  %2 = onnx.gather %1, %zero {axis = 0 : i64} : (tensor<*xi64>, tensor<i64>) -> tensor<*xi64>
  %3 = onnx.unsqueeze %2 {axes = array<i64: 0>} : (tensor<*xi64>) -> tensor<*xi64>
  %4 = onnx.concat %3, %axes {axis = 0 : i64} : (tensor<*xi64>, tensor<1xi64>) -> tensor<*xi64>
  %5 = onnx.reshape %0, %4 {allow_zero = false} : (tensor<*xf32>, tensor<*xi64>) -> tensor<*xf32>
  %6 = qonnx.int_quant %5, %scale, %zero_point, %bits {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<*xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<*xf32>
  %7 = qonnx.int_quant %5, %scale, %zero_point, %bits {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<*xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<*xf32>
  %8 = onnx.gemm %6, %w, %b {alpha = 1.0 : f32, beta = 1.0 : f32, trans_a = false, trans_b = true}
     : (tensor<*xf32>, tensor<1x12xf32>, tensor<1xf32>) -> tensor<*xf32>
  %9 = onnx.relu %8 : (tensor<*xf32>) -> tensor<*xf32>
  %dead = onnx.sigmoid %7 : (tensor<*xf32>) -> tensor<*xf32>
  return %9, %7 : tensor<*xf32>, tensor<*xf32>
}
