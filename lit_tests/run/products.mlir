// Kernels for groups of a convolution, and for products of two computed tensors, which are packed when the network runs.
// RUN: qonnxc verify %s --backends qint,int,cpu,c --samples 4 | FileCheck %s
// CHECK: qint
// CHECK-NOT: differs
// CHECK: passed

func.func @main(%x: tensor<1x8x5x5xf32> {onnx.name = "x"}, %a: tensor<2x16x10xf32> {onnx.name = "a"}, %b: tensor<2x10x13xf32> {onnx.name = "b"})
    -> (tensor<1x20x5x5xf32> {onnx.name = "y"}, tensor<2x16x13xf32> {onnx.name = "s"}, tensor<2x16x13xf32> {onnx.name = "u"}, tensor<2x16x13xf32> {onnx.name = "v"}) {
  // Two groups of four channels and ten filters each: more than one vector has lanes.
  %filters = arith.constant dense<[[[[1, -3], [2, -1]], [[-2, 3], [0, 1]], [[3, 3], [-3, 2]], [[0, -2], [1, 1]]],
    [[[2, 1], [-1, 0]], [[1, -1], [2, 2]], [[-3, 0], [1, 2]], [[1, 1], [-2, 3]]], [[[0, 1], [1, 0]], [[-1, 2], [3, -2]], [[1, 1], [1, 1]], [[2, -3], [0, 2]]],
    [[[3, 3], [3, 3]], [[3, 3], [3, 3]], [[3, 3], [3, 3]], [[3, 3], [3, 3]]], [[[-4, -4], [-4, -4]], [[-4, -4], [-4, -4]], [[-4, -4], [-4, -4]], [[-4, -4], [-4, -4]]],
    [[[1, 0], [0, 0]], [[0, 1], [0, 0]], [[0, 0], [1, 0]], [[0, 0], [0, 1]]], [[[1, 2], [3, -4]], [[2, 3], [-4, 1]], [[3, -4], [1, 2]], [[-4, 1], [2, 3]]],
    [[[-1, -1], [2, 2]], [[2, 2], [-1, -1]], [[1, 0], [1, 0]], [[0, 1], [0, 1]]], [[[0, 0], [0, 0]], [[0, 0], [0, 0]], [[0, 0], [0, 0]], [[0, 0], [0, 1]]],
    [[[2, -2], [2, -2]], [[-2, 2], [-2, 2]], [[1, -1], [1, -1]], [[-1, 1], [-1, 1]]],
    [[[1, 1], [-3, 2]], [[0, -2], [1, 1]], [[2, -1], [3, 0]], [[-2, 3], [0, 1]]], [[[3, -4], [1, 2]], [[-4, 1], [2, 3]], [[1, 2], [3, -4]], [[2, 3], [-4, 1]]],
    [[[0, 1], [1, 0]], [[1, 1], [1, 1]], [[2, -3], [0, 2]], [[-1, 2], [3, -2]]], [[[1, 0], [1, 0]], [[0, 1], [0, 1]], [[-1, -1], [2, 2]], [[2, 2], [-1, -1]]],
    [[[-4, -4], [-4, -4]], [[3, 3], [3, 3]], [[-4, -4], [-4, -4]], [[3, 3], [3, 3]]], [[[1, -3], [2, -1]], [[3, 3], [-3, 2]], [[-2, 3], [0, 1]], [[0, -2], [1, 1]]],
    [[[2, 1], [-1, 0]], [[-3, 0], [1, 2]], [[1, -1], [2, 2]], [[1, 1], [-2, 3]]], [[[0, 0], [0, 1]], [[0, 0], [1, 0]], [[0, 1], [0, 0]], [[1, 0], [0, 0]]],
    [[[1, -1], [1, -1]], [[-1, 1], [-1, 1]], [[2, -2], [2, -2]], [[-2, 2], [-2, 2]]], [[[3, 0], [0, 0]], [[0, 3], [0, 0]], [[0, 0], [3, 0]], [[0, 0], [0, 3]]]]>
    : tensor<20x4x2x2xsi3>
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 7.0 : f32, lo = -8.0 : f32, rounding_mode = "ROUND",
                         scale = dense<0.125> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>} : (tensor<1x8x5x5xf32>) -> tensor<1x8x5x5xsi4>
  %sums = qint.conv %q, %filters {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 0, 0, 1, 1>, strides = array<i64: 1, 1>}
     : (tensor<1x8x5x5xsi4>, tensor<20x4x2x2xsi3>) -> tensor<1x20x5x5xsi11>
  %t = qint.threshold %sums {axis = 1 : i64, base = array<i64: -2>, step = array<i64: 1>, thresholds = dense<[[-20, -3, 1, 14]]> : tensor<1x4xi64>}
       : (tensor<1x20x5x5xsi11>) -> tensor<1x20x5x5xsi3>
  %y = qint.dequantize %t {scale = dense<0.5> : tensor<f64>} : (tensor<1x20x5x5xsi3>) -> tensor<1x20x5x5xf32>

  %as = qint.quantize %a {bipolar = false, fraction_bits = 0 : i64, hi = 127.0 : f32, lo = -128.0 : f32, rounding_mode = "ROUND",
                          scale = dense<0.01> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>} : (tensor<2x16x10xf32>) -> tensor<2x16x10xsi8>
  %au = qint.quantize %a {bipolar = false, fraction_bits = 0 : i64, hi = 15.0 : f32, lo = 0.0 : f32, rounding_mode = "ROUND",
                          scale = dense<0.0625> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>} : (tensor<2x16x10xf32>) -> tensor<2x16x10xui4>
  %bs = qint.quantize %b {bipolar = false, fraction_bits = 0 : i64, hi = 15.0 : f32, lo = -16.0 : f32, rounding_mode = "ROUND",
                          scale = dense<0.0625> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>} : (tensor<2x10x13xf32>) -> tensor<2x10x13xsi5>
  %bu = qint.quantize %b {bipolar = false, fraction_bits = 0 : i64, hi = 255.0 : f32, lo = 0.0 : f32, rounding_mode = "ROUND",
                          scale = dense<0.01> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>} : (tensor<2x10x13xf32>) -> tensor<2x10x13xui8>
  %ss = qint.matmul %as, %bs : (tensor<2x16x10xsi8>, tensor<2x10x13xsi5>) -> tensor<2x16x13xsi17>
  %us = qint.matmul %au, %bs : (tensor<2x16x10xui4>, tensor<2x10x13xsi5>) -> tensor<2x16x13xsi13>
  %su = qint.matmul %as, %bu : (tensor<2x16x10xsi8>, tensor<2x10x13xui8>) -> tensor<2x16x13xsi20>
  %s = qint.dequantize %ss {scale = dense<0.5> : tensor<f64>} : (tensor<2x16x13xsi17>) -> tensor<2x16x13xf32>
  %u = qint.dequantize %us {scale = dense<0.5> : tensor<f64>} : (tensor<2x16x13xsi13>) -> tensor<2x16x13xf32>
  %v = qint.dequantize %su {scale = dense<0.5> : tensor<f64>} : (tensor<2x16x13xsi20>) -> tensor<2x16x13xf32>
  return %y, %s, %u, %v : tensor<1x20x5x5xf32>, tensor<2x16x13xf32>, tensor<2x16x13xf32>, tensor<2x16x13xf32>
}
