// RUN: qonnxc verify %s --backends graph,interp,int,cpu,c --samples 40

// Integers that are pooled over a ragged edge, transposed, flattened with a scale for each channel (one of them
// negative), concatenated with others of another width, added, and looked up in a table.
func.func @main(%x: tensor<1x2x3x3xf32> {onnx.name = "x"}, %u: tensor<1x4xf32> {onnx.name = "u"})
    -> (tensor<1x12xf32> {onnx.name = "joined"}, tensor<1x2x2x2xf32> {onnx.name = "last"},
        tensor<1x4xf32> {onnx.name = "table"}, tensor<1x4xf32> {onnx.name = "sum"}) {
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %two = onnx.constant dense<2.0> : tensor<f32>
  %three = onnx.constant dense<3.0> : tensor<f32>
  %five = onnx.constant dense<5.0> : tensor<f32>
  %scales = onnx.constant dense<[[[[0.5]], [[0.25]]]]> : tensor<1x2x1x1xf32>
  %factors = onnx.constant dense<[[[[1.5]], [[-0.75]]]]> : tensor<1x2x1x1xf32>
  %scale = onnx.constant dense<0.125> : tensor<f32>
  %q = qonnx.int_quant %x, %scales, %zero, %three {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x2x3x3xf32>, tensor<1x2x1x1xf32>, tensor<f32>, tensor<f32>) -> tensor<1x2x3x3xf32> loc("quantize_x")
  %pool = onnx.max_pool %q {ceil_mode = true, dilations = array<i64>, kernel_shape = array<i64: 2, 2>, pads = array<i64>,
                            strides = array<i64: 2, 2>} : (tensor<1x2x3x3xf32>) -> tensor<1x2x2x2xf32> loc("pool")
  %scaled = onnx.mul %pool, %factors : (tensor<1x2x2x2xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x2x2xf32> loc("scaled")
  %last = onnx.transpose %scaled {perm = array<i64: 0, 2, 3, 1>}
     : (tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32> loc("last")
  %last_q = qonnx.int_quant %last, %scale, %zero, %five {is_signed = true, narrow = true, rounding_mode = "FLOOR"}
     : (tensor<1x2x2x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2x2x2xf32> loc("quantize_last")
  %flat = onnx.flatten %pool {axis = 1 : i64} : (tensor<1x2x2x2xf32>) -> tensor<1x8xf32> loc("flat")
  %v = qonnx.int_quant %u, %scale, %zero, %five {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x4xf32> loc("quantize_u")
  %joined = onnx.concat %v, %flat {axis = 1 : i64} : (tensor<1x4xf32>, tensor<1x8xf32>) -> tensor<1x12xf32> loc("joined")
  %abs = onnx.abs %v : (tensor<1x4xf32>) -> tensor<1x4xf32> loc("abs")
  %table = qonnx.int_quant %abs, %scale, %two, %three {is_signed = false, narrow = false, rounding_mode = "CEIL"}
     : (tensor<1x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x4xf32> loc("table")
  %sum = onnx.sub %v, %table : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32> loc("sum")
  return %joined, %last_q, %table, %sum : tensor<1x12xf32>, tensor<1x2x2x2xf32>, tensor<1x4xf32>, tensor<1x4xf32>
}
