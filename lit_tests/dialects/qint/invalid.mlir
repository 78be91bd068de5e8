// RUN: qonnx-opt %s --split-input-file --verify-diagnostics

func.func @quantize_range(%x: tensor<2xf32>) {
  // expected-error @below {{'qint.quantize' op attribute 'lo' is 4.0, expected at most hi}}
  %0 = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 4.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<2xf32>) -> tensor<2xui2>
  return
}

// -----

func.func @quantize_infinite(%x: tensor<2xf32>) {
  // expected-error @below {{'qint.quantize' op attribute 'zero_point' is 0.0, expected codes from 0 to inf less it, times 2^0, to be exact and to fit ui2}}
  %0 = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 0x7F800000 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<2xf32>) -> tensor<2xui2>
  return
}

// -----

func.func @quantize_nan(%x: tensor<2xf32>) {
  // expected-error @below {{'qint.quantize' op attribute 'lo' is NaN, expected at most hi}}
  %0 = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0x7FC00000 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<2xf32>) -> tensor<2xui2>
  return
}

// -----

func.func @quantize_far_zero_point(%x: tensor<2xf32>) {
  // expected-error @below {{attribute 'zero_point' is 1e38, expected codes from 0 to 3 less it, times 2^0, to be exact and to fit si64}}
  %0 = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<1.0e38> : tensor<f32>} : (tensor<2xf32>) -> tensor<2xsi64>
  return
}

// -----

func.func @quantize_too_narrow(%x: tensor<2xf32>) {
  // expected-error @below {{attribute 'zero_point' is 0.0, expected codes from 0 to 3 less it, times 2^1, to be exact and to fit ui2}}
  %0 = qint.quantize %x {bipolar = false, fraction_bits = 1 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<2xf32>) -> tensor<2xui2>
  return
}

// -----

func.func @quantize_scale(%x: tensor<2xf32>) {
  // expected-error @below {{attribute 'scale' is "[3] of f32", expected f32 elements that broadcast to [2]}}
  %0 = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<3xf32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<2xf32>) -> tensor<2xui2>
  return
}

// -----

func.func @signless(%x: tensor<2xf32>) {
  // expected-error @below {{operand 'n' has element type i2, expected a signed or unsigned integer, such as si5 or ui3}}
  %0 = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<2xf32>) -> tensor<2xi2>
  return
}

// -----

func.func @dequantize_scale(%n: tensor<2xsi4>) {
  // expected-error @below {{attribute 'scale' is "[] of f32", expected f64 elements that broadcast to [2]}}
  %0 = qint.dequantize %n {scale = dense<0.5> : tensor<f32>} : (tensor<2xsi4>) -> tensor<2xf32>
  return
}

// -----

func.func @shape(%n: tensor<2xsi4>) {
  // expected-error @below {{attribute 'result shape' is [3], expected [2]}}
  %0 = qint.dequantize %n {scale = dense<0.5> : tensor<f64>} : (tensor<2xsi4>) -> tensor<3xf32>
  return
}

// -----

func.func @threshold_order(%n: tensor<1x2xsi4>) {
  // expected-error @below {{attribute 'thresholds' is "a row out of order", expected each row ascending}}
  %0 = qint.threshold %n {axis = 1 : i64, base = array<i64: 0>,
                          step = array<i64: 1>, thresholds = dense<[[2, 1]]> : tensor<1x2xi64>}
     : (tensor<1x2xsi4>) -> tensor<1x2xui2>
  return
}

// -----

func.func @threshold_rows(%n: tensor<1x3xsi4>) {
  // expected-error @below {{attribute 'thresholds' is [2, 1], expected an i64 tensor of 1 or 3 rows}}
  %0 = qint.threshold %n {axis = 1 : i64, base = array<i64: 0, 0>,
                          step = array<i64: 1, 1>, thresholds = dense<[[1], [2]]> : tensor<2x1xi64>}
     : (tensor<1x3xsi4>) -> tensor<1x3xui1>
  return
}

// -----

func.func @axis(%n: tensor<1x3xsi4>) {
  // expected-error @below {{attribute 'axis' is 2, expected an axis of [1, 3]}}
  %0 = qint.threshold %n {axis = 2 : i64, base = array<i64: 0>,
                          step = array<i64: 1>, thresholds = dense<[[1]]> : tensor<1x1xi64>}
     : (tensor<1x3xsi4>) -> tensor<1x3xui1>
  return
}

// -----

