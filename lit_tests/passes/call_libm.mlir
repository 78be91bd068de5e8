// RUN: qonnx-opt %s --int-to-linalg --one-shot-bufferize=bufferize-function-boundaries --call-libm | FileCheck %s

// What the C library computes is called, once declared; roots are exact and stay an instruction.
// CHECK-LABEL: func.func @main
// CHECK: call @exp(%{{.*}}) : (f64) -> f64
// CHECK: call @exp(%{{.*}}) : (f64) -> f64
// CHECK: math.sqrt %{{.*}} : f32
// CHECK-NOT: math.exp
// CHECK-COUNT-1: func.func private @exp(f64) -> f64
// CHECK-NOT: @sqrt
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x4xf32> {onnx.name = "y"}) {
  %0 = onnx.exp %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %1 = onnx.exp %0 : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %2 = onnx.sqrt %1 : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %2 : tensor<1x4xf32>
}
