// RUN: qonnx-opt %s --verify-roundtrip | FileCheck %s

// Every op of the dialect is read, verified, printed, and read back to the same module.

// CHECK-LABEL: func.func @quantizers
func.func @quantizers(%x: tensor<2x3x4xf32>, %s: tensor<f32>, %channel: tensor<1x3x1xf32>, %z: tensor<f32>,
                      %b: tensor<f32>) {
  // CHECK: qonnx.int_quant %{{.*}} {is_signed = true, narrow = true, rounding_mode = "HALF_UP"}
  %0 = qonnx.int_quant %x, %channel, %z, %b {is_signed = true, narrow = true, rounding_mode = "HALF_UP"}
     : (tensor<2x3x4xf32>, tensor<1x3x1xf32>, tensor<f32>, tensor<f32>) -> tensor<2x3x4xf32>
  // CHECK: qonnx.bipolar_quant
  %1 = qonnx.bipolar_quant %x, %s : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<2x3x4xf32>
  // CHECK: qonnx.trunc_v1
  %2 = qonnx.trunc_v1 %x, %s, %z, %b, %b {rounding_mode = "FLOOR"}
     : (tensor<2x3x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2x3x4xf32>
  // CHECK: qonnx.trunc %
  %3 = qonnx.trunc %x, %s, %z, %b, %s, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<2x3x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2x3x4xf32>
  // CHECK: qonnx.float_quant
  %4 = qonnx.float_quant %x, %s, %b, %b, %b, %b
       {has_inf = false, has_nan = false, rounding_mode = "ROUND", saturation = true}
     : (tensor<2x3x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2x3x4xf32>
  return
}

// CHECK-LABEL: func.func @finn
func.func @finn(%x: tensor<1x2x4x4xf32>, %thresholds: tensor<2x3xf32>) {
  // CHECK: qonnx.multi_threshold
  %0 = qonnx.multi_threshold %x, %thresholds {axis = 1 : i64, out_bias = -1.0 : f32, out_scale = 5.0e-1 : f32}
     : (tensor<1x2x4x4xf32>, tensor<2x3xf32>) -> tensor<1x2x4x4xf32>
  // CHECK: qonnx.quant_avg_pool2d
  %1 = qonnx.quant_avg_pool2d %x {channels_last = false, input_bits = 4 : i64, is_signed = false, kernel = 2 : i64,
                                  output_bits = 4 : i64, stride = 2 : i64}
     : (tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32>
  return
}
