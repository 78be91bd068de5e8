// RUN: qonnx-opt --remove-identities %s

// A factor of 1 and a reshape to the same shape go. A sum with 0 stays: it makes 0 of -0. Constants are left to canonicalize.
func.func @main(%x: tensor<2x3xf32> {onnx.name = "x"}) -> (tensor<2x3xf32> {onnx.name = "y"}) {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %shape = onnx.constant dense<[2, 3]> : tensor<2xi64>
  %0 = onnx.mul %x, %one : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  %1 = onnx.add %0, %zero : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  %2 = onnx.reshape %1, %shape {allow_zero = false} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  return %2 : tensor<2x3xf32>
}
