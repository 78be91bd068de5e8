// RUN: qonnx-opt %s --check-outputs --split-input-file --verify-diagnostics | FileCheck %s

// What holds needs no declaration any more; what is not known yet keeps it.
// CHECK-LABEL: func.func @right
// CHECK-SAME: -> (tensor<2x3xf32> {onnx.name = "a"}, tensor<*xf32> {onnx.declared = tensor<?xf32>, onnx.name = "b"})
func.func @right(%x: tensor<2x3xf32>) -> (tensor<2x3xf32> {onnx.name = "a", onnx.declared = tensor<2x?xf32>},
                                          tensor<*xf32> {onnx.name = "b", onnx.declared = tensor<?xf32>}) {
  %0 = onnx.relu %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = onnx.relu %x : (tensor<2x3xf32>) -> tensor<*xf32>
  return %0, %1 : tensor<2x3xf32>, tensor<*xf32>
}

// -----

func.func @shape(%x: tensor<2x3xf32>) -> (tensor<2x3xf32> {onnx.name = "y", onnx.declared = tensor<2x4xf32>}) {
  // expected-error @below {{the graph output 'y' is tensor<2x3xf32>, but the file declares it as tensor<2x4xf32>; correct the declaration or the graph}}
  %0 = onnx.relu %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @element(%x: tensor<2x3xf32>) -> (tensor<2x3xf32> {onnx.name = "y", onnx.declared = tensor<*xi64>}) {
  // expected-error @below {{the graph output 'y' is tensor<2x3xf32>, but the file declares it as tensor<*xi64>}}
  %0 = onnx.relu %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// expected-error @below {{the graph output 'y' is tensor<2x3xf32>, but the file declares it as tensor<6xf32>}}
func.func @argument(%x: tensor<2x3xf32>) -> (tensor<2x3xf32> {onnx.name = "y", onnx.declared = tensor<6xf32>}) {
  return %x : tensor<2x3xf32>
}
