// RUN: qonnxc verify %s --samples 8 --backends graph,interp,int,cpu,c
// RUN: qonnxc verify %s --samples 8 --backends hls | FileCheck %s

// REQUIRES: g++, ap_types

// Scalars have no axis for channels, and are quantized, requantized and looked up like everything else.
// CHECK: passed
func.func @main(%x: tensor<f32> {onnx.name = "x"}) -> (tensor<f32> {onnx.name = "y"}, tensor<f32> {onnx.name = "z"}, tensor<f32> {onnx.name = "w"}) {
  %s = onnx.constant dense<0.125> : tensor<f32>
  %t = onnx.constant dense<0.3> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<8.0> : tensor<f32>
  %few = onnx.constant dense<2.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<f32>
  %1 = qonnx.int_quant %0, %t, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<f32>
  %2 = qonnx.int_quant %0, %t, %z, %few {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<f32>
  %3 = onnx.abs %0 : (tensor<f32>) -> tensor<f32>
  %4 = qonnx.int_quant %3, %t, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<f32>
  return %1, %2, %4 : tensor<f32>, tensor<f32>, tensor<f32>
}
