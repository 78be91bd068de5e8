// RUN: qonnxc verify %s --samples 3 --backends int,hls
// RUN: qonnxc compile %s --target hls -o %t > %t.log && make -C %t csim | FileCheck %s
// CHECK: 0 differences: passed

// REQUIRES: g++, ap_types

// The host part of an HLS project moves tensors without elements as well.
func.func @main(%x: tensor<2x4xf32> {onnx.name = "x"}, %e: tensor<2x0x3xf32> {onnx.name = "e"}) -> (
    tensor<2x4xf32> {onnx.name = "y"}, tensor<2x0x3xf32> {onnx.name = "e"}, tensor<0x2xf32> {onnx.name = "moved"},
    tensor<2x4xf32> {onnx.name = "joined"}) {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %t = onnx.constant dense<0.7> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<4.0> : tensor<f32>
  %v = onnx.constant dense<> : tensor<4x0xf32>
  %0 = qonnx.int_quant %x, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<2x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2x4xf32>
  %1 = qonnx.int_quant %0, %t, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<2x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2x4xf32>
  %2 = onnx.relu %e : (tensor<2x0x3xf32>) -> tensor<2x0x3xf32>
  %3 = onnx.matmul %x, %v : (tensor<2x4xf32>, tensor<4x0xf32>) -> tensor<2x0xf32>
  %4 = onnx.transpose %3 {perm = array<i64: 1, 0>} : (tensor<2x0xf32>) -> tensor<0x2xf32>
  %5 = onnx.concat %3, %x {axis = 1 : i64} : (tensor<2x0xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %1, %2, %4, %5 : tensor<2x4xf32>, tensor<2x0x3xf32>, tensor<0x2xf32>, tensor<2x4xf32>
}
