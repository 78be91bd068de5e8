// RUN: qonnx-opt %s --emit-bytecode -o %t.mlirbc
// RUN: qonnx-opt %t.mlirbc | FileCheck %s
// RUN: qonnxc cleanup %t.mlirbc | FileCheck %s

// CHECK: qonnx.bipolar_quant %{{.*}}, %{{.*}} : (tensor<1x4xf32>, tensor<f32>) -> tensor<1x4xf32>
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x4xf32> {onnx.name = "y"}) {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %0 = qonnx.bipolar_quant %x, %s : (tensor<1x4xf32>, tensor<f32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}
