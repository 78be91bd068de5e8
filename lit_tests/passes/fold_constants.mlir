// RUN: qonnx-opt --fold-constants --canonicalize --split-input-file %s | FileCheck %s

// The shape arithmetic of old exports: Reshape(x, Concat(Unsqueeze(Gather(Shape(x), 0)), -1)).
// CHECK-LABEL: func.func @main
// CHECK-DAG: %[[SHAPE:.*]] = onnx.constant dense<[2, -1]> : tensor<2xi64>
// CHECK-NOT: onnx.shape
// CHECK: onnx.reshape %{{.*}}, %[[SHAPE]] {{.*}} -> tensor<2x12xf32>
func.func @main(%x: tensor<2x3x4xf32>) -> tensor<*xf32> {
  %zero = onnx.constant dense<0> : tensor<i64>
  %rest = onnx.constant dense<-1> : tensor<1xi64>
  %0 = onnx.shape %x {start = 0 : i64} : (tensor<2x3x4xf32>) -> tensor<*xf32>
  %1 = onnx.gather %0, %zero {axis = 0 : i64} : (tensor<*xf32>, tensor<i64>) -> tensor<*xf32>
  %2 = onnx.unsqueeze %1 {axes = array<i64: 0>} : (tensor<*xf32>) -> tensor<*xf32>
  %3 = onnx.concat %2, %rest {axis = 0 : i64} : (tensor<*xf32>, tensor<1xi64>) -> tensor<*xf32>
  %4 = onnx.reshape %x, %3 {allow_zero = false} : (tensor<2x3x4xf32>, tensor<*xf32>) -> tensor<*xf32>
  return %4 : tensor<*xf32>
}

// -----

// A quantized constant stays quantized, and so does what depends on it.
// CHECK-LABEL: func.func @main
// CHECK: qonnx.int_quant
// CHECK: onnx.transpose
func.func @main() -> tensor<2x2xf32> {
  %w = onnx.constant dense<[[0.3, 1.2], [-0.8, 0.1]]> : tensor<2x2xf32>
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %0 = qonnx.int_quant %w, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<2x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2x2xf32>
  %1 = onnx.transpose %0 {perm = array<i64: 1, 0>} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}
