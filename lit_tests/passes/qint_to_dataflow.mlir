// RUN: qonnx-opt %s --split-input-file --qint-to-dataflow | FileCheck %s
// RUN: qonnx-opt %s --split-input-file --pass-pipeline='builtin.module(qint-to-dataflow{name=top})' \
// RUN:   | FileCheck %s --check-prefix=NAMED

// The integer part becomes a function of layers; quantizer and dequantizer stay on the host.
// CHECK-LABEL: func.func @main
// CHECK: %[[Q:.*]] = qint.quantize
// CHECK: %[[R:.*]] = dataflow.run @network(%[[Q]]) : (tensor<1x4xui2>) -> tensor<1x2xui2>
// CHECK: qint.dequantize %[[R]]
// CHECK-NOT: qint.matmul
// CHECK: func.func @network(%[[X:.*]]: !dataflow.array<1x4xui2> {{.*}}) -> (!dataflow.array<1x2xui2>
// CHECK: %[[A:.*]] = dataflow.dense %[[X]] {group = 1 : i64, reuse_factor = 1 : i64
// CHECK-SAME: } : (!dataflow.array<1x4xui2>) -> !dataflow.array<1x2xsi5>
// CHECK: dataflow.threshold %[[A]] {{.*}}thresholds = dense<{{\[\[}}-2, 1, 3]]>
// NAMED: dataflow.run @top
// NAMED: func.func @top
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %w = arith.constant dense<[[1, -1], [0, 1], [-2, 1], [1, 1]]> : tensor<4x2xsi2>
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<1x4xf32>) -> tensor<1x4xui2>
  %s = qint.matmul %q, %w : (tensor<1x4xui2>, tensor<4x2xsi2>) -> tensor<1x2xsi5>
  %t = qint.threshold %s {axis = 1 : i64, base = array<i64: 0>,
                          step = array<i64: 1>, thresholds = dense<[[-2, 1, 3]]> : tensor<1x3xi64>}
       : (tensor<1x2xsi5>) -> tensor<1x2xui2>
  %y = qint.dequantize %t {scale = dense<0.25> : tensor<f64>} : (tensor<1x2xui2>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

// A convolution is a border, its windows and their product with the filters; a pooling has a border that never wins. Images
// are channels-last in between, and in the order of the tensor where they leave. What a node computed is shown as its
// tensor.
// CHECK: func.func @network(%[[X:.*]]: !dataflow.array<1x2x3x3xsi3>
// CHECK: %[[L:.*]] = dataflow.transpose %[[X]] {perm = array<i64: 0, 2, 3, 1>} : {{.*}} -> !dataflow.array<1x3x3x2xsi3>
// CHECK: %[[P:.*]] = dataflow.pad %[[L]] {pads = array<i64: 1, 0, 0, 1>, value = 0 : i64} : {{.*}} -> !dataflow.array<1x4x4x2xsi3>
// CHECK: %[[W:.*]] = dataflow.window %[[P]] {dilations = array<i64: 1, 1>, group = 2 : i64, kernel_shape = array<i64: 2, 2>
// CHECK-SAME: -> !dataflow.array<1x3x3x8xsi3>
// CHECK: %[[D:.*]] = dataflow.dense %[[W]] {group = 2 : i64
// CHECK-SAME: weights = dense<{{\[\[}}1, 0], [-1, 1], [0, -2], [1, 1]]> : tensor<4x2xsi2>
// CHECK: dataflow.trace %[[D]] {perm = array<i64: 0, 3, 1, 2>}
// CHECK: %[[T:.*]] = dataflow.lookup %[[D]] {axis = 3 : i64
// CHECK: %[[B:.*]] = dataflow.pad %[[T]] {pads = array<i64: 0, 0, 1, 1>, value = -4 : i64}
// CHECK: %[[V:.*]] = dataflow.window %[[B]] {{.*}}group = 2 : i64
// CHECK: %[[M:.*]] = dataflow.max_pool %[[V]] : (!dataflow.array<1x2x2x8xsi3>) -> !dataflow.array<1x2x2x2xsi3>
// CHECK: %[[F:.*]] = dataflow.transpose %[[M]] {perm = array<i64: 0, 3, 1, 2>}
// CHECK: dataflow.reshape %[[F]] : (!dataflow.array<1x2x2x2xsi3>) -> !dataflow.array<1x8xsi3>
func.func @main(%x: tensor<1x2x3x3xf32> {onnx.name = "x"}) -> (tensor<1x8xf32> {onnx.name = "y"}) {
  %w = arith.constant dense<[[[[1, -1], [0, 1]]], [[[0, 1], [-2, 1]]]]> : tensor<2x1x2x2xsi2>
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = -4.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xsi3>
  %s = qint.conv %q, %w {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 1, 0, 0, 1>, strides = array<i64: 1, 1>}
     : (tensor<1x2x3x3xsi3>, tensor<2x1x2x2xsi2>) -> tensor<1x2x3x3xsi6> loc("conv")
  %t = qint.lookup %s {axis = 1 : i64, low = -32 : i64, table = dense<1> : tensor<2x64xi64>}
     : (tensor<1x2x3x3xsi6>) -> tensor<1x2x3x3xsi3>
  %m = qint.max_pool %t {dilations = array<i64: 1, 1>, kernel_shape = array<i64: 2, 2>, pads = array<i64: 0, 0, 1, 1>,
                         strides = array<i64: 2, 2>} : (tensor<1x2x3x3xsi3>) -> tensor<1x2x2x2xsi3>
  %f = tensor.collapse_shape %m [[0], [1, 2, 3]] : tensor<1x2x2x2xsi3> into tensor<1x8xsi3>
  %y = qint.dequantize %f {scale = dense<0.25> : tensor<f64>} : (tensor<1x8xsi3>) -> tensor<1x8xf32>
  return %y : tensor<1x8xf32>
}

// -----

// Integers that are only moved stay on the host, and so does what nobody asks for.
// CHECK: func.func @main(%{{.*}}: tensor<2x4xf32>
// CHECK: dataflow.run @network(
// CHECK-NOT: dataflow.run
// CHECK: linalg.transpose
// CHECK-NOT: dataflow.run
// CHECK: func.func @network
// CHECK: dataflow.dense
// CHECK-NOT: func.func
func.func @main(%x: tensor<2x4xf32> {onnx.name = "x"}) -> (tensor<2x2xf32> {onnx.name = "y"}, tensor<2x2xf32> {onnx.name = "z"}) {
  %w = arith.constant dense<[[1, -1], [0, 1], [-2, 1], [1, 1]]> : tensor<4x2xsi2>
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<2x4xf32>) -> tensor<2x4xui2>
  %s = qint.matmul %q, %w : (tensor<2x4xui2>, tensor<4x2xsi2>) -> tensor<2x2xsi5>
  %z = qint.dequantize %s {scale = dense<0.25> : tensor<f64>} : (tensor<2x2xsi5>) -> tensor<2x2xf32>
  %f = onnx.relu %z : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %r = qint.quantize %f {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<2x2xf32>) -> tensor<2x2xui2>
  %dead = qint.matmul %r, %r : (tensor<2x2xui2>, tensor<2x2xui2>) -> tensor<2x2xui5>
  %e = tensor.empty() : tensor<2x2xui2>
  %t = linalg.transpose ins(%r : tensor<2x2xui2>) outs(%e : tensor<2x2xui2>) permutation = [1, 0]
  %y = qint.dequantize %t {scale = dense<0.25> : tensor<f64>} : (tensor<2x2xui2>) -> tensor<2x2xf32>
  return %y, %z : tensor<2x2xf32>, tensor<2x2xf32>
}
