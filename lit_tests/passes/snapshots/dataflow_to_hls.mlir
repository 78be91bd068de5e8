// RUN: qonnx-opt --dataflow-to-hls %s

// A dense layer becomes a function of loops, which the network's function calls; the host runs the network.
func.func @main(%x: tensor<1x4xi2>) -> tensor<1x2xi5> {
  %0 = dataflow.run @network(%x) : (tensor<1x4xi2>) -> tensor<1x2xi5>
  return %0 : tensor<1x2xi5>
}
func.func @network(%x: !dataflow.array<4 x ui2> {onnx.name = "x"}) -> (!dataflow.array<2 x si5> {onnx.name = "y"}) {
  %0 = dataflow.dense %x {bias = array<i64>, reuse_factor = 1 : i64, rows = 1 : i64, weights = dense<[[1, -1], [0, 1], [-2, 1], [1, 1]]> : tensor<4x2xsi2>}
     : (!dataflow.array<4 x ui2>) -> !dataflow.array<2 x si5> loc("dense_1")
  return %0 : !dataflow.array<2 x si5>
}
