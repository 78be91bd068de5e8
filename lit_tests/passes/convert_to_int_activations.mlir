// RUN: qonnx-opt --convert-to-int --canonicalize --split-input-file %s | FileCheck %s

// The ReLU and the quantizer are one op. 0.5 n rounds to even: 0.5 to 0, 1.5 to 2, 2.5 to 2; 3.5 saturates.
// CHECK-LABEL: func.func @relu
// CHECK: %[[N:.*]] = qint.quantize {{.*}} -> tensor<4xsi4>
// CHECK-NEXT: qint.threshold %[[N]] {{.*}} base = array<i64: 0>, step = array<i64: 1>, thresholds = dense<{{\[\[}}2, 3, 6]]>
// CHECK-NOT: onnx.relu
func.func @relu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %half = onnx.constant dense<0.5> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b2 = onnx.constant dense<2.0> : tensor<f32>
  %b4 = onnx.constant dense<4.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %half, %z, %b4 {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  %1 = onnx.relu %0 : (tensor<4xf32>) -> tensor<4xf32>
  %2 = qonnx.int_quant %1, %one, %z, %b2 {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// -----

// An output zero point: codes 0 to 3 with zero point 2 are the integers -2 to 1.
// CHECK-LABEL: func.func @output_zero_point
// CHECK: qint.threshold {{.*}} base = array<i64: -2>, step = array<i64: 1>, thresholds = dense<{{\[\[}}-1, 0, 1]]>
// CHECK-SAME: -> tensor<4xsi2>
// CHECK: qint.dequantize {{.*}}scale = dense<1.000000e+00>
func.func @output_zero_point(%x: tensor<4xf32>) -> tensor<4xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b2 = onnx.constant dense<2.0> : tensor<f32>
  %b3 = onnx.constant dense<3.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %one, %z, %b3 {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  %1 = qonnx.int_quant %0, %one, %b2, %b2 {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// floor(n / 2) of -4 to 3.
// CHECK-LABEL: func.func @floor
// CHECK: qint.threshold {{.*}} base = array<i64: -2>, {{.*}} thresholds = dense<{{\[\[}}-2, 0, 2]]>
func.func @floor(%x: tensor<4xf32>) -> tensor<4xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b2 = onnx.constant dense<2.0> : tensor<f32>
  %b3 = onnx.constant dense<3.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %one, %z, %b3 {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  %1 = qonnx.int_quant %0, %b2, %z, %b2 {is_signed = true, narrow = false, rounding_mode = "FLOOR"} : (tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// What neither rises nor falls is a table, from the least integer on; |-4| saturates.
// CHECK-LABEL: func.func @table
// CHECK: qint.lookup {{.*}} low = -4 : i64, table = dense<{{\[\[}}3, 3, 2, 1, 0, 1, 2, 3]]>
// CHECK-NOT: qint.threshold
func.func @table(%x: tensor<4xf32>) -> tensor<4xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b2 = onnx.constant dense<2.0> : tensor<f32>
  %b3 = onnx.constant dense<3.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %one, %z, %b3 {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  %1 = onnx.abs %0 : (tensor<4xf32>) -> tensor<4xf32>
  %2 = qonnx.int_quant %1, %one, %z, %b2 {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// -----

// Two integers of one scale are added as integers, -4 to 3 twice is -8 to 6.
// CHECK-LABEL: func.func @add
// CHECK: qint.add %{{.*}}, %{{.*}} : (tensor<4xsi3>, tensor<4xsi3>) -> tensor<4xsi4, #qint.values<-8 to 6>>
// CHECK-NOT: onnx.add
func.func @add(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  %1 = qonnx.int_quant %y, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  %2 = onnx.add %0, %1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// -----

// A value that is also used as a float number keeps the float operation for that use.
// CHECK-LABEL: func.func @two_uses
// CHECK-DAG: qint.threshold
// CHECK-DAG: %[[RELU:.*]] = onnx.relu
// CHECK: return %[[RELU]], %{{.*}}
func.func @two_uses(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  %1 = onnx.relu %0 : (tensor<4xf32>) -> tensor<4xf32>
  %2 = qonnx.int_quant %1, %one, %z, %one {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  return %1, %2 : tensor<4xf32>, tensor<4xf32>
}
