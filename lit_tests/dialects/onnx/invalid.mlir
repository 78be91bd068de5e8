// RUN: qonnx-opt %s --split-input-file --verify-diagnostics

func.func @contraction(%a: tensor<2x3xf32>, %b: tensor<4x5xf32>) {
  // expected-error @below {{'MatMul' op operand 'B' has shape [4, 5], expected 3 rows, as many as 'A' of shape [2, 3] has columns}}
  %0 = onnx.matmul %a, %b : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @broadcast(%a: tensor<2x3xf32>, %b: tensor<2xf32>) {
  // expected-error @below {{'Add' op operands of shapes [2, 3] and [2] do not broadcast to one shape}}
  %0 = onnx.add %a, %b : (tensor<2x3xf32>, tensor<2xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @result_shape(%x: tensor<2x3xf32>) {
  // expected-error @below {{'onnx.relu' op result 0 has type 3x2xf32, expected 2x3xf32}}
  %0 = onnx.relu %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @result_element(%a: tensor<2xf32>, %b: tensor<2xf32>) {
  // expected-error @below {{'onnx.less' op result 0 has type 2xf32, expected 2xui1}}
  %0 = onnx.less %a, %b : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @conv_channels(%x: tensor<1x4x5x5xf32>, %w: tensor<6x3x3x3xf32>) {
  %none = onnx.none
  // expected-error @below {{'Conv' op operand 'W' has shape [6, 3, 3, 3], expected 4 channels for each filter}}
  %0 = onnx.conv %x, %w, %none {dilations = array<i64>, group = 1 : i64, pads = array<i64>, strides = array<i64>}
     : (tensor<1x4x5x5xf32>, tensor<6x3x3x3xf32>, none) -> tensor<1x6x3x3xf32>
  return
}

// -----

func.func @stride(%x: tensor<1x1x4x4xf32>) {
  // expected-error @below {{'MaxPool' op attribute 'strides' is [0, 1], expected 2 values in 1..=2147483647}}
  %0 = onnx.max_pool %x {ceil_mode = false, dilations = array<i64>, kernel_shape = array<i64: 2, 2>,
                         pads = array<i64>, strides = array<i64: 0, 1>}
     : (tensor<1x1x4x4xf32>) -> tensor<1x1x3x3xf32>
  return
}

// -----

func.func @perm(%x: tensor<2x3xf32>) {
  // expected-error @below {{'Transpose' op attribute 'perm' is [0, 0], expected each dimension of 0..2 once}}
  %0 = onnx.transpose %x {perm = array<i64: 0, 0>} : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @negative_perm(%x: tensor<2x3xf32>) {
  // expected-error @below {{'Transpose' op attribute 'perm' is [-1, 0], expected each dimension of 0..2 once}}
  %0 = onnx.transpose %x {perm = array<i64: -1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @padding_alone(%x: tensor<1x1x4x4xf32>) {
  // expected-error @below {{'MaxPool' op attribute 'pads' is [2, 0], expected padding of less than the window's extent of 2 on each side}}
  %0 = onnx.max_pool %x {ceil_mode = false, dilations = array<i64>, kernel_shape = array<i64: 2, 2>,
                         pads = array<i64: 2, 0, 0, 0>, strides = array<i64: 2, 2>}
     : (tensor<1x1x4x4xf32>) -> tensor<1x1x3x2xf32>
  return
}

// -----

func.func @kernel_shape(%x: tensor<1x3x5x5xf32>, %w: tensor<6x3x3x3xf32>) {
  %none = onnx.none
  // expected-error @below {{'Conv' op attribute 'kernel_shape' is [5, 5], expected [3, 3], the kernel of 'W' of shape [6, 3, 3, 3]}}
  %0 = onnx.conv %x, %w, %none {dilations = array<i64>, group = 1 : i64, kernel_shape = array<i64: 5, 5>,
                                pads = array<i64>, strides = array<i64>}
     : (tensor<1x3x5x5xf32>, tensor<6x3x3x3xf32>, none) -> tensor<1x6x3x3xf32>
  return
}

// -----

func.func @list(%x: tensor<2x3xf32>) {
  %shape = onnx.constant dense<6> : tensor<1x1xi64>
  // expected-error @below {{'Reshape' op operand 'shape' has shape [1, 1], expected one dimension}}
  %0 = onnx.reshape %x, %shape {allow_zero = false} : (tensor<2x3xf32>, tensor<1x1xi64>) -> tensor<6xf32>
  return
}

// -----

func.func @unsupported(%x: tensor<2x3xi64>) {
  // expected-error @below {{'Pow' op operand 'X' has element type i64, which is not supported here, expected f32; convert it with a Cast before the node}}
  %0 = onnx.pow %x, %x : (tensor<2x3xi64>, tensor<2x3xi64>) -> tensor<2x3xi64>
  return
}

// -----

// What has the name of a dialect is a note, and may be on any op.
func.func @attribute_of_no_one(%x: tensor<2x3xf32>) {
  %0 = onnx.relu %x {test.note = 1 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // expected-error @below {{'onnx.relu' op has the attribute 'alpha', which it does not have, expected only its own}}
  %1 = onnx.relu %x {alpha = 0.1 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @axis(%x: tensor<2x3xf32>) {
  // expected-error @below {{'Softmax' op attribute 'axis' is 2, expected an axis of 2 dimensions, counted from either end}}
  %0 = onnx.softmax %x {axis = 2 : i64, flatten = false} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @reshape(%x: tensor<2x3xf32>) {
  %shape = onnx.constant dense<[4, -1]> : tensor<2xi64>
  // expected-error @below {{'Reshape' op operand 'shape' holds [4, -1], expected a shape of 6 elements, that of [2, 3]}}
  %0 = onnx.reshape %x, %shape {allow_zero = false} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<4x1xf32>
  return
}

// -----

func.func @absent(%x: tensor<2x3xf32>) {
  %none = onnx.none
  // expected-error @below {{operand #1 must be tensor of any type values}}
  %0 = onnx.add %x, %none : (tensor<2x3xf32>, none) -> tensor<2x3xf32>
  return
}

// -----

func.func @constant() {
  // expected-error @below {{failed to verify that all of {value, y} have same type}}
  %0 = "onnx.constant"() {value = dense<1.0> : tensor<2xf32>} : () -> tensor<3xf32>
  return
}

// -----

func.func @attribute(%x: tensor<2x3xf32>) {
  // expected-error @below {{requires attribute 'alpha'}}
  %0 = onnx.leaky_relu %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @unknown(%x: tensor<2x3xf32>) {
  // expected-error @below {{custom op 'onnx.no_such_op' is unknown}}
  %0 = onnx.no_such_op %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}
