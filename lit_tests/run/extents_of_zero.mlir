// Extents of 0 stay 0 at every level: no batch, no channels of which there are scales and sums, and constants without
// elements. A sum of nothing is 0. A scalar has no channel axis.
// RUN: qonnxc verify %s --backends graph,interp,int --samples 6 | FileCheck %s
// CHECK: int interp equal
// CHECK-NEXT: passed
func.func @main(%x: tensor<0x2x5x5xf32> {onnx.name = "x"}, %c: tensor<1x0x2x2xf32> {onnx.name = "c"}, %r: tensor<1x4xf32> {onnx.name = "r"},
                %scalar: tensor<f32> {onnx.name = "scalar"})
    -> (tensor<0x3x5x5xf32> {onnx.name = "batch"}, tensor<1x3x2x2xf32> {onnx.name = "channels"}, tensor<0x4xf32> {onnx.name = "constant"},
        tensor<f32> {onnx.name = "of_scalar"}) {
  %none = onnx.none
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<4.0> : tensor<f32>
  %w = onnx.constant dense<1.5> : tensor<3x2x3x3xf32>
  %v = onnx.constant dense<> : tensor<3x0x1x1xf32>
  %nothing = onnx.constant dense<> : tensor<1x0x1x1xf32>
  %empty = onnx.constant dense<> : tensor<0x4xf32>
  %qx = qonnx.int_quant %x, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<0x2x5x5xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<0x2x5x5xf32>
  %qw = qonnx.int_quant %w, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<3x2x3x3xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<3x2x3x3xf32>
  %0 = onnx.conv %qx, %qw, %none {auto_pad = "SAME_UPPER", dilations = array<i64>, group = 1 : i64, pads = array<i64>, strides = array<i64>}
     : (tensor<0x2x5x5xf32>, tensor<3x2x3x3xf32>, none) -> tensor<0x3x5x5xf32>
  %batch = qonnx.int_quant %0, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<0x3x5x5xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<0x3x5x5xf32>
  %qc = qonnx.int_quant %c, %nothing, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x0x2x2xf32>, tensor<1x0x1x1xf32>, tensor<f32>, tensor<f32>) -> tensor<1x0x2x2xf32>
  %qv = qonnx.int_quant %v, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<3x0x1x1xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<3x0x1x1xf32>
  %1 = onnx.conv %qc, %qv, %none {dilations = array<i64>, group = 1 : i64, pads = array<i64>, strides = array<i64>}
     : (tensor<1x0x2x2xf32>, tensor<3x0x1x1xf32>, none) -> tensor<1x3x2x2xf32>
  %channels = qonnx.int_quant %1, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x3x2x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x3x2x2xf32>
  %constant = onnx.add %r, %empty : (tensor<1x4xf32>, tensor<0x4xf32>) -> tensor<0x4xf32>
  %qs = qonnx.int_quant %scalar, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<f32>
  %relu = onnx.relu %qs : (tensor<f32>) -> tensor<f32>
  %of_scalar = qonnx.int_quant %relu, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "FLOOR"}
     : (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<f32>
  return %batch, %channels, %constant, %of_scalar : tensor<0x3x5x5xf32>, tensor<1x3x2x2xf32>, tensor<0x4xf32>, tensor<f32>
}
