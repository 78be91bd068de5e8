// RUN: qonnxc verify %s --samples 4 --backends int,hls | FileCheck %s
// CHECK: {{^}}hls int equal 64 0
// CHECK: passed

// REQUIRES: g++, cc, ap_types

// What the first hardware has made is read by the second too: it is shown by the first, under the nodes that made it, and not as
// what the last of them made.
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x4xf32> {onnx.name = "y"}) {
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<1x4xf32>) -> tensor<1x4xui2> loc("first")
  %a = qint.lookup %q {axis = 0 : i64, low = 0 : i64, table = dense<[[3, 2, 0, 1]]> : tensor<1x4xi64>}
       : (tensor<1x4xui2>) -> tensor<1x4xui2> loc("a")
  %b = qint.lookup %q {axis = 0 : i64, low = 0 : i64, table = dense<[[0, 0, 1, 3]]> : tensor<1x4xi64>}
       : (tensor<1x4xui2>) -> tensor<1x4xui2> loc("b")
  %f = qint.dequantize %b {scale = dense<0.25> : tensor<f64>} : (tensor<1x4xui2>) -> tensor<1x4xf32>
  %s = onnx.softmax %f {axis = 1 : i64, flatten = false} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %r = qint.quantize %s {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.25> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<1x4xf32>) -> tensor<1x4xui2> loc("second")
  %c = qint.add %a, %r : (tensor<1x4xui2>, tensor<1x4xui2>) -> tensor<1x4xui3>
  %y = qint.dequantize %c {scale = dense<0.25> : tensor<f64>} : (tensor<1x4xui3>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}
