// RUN: qonnxc verify %s --inputs %S/inputs/specials.npy --backends interp,int,cpu,c

// What is NaN becomes the integer 0, also where 0 is none that a code gives: the next quantizer must expect it.
func.func @main(%x: tensor<1x20xf32> {onnx.name = "x"}) -> (tensor<1x20xf32> {onnx.name = "y"}) {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %t = onnx.constant dense<0.25> : tensor<f32>
  %z = onnx.constant dense<-2.0> : tensor<f32>
  %b = onnx.constant dense<2.0> : tensor<f32>
  %bits = onnx.constant dense<8.0> : tensor<f32>
  %0 = qonnx.int_quant %x, %s, %z, %b {is_signed = false, narrow = true, rounding_mode = "CEIL"} : (tensor<1x20xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x20xf32> loc("first")
  %1 = qonnx.int_quant %0, %t, %z, %bits {is_signed = false, narrow = false, rounding_mode = "HALF_UP"} : (tensor<1x20xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x20xf32> loc("second")
  return %1 : tensor<1x20xf32>
}
