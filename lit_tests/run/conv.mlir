// RUN: qonnxc verify %s --backends graph,interp,int,cpu,c --samples 20

// Groups, strides, dilation and unequal padding, a bipolar activation, maximum pooling over a ragged edge.
func.func @main(%x: tensor<1x2x7x6xf32> {onnx.name = "x"}) -> (tensor<1x4x2x3xf32> {onnx.name = "y"}) {
  %none = onnx.none
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %bits = onnx.constant dense<4.0> : tensor<f32>
  %scale_x = onnx.constant dense<0.13> : tensor<f32>
  %scale_w = onnx.constant dense<[[[[0.1]]], [[[-0.2]]], [[[0.3]]], [[[0.4]]]]> : tensor<4x1x1x1xf32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %weights = onnx.constant dense<[[[[0.3, -0.1], [0.7, 0.2]]], [[[0.1, 0.1], [-0.4, 0.9]]], [[[-0.6, 0.3], [1.2, -2.0]]],
                                  [[[0.5, 0.5], [-0.5, 0.4]]]]> : tensor<4x1x2x2xf32>
  %q = qonnx.int_quant %x, %scale_x, %zero, %bits {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x2x7x6xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2x7x6xf32> loc("quantize_x")
  %w = qonnx.int_quant %weights, %scale_w, %zero, %bits {is_signed = true, narrow = true, rounding_mode = "ROUND"}
     : (tensor<4x1x2x2xf32>, tensor<4x1x1x1xf32>, tensor<f32>, tensor<f32>) -> tensor<4x1x2x2xf32> loc("quantize_w")
  %0 = onnx.conv %q, %w, %none {dilations = array<i64: 2, 1>, group = 2 : i64, pads = array<i64: 1, 0, 0, 1>,
                                strides = array<i64: 2, 1>}
     : (tensor<1x2x7x6xf32>, tensor<4x1x2x2xf32>, none) -> tensor<1x4x3x6xf32> loc("conv")
  %1 = qonnx.bipolar_quant %0, %one : (tensor<1x4x3x6xf32>, tensor<f32>) -> tensor<1x4x3x6xf32> loc("sign")
  %2 = onnx.max_pool %1 {ceil_mode = true, dilations = array<i64>, kernel_shape = array<i64: 2, 2>, pads = array<i64>,
                         strides = array<i64: 2, 2>} : (tensor<1x4x3x6xf32>) -> tensor<1x4x2x3xf32> loc("pool")
  return %2 : tensor<1x4x2x3xf32>
}
