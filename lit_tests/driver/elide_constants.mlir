// RUN: qonnx-opt %s --elide-constants | FileCheck %s
// RUN: qonnx-opt %s | FileCheck %s --check-prefix=FULL

// CHECK: onnx.constant dense_resource<__elided__> : tensor<20xi64>
// CHECK: onnx.constant dense<[1, 2, 3]> : tensor<3xi64>
// FULL: onnx.constant dense<[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]>
func.func @main() -> (tensor<20xi64>, tensor<3xi64>) {
  %0 = onnx.constant dense<[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]> : tensor<20xi64>
  %1 = onnx.constant dense<[1, 2, 3]> : tensor<3xi64>
  return %0, %1 : tensor<20xi64>, tensor<3xi64>
}
