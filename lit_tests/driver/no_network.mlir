// RUN: not qonnxc verify %s 2>&1 | FileCheck %s

// CHECK: error: {{.*}}no_network.mlir: holds no network: found 2 functions, expected a function 'main' with one block
func.func @first(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  return %x : tensor<1x4xf32>
}
func.func @second(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  return %x : tensor<1x4xf32>
}
