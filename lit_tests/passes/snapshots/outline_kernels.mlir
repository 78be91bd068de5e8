// RUN: qonnx-opt --outline-kernels %s

// A loop nest and a copy become functions whose buffers do not overlap; the nest's has the constant that it uses.
func.func @main(%x: memref<4xi8>, %t: memref<4xi8>, %y: memref<4xi8>) {
  %c3 = arith.constant 3 : i8
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%x : memref<4xi8>) outs(%t : memref<4xi8>) {
  ^bb0(%in: i8, %out: i8):
    %0 = arith.muli %in, %c3 : i8
    %1 = arith.addi %0, %c3 : i8
    linalg.yield %1 : i8
  } loc("node/1")
  memref.copy %t, %y : memref<4xi8> to memref<4xi8>
  return
}
