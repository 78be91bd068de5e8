// RUN: qonnx-opt %s --select-kernels --mlir-print-local-scope | FileCheck %s

// The outputs are neighbours in memory, in the result and in the weights: their loop goes inside, where LLVM makes it
// vector code. The order of the sum stays.
// CHECK-LABEL: func.func @main
// CHECK: linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1)>, affine_map<(d0, d1, d2) -> (d1, d2)>,
// CHECK-SAME: iterator_types = ["parallel", "reduction", "parallel"]
func.func @main(%x: tensor<1x8xi8>, %w: tensor<8x16xi8>, %z: tensor<1x16xi8>) -> tensor<1x16xi8> {
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>,
                                        affine_map<(d0, d1, d2) -> (d0, d1)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
       ins(%x, %w : tensor<1x8xi8>, tensor<8x16xi8>) outs(%z : tensor<1x16xi8>) {
  ^bb0(%in: i8, %in_0: i8, %out: i8):
    %1 = arith.muli %in, %in_0 : i8
    %2 = arith.addi %out, %1 : i8
    linalg.yield %2 : i8
  } -> tensor<1x16xi8>
  return %0 : tensor<1x16xi8>
}

// A map without reduction stays as it is.
// CHECK-LABEL: func.func @elementwise
// CHECK: linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
func.func @elementwise(%z: tensor<1x16xi8>) -> tensor<1x16xi8> {
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
       outs(%z : tensor<1x16xi8>) {
  ^bb0(%out: i8):
    %1 = arith.addi %out, %out : i8
    linalg.yield %1 : i8
  } -> tensor<1x16xi8>
  return %0 : tensor<1x16xi8>
}
