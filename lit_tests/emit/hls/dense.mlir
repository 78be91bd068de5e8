// RUN: qonnx-opt --dataflow-to-hls %s -o %t.mlir && qonnx-translate --mlir-to-hls %t.mlir

// The hardware part of a network: a dense layer and an activation of each kind.
func.func @main(%x: tensor<1x4xui2>) -> tensor<1x2xsi3> {
  %0 = dataflow.run @network(%x) : (tensor<1x4xui2>) -> tensor<1x2xsi3>
  return %0 : tensor<1x2xsi3>
}
func.func @network(%x: !dataflow.array<1x4xui2> {onnx.name = "x"}) -> (!dataflow.array<1x2xsi3> {onnx.name = "y"}) {
  %0 = dataflow.dense %x {group = 1 : i64, reuse_factor = 1 : i64,
                          weights = dense<[[1, -1], [0, 1], [-2, 1], [1, 1]]> : tensor<4x2xsi2>}
     : (!dataflow.array<1x4xui2>) -> !dataflow.array<1x2xsi5> loc("dense/MatMul")
  dataflow.trace %0 {perm = array<i64: 0, 1>} : !dataflow.array<1x2xsi5> loc("dense/MatMul")
  %1 = dataflow.requantize %0 {addend = array<i64: 3, -1>, axis = 1 : i64, hi = 15 : i64, lo = 0 : i64,
                               multiplier = array<i64: 5, -3>, rounding_mode = "ROUND", shift = 2 : i64}
     : (!dataflow.array<1x2xsi5>) -> !dataflow.array<1x2xui4> loc("activation 1")
  %2 = dataflow.threshold %1 {axis = 1 : i64, base = array<i64: 0>, step = array<i64: 1>,
                              thresholds = dense<[[2, 7, 11]]> : tensor<1x3xi64>}
     : (!dataflow.array<1x2xui4>) -> !dataflow.array<1x2xui2> loc("class")
  dataflow.trace %2 {perm = array<i64: 1, 0>} : !dataflow.array<1x2xui2> loc("class")
  %3 = dataflow.lookup %2 {axis = 1 : i64, low = 0 : i64, table = dense<[[3, -4, 0, 1]]> : tensor<1x4xi64>}
     : (!dataflow.array<1x2xui2>) -> !dataflow.array<1x2xsi3> loc("2nd activation")
  return %3 : !dataflow.array<1x2xsi3>
}
