// RUN: qonnx-opt %s --expose-integers | FileCheck %s

// The integers of each node's quantizer are returned behind the outputs, in integers that C has.
// CHECK: func.func @main(%arg0: tensor<1x4xf32> {onnx.name = "x"})
// CHECK-SAME: -> (tensor<1x2xf32> {onnx.name = "y"}, tensor<1x4xui8, #qint.values<0 to 3>> {onnx.name = "first"},
// CHECK-SAME: tensor<1x2xsi16, #qint.values<-256 to 255>> {onnx.name = "second"})
// CHECK: %[[Q:.*]] = qint.quantize
// CHECK: %[[T:.*]] = qint.lookup
// CHECK: %[[Y:.*]] = qint.dequantize
// CHECK: %[[A:.*]] = qint.cast %[[Q]]
// CHECK: %[[B:.*]] = qint.cast %[[T]]
// CHECK: return %[[Y]], %[[A]], %[[B]]
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %w = arith.constant dense<[[1, -1], [0, 1], [-1, 1], [-1, 0]]> : tensor<4x2xsi2>
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<1x4xf32>) -> tensor<1x4xui2> loc("first")
  // What belongs to no node, and products, stay unseen.
  %r = qint.requantize %q {addend = array<i64: 0>, axis = 0 : i64, hi = 2 : i64, lo = 0 : i64, multiplier = array<i64: 1>,
                           rounding_mode = "ROUND", shift = 0 : i64} : (tensor<1x4xui2>) -> tensor<1x4xui2>
  %s = qint.matmul %r, %w : (tensor<1x4xui2>, tensor<4x2xsi2>) -> tensor<1x2xsi4> loc("product")
  %t = qint.lookup %s {axis = 0 : i64, low = -8 : i64,
                       table = dense<[[-256, -5, -4, -4, -3, -2, -1, -1, 0, 0, 1, 1, 2, 2, 3, 255]]> : tensor<1x16xi64>}
       : (tensor<1x2xsi4>) -> tensor<1x2xsi9> loc("second")
  %y = qint.dequantize %t {scale = dense<0.25> : tensor<f64>} : (tensor<1x2xsi9>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
