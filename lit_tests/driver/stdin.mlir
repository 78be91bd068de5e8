// RUN: qonnx-opt --remove-identities < %s | FileCheck %s
// RUN: cat %s | qonnx-opt - --remove-identities | FileCheck %s

// CHECK: func.func @main(%[[X:.*]]: tensor<1x4xf32>
// CHECK-NEXT: return %[[X]]
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %0 = onnx.identity %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}
