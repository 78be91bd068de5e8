// RUN: qonnx-opt --int-to-c %s %each_pass

// A quantizer and a dequantizer: two functions of loops with a part of the workspace between them.
func.func @main(%x: tensor<4xf32> {onnx.name = "x"}) -> (tensor<4xf32> {onnx.name = "y"}) {
  %0 = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32, rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>} : (tensor<4xf32>) -> tensor<4xui2>
  %1 = qint.dequantize %0 {scale = dense<0.5> : tensor<f64>} : (tensor<4xui2>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}
