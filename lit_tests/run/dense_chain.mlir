// RUN: qonnxc verify %s --backends graph,interp,int,cpu,c --samples 40

// Scales of each channel of either sign, a zero point that is no integer, a bias, and a ReLU between two layers.
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %half = onnx.constant dense<1.5> : tensor<f32>
  %bits = onnx.constant dense<3.0> : tensor<f32>
  %scale_x = onnx.constant dense<0.3> : tensor<f32>
  %scale_w = onnx.constant dense<[[0.11, -0.07, 0.2]]> : tensor<1x3xf32>
  %scale_h = onnx.constant dense<0.17> : tensor<f32>
  %scale_v = onnx.constant dense<-0.125> : tensor<f32>
  %weights = onnx.constant dense<[[0.3, -0.1, 0.7], [0.0, 0.2, -0.5], [-0.4, 0.2, 0.1], [0.2, 0.1, 0.4]]> : tensor<4x3xf32>
  %weights_2 = onnx.constant dense<[[0.3, -0.1], [0.0, 0.2], [-0.4, 0.2]]> : tensor<3x2xf32>
  %bias = onnx.constant dense<[0.31, -0.22, 0.05]> : tensor<3xf32>
  %q = qonnx.int_quant %x, %scale_x, %half, %bits {is_signed = true, narrow = false, rounding_mode = "FLOOR"}
     : (tensor<1x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x4xf32> loc("quantize_x")
  %w = qonnx.int_quant %weights, %scale_w, %zero, %bits {is_signed = true, narrow = true, rounding_mode = "ROUND"}
     : (tensor<4x3xf32>, tensor<1x3xf32>, tensor<f32>, tensor<f32>) -> tensor<4x3xf32> loc("quantize_w")
  %0 = onnx.matmul %q, %w : (tensor<1x4xf32>, tensor<4x3xf32>) -> tensor<1x3xf32> loc("matmul_1")
  %1 = onnx.add %bias, %0 : (tensor<3xf32>, tensor<1x3xf32>) -> tensor<1x3xf32> loc("bias")
  %2 = onnx.relu %1 : (tensor<1x3xf32>) -> tensor<1x3xf32> loc("relu")
  %h = qonnx.int_quant %2, %scale_h, %zero, %bits {is_signed = false, narrow = true, rounding_mode = "HALF_UP"}
     : (tensor<1x3xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x3xf32> loc("quantize_h")
  %v = qonnx.int_quant %weights_2, %scale_v, %zero, %bits {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<3x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<3x2xf32> loc("quantize_v")
  %3 = onnx.matmul %h, %v : (tensor<1x3xf32>, tensor<3x2xf32>) -> tensor<1x2xf32> loc("matmul_2")
  %4 = onnx.softmax %3 {axis = -1 : i64, flatten = false} : (tensor<1x2xf32>) -> tensor<1x2xf32> loc("softmax")
  return %4 : tensor<1x2xf32>
}
