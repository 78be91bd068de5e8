// RUN: qonnxc verify %s --backends int,hls --samples 60

// REQUIRES: g++, ap_types

// Integer layers that no network makes all at once: every rounding mode, channels on either axis, decreasing steps,
// bit widths on both sides of a C++ type, tables, and one integer read as signed and as unsigned.
func.func @main(%x: tensor<1x3x4xf32> {onnx.name = "x"})
    -> (tensor<1x3x4xf32> {onnx.name = "round"}, tensor<1x3x4xf32> {onnx.name = "ceil"},
        tensor<1x3x4xf32> {onnx.name = "floor"}, tensor<1x3x4xf32> {onnx.name = "up"},
        tensor<1x3x4xf32> {onnx.name = "down"}, tensor<1x3x4xf32> {onnx.name = "half_up"},
        tensor<1x3x4xf32> {onnx.name = "half_down"}, tensor<1x3x4xf32> {onnx.name = "wide"},
        tensor<1x3x4xf32> {onnx.name = "levels"}, tensor<1x3x4xf32> {onnx.name = "falling"},
        tensor<1x3x4xf32> {onnx.name = "table"}, tensor<1x3x4xf32> {onnx.name = "sign"},
        tensor<1x3x4xf32> {onnx.name = "read_both"}, tensor<1x3x4xf32> {onnx.name = "unsigned"}) {
  %n = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 31.0 : f32, lo = -32.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.125> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>}
     : (tensor<1x3x4xf32>) -> tensor<1x3x4xsi6> loc("n")
  %b = qint.quantize %x {bipolar = true, fraction_bits = 0 : i64, hi = 0.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<-0.5> : tensor<f32>, zero_point = dense<1.0> : tensor<f32>}
     : (tensor<1x3x4xf32>) -> tensor<1x3x4xsi2, #qint.values<-2 to 0 by 2>> loc("b")

  // Ties at every shift: multiplier 1 keeps them, -3 mirrors them.
  %0 = qint.requantize %n {addend = array<i64: 0>, axis = 1 : i64, hi = 100 : i64, lo = -100 : i64, multiplier = array<i64: 1, -3, 5>, rounding_mode = "ROUND", shift = 2 : i64} : (tensor<1x3x4xsi6>) -> tensor<1x3x4xsi8> loc("round")
  %1 = qint.requantize %n {addend = array<i64: 0, 1, 2, 3>, axis = 2 : i64, hi = 100 : i64, lo = -100 : i64, multiplier = array<i64: 3>, rounding_mode = "CEIL", shift = 1 : i64} : (tensor<1x3x4xsi6>) -> tensor<1x3x4xsi8> loc("ceil")
  %2 = qint.requantize %n {addend = array<i64: -7>, axis = 1 : i64, hi = 7 : i64, lo = -8 : i64, multiplier = array<i64: 1>, rounding_mode = "FLOOR", shift = 3 : i64} : (tensor<1x3x4xsi6>) -> tensor<1x3x4xsi4> loc("floor")
  %3 = qint.requantize %n {addend = array<i64: 0>, axis = 1 : i64, hi = 20 : i64, lo = -20 : i64, multiplier = array<i64: 1>, rounding_mode = "UP", shift = 2 : i64} : (tensor<1x3x4xsi6>) -> tensor<1x3x4xsi6> loc("up")
  %4 = qint.requantize %n {addend = array<i64: 0>, axis = 1 : i64, hi = 20 : i64, lo = -20 : i64, multiplier = array<i64: -1>, rounding_mode = "DOWN", shift = 2 : i64} : (tensor<1x3x4xsi6>) -> tensor<1x3x4xsi6> loc("down")
  %5 = qint.requantize %n {addend = array<i64: 0>, axis = 1 : i64, hi = 3 : i64, lo = 0 : i64, multiplier = array<i64: 1>, rounding_mode = "HALF_UP", shift = 2 : i64} : (tensor<1x3x4xsi6>) -> tensor<1x3x4xui2> loc("half_up")
  %6 = qint.requantize %n {addend = array<i64: 0>, axis = 1 : i64, hi = 20 : i64, lo = -20 : i64, multiplier = array<i64: 1, 1, -1>, rounding_mode = "HALF_DOWN", shift = 1 : i64} : (tensor<1x3x4xsi6>) -> tensor<1x3x4xsi6> loc("half_down")
  // Products beyond 64 bits, a shift that drops almost all of them.
  %7 = qint.requantize %n {addend = array<i64: 1234567890123456789>, axis = 1 : i64, hi = 30 : i64, lo = -30 : i64, multiplier = array<i64: 2305843009213693951>, rounding_mode = "ROUND", shift = 60 : i64} : (tensor<1x3x4xsi6>) -> tensor<1x3x4xsi6> loc("wide")
  %8 = qint.threshold %n {axis = 1 : i64, base = array<i64: 0, -2, 5>, step = array<i64: 1, 2, -1>, thresholds = dense<[[-32, -5, 31], [-1, 0, 1], [-200, 0, 200]]> : tensor<3x3xi64>} : (tensor<1x3x4xsi6>) -> tensor<1x3x4xsi4> loc("levels")
  %9 = qint.threshold %n {axis = 2 : i64, base = array<i64: 3>, step = array<i64: -1>, thresholds = dense<[[-9, 0, 9]]> : tensor<1x3xi64>} : (tensor<1x3x4xsi6>) -> tensor<1x3x4xui2> loc("falling")
  %10 = qint.lookup %9 {axis = 2 : i64, low = 0 : i64, table = dense<[[1, -1, 0, -2], [0, 0, 1, 1], [-2, 1, -2, 1], [1, 1, 1, 0]]> : tensor<4x4xi64>} : (tensor<1x3x4xui2>) -> tensor<1x3x4xsi2> loc("table")
  %11 = qint.lookup %b {axis = 1 : i64, low = -2 : i64, table = dense<[[1, 0, 1]]> : tensor<1x3xi64>} : (tensor<1x3x4xsi2, #qint.values<-2 to 0 by 2>>) -> tensor<1x3x4xui1> loc("sign")
  // The same bits read the other way round.
  %s5 = tensor.bitcast %5 : tensor<1x3x4xui2> to tensor<1x3x4xsi2>
  %12 = qint.threshold %s5 {axis = 1 : i64, base = array<i64: 0>, step = array<i64: 1>, thresholds = dense<[[-1, 0, 1]]> : tensor<1x3xi64>} : (tensor<1x3x4xsi2>) -> tensor<1x3x4xui2> loc("read_both")
  %un = tensor.bitcast %n : tensor<1x3x4xsi6> to tensor<1x3x4xui6>
  %13 = qint.threshold %un {axis = 1 : i64, base = array<i64: 1>, step = array<i64: -1>, thresholds = dense<[[-4, 32, 64]]> : tensor<1x3xi64>} : (tensor<1x3x4xui6>) -> tensor<1x3x4xsi3> loc("unsigned")

  %y0 = qint.dequantize %0 {scale = dense<1.0> : tensor<f64>} : (tensor<1x3x4xsi8>) -> tensor<1x3x4xf32>
  %y1 = qint.dequantize %1 {scale = dense<1.0> : tensor<f64>} : (tensor<1x3x4xsi8>) -> tensor<1x3x4xf32>
  %y2 = qint.dequantize %2 {scale = dense<1.0> : tensor<f64>} : (tensor<1x3x4xsi4>) -> tensor<1x3x4xf32>
  %y3 = qint.dequantize %3 {scale = dense<1.0> : tensor<f64>} : (tensor<1x3x4xsi6>) -> tensor<1x3x4xf32>
  %y4 = qint.dequantize %4 {scale = dense<1.0> : tensor<f64>} : (tensor<1x3x4xsi6>) -> tensor<1x3x4xf32>
  %y5 = qint.dequantize %5 {scale = dense<1.0> : tensor<f64>} : (tensor<1x3x4xui2>) -> tensor<1x3x4xf32>
  %y6 = qint.dequantize %6 {scale = dense<1.0> : tensor<f64>} : (tensor<1x3x4xsi6>) -> tensor<1x3x4xf32>
  %y7 = qint.dequantize %7 {scale = dense<1.0> : tensor<f64>} : (tensor<1x3x4xsi6>) -> tensor<1x3x4xf32>
  %y8 = qint.dequantize %8 {scale = dense<1.0> : tensor<f64>} : (tensor<1x3x4xsi4>) -> tensor<1x3x4xf32>
  %y9 = qint.dequantize %9 {scale = dense<1.0> : tensor<f64>} : (tensor<1x3x4xui2>) -> tensor<1x3x4xf32>
  %y10 = qint.dequantize %10 {scale = dense<1.0> : tensor<f64>} : (tensor<1x3x4xsi2>) -> tensor<1x3x4xf32>
  %y11 = qint.dequantize %11 {scale = dense<1.0> : tensor<f64>} : (tensor<1x3x4xui1>) -> tensor<1x3x4xf32>
  %s12 = tensor.bitcast %12 : tensor<1x3x4xui2> to tensor<1x3x4xsi2>
  %y12 = qint.dequantize %s12 {scale = dense<0.1> : tensor<f64>} : (tensor<1x3x4xsi2>) -> tensor<1x3x4xf32>
  %y13 = qint.dequantize %13 {scale = dense<-0.3> : tensor<f64>} : (tensor<1x3x4xsi3>) -> tensor<1x3x4xf32>
  return %y0, %y1, %y2, %y3, %y4, %y5, %y6, %y7, %y8, %y9, %y10, %y11, %y12, %y13 : tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>
}
