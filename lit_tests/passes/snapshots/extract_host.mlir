// RUN: qonnx-opt --extract-host %s

// The host calls the hardware on bytes, and nothing of the hardware stays.
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x4xf32> {onnx.name = "y"}) {
  %0 = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = -4.0 : f32, rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>} : (tensor<1x4xf32>) -> tensor<1x4xsi3> loc("quant")
  %1 = hls.run @network(%0) : (tensor<1x4xsi3>) -> tensor<1x4xui2> loc("relu")
  %2 = qint.dequantize %1 {scale = dense<0.25> : tensor<f64>} : (tensor<1x4xui2>) -> tensor<1x4xf32> loc("relu")
  return %2 : tensor<1x4xf32>
}
hls.typedef @word = si3 {comment = "a word of the hardware"}
