// RUN: qonnx-opt --convert-to-int --canonicalize --split-input-file %s | FileCheck %s

// Weights with a scale for each output channel, and ties to even: with an accumulator of scale 0.25 and 0.125 and an
// output scale of 1, the ties 0.5 and 2.5 round down and 1.5 rounds up.
// CHECK-LABEL: func.func @per_channel
// CHECK: %[[W:.*]] = arith.constant dense<{{\[\[}}1, -2], [-1, 1]]> : tensor<2x2xsi2>
// CHECK: %[[N:.*]] = qint.quantize {{.*}} -> tensor<1x2xui3>
// CHECK: %[[ACC:.*]] = qint.matmul %[[N]], %[[W]] : (tensor<1x2xui3>, tensor<2x2xsi2>) -> tensor<1x2xsi5, #qint.values<-14 to 7>>
// CHECK: qint.threshold %[[ACC]] {axis = 1 : i64, base = array<i64: 0, 0>, step = array<i64: 1, 1>
// CHECK-SAME: thresholds = dense<{{\[\[}}3, 6], [5, 8]]> : tensor<2x2xi64>
// CHECK-SAME: -> tensor<1x2xui2, #qint.values<0 to 2>>
func.func @per_channel(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = onnx.constant dense<[[0.5, -0.5], [-0.5, 0.25]]> : tensor<2x2xf32>
  %ws = onnx.constant dense<[[0.5, 0.25]]> : tensor<1x2xf32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b2 = onnx.constant dense<2.0> : tensor<f32>
  %b3 = onnx.constant dense<3.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %half, %z, %b3 {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  %1 = qonnx.int_quant %w, %ws, %z, %b2 {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<2x2xf32>, tensor<1x2xf32>, tensor<f32>, tensor<f32>) -> tensor<2x2xf32>
  %2 = onnx.matmul %0, %1 : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %3 = qonnx.int_quant %2, %one, %z, %b2 {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  return %3 : tensor<1x2xf32>
}

// -----

// A negative batch-norm gamma makes the step negative, a gamma of 0 makes the channel constant.
// CHECK-LABEL: func.func @negative_gamma
// CHECK: qint.threshold {{.*}} base = array<i64: -1, 1, 1>, step = array<i64: 2, -2, 2>, thresholds = dense<{{\[\[}}0], [1], [4]]>
func.func @negative_gamma(%x: tensor<1x3xf32>) -> tensor<1x3xf32> {
  %s = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %gamma = onnx.constant dense<[1.0, -1.0, 0.0]> : tensor<3xf32>
  %beta = onnx.constant dense<0.0> : tensor<3xf32>
  %variance = onnx.constant dense<1.0> : tensor<3xf32>
  %0 = qonnx.int_quant %x, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x3xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x3xf32>
  %1 = onnx.batch_normalization %0, %gamma, %beta, %beta, %variance {epsilon = 0.0 : f32} : (tensor<1x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3xf32>
  %2 = qonnx.bipolar_quant %1, %s : (tensor<1x3xf32>, tensor<f32>) -> tensor<1x3xf32>
  return %2 : tensor<1x3xf32>
}

// -----

// A zero point is subtracted: 4 unsigned bits with zero point 5 are the integers -5 to 10.
// CHECK-LABEL: func.func @zero_point
// CHECK: qint.quantize {{.*}} zero_point = dense<5.000000e+00> : tensor<f32>} : (tensor<4xf32>) -> tensor<4xsi5, #qint.values<-5 to 10>>
// CHECK: qint.dequantize {{.*}}scale = dense<2.500000e-01> : tensor<f64>
func.func @zero_point(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = onnx.constant dense<0.25> : tensor<f32>
  %z = onnx.constant dense<5.0> : tensor<f32>
  %b = onnx.constant dense<4.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %s, %z, %b {is_signed = false, narrow = false, rounding_mode = "FLOOR"} : (tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// The maximum of a value that falls with its integer is the minimum of the integers.
// CHECK-LABEL: func.func @max_pool_of_falling
// CHECK: qint.min_pool {{.*}} : (tensor<1x1x2x2xsi3>) -> tensor<1x1x1x1xsi3>
// CHECK-NOT: onnx.max_pool
func.func @max_pool_of_falling(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x1x1xf32> {
  %s = onnx.constant dense<1.0> : tensor<f32>
  %m = onnx.constant dense<-2.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x1x2x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x1x2x2xf32>
  %1 = onnx.mul %0, %m : (tensor<1x1x2x2xf32>, tensor<f32>) -> tensor<1x1x2x2xf32>
  %2 = onnx.max_pool %1 {ceil_mode = false, dilations = array<i64>, kernel_shape = array<i64: 2, 2>, pads = array<i64>, strides = array<i64>} : (tensor<1x1x2x2xf32>) -> tensor<1x1x1x1xf32>
  %3 = qonnx.int_quant %2, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x1x1x1xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x1x1x1xf32>
  return %3 : tensor<1x1x1x1xf32>
}

// -----

// Weights that are not quantized leave the product float.
// CHECK-LABEL: func.func @float_weights
// CHECK: %[[N:.*]] = qint.quantize
// CHECK: %[[X:.*]] = qint.dequantize %[[N]]
// CHECK: onnx.matmul %[[X]]
// CHECK-NOT: qint.matmul
func.func @float_weights(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = onnx.constant dense<[[0.3, -0.7], [0.1, 0.9]]> : tensor<2x2xf32>
  %s = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  %1 = onnx.matmul %0, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
