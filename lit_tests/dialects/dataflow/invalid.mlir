// RUN: qonnx-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{a word is signed (si) or unsigned (ui), got 4 of 'i4'}}
func.func private @signless(!dataflow.array<4 x i4>)

// -----

func.func @rows(%x: !dataflow.array<4 x ui4>) {
  // expected-error @below {{'dataflow.dense' op reads array<4 x ui4>, expected 3 rows of 2}}
  %0 = dataflow.dense %x {bias = array<i64>, reuse_factor = 1 : i64, rows = 3 : i64,
                          weights = dense<1> : tensor<2x2xsi2>}
     : (!dataflow.array<4 x ui4>) -> !dataflow.array<6 x si6>
  return
}

// -----

func.func @biases(%x: !dataflow.array<2 x ui4>) {
  // expected-error @below {{'dataflow.dense' op has 1 biases for 2 outputs}}
  %0 = dataflow.dense %x {bias = array<i64: 1>, reuse_factor = 1 : i64, rows = 1 : i64,
                          weights = dense<1> : tensor<2x2xsi2>}
     : (!dataflow.array<2 x ui4>) -> !dataflow.array<2 x si6>
  return
}

// -----

func.func @reuse(%x: !dataflow.array<2 x ui4>) {
  // expected-error @below {{'dataflow.dense' op has the reuse factor 0, expected at least 1}}
  %0 = dataflow.dense %x {bias = array<i64>, reuse_factor = 0 : i64, rows = 1 : i64,
                          weights = dense<1> : tensor<2x2xsi2>}
     : (!dataflow.array<2 x ui4>) -> !dataflow.array<2 x si6>
  return
}

// -----

func.func @channels(%x: !dataflow.array<4 x ui4>) {
  // expected-error @below {{'dataflow.threshold' op has 3 channels of 1 neighbouring words, which do not divide its 4 words}}
  %0 = dataflow.threshold %x {base = array<i64: 0, 0, 0>, inner = 1 : i64, step = array<i64: 1, 1, 1>,
                              thresholds = dense<1> : tensor<3x1xi64>}
     : (!dataflow.array<4 x ui4>) -> !dataflow.array<4 x ui1>
  return
}

// -----

func.func @order(%x: !dataflow.array<4 x ui4>) {
  // expected-error @below {{'dataflow.threshold' op has thresholds out of order}}
  %0 = dataflow.threshold %x {base = array<i64: 0>, inner = 1 : i64, step = array<i64: 1>,
                              thresholds = dense<[[2, 1]]> : tensor<1x2xi64>}
     : (!dataflow.array<4 x ui4>) -> !dataflow.array<4 x ui2>
  return
}

// -----

func.func @size(%x: !dataflow.array<4 x ui4>) {
  // expected-error @below {{'dataflow.cast' op makes array<3 x ui4> of array<4 x ui4>, expected as many words}}
  %0 = dataflow.cast %x : (!dataflow.array<4 x ui4>) -> !dataflow.array<3 x ui4>
  return
}

// -----

func.func @constant() {
  // expected-error @below {{which ui2 does not hold}}
  %0 = dataflow.constant {value = dense<[1, 4]> : tensor<2xi8>} : !dataflow.array<2 x ui2>
  return
}

// -----

func.func @gather(%x: !dataflow.array<4 x ui4>) {
  // expected-error @below {{'dataflow.gather' op needs 1 indices below 4 and operands of ui4}}
  %0 = dataflow.gather %x {order = array<i64: 4>} : (!dataflow.array<4 x ui4>) -> !dataflow.array<1 x ui4>
  return
}

// -----

func.func @run(%x: tensor<4xf32>) {
  // expected-error @below {{'dataflow.run' op needs integer tensors of static shape}}
  %0 = dataflow.run @network(%x) : (tensor<4xf32>) -> tensor<4xi2>
  return
}
