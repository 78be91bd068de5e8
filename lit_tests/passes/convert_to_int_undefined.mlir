// A quantizer stays float where a constant may make its input NaN, which no integer stands for, or an integer does, and so
// do the quantizers behind it; the sign of NaN is defined, and so is all that only is infinite.
// RUN: qonnx-opt --convert-to-int='remarks=true' %s 2>&1 | FileCheck %s
// RUN: qonnxc verify %s --backends graph,interp,int,cpu --samples 30 | FileCheck %s --check-prefix=SAME

// CHECK-DAG: 'IntQuant' stays float: it is not a number somewhere in its domain, and no integer stands for that
// CHECK-LABEL: func.func @main
// CHECK: %[[N:.*]] = qint.quantize %arg0
// CHECK: %[[X:.*]] = qint.dequantize %[[N]]
// CHECK: %[[NORMAL:.*]] = onnx.mul %[[X]]
// CHECK: %[[SUM:.*]] = onnx.add %[[NORMAL]]
// CHECK: %[[Y:.*]] = qonnx.int_quant %[[SUM]]
// CHECK: %[[R:.*]] = onnx.relu %[[Y]]
// CHECK: %[[AGAIN:.*]] = qonnx.int_quant %[[R]]
// CHECK: %[[SIGN:.*]] = qint.lookup %[[N]]
// CHECK: %[[INFINITE:.*]] = qint.lookup %[[N]]
// CHECK: %[[ROOT:.*]] = onnx.sqrt
// CHECK: qonnx.int_quant %[[ROOT]]
// SAME: int interp equal
// SAME-NEXT: cpu int equal
// SAME-NEXT: passed
func.func @main(%x: tensor<1x2xf32> {onnx.name = "x"})
    -> (tensor<1x2xf32> {onnx.name = "again"}, tensor<1x2xf32> {onnx.name = "sign"}, tensor<1x2xf32> {onnx.name = "infinite"},
        tensor<1x2xf32> {onnx.name = "of_root"}) {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<4.0> : tensor<f32>
  %one_bit = onnx.constant dense<1.0> : tensor<f32>
  %weight = onnx.constant dense<[1.0, 0xFF800000]> : tensor<2xf32>
  %zeros = onnx.constant dense<0.0> : tensor<2xf32>
  %ones = onnx.constant dense<1.0> : tensor<2xf32>
  %infinities = onnx.constant dense<[0.0, 0xFF800000]> : tensor<2xf32>
  %q = qonnx.int_quant %x, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  %n = onnx.batch_normalization %q, %weight, %zeros, %ones, %ones {epsilon = 0.0 : f32}
     : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %y = qonnx.int_quant %n, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  %r = onnx.relu %y : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %again = qonnx.int_quant %r, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  %sign = qonnx.int_quant %n, %s, %z, %one_bit {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  %a = onnx.add %q, %infinities : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %infinite = qonnx.int_quant %a, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  %root = onnx.sqrt %q : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %of_root = qonnx.int_quant %root, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  return %again, %sign, %infinite, %of_root : tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>
}
