// RUN: qonnx-opt %s --split-input-file --dataflow-to-hls --verify-diagnostics

func.func @main(%x: tensor<1x2xui2>) -> tensor<1x2xsi5> {
  %0 = dataflow.run @network(%x) : (tensor<1x2xui2>) -> tensor<1x2xsi5>
  return %0 : tensor<1x2xsi5>
}
func.func @network(%x: !dataflow.array<1x2xui2> {onnx.name = "x"}) -> (!dataflow.array<1x2xsi5> {onnx.name = "y"}) {
  // expected-error @below {{the hls backend has no dense layer with reuse factor 2 yet, expected 1}}
  %0 = dataflow.dense %x {group = 1 : i64, reuse_factor = 2 : i64,
                          weights = dense<1> : tensor<2x2xsi2>}
     : (!dataflow.array<1x2xui2>) -> !dataflow.array<1x2xsi5>
  return %0 : !dataflow.array<1x2xsi5>
}

// -----

func.func @main(%x: tensor<1x3xui2>) -> tensor<1x2xui2> {
  // expected-error @below {{the tensors do not fit the arrays of function 'network'}}
  %0 = dataflow.run @network(%x) : (tensor<1x3xui2>) -> tensor<1x2xui2>
  return %0 : tensor<1x2xui2>
}
func.func @network(%x: !dataflow.array<1x2xui2> {onnx.name = "x"}) -> (!dataflow.array<1x2xui2> {onnx.name = "y"}) {
  return %x : !dataflow.array<1x2xui2>
}

// -----

func.func @main(%x: tensor<1x2xui2>) -> tensor<1x2xui2> {
  // expected-error @below {{there is no function 'absent'}}
  %0 = dataflow.run @absent(%x) : (tensor<1x2xui2>) -> tensor<1x2xui2>
  return %0 : tensor<1x2xui2>
}

// -----

func.func @main(%x: tensor<1x2xui2>) -> tensor<1x2xui2> {
  %0 = dataflow.run @network(%x) : (tensor<1x2xui2>) -> tensor<1x2xui2>
  return %0 : tensor<1x2xui2>
}
func.func @network(%x: !dataflow.array<1x2xui2> {onnx.name = "x"}) -> (!dataflow.array<1x2xui2> {onnx.name = "y"}) {
  // expected-error @below {{the result is not an array, and streams have no lowering yet}}
  %0 = dataflow.reshape %x : (!dataflow.array<1x2xui2>) -> !dataflow.stream<1x2xui2, 1>
  %1 = dataflow.reshape %0 : (!dataflow.stream<1x2xui2, 1>) -> !dataflow.array<1x2xui2>
  return %1 : !dataflow.array<1x2xui2>
}
