// RUN: qonnx-opt --split-bias %s | FileCheck %s

// The factor of the bias multiplies the bias; the transposed input is transposed; a factor of 1 leaves no trace.
// CHECK-LABEL: func.func @beta
// CHECK: %[[A:.*]] = onnx.transpose %arg0 {perm = array<i64: 1, 0>} : (tensor<3x1xf32>) -> tensor<1x3xf32>
// CHECK: %[[P:.*]] = onnx.matmul %[[A]], %arg1
// CHECK: %[[BETA:.*]] = onnx.constant dense<2.500000e-01>
// CHECK: %[[C:.*]] = onnx.mul %arg2, %[[BETA]] : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
// CHECK-NEXT: %[[Y:.*]] = onnx.add %[[P]], %[[C]]
// CHECK-NEXT: return %[[Y]]
func.func @beta(%x: tensor<3x1xf32>, %w: tensor<3x2xf32>, %c: tensor<2xf32>) -> tensor<1x2xf32> {
  %0 = onnx.gemm %x, %w, %c {alpha = 1.0 : f32, beta = 0.25 : f32, trans_a = true, trans_b = false} : (tensor<3x1xf32>, tensor<3x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// Without a bias beta means nothing.
// CHECK-LABEL: func.func @no_bias
// CHECK: %[[P:.*]] = onnx.matmul %arg0, %arg1
// CHECK-NOT: onnx.{{mul|add|transpose}}
// CHECK: return %[[P]]
func.func @no_bias(%x: tensor<1x3xf32>, %w: tensor<3x2xf32>) -> tensor<1x2xf32> {
  %none = onnx.none
  %0 = onnx.gemm %x, %w, %none {alpha = 1.0 : f32, beta = 0.25 : f32, trans_a = false, trans_b = false} : (tensor<1x3xf32>, tensor<3x2xf32>, none) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// One spatial axis: the bias has one axis of extent 1 behind the channels.
// CHECK-LABEL: func.func @conv_1d
// CHECK: onnx.unsqueeze %arg2 {axes = array<i64: 1>} : (tensor<2xf32>) -> tensor<2x1xf32>
func.func @conv_1d(%x: tensor<1x1x5xf32>, %w: tensor<2x1x3xf32>, %b: tensor<2xf32>) -> tensor<1x2x3xf32> {
  %0 = onnx.conv %x, %w, %b {dilations = array<i64>, group = 1 : i64, pads = array<i64>, strides = array<i64>} : (tensor<1x1x5xf32>, tensor<2x1x3xf32>, tensor<2xf32>) -> tensor<1x2x3xf32>
  return %0 : tensor<1x2x3xf32>
}
