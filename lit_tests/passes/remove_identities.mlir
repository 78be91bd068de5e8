// RUN: qonnx-opt --remove-identities %s | FileCheck %s

// Exact identities go.
// CHECK-LABEL: func.func @gone
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>
// CHECK-NOT: onnx.{{(mul|div|sub|reshape|transpose|identity)}}
// CHECK: return %[[X]]
func.func @gone(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %one = onnx.constant dense<1.0> : tensor<1xf32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %shape = onnx.constant dense<[2, 3]> : tensor<2xi64>
  %0 = onnx.mul %one, %x : (tensor<1xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = onnx.div %0, %one : (tensor<2x3xf32>, tensor<1xf32>) -> tensor<2x3xf32>
  %2 = onnx.sub %1, %zero : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  %3 = onnx.reshape %2, %shape {allow_zero = false} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  %4 = onnx.transpose %3 {perm = array<i64: 0, 1>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %5 = onnx.identity %4 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %5 : tensor<2x3xf32>
}

// What is close to an identity, or changes the shape or the sign of a zero, stays.
// CHECK-LABEL: func.func @kept
// CHECK: onnx.mul
// CHECK: onnx.add
// CHECK: onnx.sub
// CHECK: onnx.mul
func.func @kept(%x: tensor<2x3xf32>) -> tensor<4x2x3xf32> {
  %close = onnx.constant dense<1.000001> : tensor<f32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %minus_zero = onnx.constant dense<-0.0> : tensor<f32>
  %ones = onnx.constant dense<1.0> : tensor<4x1x1xf32>
  %0 = onnx.mul %x, %close : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  %1 = onnx.add %0, %zero : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  %2 = onnx.sub %1, %minus_zero : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  %3 = onnx.mul %2, %ones : (tensor<2x3xf32>, tensor<4x1x1xf32>) -> tensor<4x2x3xf32>
  return %3 : tensor<4x2x3xf32>
}
