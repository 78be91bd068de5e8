// Two equal branches are one after each pipeline: equal constants, quantizers and layers, in spite of their names.
// RUN: qonnx-opt %s --lower-to-qint | FileCheck %s --check-prefix=LAYERS
// RUN: qonnx-opt %s --lower-to-int | FileCheck %s --check-prefix=LOOPS
// RUN: qonnx-opt %s --lower-to-qint --qint-to-hls | FileCheck %s --check-prefix=HLS

// LAYERS-COUNT-1: arith.constant
// LAYERS-NOT: arith.constant
// LAYERS-COUNT-1: qint.matmul
// LAYERS-NOT: qint.matmul
// LAYERS-COUNT-1: qint.{{threshold|requantize}}
// LAYERS-NOT: qint.{{matmul|threshold|requantize}}
// LAYERS: return

// LOOPS-COUNT-1: linalg.generic
// LOOPS-NOT: linalg.generic
// LOOPS-COUNT-1: qint.{{threshold|requantize}}
// LOOPS-NOT: {{linalg.generic|qint.threshold|qint.requantize}}

// HLS-COUNT-1: hls.func @dense
// HLS-NOT: hls.func @dense
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}, tensor<1x2xf32> {onnx.name = "z"}) {
  %scale = onnx.constant dense<0.25> : tensor<f32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %bits = onnx.constant dense<4.0> : tensor<f32>
  %v = onnx.constant dense<[[1.0, 2.0], [0.0, 1.0], [1.0, 1.0], [3.0, 1.0]]> : tensor<4x2xf32> loc("first")
  %w = onnx.constant dense<[[1.0, 2.0], [0.0, 1.0], [1.0, 1.0], [3.0, 1.0]]> : tensor<4x2xf32> loc("second")
  %0 = qonnx.int_quant %x, %scale, %zero, %bits {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x4xf32>
  %1 = qonnx.int_quant %v, %scale, %zero, %bits {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<4x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4x2xf32>
  %2 = qonnx.int_quant %w, %scale, %zero, %bits {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<4x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4x2xf32>
  %3 = onnx.matmul %0, %1 : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
  %4 = onnx.matmul %0, %2 : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
  %5 = onnx.relu %3 : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %6 = onnx.relu %4 : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %7 = qonnx.int_quant %5, %scale, %zero, %bits {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  %8 = qonnx.int_quant %6, %scale, %zero, %bits {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  return %7, %8 : tensor<1x2xf32>, tensor<1x2xf32>
}
