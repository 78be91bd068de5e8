// RUN: qonnxc cleanup %s -o %t.mlir
// RUN: FileCheck %s < %t.mlir

// CHECK: func.func @main(%[[X:.*]]: tensor<1x4xf32>
// CHECK-NEXT: return %[[X]]
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x4xf32> {onnx.name = "y"}) {
  %0 = onnx.identity %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}
