// RUN: qonnx-opt --select-kernels --mlir-print-local-scope %s

// The outputs are neighbours in memory, in the result and in the weights: their loop goes inside, the sum's stays in order.
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
