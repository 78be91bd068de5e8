// LLVM's first walk over these comparisons leaves something to combine, which must not end the process.
// RUN: qonnxc verify %s --backends int,cpu,c --samples 6 | FileCheck %s
// CHECK: cpu int equal
// CHECK-NEXT: c int equal
// CHECK-NEXT: passed
func.func @main(%x: tensor<2x3xf32> {onnx.name = "x"}) -> (tensor<2x3xf32> {onnx.name = "y"}) {
  %low = onnx.constant dense<-1.0> : tensor<f32>
  %high = onnx.constant dense<-0.0> : tensor<f32>
  %y = onnx.clip %x, %low, %high : (tensor<2x3xf32>, tensor<f32>, tensor<f32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}
