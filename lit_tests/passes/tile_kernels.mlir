// RUN: qonnx-opt %s --tile-kernels | FileCheck %s

// Three positions times eight filters: one tile. Its sums begin as the first nest says, the products of four channels are
// one instruction for each position, and what the last nest makes of the sums is all that goes to memory.
// CHECK-LABEL: func.func @main
// CHECK-NOT: memref.alloc
// CHECK-NOT: linalg.generic
// CHECK: scf.for
// CHECK: %[[W:.*]] = vector.load %{{.*}} : memref<64xi8>, vector<32xi8>
// CHECK: %[[X:.*]] = vector.load %{{.*}} : memref<24xi8>, vector<4xi8>
// CHECK: %[[WORD:.*]] = vector.bitcast %[[X]] : vector<4xi8> to vector<1xi32>
// CHECK: %[[WORDS:.*]] = vector.broadcast %[[WORD]] : vector<1xi32> to vector<8xi32>
// CHECK: %[[BYTES:.*]] = vector.bitcast %[[WORDS]] : vector<8xi32> to vector<32xi8>
// CHECK: %[[PAIRS:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"(%[[BYTES]], %[[W]])
// CHECK: arith.addi %{{.*}}, %[[PAIRS]] : vector<16xi16>
// CHECK-COUNT-2: pmadd.ub.sw
// CHECK: scf.yield
// CHECK-COUNT-3: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"
// CHECK: arith.cmpi sge, %{{.*}} : vector<8xi32>
// CHECK: vector.store %{{.*}} : memref<24xi8>, vector<8xi8>
// CHECK: return
func.func @main(%x: memref<3x2x4xi8>, %w: memref<1x2x8x4xi8>, %t: memref<8xi32>, %y: memref<3x8xi8>) {
  %zero = arith.constant 0 : i32
  %sums = memref.alloc() : memref<3x1x8xi32>
  linalg.generic {indexing_maps = [affine_map<(p, b, l) -> (p, b, l)>], iterator_types = ["parallel", "parallel", "parallel"]}
      outs(%sums : memref<3x1x8xi32>) {
  ^bb0(%out: i32):
    linalg.yield %zero : i32
  }
  linalg.generic {indexing_maps = [affine_map<(p, b, g, l, c) -> (p, g, c)>, affine_map<(p, b, g, l, c) -> (b, g, l, c)>,
                                   affine_map<(p, b, g, l, c) -> (p, b, l)>],
                  iterator_types = ["parallel", "parallel", "reduction", "parallel", "reduction"]}
      ins(%x, %w : memref<3x2x4xi8>, memref<1x2x8x4xi8>) outs(%sums : memref<3x1x8xi32>)
      attrs = {qonnx.kernel = "vpmaddubsw", qonnx.steps = 2730 : i64} {
  ^bb0(%a: i8, %b: i8, %out: i32):
    %0 = arith.extui %a : i8 to i32
    %1 = arith.extsi %b : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %out, %2 : i32
    linalg.yield %3 : i32
  }
  %flat = memref.collapse_shape %sums [[0], [1, 2]] : memref<3x1x8xi32> into memref<3x8xi32>
  linalg.generic {indexing_maps = [affine_map<(p, f) -> (p, f)>, affine_map<(p, f) -> (f)>, affine_map<(p, f) -> (p, f)>],
                  iterator_types = ["parallel", "parallel"]}
      ins(%flat, %t : memref<3x8xi32>, memref<8xi32>) outs(%y : memref<3x8xi8>) {
  ^bb0(%a: i32, %b: i32, %out: i8):
    %0 = arith.cmpi sge, %a, %b : i32
    %1 = arith.extui %0 : i1 to i8
    linalg.yield %1 : i8
  }
  return
}
