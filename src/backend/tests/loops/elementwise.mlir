func.func @main(%x: tensor<4x5xf32>, %b: tensor<5xf32>) -> (tensor<4x5xf32>, tensor<4x5xf32>, tensor<5x4xf32>) {
  {p}
  {q}
  %e = tensor.empty() : tensor<4x5xi6>
  %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%p, %q : tensor<4x5xi5>, tensor<5xi4>) outs(%e : tensor<4x5xi6>) {
  ^bb0(%in: i5, %in_0: i4, %out: i6):
    %c = arith.constant -3 : i6
    %1 = arith.extsi %in : i5 to i6
    %2 = arith.extui %in_0 : i4 to i6
    %3 = arith.subi %1, %2 : i6
    %4 = arith.addi %3, %c : i6
    %5 = arith.maxsi %4, %1 : i6
    linalg.yield %5 : i6
  } -> tensor<4x5xi6>
  %f = tensor.empty() : tensor<4x5xi3>
  %t = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%s, %p : tensor<4x5xi6>, tensor<4x5xi5>) outs(%f : tensor<4x5xi3>) {
  ^bb0(%in: i6, %in_0: i5, %out: i3):
    %1 = arith.trunci %in : i6 to i5
    %2 = arith.minui %1, %in_0 : i5
    %3 = arith.maxui %2, %1 : i5
    %4 = arith.minsi %3, %in_0 : i5
    %5 = arith.trunci %4 : i5 to i3
    linalg.yield %5 : i3
  } -> tensor<4x5xi3>
  %g = tensor.empty() : tensor<5x4xi6>
  %u = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%s : tensor<4x5xi6>) outs(%g : tensor<5x4xi6>) {
  ^bb0(%in: i6, %out: i6):
    linalg.yield %in : i6
  } -> tensor<5x4xi6>
  {y0}
  {y1}
  {y2}
  return %y0, %y1, %y2 : tensor<4x5xf32>, tensor<4x5xf32>, tensor<5x4xf32>
}
