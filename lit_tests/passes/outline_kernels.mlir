// RUN: qonnx-opt %s --outline-kernels --mlir-print-local-scope | FileCheck %s

// Each loop nest becomes a function named after the ONNX node, whose buffers do not overlap; a copy is a nest too.
// CHECK-LABEL: func.func @main
// CHECK: call @kernel0_node_1(%{{.*}}, %{{.*}}) : (memref<4xi8>, memref<4xi8>) -> ()
// CHECK: call @kernel1(%{{.*}}, %{{.*}}) : (memref<4xi8>, memref<4xi8>) -> ()
// CHECK-NOT: linalg.generic
// CHECK: return
// CHECK: func.func private @kernel0_node_1(%{{.*}}: memref<4xi8> {llvm.noalias}, %{{.*}}: memref<4xi8> {llvm.noalias})
// A constant is part of the function that uses it.
// CHECK: arith.constant 3 : i8
// CHECK: linalg.generic
// CHECK: arith.addi
// CHECK: func.func private @kernel1(
// CHECK: linalg.generic
func.func @main(%x: memref<4xi8>, %t: memref<4xi8>, %y: memref<4xi8>) {
  %c3 = arith.constant 3 : i8
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%x : memref<4xi8>) outs(%t : memref<4xi8>) {
  ^bb0(%in: i8, %out: i8):
    %0 = arith.addi %in, %c3 : i8
    linalg.yield %0 : i8
  } loc("node/1")
  memref.copy %t, %y : memref<4xi8> to memref<4xi8>
  return
}
