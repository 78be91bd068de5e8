// RUN: qonnx-opt %s --outline-kernels --mlir-print-local-scope | FileCheck %s
// RUN: qonnx-opt %s --outline-kernels=share-from=2 --mlir-print-local-scope | FileCheck %s --check-prefix=PASSED

// Nests that do the same have one function, the first one's; with other constants they have their own.
// CHECK-LABEL: func.func @main
// CHECK: call @kernel0_node_1(%{{.*}}, %{{.*}})
// CHECK-NEXT: call @kernel0_node_1(%{{.*}}, %{{.*}})
// CHECK: call @kernel2_node_3(%{{.*}}, %{{.*}})
// CHECK: func.func private @kernel0_node_1
// CHECK: memref.get_global @w
// CHECK-NOT: @kernel1_node_2
// CHECK: func.func private @kernel2_node_3
// CHECK: memref.get_global @v

// Where there are many of a kind, the constants are arguments, and all share one function.
// PASSED-LABEL: func.func @main
// PASSED-DAG: %[[W:.*]] = memref.get_global @w
// PASSED-DAG: %[[V:.*]] = memref.get_global @v
// PASSED: call @kernel0_node_1(%{{.*}}, %[[W]], %{{.*}})
// PASSED: call @kernel0_node_1(%{{.*}}, %[[W]], %{{.*}})
// PASSED: call @kernel0_node_1(%{{.*}}, %[[V]], %{{.*}})
// PASSED: func.func private @kernel0_node_1
// PASSED-NOT: get_global
// PASSED-NOT: func.func
memref.global "private" constant @w : memref<4xi8> = dense<[1, 2, 3, 4]>
memref.global "private" constant @v : memref<4xi8> = dense<[5, 6, 7, 8]>
func.func @main(%x: memref<4xi8>, %y: memref<4xi8>) {
  %w = memref.get_global @w : memref<4xi8>
  %v = memref.get_global @v : memref<4xi8>
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%x, %w : memref<4xi8>, memref<4xi8>) outs(%y : memref<4xi8>) {
  ^bb0(%a: i8, %b: i8, %out: i8):
    %0 = arith.addi %a, %b : i8
    linalg.yield %0 : i8
  } loc("node/1")
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%y, %w : memref<4xi8>, memref<4xi8>) outs(%x : memref<4xi8>) {
  ^bb0(%a: i8, %b: i8, %out: i8):
    %0 = arith.addi %a, %b : i8
    linalg.yield %0 : i8
  } loc("node/2")
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%x, %v : memref<4xi8>, memref<4xi8>) outs(%y : memref<4xi8>) {
  ^bb0(%a: i8, %b: i8, %out: i8):
    %0 = arith.addi %a, %b : i8
    linalg.yield %0 : i8
  } loc("node/3")
  return
}
