// RUN: qonnx-opt --infer-shapes --split-input-file --verify-diagnostics %s | FileCheck %s

// Unranked types become ranked, and the function's type follows.
// CHECK-LABEL: func.func @main
// CHECK-SAME: -> (tensor<1x2x3x3xf32> {onnx.name = "y"})
// CHECK: onnx.conv {{.*}} -> tensor<1x2x6x6xf32>
// CHECK: onnx.max_pool {{.*}} -> tensor<1x2x3x3xf32>
func.func @main(%x: tensor<1x1x8x8xf32> {onnx.name = "x"}) -> (tensor<*xf32> {onnx.name = "y"}) {
  %w = onnx.constant dense<1.0> : tensor<2x1x3x3xf32>
  %none = onnx.none
  %0 = onnx.conv %x, %w, %none {dilations = array<i64>, group = 1 : i64, pads = array<i64>, strides = array<i64>} : (tensor<1x1x8x8xf32>, tensor<2x1x3x3xf32>, none) -> tensor<*xf32>
  %1 = onnx.max_pool %0 {ceil_mode = false, dilations = array<i64>, kernel_shape = array<i64: 2, 2>, pads = array<i64>, strides = array<i64: 2, 2>} : (tensor<*xf32>) -> tensor<*xf32>
  return %1 : tensor<*xf32>
}

// -----

// A shape that is computed in the graph stays unknown: that takes `fold-constants`.
// CHECK-LABEL: func.func @main
// CHECK: onnx.reshape {{.*}} -> tensor<*xf32>
func.func @main(%x: tensor<2x3xf32>, %shape: tensor<1xi64>) -> tensor<*xf32> {
  %0 = onnx.reshape %x, %shape {allow_zero = false} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @main(%x: tensor<2x3xf32>, %y: tensor<*xf32>) -> tensor<*xf32> {
  %w = onnx.constant dense<1.0> : tensor<4x2xf32>
  // expected-error @+1 {{'MatMul' op operand}}
  %0 = onnx.matmul %x, %w : (tensor<2x3xf32>, tensor<4x2xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}
