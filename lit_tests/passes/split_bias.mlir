// RUN: qonnx-opt --split-bias %s | FileCheck %s

// CHECK-LABEL: func.func @conv
// CHECK: %[[B:.*]] = onnx.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK: %[[NONE:.*]] = onnx.none
// CHECK: %[[SUM:.*]] = onnx.conv %{{.*}}, %{{.*}}, %[[NONE]]
// CHECK: %[[COLUMN:.*]] = onnx.unsqueeze %[[B]] {axes = array<i64: 1, 2>} : (tensor<2xf32>) -> tensor<2x1x1xf32>
// CHECK: onnx.add %[[SUM]], %[[COLUMN]]
func.func @conv(%x: tensor<1x1x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = onnx.constant dense<1.0> : tensor<2x1x1x1xf32>
  %b = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = onnx.conv %x, %w, %b {dilations = array<i64>, group = 1 : i64, pads = array<i64>, strides = array<i64>} : (tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>
  return %0 : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @gemm
// CHECK: %[[T:.*]] = onnx.transpose %{{.*}} {perm = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
// CHECK: %[[P:.*]] = onnx.matmul %{{.*}}, %[[T]]
// CHECK: %[[ALPHA:.*]] = onnx.constant dense<5.000000e-01>
// CHECK: %[[SCALED:.*]] = onnx.mul %[[P]], %[[ALPHA]]
// CHECK: onnx.add %[[SCALED]]
// CHECK-NOT: onnx.gemm
func.func @gemm(%x: tensor<1x3xf32>, %w: tensor<2x3xf32>, %c: tensor<2xf32>) -> tensor<1x2xf32> {
  %0 = onnx.gemm %x, %w, %c {alpha = 0.5 : f32, beta = 1.0 : f32, trans_a = false, trans_b = true} : (tensor<1x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// A convolution without a bias is left alone.
// CHECK-LABEL: func.func @plain
// CHECK-NOT: onnx.add
func.func @plain(%x: tensor<1x1x4x4xf32>, %w: tensor<2x1x1x1xf32>) -> tensor<1x2x4x4xf32> {
  %none = onnx.none
  %0 = onnx.conv %x, %w, %none {dilations = array<i64>, group = 1 : i64, pads = array<i64>, strides = array<i64>} : (tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32>, none) -> tensor<1x2x4x4xf32>
  return %0 : tensor<1x2x4x4xf32>
}
