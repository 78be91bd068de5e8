// RUN: qonnx-opt --qint-to-linalg %s

// A dense layer: the product becomes a loop nest on the bits of its operands, the thresholds stay.
func.func @main(%x: tensor<1x2xui2> {onnx.name = "x"}) -> (tensor<1x2xui2> {onnx.name = "y"}) {
  %w = arith.constant dense<[[1, -1], [0, -2]]> : tensor<2x2xsi2>
  %0 = qint.matmul %x, %w : (tensor<1x2xui2>, tensor<2x2xsi2>) -> tensor<1x2xsi5> loc("dense")
  %1 = qint.threshold %0 {axis = 1 : i64, base = array<i64: 0>, step = array<i64: 1>, thresholds = dense<[[1, 2, 4]]> : tensor<1x3xi64>} : (tensor<1x2xsi5>) -> tensor<1x2xui2> loc("relu")
  return %1 : tensor<1x2xui2>
}
