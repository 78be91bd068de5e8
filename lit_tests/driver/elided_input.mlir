// RUN: not qonnx-opt %s --lower-to-int 2>&1 | FileCheck %s

// What has been elided cannot be computed with; the message says so instead of a wrong result coming out.
// CHECK: error: {{.*}}elided
func.func @main(%x: tensor<1x2xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %w = onnx.constant dense_resource<__elided__> : tensor<2x2xf32>
  %0 = onnx.matmul %x, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
