// RUN: qonnx-opt --buffers-to-llvm %s %each_pass

// One loop nest that reads a constant matrix.
memref.global "private" constant @w : memref<2x3xi8> = dense<[[1, -1, 2], [0, -2, 1]]>
func.func @main(%y: memref<2x3xi8>) {
  %w = memref.get_global @w : memref<2x3xi8>
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%w : memref<2x3xi8>) outs(%y : memref<2x3xi8>) {
  ^bb0(%in: i8, %out: i8):
    %0 = arith.addi %in, %in : i8
    linalg.yield %0 : i8
  }
  return
}
