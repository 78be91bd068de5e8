// RUN: qonnx-opt --qint-to-hls %s -o %t.mlir && qonnx-translate --mlir-to-hls %t.mlir

// A grouped convolution with a border and a pooling in front of a dense layer: copies to other places, windows as rows, the
// choice in each window, and the order of the tensor where it is flattened.
func.func @main(%x: tensor<1x2x3x3xui2>) -> tensor<1x2xsi6> {
  %w = arith.constant dense<[[[[1, -1]]], [[[0, 1]]]]> : tensor<2x1x1x2xsi2>
  %v = arith.constant dense<[[1, -1], [0, 1], [-2, 1], [1, 1], [0, 1], [1, 0], [-1, 1], [1, -2]]> : tensor<8x2xsi2>
  %s = qint.conv %x, %w {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 0, 1, 0, 0>, strides = array<i64: 1, 1>}
     : (tensor<1x2x3x3xui2>, tensor<2x1x1x2xsi2>) -> tensor<1x2x3x3xsi3> loc("conv")
  %m = qint.max_pool %s {dilations = array<i64: 1, 1>, kernel_shape = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
                         strides = array<i64: 1, 1>} : (tensor<1x2x3x3xsi3>) -> tensor<1x2x2x2xsi3> loc("pool")
  %f = tensor.collapse_shape %m [[0], [1, 2, 3]] : tensor<1x2x2x2xsi3> into tensor<1x8xsi3>
  %y = qint.matmul %f, %v : (tensor<1x8xsi3>, tensor<8x2xsi2>) -> tensor<1x2xsi6> loc("dense")
  return %y : tensor<1x2xsi6>
}