func.func @shift(%n: tensor<1x3xsi4>) {
  // expected-error @below {{attribute 'shift' is 63, expected 0 to 62}}
  %0 = qint.requantize %n {addend = array<i64: 1>, axis = 1 : i64, hi = 15 : i64,
                           lo = 0 : i64, multiplier = array<i64: 5>, rounding_mode = "ROUND",
                           shift = 63 : i64} : (tensor<1x3xsi4>) -> tensor<1x3xui4>
  return
}

// -----

func.func @multipliers(%n: tensor<1x3xsi4>) {
  // expected-error @below {{attribute 'multiplier' is 2, expected 1 or 3 elements}}
  %0 = qint.requantize %n {addend = array<i64: 1>, axis = 1 : i64, hi = 15 : i64,
                           lo = 0 : i64, multiplier = array<i64: 5, 6>, rounding_mode = "ROUND",
                           shift = 2 : i64} : (tensor<1x3xsi4>) -> tensor<1x3xui4>
  return
}

// -----

func.func @empty_table(%n: tensor<1x3xui4>) {
  // expected-error @below {{attribute 'table' is 0, expected at least one column}}
  %0 = qint.lookup %n {axis = 1 : i64, low = 0 : i64,
                       table = dense<> : tensor<1x0xi64>} : (tensor<1x3xui4>) -> tensor<1x3xsi3>
  return
}

// -----

func.func @matmul(%x: tensor<1x3xui2>, %w: tensor<2x2xsi2>) {
  // expected-error @below {{'qint.matmul' op operand 'w' has shape [2, 2], expected 3 rows, as many as 'x' of shape [1, 3] has columns}}
  %0 = qint.matmul %x, %w : (tensor<1x3xui2>, tensor<2x2xsi2>) -> tensor<1x2xsi5>
  return
}

// -----

func.func @matmul_result(%x: tensor<1x2xui2>, %w: tensor<2x2xsi2>) {
  // expected-error @below {{attribute 'result shape' is [2, 2], expected [1, 2]}}
  %0 = qint.matmul %x, %w : (tensor<1x2xui2>, tensor<2x2xsi2>) -> tensor<2x2xsi5>
  return
}

// -----

func.func @conv_groups(%x: tensor<1x3x4xui2>, %w: tensor<4x2x3xsi2>) {
  // expected-error @below {{attribute 'group' is 2, expected a divisor of the 3 channels and 4 filters}}
  %0 = qint.conv %x, %w {dilations = array<i64: 1>, group = 2 : i64, pads = array<i64: 1, 1>, strides = array<i64: 1>}
     : (tensor<1x3x4xui2>, tensor<4x2x3xsi2>) -> tensor<1x4x4xsi7>
  return
}

// -----

func.func @conv_kernel(%x: tensor<1x1x2xui2>, %w: tensor<1x1x3xsi2>) {
  // expected-error @below {{'qint.conv' op}}
  %0 = qint.conv %x, %w {dilations = array<i64: 1>, group = 1 : i64, pads = array<i64: 0, 0>, strides = array<i64: 1>}
     : (tensor<1x1x2xui2>, tensor<1x1x3xsi2>) -> tensor<1x1x0xsi7>
  return
}

// -----

func.func @pool_type(%x: tensor<1x1x4xui2>) {
  // expected-error @below {{has element type ui3, expected ui2, as those of 'x'}}
  %0 = qint.max_pool %x {dilations = array<i64: 1>, kernel_shape = array<i64: 2>, pads = array<i64: 0, 0>, strides = array<i64: 2>}
     : (tensor<1x1x4xui2>) -> tensor<1x1x2xui3>
  return
}

// -----

func.func @sum_of_bits(%a: tensor<2xi3>, %b: tensor<2xsi3>) {
  // expected-error @below {{has element type i3, expected a signed or unsigned integer, such as si5 or ui3}}
  %0 = qint.add %a, %b : (tensor<2xi3>, tensor<2xsi3>) -> tensor<2xsi4>
  return
}

// -----

func.func @sum_shapes(%a: tensor<2xsi3>, %b: tensor<3xsi3>) {
  // expected-error @below {{'qint.add' op}}
  %0 = qint.add %a, %b : (tensor<2xsi3>, tensor<3xsi3>) -> tensor<3xsi4>
  return
}

// -----

