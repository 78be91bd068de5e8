// RUN: qonnx-opt --convert-to-int %s | FileCheck %s
// RUN: qonnx-opt --convert-to-int=max-thresholds=63 %s | FileCheck %s --check-prefix=COUNT
// RUN: qonnx-opt --convert-to-int=max-lookup=255 %s | FileCheck %s --check-prefix=SMALL

// 6 bits have 63 steps, more than are counted by default. 8 bits have 256 values, one more than the table may have.
// CHECK-LABEL: func.func @main
// CHECK-NOT: qint.threshold
// CHECK: qint.requantize
// CHECK: qint.lookup
// COUNT-LABEL: func.func @main
// COUNT-NOT: qint.requantize
// COUNT: qint.threshold
// SMALL-LABEL: func.func @main
// SMALL-NOT: qint.lookup
// SMALL: onnx.abs
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %quarter = onnx.constant dense<0.25> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b6 = onnx.constant dense<6.0> : tensor<f32>
  %b8 = onnx.constant dense<8.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %quarter, %z, %b8 {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  %1 = qonnx.int_quant %0, %one, %z, %b6 {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  %2 = onnx.abs %0 : (tensor<4xf32>) -> tensor<4xf32>
  %3 = qonnx.int_quant %2, %one, %z, %b6 {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  return %1, %3 : tensor<4xf32>, tensor<4xf32>
}
