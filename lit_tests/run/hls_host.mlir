// RUN: qonnxc verify %s --backends int,hls --samples 40

// REQUIRES: g++, ap_types

// Two hardware networks with float operations before, between and behind them, a float that passes both by, a sum of
// two integer tensors, and moved data.
func.func @main(%x: tensor<2x4xf32> {onnx.name = "x"}, %a: tensor<2x3xf32> {onnx.name = "a"})
    -> (tensor<2x3xf32> {onnx.name = "y"}, tensor<2x7xf32> {onnx.name = "z"}, tensor<3x2xf32> {onnx.name = "t"}) {
  %w0 = onnx.constant dense<[[0.5, -1.25, 0.75, 2.0], [1.0, 0.1, -0.3, 0.7], [0.2, 0.4, 0.6, -0.8]]> : tensor<3x4xf32>
  %c = onnx.constant dense<[0.1, -0.2, 0.3]> : tensor<3xf32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %bits = onnx.constant dense<[3.0, 4.0, 5.0]> : tensor<3xf32>
  %scales = onnx.constant dense<[0.3, -0.2, 0.1]> : tensor<3xf32>
  %g = onnx.gemm %x, %w0, %c {alpha = 0.7 : f32, beta = 1.5 : f32, trans_a = false, trans_b = true}
     : (tensor<2x4xf32>, tensor<3x4xf32>, tensor<3xf32>) -> tensor<2x3xf32> loc("gemm")
  %f = qonnx.int_quant %g, %scales, %zero, %bits {is_signed = true, narrow = false, rounding_mode = "HALF_UP"}
     : (tensor<2x3xf32>, tensor<3xf32>, tensor<f32>, tensor<3xf32>) -> tensor<2x3xf32> loc("float quantizer")
  %s = qonnx.bipolar_quant %a, %scales : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32> loc("float signs")
  %n = qint.quantize %f {bipolar = false, fraction_bits = 1 : i64, hi = 7.0 : f32, lo = -8.0 : f32,
                         rounding_mode = "HALF_DOWN", scale = dense<0.2> : tensor<f32>, zero_point = dense<0.5> : tensor<f32>}
     : (tensor<2x3xf32>) -> tensor<2x3xsi6> loc("n")
  %m = qint.quantize %s {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "UP", scale = dense<0.25> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>}
     : (tensor<2x3xf32>) -> tensor<2x3xui2> loc("m")
  %w = arith.constant dense<[[1, 3, 2], [-2, 1, 0], [0, -4, 1]]> : tensor<3x3xsi3>
  %start = arith.constant dense<[1, 0, -1]> : tensor<3xsi2>
  %products = qint.matmul %n, %w : (tensor<2x3xsi6>, tensor<3x3xsi3>) -> tensor<2x3xsi9> loc("dense")
  %d = qint.add %products, %start : (tensor<2x3xsi9>, tensor<3xsi2>) -> tensor<2x3xsi10> loc("bias")
  %ws = qint.sub %d, %m : (tensor<2x3xsi10>, tensor<2x3xui2>) -> tensor<2x3xsi11> loc("difference")
  %q = qint.requantize %ws {addend = array<i64: 5>, axis = 1 : i64, hi = 7 : i64, lo = -8 : i64, multiplier = array<i64: 3, -2, 7>, rounding_mode = "ROUND", shift = 4 : i64} : (tensor<2x3xsi11>) -> tensor<2x3xsi4> loc("q")
  %moved = tensor.empty() : tensor<3x2xsi4>
  %tr = linalg.transpose ins(%q : tensor<2x3xsi4>) outs(%moved : tensor<3x2xsi4>) permutation = [1, 0] loc("transposed")
  %ft = qint.dequantize %tr {scale = dense<[[0.5], [0.25], [-0.3]]> : tensor<3x1xf64>} : (tensor<3x2xsi4>) -> tensor<3x2xf32>
  %fq = qint.dequantize %q {scale = dense<0.125> : tensor<f64>} : (tensor<2x3xsi4>) -> tensor<2x3xf32>
  %p = onnx.softmax %fq {axis = 1 : i64, flatten = false} : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("softmax")
  %n2 = qint.quantize %p {bipolar = false, fraction_bits = 0 : i64, hi = 255.0 : f32, lo = 0.0 : f32,
                          rounding_mode = "FLOOR", scale = dense<[0.004, 0.005, 0.006]> : tensor<3xf32>, zero_point = dense<0.0> : tensor<f32>}
     : (tensor<2x3xf32>) -> tensor<2x3xui8> loc("n2")
  %l = qint.threshold %n2 {axis = 1 : i64, base = array<i64: -1>, step = array<i64: 1>, thresholds = dense<[[20, 60, 128]]> : tensor<1x3xi64>} : (tensor<2x3xui8>) -> tensor<2x3xsi3> loc("l")
  %fl = qint.dequantize %l {scale = dense<0.3> : tensor<f64>} : (tensor<2x3xsi3>) -> tensor<2x3xf32>
  %r = onnx.gelu %fl : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("gelu")
  %z = onnx.concat %x, %fq {axis = -1 : i64} : (tensor<2x4xf32>, tensor<2x3xf32>) -> tensor<2x7xf32> loc("concat")
  return %r, %z, %ft : tensor<2x3xf32>, tensor<2x7xf32>, tensor<3x2xf32>
}