// expected-error @below {{there are no integers from 0 to 5 in steps of 2 that end there}}
func.func private @uneven(tensor<4xui4, #qint.values<0 to 5 by 2>>)

// -----

// A result that can be more than its type says.
func.func @sum(%a: tensor<4xui2, #qint.values<0 to 2>>, %b: tensor<4xui2>) -> tensor<4xui3, #qint.values<0 to 4>> {
  // expected-error @below {{'qint.add' op can give 0 to 5, and its result holds 0 to 4}}
  %0 = qint.add %a, %b : (tensor<4xui2, #qint.values<0 to 2>>, tensor<4xui2>) -> tensor<4xui3, #qint.values<0 to 4>>
  return %0 : tensor<4xui3, #qint.values<0 to 4>>
}

// -----

// Sums of an odd number of signs are odd.
func.func @signs(%a: tensor<2x3xsi2, #qint.values<-1 to 1 by 2>>, %b: tensor<3x2xsi2, #qint.values<-1 to 1 by 2>>) {
  %0 = qint.matmul %a, %b : (tensor<2x3xsi2, #qint.values<-1 to 1 by 2>>, tensor<3x2xsi2, #qint.values<-1 to 1 by 2>>)
     -> tensor<2x2xsi3, #qint.values<-3 to 3 by 2>>
  // expected-error @below {{'qint.matmul' op can give -3 to 3 by 2, and its result holds -2 to 2 by 2}}
  %1 = qint.matmul %a, %b : (tensor<2x3xsi2, #qint.values<-1 to 1 by 2>>, tensor<3x2xsi2, #qint.values<-1 to 1 by 2>>)
     -> tensor<2x2xsi3, #qint.values<-2 to 2 by 2>>
  return
}

// -----

// A border of zeros is no sign.
func.func @border(%a: tensor<1x1x3xsi2, #qint.values<-1 to 1 by 2>>, %w: tensor<1x1x1xsi2, #qint.values<-1 to 1 by 2>>) {
  // expected-error @below {{'qint.conv' op can give -1 to 1, and its result holds -1 to 1 by 2}}
  %0 = qint.conv %a, %w {dilations = array<i64: 1>, group = 1 : i64, pads = array<i64: 1, 0>, strides = array<i64: 1>}
     : (tensor<1x1x3xsi2, #qint.values<-1 to 1 by 2>>, tensor<1x1x1xsi2, #qint.values<-1 to 1 by 2>>)
     -> tensor<1x1x4xsi2, #qint.values<-1 to 1 by 2>>
  return
}

// -----

func.func @table(%a: tensor<4xsi3>) -> tensor<4xui1> {
  // expected-error @below {{'qint.lookup' op has a table for -3 to 3, and its operand can be -4 to 3}}
  %0 = qint.lookup %a {axis = 0 : i64, low = -3 : i64, table = dense<1> : tensor<1x7xi64>} : (tensor<4xsi3>) -> tensor<4xui1>
  return %0 : tensor<4xui1>
}

// -----

func.func @levels(%a: tensor<4xsi3, #qint.values<-4 to 0>>) -> tensor<4xui1> {
  // Of three thresholds one can be reached.
  %0 = qint.threshold %a {axis = 0 : i64, base = array<i64: 0>, step = array<i64: 1>, thresholds = dense<[[-1, 1, 2]]> : tensor<1x3xi64>}
     : (tensor<4xsi3, #qint.values<-4 to 0>>) -> tensor<4xui1>
  // expected-error @below {{'qint.threshold' op can give 0 to 2, and its result holds 0 to 1}}
  %1 = qint.threshold %a {axis = 0 : i64, base = array<i64: 0>, step = array<i64: 1>, thresholds = dense<[[-1, 0, 2]]> : tensor<1x3xi64>}
     : (tensor<4xsi3, #qint.values<-4 to 0>>) -> tensor<4xui1>
  return %0 : tensor<4xui1>
}

// -----

// expected-error @below {{'ui3' does not hold the integers 300 to 400}}
func.func private @beyond(tensor<4xui3, #qint.values<300 to 400>>)

// -----

// expected-error @below {{'f32' does not hold the integers 0 to 1}}
func.func private @floats(tensor<4xf32, #qint.values<0 to 1>>)

// -----

func.func @wide(%a: tensor<4xui64>) {
  // expected-error @below {{has element type ui64, expected a signed or unsigned integer, such as si5 or ui3; without a sign of at most 63 bits}}
  %0 = qint.add %a, %a : (tensor<4xui64>, tensor<4xui64>) -> tensor<4xui64>
  return
}
