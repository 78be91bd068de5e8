// RUN: qonnx-opt --int-to-llvm %s %each_pass

// All of both parts on the smallest network: one float operation.
func.func @main(%x: tensor<4xf32> {onnx.name = "x"}) -> (tensor<4xf32> {onnx.name = "y"}) {
  %0 = onnx.neg %x : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
