// RUN: qonnx-opt --convert-to-int=remarks=true --split-input-file --verify-diagnostics -o /dev/null %s

// Why an operation on integers stays float, and what cannot be converted at all.

func.func @weights(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %w = onnx.constant dense<[[0.3, -0.7], [0.1, 0.9]]> : tensor<2x2xf32>
  %0 = qonnx.int_quant %x, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  // expected-remark @below {{'MatMul' stays float: its weights are not quantized}}
  %1 = onnx.matmul %0, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}

// -----

func.func @no_quantizer_between(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %w = onnx.constant dense<[[1.0, -2.0], [3.0, 0.0]]> : tensor<2x2xf32>
  %0 = qonnx.int_quant %x, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  %1 = qonnx.int_quant %w, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<2x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2x2xf32>
  %2 = onnx.matmul %0, %1 : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  // expected-remark @below {{'Relu' stays float: its result goes to 'MatMul', which stays float, with no quantizer in between}}
  %3 = onnx.relu %2 : (tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-remark @below {{'MatMul' stays float: its input is the result of 'Relu', with no quantizer in between}}
  %4 = onnx.matmul %3, %1 : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  // expected-remark @below {{'Softmax' stays float: there is no integer form of this operation yet}}
  %5 = onnx.softmax %4 {axis = -1 : i64, flatten = false} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %5 : tensor<1x2xf32>
}

// -----

func.func @no_rule(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %one, %z, %one {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  // expected-remark @below {{'Softmax' stays float: there is no integer form of this operation yet}}
  %1 = onnx.softmax %0 {axis = -1 : i64, flatten = false} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}

// -----

func.func @scales_of_addends(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %two = onnx.constant dense<2.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %one, %z, %two {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2xf32>
  %1 = qonnx.int_quant %y, %two, %z, %two {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2xf32>
  // expected-remark @below {{'Add' stays float: the operands have different scales}}
  %2 = onnx.add %0, %1 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %2 : tensor<2xf32>
}

// -----

// A scale for each row of the weights does not factor out of a sum over the rows.
func.func @scales_of_weights(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %ws = onnx.constant dense<[[1.0], [0.3]]> : tensor<2x1xf32>
  %w = onnx.constant dense<[[1.0, -2.0], [0.3, 0.0]]> : tensor<2x2xf32>
  %0 = qonnx.int_quant %x, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  %1 = qonnx.int_quant %w, %ws, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<2x2xf32>, tensor<2x1xf32>, tensor<f32>, tensor<f32>) -> tensor<2x2xf32>
  // expected-remark @below {{'MatMul' stays float: the scale of its weights does not follow the output channels}}
  %2 = onnx.matmul %0, %1 : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}

// -----

func.func @bias(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %w = onnx.constant dense<3.0> : tensor<1x1x1x1xf32>
  %bias = onnx.constant dense<0.5> : tensor<1xf32>
  %0 = qonnx.int_quant %x, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x1x2x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x1x2x2xf32>
  // expected-remark @below {{'Conv' stays float: it has a bias; run 'split-bias' first}}
  %1 = onnx.conv %0, %w, %bias {dilations = array<i64>, group = 1 : i64, pads = array<i64>, strides = array<i64>} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  return %1 : tensor<1x1x2x2xf32>
}

// -----

// The maximum of x^2 is neither that of the greatest nor that of the least integer.
func.func @pool_of_valley(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x1x1xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x1x2x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x1x2x2xf32>
  // expected-remark @below {{'Abs' stays float: its result goes to 'MaxPool', which stays float, with no quantizer in between}}
  %1 = onnx.abs %0 : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  // expected-remark @below {{'MaxPool' stays float: the operations before it are not monotone in one direction}}
  %2 = onnx.max_pool %1 {ceil_mode = false, dilations = array<i64>, kernel_shape = array<i64: 2, 2>, pads = array<i64>, strides = array<i64>} : (tensor<1x1x2x2xf32>) -> tensor<1x1x1x1xf32>
  return %2 : tensor<1x1x1x1xf32>
}

// -----

// Scales along a pooled axis would be compared with one another.
func.func @pool_of_scales(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> {
  %scales = onnx.constant dense<[[[[1.0], [0.25]]]]> : tensor<1x1x2x1xf32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %scales, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x1x2x2xf32>, tensor<1x1x2x1xf32>, tensor<f32>, tensor<f32>) -> tensor<1x1x2x2xf32>
  // expected-remark @below {{'MaxPool' stays float: a scale or a constant before it varies along an axis that it pools}}
  %1 = onnx.max_pool %0 {ceil_mode = false, dilations = array<i64>, kernel_shape = array<i64: 2, 1>, pads = array<i64: 1, 0, 0, 0>, strides = array<i64>} : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %1 : tensor<1x1x2x2xf32>
}

// -----

// What is float because of what it is made of says so: the network's input, or another node.
func.func @float_input(%x: tensor<1x2xf32> {onnx.name = "photo"}) -> tensor<1x2xf32> {
  %w = onnx.constant dense<[[1.0, -2.0], [3.0, 0.0]]> : tensor<2x2xf32>
  // expected-remark @below {{'MatMul' stays float: its input is the network's input 'photo', which is not quantized}}
  %0 = onnx.matmul %x, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  // expected-remark @below {{'Relu' stays float: its input is the result of node 'onnx.matmul', which stays float}}
  %1 = onnx.relu %0 : (tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-remark @below {{'Add' stays float: operand 0 is the result of node 'onnx.relu', which stays float}}
  %2 = onnx.add %1, %x : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}

// -----

// The quantizer says why it is not one operation with what is before it, and that points to the quantizer.
func.func @too_large(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<20.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  // expected-remark @below {{'Abs' stays float: it is no integer operation with the quantizer behind it}}
  %1 = onnx.abs %0 : (tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-remark @below {{'IntQuant' is no integer operation with what is before it: it is not known to be monotone and its domain of 1048576 integers is too large}}
  %2 = qonnx.int_quant %1, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  // expected-remark @below {{'Sqrt' stays float: its result is an output of the network, with no quantizer in between}}
  %3 = onnx.sqrt %2 : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %3 : tensor<1x2xf32>
}

// -----

// A scale along two axes is a scale, and quantized weights that lost their integers are not called unquantized.
func.func @two_axes(%x: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>) {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %third = onnx.constant dense<0.3> : tensor<f32>
  %s = onnx.constant dense<[[0.1, 0.2], [0.3, 0.4]]> : tensor<2x2xf32>
  %w = onnx.constant dense<[[0.1, -0.4], [0.3, 0.0]]> : tensor<2x2xf32>
  %0 = qonnx.int_quant %x, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  %1 = qonnx.int_quant %w, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<f32>, tensor<f32>) -> tensor<2x2xf32>
  // expected-remark @below {{'MatMul' stays float: the scale of its weights varies along more than one axis}}
  %2 = onnx.matmul %0, %1 : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %3 = onnx.transpose %1 {perm = array<i64: 1, 0>} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  // expected-remark @below {{'MatMul' stays float: its weights are no integers: its scale varies along more than one axis, and 'Transpose' moves them}}
  %4 = onnx.matmul %0, %3 : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %5 = onnx.mul %1, %third : (tensor<2x2xf32>, tensor<f32>) -> tensor<2x2xf32>
  // expected-remark @below {{'MatMul' stays float: its weights are no integers: 'Mul' behind its quantizer is computed in float}}
  %6 = onnx.matmul %0, %5 : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %2, %4, %6 : tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>
}

// -----

func.func @bits_of_channels(%x: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x1xf32>, tensor<1x1xf32>) {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<[2.0, 3.0]> : tensor<2xf32>
  // expected-remark @below {{'IntQuant' stays float: its bit width differs between channels}}
  %0 = qonnx.int_quant %x, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<2xf32>) -> tensor<1x2xf32>
  // expected-remark @below {{'Split' stays float: there is no integer form of this operation yet}}
  %1:2 = onnx.split %0 {axis = 1 : i64, sizes = array<i64: 1, 1>} : (tensor<1x2xf32>) -> (tensor<1x1xf32>, tensor<1x1xf32>)
  return %0, %1#0, %1#1 : tensor<1x2xf32>, tensor<1x1xf32>, tensor<1x1xf32>
}

// -----

func.func @computed_scale(%x: tensor<2xf32>, %s: tensor<f32>) -> tensor<2xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %one, %z, %one {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2xf32>
  // expected-remark @below {{stays float: its scale, zero point or bit width is not constant}}
  %1 = qonnx.int_quant %0, %s, %z, %one {is_signed = false, narrow = false, rounding_mode = "ROUND"} : (tensor<2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// -----

func.func @unknown_shape(%x: tensor<2x3xf32>, %shape: tensor<1xi64>) -> tensor<*xf32> {
  // expected-error @below {{the shape of a result is not known; run 'infer-shapes' and 'fold-constants' first}}
  %0 = onnx.reshape %x, %shape {allow_zero = false} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @twice(%x: tensor<2xf32>) -> tensor<2xui2> {
  // expected-error @below {{'qint.quantize' op is not part of levels 0 and 1}}
  %0 = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32, rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>} : (tensor<2xf32>) -> tensor<2xui2>
  return %0 : tensor<2xui2>
}

// -----

func.func @far_zero_point(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %far = onnx.constant dense<1.0e38> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  // expected-remark @below {{'IntQuant' stays float: codes less their zero point need more than 52 bits}}
  %1 = qonnx.int_quant %0, %one, %far, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
