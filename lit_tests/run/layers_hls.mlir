// RUN: qonnxc verify %s --backends qint,int,hls --samples 12

// REQUIRES: g++, ap_types

// Layers of integers in hardware that no conversion makes yet: transposed convolutions, sums of windows over a border, products
// and choices of two.
func.func @main(%x: tensor<1x4x3x2xf32> {onnx.name = "x"}, %u: tensor<4x1x1xf32> {onnx.name = "u"})
    -> (tensor<1x6x6x4xf32> {onnx.name = "wider"}, tensor<1x2x5x2xf32> {onnx.name = "cut"},
        tensor<1x4x2x2xf32> {onnx.name = "sums"}, tensor<1x4x3x2xf32> {onnx.name = "products"},
        tensor<1x4x3x2xf32> {onnx.name = "greater"}, tensor<1x4x3x2xf32> {onnx.name = "lesser"}) {
  %n = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = -4.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>}
     : (tensor<1x4x3x2xf32>) -> tensor<1x4x3x2xsi3> loc("n")
  %m = qint.quantize %u {bipolar = false, fraction_bits = 0 : i64, hi = 5.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>}
     : (tensor<4x1x1xf32>) -> tensor<4x1x1xui3, #qint.values<0 to 5>> loc("m")

  %w = arith.constant dense<[[[[1, -2], [0, 1]], [[-1, 1], [2, 0]], [[0, 0], [1, 3]]],
                             [[[0, 1], [1, -1]], [[3, 0], [0, 1]], [[-3, 2], [1, 1]]],
                             [[[2, 2], [-1, 0]], [[1, 0], [1, 1]], [[0, -1], [2, 1]]],
                             [[[1, 1], [1, 1]], [[-2, 1], [0, 3]], [[1, 2], [-1, -1]]]]> : tensor<4x3x2x2xsi3>
  %0 = qint.conv_transpose %n, %w {dilations = array<i64: 1, 2>, group = 2 : i64, output_padding = array<i64: 1, 0>,
                                   pads = array<i64: 1, 0, 0, 1>, strides = array<i64: 2, 2>}
     : (tensor<1x4x3x2xsi3>, tensor<4x3x2x2xsi3>) -> tensor<1x6x6x4xsi9> loc("wider")
  %v = arith.constant dense<[[[[1], [2]], [[-1], [1]]], [[[0], [1]], [[3], [-2]]], [[[2], [1]], [[1], [1]]], [[[-1], [0]], [[0], [1]]]]>
     : tensor<4x2x2x1xsi3>
  %1 = qint.conv_transpose %n, %v {dilations = array<i64: 1, 1>, group = 1 : i64, output_padding = array<i64: 0, 0>,
                                   pads = array<i64: 2, 0, 1, 0>, strides = array<i64: 3, 1>}
     : (tensor<1x4x3x2xsi3>, tensor<4x2x2x1xsi3>) -> tensor<1x2x5x2xsi9> loc("cut")
  %2 = qint.sum_pool %n {dilations = array<i64: 1, 1>, kernel_shape = array<i64: 2, 2>, pads = array<i64: 0, 1, 1, 0>,
                         strides = array<i64: 2, 1>} : (tensor<1x4x3x2xsi3>) -> tensor<1x4x2x2xsi5> loc("sums")
  %3 = qint.mul %n, %m : (tensor<1x4x3x2xsi3>, tensor<4x1x1xui3, #qint.values<0 to 5>>)
     -> tensor<1x4x3x2xsi6, #qint.values<-20 to 15>> loc("products")
  %4 = qint.max %n, %m : (tensor<1x4x3x2xsi3>, tensor<4x1x1xui3, #qint.values<0 to 5>>)
     -> tensor<1x4x3x2xui3, #qint.values<0 to 5>> loc("greater")
  %5 = qint.min %m, %n : (tensor<4x1x1xui3, #qint.values<0 to 5>>, tensor<1x4x3x2xsi3>)
     -> tensor<1x4x3x2xsi3> loc("lesser")
  %y0 = qint.dequantize %0 {scale = dense<1.0> : tensor<f64>} : (tensor<1x6x6x4xsi9>) -> tensor<1x6x6x4xf32>
  %y1 = qint.dequantize %1 {scale = dense<1.0> : tensor<f64>} : (tensor<1x2x5x2xsi9>) -> tensor<1x2x5x2xf32>
  %y2 = qint.dequantize %2 {scale = dense<1.0> : tensor<f64>} : (tensor<1x4x2x2xsi5>) -> tensor<1x4x2x2xf32>
  %y3 = qint.dequantize %3 {scale = dense<1.0> : tensor<f64>} : (tensor<1x4x3x2xsi6, #qint.values<-20 to 15>>) -> tensor<1x4x3x2xf32>
  %y4 = qint.dequantize %4 {scale = dense<1.0> : tensor<f64>} : (tensor<1x4x3x2xui3, #qint.values<0 to 5>>) -> tensor<1x4x3x2xf32>
  %y5 = qint.dequantize %5 {scale = dense<1.0> : tensor<f64>} : (tensor<1x4x3x2xsi3>) -> tensor<1x4x3x2xf32>
  return %y0, %y1, %y2, %y3, %y4, %y5 : tensor<1x6x6x4xf32>, tensor<1x2x5x2xf32>, tensor<1x4x2x2xf32>, tensor<1x4x3x2xf32>,
      tensor<1x4x3x2xf32>, tensor<1x4x3x2xf32>
}
