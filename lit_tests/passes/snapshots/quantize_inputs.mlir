// RUN: qonnx-opt --quantize-inputs='type=fixed<8,3,RND_CONV,SAT>' %s

// A float input that is not quantized gets a quantizer; an integer input does not.
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}, %i: tensor<2xi64> {onnx.name = "i"})
    -> (tensor<1x4xf32> {onnx.name = "y"}, tensor<2xi64> {onnx.name = "j"}) {
  %0 = onnx.relu %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0, %i : tensor<1x4xf32>, tensor<2xi64>
}
