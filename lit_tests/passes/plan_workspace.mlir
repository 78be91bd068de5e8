// RUN: qonnx-opt %s --split-input-file --plan-workspace --canonicalize | FileCheck %s
// RUN: qonnx-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(plan-workspace{alignment=16}))' \
// RUN:   | FileCheck %s --check-prefix=TIGHT

// The first buffer is dead when the third is born, so these two share memory: two buffers of 64 bytes are enough.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[WORKSPACE:arg2]]: memref<128xi8> {llvm.noalias})
// CHECK-NOT: memref.alloc
// CHECK: memref.view %[[WORKSPACE]][%c0][] : memref<128xi8> to memref<64xi8>
// CHECK: memref.view %[[WORKSPACE]][%c64][] : memref<128xi8> to memref<64xi8>
// CHECK: memref.view %[[WORKSPACE]][%c0][] : memref<128xi8> to memref<64xi8>
// CHECK-NOT: memref.view
// CHECK: return
func.func @main(%x: memref<64xi8>, %y: memref<64xi8>) {
  %a = memref.alloc() : memref<64xi8>
  memref.copy %x, %a : memref<64xi8> to memref<64xi8>
  %b = memref.alloc() : memref<64xi8>
  memref.copy %a, %b : memref<64xi8> to memref<64xi8>
  %c = memref.alloc() : memref<64xi8>
  memref.copy %b, %c : memref<64xi8> to memref<64xi8>
  memref.copy %c, %y : memref<64xi8> to memref<64xi8>
  return
}

// -----

// The alignment decides where the second of two small buffers lies.
// CHECK-LABEL: func.func @main
// CHECK: arith.constant 64 : index
// TIGHT-LABEL: func.func @main
// TIGHT: arith.constant 16 : index
func.func @main(%x: memref<4xi8>, %y: memref<4xi8>) {
  %a = memref.alloc() : memref<4xi8>
  %b = memref.alloc() : memref<4xi8>
  memref.copy %x, %a : memref<4xi8> to memref<4xi8>
  memref.copy %a, %b : memref<4xi8> to memref<4xi8>
  memref.copy %b, %y : memref<4xi8> to memref<4xi8>
  return
}
