// RUN: qonnx-opt %s --split-input-file --verify-diagnostics

func.func @rounding(%x: tensor<2xf32>, %s: tensor<f32>) {
  // expected-error @below {{'qonnx.int_quant' op has an attribute out of range}}
  %0 = qonnx.int_quant %x, %s, %s, %s {is_signed = true, narrow = false, rounding_mode = "NEAREST"}
     : (tensor<2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2xf32>
  return
}

// -----

func.func @scale(%x: tensor<2x3xf32>, %s: tensor<4xf32>, %z: tensor<f32>) {
  // expected-error @below {{do not broadcast to one shape}}
  %0 = qonnx.int_quant %x, %s, %z, %z {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<2x3xf32>, tensor<4xf32>, tensor<f32>, tensor<f32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @element(%x: tensor<2xi64>, %s: tensor<f32>) {
  // expected-error @below {{operand 'X' has element type i64, expected f32}}
  %0 = qonnx.bipolar_quant %x, %s : (tensor<2xi64>, tensor<f32>) -> tensor<2xf32>
  return
}

// -----

func.func @result(%x: tensor<2xf32>, %s: tensor<f32>) {
  // expected-error @below {{'qonnx.bipolar_quant' op result 0 has type 3xf32, expected 2xf32}}
  %0 = qonnx.bipolar_quant %x, %s : (tensor<2xf32>, tensor<f32>) -> tensor<3xf32>
  return
}

// -----

func.func @thresholds(%x: tensor<1x2xf32>, %thresholds: tensor<3x4xf32>) {
  // expected-error @below {{operand 'thresholds' has shape [3, 4], expected 2 rows or one, for the channels in dimension 1}}
  %0 = qonnx.multi_threshold %x, %thresholds {axis = 1 : i64, out_bias = 0.0 : f32, out_scale = 1.0 : f32}
     : (tensor<1x2xf32>, tensor<3x4xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @bits(%x: tensor<1x1x4x4xf32>) {
  // expected-error @below {{attribute 'ibits' is 40, expected a value in 1..=32}}
  %0 = qonnx.quant_avg_pool2d %x {channels_last = false, input_bits = 40 : i64, is_signed = false, kernel = 2 : i64,
                                  output_bits = 4 : i64, stride = 2 : i64}
     : (tensor<1x1x4x4xf32>) -> tensor<1x1x2x2xf32>
  return
}

// -----

func.func @window(%x: tensor<1x1x4x4xf32>) {
  // expected-error @below {{operand 'X' has shape [1, 1, 4, 4], expected 4 dimensions, of which [2, 3] hold a window of 5}}
  %0 = qonnx.quant_avg_pool2d %x {channels_last = false, input_bits = 4 : i64, is_signed = false, kernel = 5 : i64,
                                  output_bits = 4 : i64, stride = 1 : i64}
     : (tensor<1x1x4x4xf32>) -> tensor<1x1x1x1xf32>
  return
}
