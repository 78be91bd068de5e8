// RUN: qonnxc verify %s --backends=graph,interp,int | FileCheck %s
// RUN: qonnx-opt --qonnx-cleanup --convert-to-int=remarks=true %s 2>&1 | FileCheck %s --check-prefix=REMARK

// A quantizer whose parameters have more elements than its input gives as many: it stays float.
// CHECK: passed
// REMARK: its parameters have more elements than its input
func.func @main(%x: tensor<1x3xf32> {onnx.name = "x"}) -> (tensor<2x3xf32> {onnx.name = "y"}) {
  %s = onnx.constant dense<[[2.0], [0.5]]> : tensor<2x1xf32>
  %0 = qonnx.bipolar_quant %x, %s : (tensor<1x3xf32>, tensor<2x1xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
