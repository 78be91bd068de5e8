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
  // expected-error @below {{operand 'X' has element type i64, which is not supported here, expected f32}}
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

// -----

func.func @bits_zero(%x: tensor<2xf32>, %s: tensor<f32>) {
  %b = onnx.constant dense<0.0> : tensor<f32>
  // expected-error @below {{'IntQuant' op operand 'bitwidth' holds 0.0, expected a number of bits, at least 1}}
  %0 = qonnx.int_quant %x, %s, %s, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2xf32>
  return
}

// -----

func.func @bits_nan(%x: tensor<2xf32>, %s: tensor<f32>) {
  %b = onnx.constant dense<[4.0, 0x7FC00000]> : tensor<2xf32>
  // expected-error @below {{'IntQuant' op operand 'bitwidth' holds NaN, expected a number of bits, at least 1}}
  %0 = qonnx.int_quant %x, %s, %s, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<2xf32>, tensor<f32>, tensor<f32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @bits_negative(%x: tensor<2xf32>, %s: tensor<f32>) {
  %b = onnx.constant dense<-1> : tensor<i8>
  // expected-error @below {{'Trunc' op operand 'out_bitwidth' holds -1.0, expected a number of bits, at least 1}}
  %0 = qonnx.trunc_v1 %x, %s, %s, %s, %b {rounding_mode = "FLOOR"}
     : (tensor<2xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<i8>) -> tensor<2xf32>
  return
}

// -----

func.func @bits_infinite(%x: tensor<2xf32>, %s: tensor<f32>) {
  %b = onnx.constant dense<0x7F800000> : tensor<f32>
  // expected-error @below {{'Trunc' op operand 'in_bitwidth' holds inf, expected a number of bits, at least 1}}
  %0 = qonnx.trunc %x, %s, %s, %b, %s, %s {is_signed = true, narrow = false, rounding_mode = "FLOOR"}
     : (tensor<2xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2xf32>
  return
}

// -----

// A quantizer of a fraction of a bit has bounds, a number format has none.
func.func @bits_fractional(%x: tensor<2xf32>, %s: tensor<f32>) {
  %b = onnx.constant dense<2.5> : tensor<f32>
  %0 = qonnx.int_quant %x, %s, %s, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2xf32>
  // expected-error @below {{'FloatQuant' op operand 'mantissa_bitwidth' holds 2.5, expected a whole number of bits, at least 0}}
  %1 = qonnx.float_quant %x, %s, %s, %b, %s, %s
       {has_inf = false, has_nan = false, rounding_mode = "ROUND", saturation = true}
     : (tensor<2xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2xf32>
  return
}
