// RUN: qonnx-opt --convert-to-int --canonicalize --split-input-file %s | FileCheck %s

// The window in ceil mode reaches past the 3 rows and columns: one more of each is padding.
// CHECK-LABEL: func.func @max_pool_ceil
// CHECK: qint.max_pool %{{.*}} {dilations = array<i64: 1, 1>, kernel_shape = array<i64: 2, 2>, pads = array<i64: 0, 0, 1, 1>, strides = array<i64: 2, 2>}
// CHECK-SAME: -> tensor<1x1x2x2xsi3>
func.func @max_pool_ceil(%x: tensor<1x1x3x3xf32>) -> tensor<1x1x2x2xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x1x3x3xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x1x3x3xf32>
  %1 = onnx.max_pool %0 {ceil_mode = true, dilations = array<i64>, kernel_shape = array<i64: 2, 2>, pads = array<i64>, strides = array<i64: 2, 2>} : (tensor<1x1x3x3xf32>) -> tensor<1x1x2x2xf32>
  return %1 : tensor<1x1x2x2xf32>
}

// -----

// The scale of each channel is that of all its elements once the tensor is flat.
// CHECK-LABEL: func.func @flatten
// CHECK: %[[N:.*]] = tensor.collapse_shape {{.*}} into tensor<1x4xui2>
// CHECK: qint.dequantize %[[N]] {scale = dense<{{\[\[}}5.000000e-01, 5.000000e-01, 2.500000e-01, 2.500000e-01]]> : tensor<1x4xf64>}
func.func @flatten(%x: tensor<1x2x2x1xf32>) -> tensor<1x4xf32> {
  %s = onnx.constant dense<[[[[0.5]], [[0.25]]]]> : tensor<1x2x1x1xf32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<2.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %s, %z, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2x2x1xf32>, tensor<1x2x1x1xf32>, tensor<f32>, tensor<f32>) -> tensor<1x2x2x1xf32>
  %1 = onnx.flatten %0 {axis = 1 : i64} : (tensor<1x2x2x1xf32>) -> tensor<1x4xf32>
  return %1 : tensor<1x4xf32>
}

// -----

// To channels last: result dimension 1 is operand dimension 2, and so on, in the scales as well.
// CHECK-LABEL: func.func @transpose
// CHECK: linalg.transpose ins(%{{.*}} : tensor<1x2x3x4xui2>) outs(%{{.*}} : tensor<1x3x4x2xui2>) permutation = [0, 2, 3, 1]
// CHECK: qint.dequantize {{.*}}scale = dense<{{\[\[\[\[}}5.000000e-01, 2.500000e-01]]]]> : tensor<1x1x1x2xf64>
func.func @transpose(%x: tensor<1x2x3x4xf32>) -> tensor<1x3x4x2xf32> {
  %s = onnx.constant dense<[[[[0.5]], [[0.25]]]]> : tensor<1x2x1x1xf32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<2.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %s, %z, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2x3x4xf32>, tensor<1x2x1x1xf32>, tensor<f32>, tensor<f32>) -> tensor<1x2x3x4xf32>
  %1 = onnx.transpose %0 {perm = array<i64: 0, 2, 3, 1>} : (tensor<1x2x3x4xf32>) -> tensor<1x3x4x2xf32>
  return %1 : tensor<1x3x4x2xf32>
}

// -----

// Parts keep their integers and scales; 0 to 3 and -4 to 3 are both held by 3 signed bits.
// CHECK-LABEL: func.func @concat
// CHECK: %[[WHOLE:.*]] = tensor.empty() : tensor<1x4xsi3>
// CHECK: %[[PART:.*]] = qint.cast %{{.*}} : (tensor<1x2xui2>) -> tensor<1x2xsi3, #qint.values<0 to 3>>
// CHECK: %[[FIRST:.*]] = tensor.insert_slice %[[PART]] into %[[WHOLE]][0, 0] [1, 2] [1, 1] : tensor<1x2xsi3, #qint.values<0 to 3>>
// CHECK: %[[BOTH:.*]] = tensor.insert_slice %{{.*}} into %[[FIRST]][0, 2] [1, 2] [1, 1] : tensor<1x2xsi3>
// CHECK: qint.dequantize %[[BOTH]] {scale = dense<{{\[\[}}1.000000e+00, 1.000000e+00, 5.000000e-01, 5.000000e-01]]>
func.func @concat(%x: tensor<1x2xf32>, %y: tensor<1x2xf32>) -> tensor<1x4xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b2 = onnx.constant dense<2.0> : tensor<f32>
  %b3 = onnx.constant dense<3.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %one, %z, %b2 {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  %1 = qonnx.int_quant %y, %half, %z, %b3 {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  %2 = onnx.concat %0, %1 {axis = 1 : i64} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  return %2 : tensor<1x4xf32>
}

// -----

// A reshape that mixes the channels mixes their scales, so it happens to float numbers.
// CHECK-LABEL: func.func @mixed
// CHECK: %[[X:.*]] = qint.dequantize
// CHECK: onnx.reshape %[[X]]
func.func @mixed(%x: tensor<3x2xf32>) -> tensor<2x3xf32> {
  %s = onnx.constant dense<[[0.5, 0.25]]> : tensor<1x2xf32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<2.0> : tensor<f32>
  %shape = onnx.constant dense<[2, 3]> : tensor<2xi64>
  %0 = qonnx.int_quant %x, %s, %z, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<3x2xf32>, tensor<1x2xf32>, tensor<f32>, tensor<f32>) -> tensor<3x2xf32>
  %1 = onnx.reshape %0, %shape {allow_zero = false} : (tensor<3x2xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}
