func.func @main(%x: tensor<1x2x5x5xf32>) -> (tensor<1x3x2x2xf32>, tensor<6xf32>) {
  {q}
  %zero = arith.constant dense<0> : tensor<1x2x7x7xi3>
  %p = tensor.insert_slice %q into %zero[0, 0, 1, 1] [1, 2, 5, 5] [1, 1, 1, 1] : tensor<1x2x5x5xi3> into tensor<1x2x7x7xi3>
  %w = arith.constant dense<[[[[1, -2, 0], [3, 1, 1], [-4, 2, 1]], [[1, 1, 1], [0, -1, 2], [3, 3, -4]]], [[[2, 0, 1], [1, 1, -3], [0, 2, 1]], [[1, -1, 1], [0, 1, 2], [1, 3, 2]]], [[[1, 1, 1], [1, -4, 1], [1, 1, 1]], [[0, 0, 1], [0, 0, 3], [3, -1, 0]]]]> : tensor<3x2x3x3xi3>
  %z = arith.constant dense<0> : tensor<1x3x3x3xi8>
  %c = linalg.generic {indexing_maps = [affine_map<(n, o, h, w, c, i, j) -> (n, c, h * 2 + i, w * 2 + j)>, affine_map<(n, o, h, w, c, i, j) -> (o, c, i, j)>, affine_map<(n, o, h, w, c, i, j) -> (n, o, h, w)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%p, %w : tensor<1x2x7x7xi3>, tensor<3x2x3x3xi3>) outs(%z : tensor<1x3x3x3xi8>) {
  ^bb0(%in: i3, %in_0: i3, %out: i8):
    %1 = arith.{extend} %in : i3 to i8
    %2 = arith.extsi %in_0 : i3 to i8
    %3 = arith.muli %1, %2 : i8
    %4 = arith.addi %out, %3 : i8
    linalg.yield %4 : i8
  } -> tensor<1x3x3x3xi8>
  %least = arith.constant dense<{least}> : tensor<1x3x2x2xi8>
  %window = tensor.empty() : tensor<2x2xi8>
  %m = linalg.generic {indexing_maps = [affine_map<(n, o, h, w, i, j) -> (n, o, h + i, w + j)>, affine_map<(n, o, h, w, i, j) -> (i, j)>, affine_map<(n, o, h, w, i, j) -> (n, o, h, w)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%c, %window : tensor<1x3x3x3xi8>, tensor<2x2xi8>) outs(%least : tensor<1x3x2x2xi8>) {
  ^bb0(%in: i8, %in_0: i8, %out: i8):
    %1 = arith.{extreme} %out, %in : i8
    linalg.yield %1 : i8
  } -> tensor<1x3x2x2xi8>
  %slice = tensor.extract_slice %c[0, 0, 0, 1] [1, 3, 2, 1] [1, 1, 2, 1] : tensor<1x3x3x3xi8> to tensor<1x3x2x1xi8>
  %flat = tensor.collapse_shape %slice [[0, 1, 2, 3]] : tensor<1x3x2x1xi8> into tensor<6xi8>
  {y0}
  {y1}
  return %y0, %y1 : tensor<1x3x2x2xf32>, tensor<6xf32>
}
