// RUN: qonnx-opt --check-outputs %s

// A declaration that holds is dropped, one that says less than is known too; one about an unknown shape stays.
func.func @main(%x: tensor<2x3xf32> {onnx.name = "x"}, %s: tensor<1xi64> {onnx.name = "s"})
    -> (tensor<2x3xf32> {onnx.name = "a", onnx.declared = tensor<2x3xf32>},
        tensor<2x3xf32> {onnx.name = "b", onnx.declared = tensor<?x3xf32>},
        tensor<*xf32> {onnx.name = "c", onnx.declared = tensor<6xf32>}) {
  %0 = onnx.relu %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = onnx.reshape %x, %s {allow_zero = false} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<*xf32>
  return %0, %0, %1 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<*xf32>
}
