// RUN: qonnx-opt --convert-to-int --canonicalize --split-input-file %s | FileCheck %s

// A padded convolution in two groups. The zero point makes the input -1 to 2; the frame around it holds the integer 0,
// which is the real number 0. The second filter sums to -7 to 8, so accumulators have 5 bits.
// CHECK-LABEL: func.func @grouped_conv
// CHECK-DAG: %[[W:.*]] = arith.constant dense<{{\[\[\[\[}}1, -1], [0, 1]]], {{\[\[\[}}1, 1], [1, -2]]]]> : tensor<2x1x2x2xsi2>
// CHECK: %[[X:.*]] = qint.quantize {{.*}} -> tensor<1x2x2x2xsi3, #qint.values<-1 to 2>>
// CHECK: %[[ACC:.*]] = qint.conv %[[X]], %[[W]] {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>}
// CHECK-SAME: -> tensor<1x2x3x3xsi5, #qint.values<-7 to 8>>
// CHECK: qint.dequantize %[[ACC]] {scale = dense<{{\[\[\[\[}}5.000000e-01]], {{\[\[}}2.500000e-01]]]]> : tensor<1x2x1x1xf64>}
// CHECK-NOT: onnx.conv
func.func @grouped_conv(%x: tensor<1x2x2x2xf32>) -> tensor<1x2x3x3xf32> {
  %none = onnx.none
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<2.0> : tensor<f32>
  %ws = onnx.constant dense<[[[[0.5]]], [[[0.25]]]]> : tensor<2x1x1x1xf32>
  %w = onnx.constant dense<[[[[0.5, -0.5], [0.0, 0.5]]], [[[0.25, 0.25], [0.25, -0.5]]]]> : tensor<2x1x2x2xf32>
  %0 = qonnx.int_quant %x, %one, %one, %b {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2x2x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2x2x2xf32>
  %1 = qonnx.int_quant %w, %ws, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<2x1x2x2xf32>, tensor<2x1x1x1xf32>, tensor<f32>, tensor<f32>) -> tensor<2x1x2x2xf32>
  %2 = onnx.conv %0, %1, %none {dilations = array<i64>, group = 2 : i64, pads = array<i64: 1, 1, 1, 1>, strides = array<i64>} : (tensor<1x2x2x2xf32>, tensor<2x1x2x2xf32>, none) -> tensor<1x2x3x3xf32>
  return %2 : tensor<1x2x3x3xf32>
}

// -----

// A negative scale of the weights, 0.5 / -0.5 = -1 and -1 / -0.5 = 2, which saturates to 1: the result falls with its
// accumulator, so it is 1 below the threshold.
// CHECK-LABEL: func.func @negative_scale
// CHECK-DAG: arith.constant dense<{{\[\[}}-1], [1]]> : tensor<2x1xsi2>
// CHECK: qint.matmul {{.*}} -> tensor<1x1xsi3, #qint.values<-3 to 3>>
// CHECK: qint.threshold {{.*}} base = array<i64: 1>, step = array<i64: -1>, thresholds = dense<0> : tensor<1x1xi64>
// CHECK-SAME: -> tensor<1x1xui1>
func.func @negative_scale(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %minus = onnx.constant dense<-0.5> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b2 = onnx.constant dense<2.0> : tensor<f32>
  %w = onnx.constant dense<[[0.5], [-1.0]]> : tensor<2x1xf32>
  %0 = qonnx.int_quant %x, %one, %z, %b2 {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  %1 = qonnx.int_quant %w, %minus, %z, %b2 {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<2x1xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2x1xf32>
  %2 = onnx.matmul %0, %1 : (tensor<1x2xf32>, tensor<2x1xf32>) -> tensor<1x1xf32>
  %3 = qonnx.int_quant %2, %half, %z, %one {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x1xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x1xf32>
  return %3 : tensor<1x1xf32>
}

// -----

// Bipolar inputs and weights are -1 and 1, a weight of 0 is 1. Three of them sum to -3 to 3.
// CHECK-LABEL: func.func @bipolar
// CHECK-DAG: %[[W:.*]] = arith.constant dense<{{\[\[}}1], [-1], [1]]> : tensor<3x1xsi2>
// CHECK: qint.quantize {{.*}}bipolar = true{{.*}} -> tensor<1x3xsi2, #qint.values<-1 to 1 by 2>>
// CHECK: qint.matmul %{{.*}}, %[[W]] : (tensor<1x3xsi2, #qint.values<-1 to 1 by 2>>, tensor<3x1xsi2>) -> tensor<1x1xsi3, #qint.values<-3 to 3 by 2>>
// CHECK: qint.dequantize {{.*}}scale = dense<1.250000e-01> : tensor<f64>
func.func @bipolar(%x: tensor<1x3xf32>) -> tensor<1x1xf32> {
  %half = onnx.constant dense<0.5> : tensor<f32>
  %quarter = onnx.constant dense<0.25> : tensor<f32>
  %w = onnx.constant dense<[[0.3], [-0.1], [0.0]]> : tensor<3x1xf32>
  %0 = qonnx.bipolar_quant %x, %half : (tensor<1x3xf32>, tensor<f32>) -> tensor<1x3xf32>
  %1 = qonnx.bipolar_quant %w, %quarter : (tensor<3x1xf32>, tensor<f32>) -> tensor<3x1xf32>
  %2 = onnx.matmul %0, %1 : (tensor<1x3xf32>, tensor<3x1xf32>) -> tensor<1x1xf32>
  return %2 : tensor<1x1xf32>
}

// -----

// No quantizer lies between the two products: the second one stays float, with its weights as float numbers, and so
// does the softmax.
// CHECK-LABEL: func.func @float_tail
// CHECK-COUNT-1: qint.matmul
// CHECK: %[[X:.*]] = qint.dequantize
// CHECK: %[[RELU:.*]] = onnx.relu %[[X]]
// CHECK: %[[PRODUCT:.*]] = onnx.matmul %[[RELU]]
// CHECK: onnx.softmax %[[PRODUCT]]
// CHECK-NOT: qint.matmul
func.func @float_tail(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %w = onnx.constant dense<[[1.0, -2.0], [3.0, 0.0]]> : tensor<2x2xf32>
  %0 = qonnx.int_quant %x, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  %1 = qonnx.int_quant %w, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<2x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2x2xf32>
  %2 = onnx.matmul %0, %1 : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %3 = onnx.relu %2 : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %4 = onnx.matmul %3, %1 : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %5 = onnx.softmax %4 {axis = -1 : i64, flatten = false} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %5 : tensor<1x2xf32>
}
