// RUN: qonnx-opt %s --dataflow-to-hls | FileCheck %s

// A layer is a function of loops; the network calls the layers; the host runs the network.
// CHECK-LABEL: func.func @main
// CHECK: hls.run @network
// CHECK-NOT: dataflow.
// CHECK: hls.func @dense_layer attributes
// CHECK-SAME: top = false
// CHECK: hls.pragma "PIPELINE" {options = "II=1"}
// CHECK: hls.mul %{{.*}}, %{{.*}} : ui2, si2 -> si4
// CHECK: hls.func @threshold_layer attributes
// CHECK: hls.ge
// CHECK: hls.func @network attributes
// CHECK-SAME: top = true
// CHECK: hls.call @dense_layer
// CHECK: hls.call @threshold_layer
func.func @main(%x: tensor<1x4xui2>) -> tensor<1x2xui2> {
  %0 = dataflow.run @network(%x) : (tensor<1x4xui2>) -> tensor<1x2xui2>
  return %0 : tensor<1x2xui2>
}
func.func @network(%x: !dataflow.array<1x4xui2> {onnx.name = "x"}) -> (!dataflow.array<1x2xui2> {onnx.name = "y"}) {
  %0 = dataflow.dense %x {group = 1 : i64, reuse_factor = 1 : i64,
                          weights = dense<[[1, -1], [0, 1], [-2, 1], [1, 1]]> : tensor<4x2xsi2>}
     : (!dataflow.array<1x4xui2>) -> !dataflow.array<1x2xsi5> loc("dense")
  %1 = dataflow.threshold %0 {axis = 1 : i64, base = array<i64: 0>, step = array<i64: 1>,
                              thresholds = dense<[[-2, 1, 3]]> : tensor<1x3xi64>}
     : (!dataflow.array<1x2xsi5>) -> !dataflow.array<1x2xui2> loc("threshold")
  return %1 : !dataflow.array<1x2xui2>
}
