func.func @main(%x: tensor<3x6xf32>) -> tensor<3x4xf32> {
  {q}
  %w = arith.constant dense<[[7, -8, 3, 1], [-5, 6, 7, 0], [4, -8, 7, 1], [7, 7, -8, 1], [2, -3, 7, 0], [-8, 7, 7, -8]]> : tensor<6x4xi4>
  %z = arith.constant dense<3> : tensor<3x4xi{width}>
  %a = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%q, %w : tensor<3x6xi4>, tensor<6x4xi4>) outs(%z : tensor<3x4xi{width}>) {
  ^bb0(%in: i4, %in_0: i4, %out: i{width}):
    %1 = arith.{extend} %in : i4 to i{width}
    %2 = arith.{extend} %in_0 : i4 to i{width}
    %3 = arith.muli %1, %2 : i{width}
    %4 = arith.addi %out, %3 : i{width}
    linalg.yield %4 : i{width}
  } -> tensor<3x4xi{width}>
  {y}
  return %y : tensor<3x4xf32>
}
