// RUN: qonnx-opt %s --split-input-file --dataflow-to-hls --verify-diagnostics

func.func @main(%x: tensor<1x2xi2>) -> tensor<1x2xi5> {
  %0 = dataflow.run @network(%x) : (tensor<1x2xi2>) -> tensor<1x2xi5>
  return %0 : tensor<1x2xi5>
}
func.func @network(%x: !dataflow.array<2 x ui2> {onnx.name = "x"}) -> (!dataflow.array<2 x si5> {onnx.name = "y"}) {
  // expected-error @below {{the hls backend has no dense layer with reuse factor 2 yet, expected 1}}
  %0 = dataflow.dense %x {bias = array<i64>, reuse_factor = 2 : i64, rows = 1 : i64,
                          weights = dense<1> : tensor<2x2xsi2>}
     : (!dataflow.array<2 x ui2>) -> !dataflow.array<2 x si5>
  return %0 : !dataflow.array<2 x si5>
}

// -----

func.func @main(%x: tensor<1x3xi2>) -> tensor<1x2xi2> {
  // expected-error @below {{the tensors do not fit the arrays of function 'network'}}
  %0 = dataflow.run @network(%x) : (tensor<1x3xi2>) -> tensor<1x2xi2>
  return %0 : tensor<1x2xi2>
}
func.func @network(%x: !dataflow.array<2 x ui2> {onnx.name = "x"}) -> (!dataflow.array<2 x ui2> {onnx.name = "y"}) {
  return %x : !dataflow.array<2 x ui2>
}

// -----

func.func @main(%x: tensor<1x2xi2>) -> tensor<1x2xi2> {
  // expected-error @below {{there is no function 'absent'}}
  %0 = dataflow.run @absent(%x) : (tensor<1x2xi2>) -> tensor<1x2xi2>
  return %0 : tensor<1x2xi2>
}
