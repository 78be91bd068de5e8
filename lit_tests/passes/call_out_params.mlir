// RUN: qonnx-opt --call-out-params %s | FileCheck %s

// Each call gets a buffer of its own for each result; the declaration says what is only read.
// CHECK-LABEL: func.func @main
// CHECK: %[[A:.*]] = memref.alloc() : memref<2xi8>
// CHECK: %[[B:.*]] = memref.alloc() : memref<3xi16>
// CHECK: call @elsewhere(%arg0, %[[A]], %[[B]]) : (memref<4xi8>, memref<2xi8>, memref<3xi16>) -> ()
// CHECK: %[[C:.*]] = memref.alloc() : memref<2xi8>
// CHECK: %[[D:.*]] = memref.alloc() : memref<3xi16>
// CHECK: call @elsewhere(%arg0, %[[C]], %[[D]])
// CHECK: return %[[A]], %[[B]], %[[C]], %[[D]]
func.func @main(%x: memref<4xi8>) -> (memref<2xi8>, memref<3xi16>, memref<2xi8>, memref<3xi16>) {
  %0:2 = func.call @elsewhere(%x) : (memref<4xi8>) -> (memref<2xi8>, memref<3xi16>)
  %1:2 = func.call @elsewhere(%x) : (memref<4xi8>) -> (memref<2xi8>, memref<3xi16>)
  return %0#0, %0#1, %1#0, %1#1 : memref<2xi8>, memref<3xi16>, memref<2xi8>, memref<3xi16>
}
func.func private @elsewhere(memref<4xi8> {bufferization.access = "read"}) -> (memref<2xi8>, memref<3xi16>)

// What nothing calls is not declared.
// CHECK-NOT: @unused
// CHECK: func.func private @elsewhere(memref<4xi8> {llvm.readonly}, memref<2xi8>, memref<3xi16>)
func.func private @unused(memref<4xi8>) -> memref<4xi8>
