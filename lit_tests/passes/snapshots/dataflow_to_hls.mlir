// RUN: qonnx-opt --dataflow-to-hls %s

// A dense layer becomes a function of loops, which the network's function calls; the host runs the network.
func.func @main(%x: tensor<1x4xui2>) -> tensor<1x2xsi5> {
  %0 = dataflow.run @network(%x) : (tensor<1x4xui2>) -> tensor<1x2xsi5>
  return %0 : tensor<1x2xsi5>
}
func.func @network(%x: !dataflow.array<1x4xui2> {onnx.name = "x"}) -> (!dataflow.array<1x2xsi5> {onnx.name = "y"}) {
  %0 = dataflow.dense %x {group = 1 : i64, reuse_factor = 1 : i64, weights = dense<[[1, -1], [0, 1], [-2, 1], [1, 1]]> : tensor<4x2xsi2>}
     : (!dataflow.array<1x4xui2>) -> !dataflow.array<1x2xsi5> loc("dense_1")
  return %0 : !dataflow.array<1x2xsi5>
}
