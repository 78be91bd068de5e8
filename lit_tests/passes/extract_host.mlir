// RUN: qonnx-opt %s --split-input-file --qint-to-hls --extract-host | FileCheck %s

// Hardware is a function that C has: the words are in its integers, whose types say what they can be. Nothing of the hardware
// stays.
// CHECK-LABEL: func.func @main
// CHECK: %[[Q:.*]] = qint.quantize
// CHECK: %[[WIDE:.*]] = qint.cast %[[Q]] : (tensor<1x4xui2>) -> tensor<1x4xui8, #qint.values<0 to 3>>
// CHECK: %[[IN:.*]] = tensor.bitcast %[[WIDE]] : {{.*}} to tensor<1x4xi8>
// CHECK: %[[OUT:.*]] = call @network(%[[IN]]) : (tensor<1x4xi8>) -> tensor<1x2xi16>
// CHECK: %[[R:.*]] = tensor.bitcast %[[OUT]] : tensor<1x2xi16> to tensor<1x2xsi16, #qint.values<-128 to 127>>
// CHECK: %[[N:.*]] = qint.cast %[[R]] : {{.*}} -> tensor<1x2xsi9, #qint.values<-128 to 127>>
// CHECK: qint.dequantize %[[N]]
// CHECK: func.func private @network(tensor<1x4xi8> {bufferization.access = "read"}) -> tensor<1x2xi16>
// CHECK-NOT: hls
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %w = arith.constant dense<[[16, -16], [0, 16], [-16, 16], [-16, 0]]> : tensor<4x2xsi6>
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<1x4xf32>) -> tensor<1x4xui2>
  %s = qint.matmul %q, %w : (tensor<1x4xui2>, tensor<4x2xsi6>) -> tensor<1x2xsi9, #qint.values<-128 to 127>>
  %y = qint.dequantize %s {scale = dense<0.25> : tensor<f64>}
       : (tensor<1x2xsi9, #qint.values<-128 to 127>>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
