// RUN: qonnx-opt --infer-shapes %s

// The shapes follow from the input's, and the function's type from them.
func.func @main(%x: tensor<1x1x8x8xf32> {onnx.name = "x"}) -> (tensor<*xf32> {onnx.name = "y"}) {
  %w = onnx.constant dense<1.0> : tensor<2x1x3x3xf32>
  %none = onnx.none
  %0 = onnx.conv %x, %w, %none {dilations = array<i64>, group = 1 : i64, pads = array<i64>, strides = array<i64>} : (tensor<1x1x8x8xf32>, tensor<2x1x3x3xf32>, none) -> tensor<*xf32>
  %1 = onnx.max_pool %0 {ceil_mode = false, dilations = array<i64>, kernel_shape = array<i64: 2, 2>, pads = array<i64>, strides = array<i64: 2, 2>} : (tensor<*xf32>) -> tensor<*xf32>
  return %1 : tensor<*xf32>
}
