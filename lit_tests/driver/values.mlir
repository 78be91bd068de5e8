// A constant is held to its type where it is read.
// RUN: not qonnxc verify %s --backends int --samples 1 2>&1 | FileCheck %s
// RUN: not qonnxc compile %s --target hls -o %t 2>&1 | FileCheck %s
// CHECK: values.mlir: checking indices and products failed
// CHECK-NEXT: 'arith.constant' op has the element 7, and its type holds 0 to 1
func.func @main(%x: tensor<4xf32> {onnx.name = "x"}) -> (tensor<4xf32> {onnx.name = "y"}) {
  %c = arith.constant dense<[1, 0, 1, 7]> : tensor<4xui3, #qint.values<0 to 1>>
  %0 = qint.lookup %c {axis = 0 : i64, low = 0 : i64, table = dense<[[5, 6]]> : tensor<1x2xi64>}
     : (tensor<4xui3, #qint.values<0 to 1>>) -> tensor<4xui3>
  %y = qint.dequantize %0 {scale = dense<1.0> : tensor<f64>} : (tensor<4xui3>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
