// RUN: qonnx-opt %s --tile-kernels --split-input-file | FileCheck %s

// Sums of 16 bits are added to those of 32 after the steps that they may take: 3 of 7, and one at the end. Nothing else
// reads or makes the sums here, so they are stored.
// CHECK-LABEL: func.func @steps
// CHECK: scf.for %{{.*}} = %{{.*}} to %c6{{[_0-9]*}} step %c3{{[_0-9]*}} iter_args
// CHECK: scf.for
// CHECK: pmadd.ub.sw
// CHECK: pmadd.wd
// CHECK: pmadd.ub.sw
// CHECK: pmadd.wd
// CHECK: vector.store %{{.*}} : memref<8xi32>, vector<8xi32>
func.func @steps(%x: memref<1x7x4xi8>, %w: memref<1x7x8x4xi8>, %y: memref<1x1x8xi32>) {
  %zero = arith.constant 0 : i32
  %sums = memref.alloc() : memref<1x1x8xi32>
  linalg.generic {indexing_maps = [affine_map<(p, b, l) -> (p, b, l)>], iterator_types = ["parallel", "parallel", "parallel"]}
      outs(%sums : memref<1x1x8xi32>) {
  ^bb0(%out: i32):
    linalg.yield %zero : i32
  }
  linalg.generic {indexing_maps = [affine_map<(p, b, g, l, c) -> (p, g, c)>, affine_map<(p, b, g, l, c) -> (b, g, l, c)>,
                                   affine_map<(p, b, g, l, c) -> (p, b, l)>],
                  iterator_types = ["parallel", "parallel", "reduction", "parallel", "reduction"]}
      ins(%x, %w : memref<1x7x4xi8>, memref<1x7x8x4xi8>) outs(%sums : memref<1x1x8xi32>)
      attrs = {qonnx.kernel = "vpmaddubsw", qonnx.steps = 3 : i64} {
  ^bb0(%a: i8, %b: i8, %out: i32):
    %0 = arith.extui %a : i8 to i32
    %1 = arith.extsi %b : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %out, %2 : i32
    linalg.yield %3 : i32
  }
  memref.copy %sums, %y : memref<1x1x8xi32> to memref<1x1x8xi32>
  return
}

// -----

// A buffer that something else writes before the sums are made of it is read in time: no tile is made here.
// CHECK-LABEL: func.func @written_between
// CHECK-NOT: scf.for
// CHECK: return
func.func @written_between(%x: memref<1x1x4xi8>, %w: memref<1x1x8x4xi8>, %b: memref<8xi32>, %y: memref<1x1x8xi32>) {
  %sums = memref.alloc() : memref<1x1x8xi32>
  linalg.generic {indexing_maps = [affine_map<(p, b, l) -> (l)>, affine_map<(p, b, l) -> (p, b, l)>],
                  iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%b : memref<8xi32>) outs(%sums : memref<1x1x8xi32>) {
  ^bb0(%in: i32, %out: i32):
    linalg.yield %in : i32
  }
  %c = arith.constant 7 : i32
  linalg.generic {indexing_maps = [affine_map<(l) -> (l)>], iterator_types = ["parallel"]} outs(%b : memref<8xi32>) {
  ^bb0(%out: i32):
    linalg.yield %c : i32
  }
  linalg.generic {indexing_maps = [affine_map<(p, b, g, l, c) -> (p, g, c)>, affine_map<(p, b, g, l, c) -> (b, g, l, c)>,
                                   affine_map<(p, b, g, l, c) -> (p, b, l)>],
                  iterator_types = ["parallel", "parallel", "reduction", "parallel", "reduction"]}
      ins(%x, %w : memref<1x1x4xi8>, memref<1x1x8x4xi8>) outs(%sums : memref<1x1x8xi32>)
      attrs = {qonnx.kernel = "vpmaddubsw", qonnx.steps = 3 : i64} {
  ^bb0(%a: i8, %b0: i8, %out: i32):
    %0 = arith.extui %a : i8 to i32
    %1 = arith.extsi %b0 : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %out, %2 : i32
    linalg.yield %3 : i32
  }
  memref.copy %sums, %y : memref<1x1x8xi32> to memref<1x1x8xi32>
  return
}
