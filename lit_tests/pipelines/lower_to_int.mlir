// RUN: qonnx-opt --lower-to-int %s

// A layer with everything that lies between an accumulator and the next quantizer: scales of each channel (one of them
// negative), a bias, batch normalisation, ReLU. All of it becomes one op.
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %zero_point = onnx.constant dense<0.0> : tensor<f32>
  %two = onnx.constant dense<2.0> : tensor<f32>
  %scale_x = onnx.constant dense<0.5> : tensor<f32>
  %scale_w = onnx.constant dense<[[0.25, -0.5]]> : tensor<1x2xf32>
  %scale_y = onnx.constant dense<0.75> : tensor<f32>
  %weights = onnx.constant dense<[[0.25, -0.5], [0.0, 0.5], [-0.5, 1.0], [0.25, 0.5]]> : tensor<4x2xf32>
  %bias = onnx.constant dense<[0.3, -0.2]> : tensor<2xf32>
  %gamma = onnx.constant dense<[1.5, -0.75]> : tensor<2xf32>
  %beta = onnx.constant dense<[0.1, 0.2]> : tensor<2xf32>
  %mean = onnx.constant dense<[0.05, -0.4]> : tensor<2xf32>
  %variance = onnx.constant dense<[0.9, 1.3]> : tensor<2xf32>
  %q = qonnx.int_quant %x, %scale_x, %zero_point, %two {is_signed = false, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x4xf32> loc("quantize_x")
  %w = qonnx.int_quant %weights, %scale_w, %zero_point, %two {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<4x2xf32>, tensor<1x2xf32>, tensor<f32>, tensor<f32>) -> tensor<4x2xf32> loc("quantize_w")
  %0 = onnx.matmul %q, %w : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32> loc("matmul")
  %1 = onnx.add %0, %bias : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32> loc("bias")
  %2 = onnx.batch_normalization %1, %gamma, %beta, %mean, %variance {epsilon = 1.0e-5 : f32}
     : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32> loc("norm")
  %3 = onnx.relu %2 : (tensor<1x2xf32>) -> tensor<1x2xf32> loc("relu")
  %y = qonnx.int_quant %3, %scale_y, %zero_point, %two {is_signed = false, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32> loc("quantize_y")
  return %y : tensor<1x2xf32>
}
