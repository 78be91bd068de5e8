// RUN: qonnx-opt --tile-kernels %s

// One position and eight filters, whose sums of four products begin with 0: one tile.
func.func @main(%x: memref<1x1x4xi8>, %w: memref<1x1x8x4xi8>, %y: memref<1x1x8xi32>) {
  %zero = arith.constant 0 : i32
  %sums = memref.alloc() : memref<1x1x8xi32>
  linalg.generic {indexing_maps = [affine_map<(p, b, l) -> (p, b, l)>], iterator_types = ["parallel", "parallel", "parallel"]}
      outs(%sums : memref<1x1x8xi32>) { ^bb0(%out: i32): linalg.yield %zero : i32 }
  linalg.generic {indexing_maps = [affine_map<(p, b, g, l, c) -> (p, g, c)>, affine_map<(p, b, g, l, c) -> (b, g, l, c)>,
      affine_map<(p, b, g, l, c) -> (p, b, l)>], iterator_types = ["parallel", "parallel", "reduction", "parallel", "reduction"]}
      ins(%x, %w : memref<1x1x4xi8>, memref<1x1x8x4xi8>) outs(%sums : memref<1x1x8xi32>)
      attrs = {qonnx.kernel = "vpmaddubsw", qonnx.steps = 9 : i64} {
  ^bb0(%a: i8, %b: i8, %out: i32):
    %0 = arith.extui %a : i8 to i32  %1 = arith.extsi %b : i8 to i32
    %2 = arith.muli %0, %1 : i32     %3 = arith.addi %out, %2 : i32  linalg.yield %3 : i32
  }
  memref.copy %sums, %y : memref<1x1x8xi32> to memref<1x1x8xi32>  return
}
