// RUN: qonnx-opt %s --dataflow-to-hls -o %t.mlir && qonnx-translate --mlir-to-hls %t.mlir | FileCheck %s

// A simulation's stack may be smaller than the arrays between layers; small ones stay there.
// CHECK: void network(
// CHECK: QONNX_LARGE wide_word wide_out[5000];
// CHECK: {{^ *}}small_word small_out[4];
func.func @main(%x: tensor<1x5000xui2>, %y: tensor<1x4xui2>) -> (tensor<1x5000xui3>, tensor<1x4xui3>) {
  %0:2 = dataflow.run @network(%x, %y) : (tensor<1x5000xui2>, tensor<1x4xui2>) -> (tensor<1x5000xui3>, tensor<1x4xui3>)
  return %0#0, %0#1 : tensor<1x5000xui3>, tensor<1x4xui3>
}
func.func @network(%x: !dataflow.array<1x5000xui2> {onnx.name = "x"}, %y: !dataflow.array<1x4xui2> {onnx.name = "y"})
    -> (!dataflow.array<1x5000xui3> {onnx.name = "a"}, !dataflow.array<1x4xui3> {onnx.name = "b"}) {
  %0 = dataflow.lookup %x {axis = 1 : i64, low = 0 : i64, table = dense<[[3, 2, 0, 1]]> : tensor<1x4xi64>}
     : (!dataflow.array<1x5000xui2>) -> !dataflow.array<1x5000xui2> loc("wide")
  %1 = dataflow.cast %0 : (!dataflow.array<1x5000xui2>) -> !dataflow.array<1x5000xui3>
  %2 = dataflow.lookup %y {axis = 1 : i64, low = 0 : i64, table = dense<[[3, 2, 0, 1]]> : tensor<1x4xi64>}
     : (!dataflow.array<1x4xui2>) -> !dataflow.array<1x4xui2> loc("small")
  %3 = dataflow.cast %2 : (!dataflow.array<1x4xui2>) -> !dataflow.array<1x4xui3>
  return %1, %3 : !dataflow.array<1x5000xui3>, !dataflow.array<1x4xui3>
}
