// RUN: qonnxc verify %s --backends graph,interp,int,cpu,c --samples 40
// RUN: qonnxc verify %s --backends graph,interp,int,cpu,c --inputs %S/inputs/ties.npz --expect %S/inputs/ties.expect.npz

// Every rounding mode on the ties and around them, through a second quantizer that the first one's steps fall on.
func.func @main(%x: tensor<1x8xf32> {onnx.name = "x"})
    -> (tensor<1x8xf32> {onnx.name = "round"},
        tensor<1x8xf32> {onnx.name = "half_up"},
        tensor<1x8xf32> {onnx.name = "half_down"},
        tensor<1x8xf32> {onnx.name = "ceil"},
        tensor<1x8xf32> {onnx.name = "floor"},
        tensor<1x8xf32> {onnx.name = "up"},
        tensor<1x8xf32> {onnx.name = "down"}) {
  %fine = onnx.constant dense<0.25> : tensor<f32>
  %coarse = onnx.constant dense<0.5> : tensor<f32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %six = onnx.constant dense<6.0> : tensor<f32>
  %four = onnx.constant dense<4.0> : tensor<f32>
  %q = qonnx.int_quant %x, %fine, %zero, %six {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x8xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x8xf32> loc("fine")
  %round = qonnx.int_quant %q, %coarse, %zero, %four {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x8xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x8xf32> loc("round")
  %half_up = qonnx.int_quant %q, %coarse, %zero, %four {is_signed = true, narrow = false, rounding_mode = "HALF_UP"}
     : (tensor<1x8xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x8xf32> loc("half_up")
  %half_down = qonnx.int_quant %q, %coarse, %zero, %four {is_signed = true, narrow = false, rounding_mode = "HALF_DOWN"}
     : (tensor<1x8xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x8xf32> loc("half_down")
  %ceil = qonnx.int_quant %q, %coarse, %zero, %four {is_signed = true, narrow = false, rounding_mode = "CEIL"}
     : (tensor<1x8xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x8xf32> loc("ceil")
  %floor = qonnx.int_quant %q, %coarse, %zero, %four {is_signed = true, narrow = false, rounding_mode = "FLOOR"}
     : (tensor<1x8xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x8xf32> loc("floor")
  %up = qonnx.int_quant %q, %coarse, %zero, %four {is_signed = true, narrow = false, rounding_mode = "UP"}
     : (tensor<1x8xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x8xf32> loc("up")
  %down = qonnx.int_quant %q, %coarse, %zero, %four {is_signed = true, narrow = false, rounding_mode = "DOWN"}
     : (tensor<1x8xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x8xf32> loc("down")
  return %round, %half_up, %half_down, %ceil, %floor, %up, %down : tensor<1x8xf32>, tensor<1x8xf32>, tensor<1x8xf32>, tensor<1x8xf32>, tensor<1x8xf32>, tensor<1x8xf32>, tensor<1x8xf32>
}
