// RUN: qonnxc verify %s --backends interp,int,cpu,c,hls --inputs %S/inputs/specials.npy

// REQUIRES: g++, ap_types

// Zeros of both signs, numbers that round to them, NaN, infinities, the least and the greatest numbers through every
// function that the host part of an HLS project computes: the same bits at every level.
func.func @main(%x: tensor<1x20xf32> {onnx.name = "x"}) -> (tensor<1x20xf32> {onnx.name = "relu"}, tensor<1x20xf32> {onnx.name = "abs"}, tensor<1x20xf32> {onnx.name = "neg"}, tensor<1x20xf32> {onnx.name = "sqrt"}, tensor<1x20xf32> {onnx.name = "exp"}, tensor<1x20xf32> {onnx.name = "log"}, tensor<1x20xf32> {onnx.name = "floor"}, tensor<1x20xf32> {onnx.name = "ceil"}, tensor<1x20xf32> {onnx.name = "round"}, tensor<1x20xf32> {onnx.name = "sign"}, tensor<1x20xf32> {onnx.name = "sigmoid"}, tensor<1x20xf32> {onnx.name = "tanh"}, tensor<1x20xf32> {onnx.name = "erf"}, tensor<1x20xf32> {onnx.name = "gelu"}, tensor<1x20xf32> {onnx.name = "softplus"}, tensor<1x20xf32> {onnx.name = "hard_swish"}, tensor<1x20xf32> {onnx.name = "leaky_relu"}, tensor<1x20xf32> {onnx.name = "elu"}, tensor<1x20xf32> {onnx.name = "selu"}, tensor<1x20xf32> {onnx.name = "hard_sigmoid"}, tensor<1x20xf32> {onnx.name = "add_z"}, tensor<1x20xf32> {onnx.name = "add_n"}, tensor<1x20xf32> {onnx.name = "sub_z"}, tensor<1x20xf32> {onnx.name = "sub_n"}, tensor<1x20xf32> {onnx.name = "sub_r"}, tensor<1x20xf32> {onnx.name = "mul_z"}, tensor<1x20xf32> {onnx.name = "mul_n"}, tensor<1x20xf32> {onnx.name = "div_z"}, tensor<1x20xf32> {onnx.name = "div_n"}, tensor<1x20xf32> {onnx.name = "div_r"}, tensor<1x20xf32> {onnx.name = "min_z"}, tensor<1x20xf32> {onnx.name = "min_n"}, tensor<1x20xf32> {onnx.name = "min_r"}, tensor<1x20xf32> {onnx.name = "max_z"}, tensor<1x20xf32> {onnx.name = "max_n"}, tensor<1x20xf32> {onnx.name = "max_r"}, tensor<1x20xf32> {onnx.name = "pow_z"}, tensor<1x20xf32> {onnx.name = "pow_n"}, tensor<1x20xf32> {onnx.name = "prelu_z"}, tensor<1x20xf32> {onnx.name = "prelu_n"}, tensor<1x20xf32> {onnx.name = "clip"}, tensor<1x20xf32> {onnx.name = "clip_low"}, tensor<1x20xf32> {onnx.name = "softmax"}, tensor<1x20xf32> {onnx.name = "log_softmax"}, tensor<1x20xf32> {onnx.name = "q_ROUND"}, tensor<1x20xf32> {onnx.name = "q_CEIL"}, tensor<1x20xf32> {onnx.name = "q_FLOOR"}, tensor<1x20xf32> {onnx.name = "q_UP"}, tensor<1x20xf32> {onnx.name = "q_DOWN"}, tensor<1x20xf32> {onnx.name = "q_HALF_UP"}, tensor<1x20xf32> {onnx.name = "q_HALF_DOWN"}, tensor<1x20xf32> {onnx.name = "int"}, tensor<1x20xf32> {onnx.name = "hardware"}, tensor<1x20xf32> {onnx.name = "bipolar"}) {
  %z = onnx.constant dense<0.0> : tensor<f32>
  %minus = onnx.constant dense<-0.0> : tensor<f32>
  %z5 = onnx.constant dense<0.5> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %four = onnx.constant dense<4.0> : tensor<f32>
  %none = onnx.none
  %bits = onnx.constant dense<[3.0, 4.0, 5.0, 3.0, 4.0, 5.0, 3.0, 4.0, 5.0, 3.0, 4.0, 5.0, 3.0, 4.0, 5.0, 3.0, 4.0, 5.0, 3.0, 4.0]> : tensor<20xf32>
  %relu = onnx.relu %x : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %abs = onnx.abs %x : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %neg = onnx.neg %x : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %sqrt = onnx.sqrt %x : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %exp = onnx.exp %x : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %log = onnx.log %x : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %floor = onnx.floor %x : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %ceil = onnx.ceil %x : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %round = onnx.round %x : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %sign = onnx.sign %x : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %sigmoid = onnx.sigmoid %x : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %tanh = onnx.tanh %x : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %erf = onnx.erf %x : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %gelu = onnx.gelu %x : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %softplus = onnx.softplus %x : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %hard_swish = onnx.hard_swish %x : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %leaky_relu = onnx.leaky_relu %x {alpha = 0.1 : f32} : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %elu = onnx.elu %x {alpha = 1.5 : f32} : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %selu = onnx.selu %x {alpha = 1.5 : f32, gamma = 1.1 : f32} : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %hard_sigmoid = onnx.hard_sigmoid %x {alpha = 0.2 : f32, beta = 0.5 : f32} : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %add_z = onnx.add %x, %z : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32>
  %add_n = onnx.add %x, %minus : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32>
  %sub_z = onnx.sub %x, %z : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32>
  %sub_n = onnx.sub %x, %minus : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32>
  %sub_r = onnx.sub %minus, %x : (tensor<f32>, tensor<1x20xf32>) -> tensor<1x20xf32>
  %mul_z = onnx.mul %x, %z : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32>
  %mul_n = onnx.mul %x, %minus : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32>
  %div_z = onnx.div %x, %z : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32>
  %div_n = onnx.div %x, %minus : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32>
  %div_r = onnx.div %minus, %x : (tensor<f32>, tensor<1x20xf32>) -> tensor<1x20xf32>
  %min_z = onnx.min %x, %z : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32>
  %min_n = onnx.min %x, %minus : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32>
  %min_r = onnx.min %minus, %x : (tensor<f32>, tensor<1x20xf32>) -> tensor<1x20xf32>
  %max_z = onnx.max %x, %z : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32>
  %max_n = onnx.max %x, %minus : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32>
  %max_r = onnx.max %minus, %x : (tensor<f32>, tensor<1x20xf32>) -> tensor<1x20xf32>
  %pow_z = onnx.pow %x, %z : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32>
  %pow_n = onnx.pow %x, %minus : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32>
  %prelu_z = onnx.prelu %x, %z : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32>
  %prelu_n = onnx.prelu %x, %minus : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32>
  %clip = onnx.clip %x, %minus, %one : (tensor<1x20xf32>, tensor<f32>, tensor<f32>) -> tensor<1x20xf32>
  %clip_low = onnx.clip %x, %z, %none : (tensor<1x20xf32>, tensor<f32>, none) -> tensor<1x20xf32>
  %softmax = onnx.softmax %x {axis = 0 : i64, flatten = false} : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %log_softmax = onnx.log_softmax %x {axis = 0 : i64, flatten = false} : (tensor<1x20xf32>) -> tensor<1x20xf32>
  %q_ROUND = qonnx.int_quant %x, %one, %z, %bits {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x20xf32>, tensor<f32>, tensor<f32>, tensor<20xf32>) -> tensor<1x20xf32> loc("ROUND")
  %q_CEIL = qonnx.int_quant %x, %one, %z, %bits {is_signed = true, narrow = false, rounding_mode = "CEIL"} : (tensor<1x20xf32>, tensor<f32>, tensor<f32>, tensor<20xf32>) -> tensor<1x20xf32> loc("CEIL")
  %q_FLOOR = qonnx.int_quant %x, %one, %z, %bits {is_signed = true, narrow = false, rounding_mode = "FLOOR"} : (tensor<1x20xf32>, tensor<f32>, tensor<f32>, tensor<20xf32>) -> tensor<1x20xf32> loc("FLOOR")
  %q_UP = qonnx.int_quant %x, %one, %z, %bits {is_signed = true, narrow = false, rounding_mode = "UP"} : (tensor<1x20xf32>, tensor<f32>, tensor<f32>, tensor<20xf32>) -> tensor<1x20xf32> loc("UP")
  %q_DOWN = qonnx.int_quant %x, %one, %z, %bits {is_signed = true, narrow = false, rounding_mode = "DOWN"} : (tensor<1x20xf32>, tensor<f32>, tensor<f32>, tensor<20xf32>) -> tensor<1x20xf32> loc("DOWN")
  %q_HALF_UP = qonnx.int_quant %x, %one, %z, %bits {is_signed = true, narrow = false, rounding_mode = "HALF_UP"} : (tensor<1x20xf32>, tensor<f32>, tensor<f32>, tensor<20xf32>) -> tensor<1x20xf32> loc("HALF_UP")
  %q_HALF_DOWN = qonnx.int_quant %x, %one, %z, %bits {is_signed = true, narrow = false, rounding_mode = "HALF_DOWN"} : (tensor<1x20xf32>, tensor<f32>, tensor<f32>, tensor<20xf32>) -> tensor<1x20xf32> loc("HALF_DOWN")
  %int = qonnx.int_quant %x, %one, %z, %four {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x20xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x20xf32> loc("int")
  %half = onnx.mul %int, %z5 : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32>
  %hard = qonnx.int_quant %half, %one, %z, %four {is_signed = true, narrow = false, rounding_mode = "HALF_UP"} : (tensor<1x20xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x20xf32> loc("hardware")
  %bipolar = qonnx.bipolar_quant %x, %one : (tensor<1x20xf32>, tensor<f32>) -> tensor<1x20xf32> loc("bipolar")
  return %relu, %abs, %neg, %sqrt, %exp, %log, %floor, %ceil, %round, %sign, %sigmoid, %tanh, %erf, %gelu, %softplus, %hard_swish, %leaky_relu, %elu, %selu, %hard_sigmoid, %add_z, %add_n, %sub_z, %sub_n, %sub_r, %mul_z, %mul_n, %div_z, %div_n, %div_r, %min_z, %min_n, %min_r, %max_z, %max_n, %max_r, %pow_z, %pow_n, %prelu_z, %prelu_n, %clip, %clip_low, %softmax, %log_softmax, %q_ROUND, %q_CEIL, %q_FLOOR, %q_UP, %q_DOWN, %q_HALF_UP, %q_HALF_DOWN, %int, %hard, %bipolar : tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>, tensor<1x20xf32>
}
