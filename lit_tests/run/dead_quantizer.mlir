// RUN: qonnxc verify %s --samples 3 --backends qint,int,cpu,c | FileCheck %s
// CHECK: {{^}}int qint equal 12 0
// CHECK: {{^}}cpu int equal 12 0
// CHECK: {{^}}c int equal 12 0
// CHECK: passed

// REQUIRES: cc

// The integers of a quantizer that no output depends on are nobody's: a level may have dropped it.
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x4xf32> {onnx.name = "y"}) {
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<1x4xf32>) -> tensor<1x4xui2> loc("used")
  %dead = qint.requantize %q {addend = array<i64: 1>, axis = 0 : i64, hi = 2 : i64, lo = 0 : i64, multiplier = array<i64: 1>,
                           rounding_mode = "ROUND", shift = 0 : i64} : (tensor<1x4xui2>) -> tensor<1x4xui2> loc("dead")
  %s = qint.add %q, %q : (tensor<1x4xui2>, tensor<1x4xui2>) -> tensor<1x4xui3>
  %y = qint.dequantize %s {scale = dense<0.25> : tensor<f64>} : (tensor<1x4xui3>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}
