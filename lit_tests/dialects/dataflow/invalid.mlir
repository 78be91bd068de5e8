// RUN: qonnx-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{a word is signed (si) or unsigned (ui), got 4 of 'i4'}}
func.func private @signless(!dataflow.array<4xi4>)

// -----

// expected-error @below {{extents are at least 1, and their product is a 64-bit number, got 4x0 of 'ui4'}}
func.func private @none(!dataflow.array<4x0xui4>)

// -----

// expected-error @below {{a word has 1 to 63 bits, got 4 of 'ui64'}}
func.func private @wide(!dataflow.array<4xui64>)

// -----

// expected-error @below {{lanes divide the extent of the last dimension, got 2x6 of 'ui4' in 4 lanes}}
func.func private @lanes(!dataflow.stream<2x6xui4, 4>)

// -----

// expected-error @below {{a stream has at least one lane, got 0}}
func.func private @still(!dataflow.stream<2x6xui4, 0>)

// -----

func.func @rows(%x: !dataflow.array<1x4xui4>) {
  // expected-error @below {{'dataflow.dense' op reads array<1x4xui4>, expected rows of 2 words for each of 1 groups}}
  %0 = dataflow.dense %x {group = 1 : i64, reuse_factor = 1 : i64, weights = dense<1> : tensor<2x2xsi2>}
     : (!dataflow.array<1x4xui4>) -> !dataflow.array<1x2xsi6>
  return
}

// -----

func.func @groups(%x: !dataflow.array<1x4xui4>) {
  // expected-error @below {{'dataflow.dense' op has 2 groups, expected a divisor of the 3 outputs}}
  %0 = dataflow.dense %x {group = 2 : i64, reuse_factor = 1 : i64, weights = dense<1> : tensor<2x3xsi2>}
     : (!dataflow.array<1x4xui4>) -> !dataflow.array<1x3xsi6>
  return
}

// -----

func.func @result(%x: !dataflow.array<1x4xui4>) {
  // expected-error @below {{'dataflow.dense' op makes array<1x3xsi6>, expected array<1x2xsi6>}}
  %0 = dataflow.dense %x {group = 1 : i64, reuse_factor = 1 : i64, weights = dense<1> : tensor<4x2xsi2>}
     : (!dataflow.array<1x4xui4>) -> !dataflow.array<1x3xsi6>
  return
}

// -----

func.func @reuse(%x: !dataflow.array<1x2xui4>) {
  // expected-error @below {{'dataflow.dense' op has the reuse factor 0, expected at least 1}}
  %0 = dataflow.dense %x {group = 1 : i64, reuse_factor = 0 : i64, weights = dense<1> : tensor<2x2xsi2>}
     : (!dataflow.array<1x2xui4>) -> !dataflow.array<1x2xsi6>
  return
}

// -----

func.func @channels(%x: !dataflow.array<1x4xui4>) {
  // expected-error @below {{'dataflow.threshold' op has 3 channels, expected 1 or the extent of axis 1 of array<1x4xui4>}}
  %0 = dataflow.threshold %x {axis = 1 : i64, base = array<i64: 0, 0, 0>, step = array<i64: 1, 1, 1>,
                              thresholds = dense<1> : tensor<3x1xi64>}
     : (!dataflow.array<1x4xui4>) -> !dataflow.array<1x4xui1>
  return
}

// -----

func.func @order(%x: !dataflow.array<1x4xui4>) {
  // expected-error @below {{'dataflow.threshold' op has thresholds out of order}}
  %0 = dataflow.threshold %x {axis = 1 : i64, base = array<i64: 0>, step = array<i64: 1>,
                              thresholds = dense<[[2, 1]]> : tensor<1x2xi64>}
     : (!dataflow.array<1x4xui4>) -> !dataflow.array<1x4xui2>
  return
}

// -----

func.func @table(%x: !dataflow.array<4xsi2>) {
  // expected-error @below {{'dataflow.lookup' op has a table for 5 to 6, expected one for all words of array<4xsi2>}}
  %0 = dataflow.lookup %x {axis = 0 : i64, low = 5 : i64, table = dense<1> : tensor<1x2xi64>} : (!dataflow.array<4xsi2>) -> !dataflow.array<4xui1>
  return
}

// -----

func.func @size(%x: !dataflow.array<4xui4>) {
  // expected-error @below {{'dataflow.cast' op makes array<3xui4>, expected array<4xui4>}}
  %0 = dataflow.cast %x : (!dataflow.array<4xui4>) -> !dataflow.array<3xui4>
  return
}

// -----

func.func @constant() {
  // expected-error @below {{'dataflow.constant' op has the value 4, which ui2 does not hold}}
  %0 = dataflow.constant {value = dense<[1, 4]> : tensor<2xi8>} : !dataflow.array<2xui2>
  return
}

// -----

func.func @words(%x: !dataflow.array<4xui4>) {
  // expected-error @below {{'dataflow.reshape' op makes array<2x2xui3> of array<4xui4>, expected words of one type}}
  %0 = dataflow.reshape %x : (!dataflow.array<4xui4>) -> !dataflow.array<2x2xui3>
  return
}

// -----

func.func @permutation(%x: !dataflow.array<2x2xui4>) {
  // expected-error @below {{'dataflow.transpose' op has the permutation [0, 0], expected one of the dimensions of array<2x2xui4>}}
  %0 = dataflow.transpose %x {perm = array<i64: 0, 0>} : (!dataflow.array<2x2xui4>) -> !dataflow.array<2x2xui4>
  return
}

// -----

func.func @broadcast(%x: !dataflow.array<3xui4>) {
  // expected-error @below {{'dataflow.broadcast' op makes array<2x2xui4> of array<3xui4>, expected a shape that this one broadcasts to}}
  %0 = dataflow.broadcast %x : (!dataflow.array<3xui4>) -> !dataflow.array<2x2xui4>
  return
}

// -----

func.func @slice(%x: !dataflow.array<4xui4>) {
  // expected-error @below {{'dataflow.slice' op has a part of shape [3] at [0] in steps of [2], expected one inside of array<4xui4>}}
  %0 = dataflow.slice %x {offsets = array<i64: 0>, strides = array<i64: 2>} : (!dataflow.array<4xui4>) -> !dataflow.array<3xui4>
  return
}

// -----

func.func @insert(%x: !dataflow.array<4xui4>) {
  // expected-error @below {{'dataflow.insert' op has a part of shape [4] at [9223372036854775807] in steps of [1], expected one inside of array<4xui4>}}
  %0 = dataflow.insert %x, %x {offsets = array<i64: 9223372036854775807>, strides = array<i64: 1>}
     : (!dataflow.array<4xui4>, !dataflow.array<4xui4>) -> !dataflow.array<4xui4>
  return
}

// -----

func.func @pad(%x: !dataflow.array<1x4x1xui4>) {
  // expected-error @below {{'dataflow.pad' op pads with -1, which ui4 does not hold}}
  %0 = dataflow.pad %x {pads = array<i64: 1, 1>, value = -1 : i64} : (!dataflow.array<1x4x1xui4>) -> !dataflow.array<1x6x1xui4>
  return
}

// -----

func.func @pads(%x: !dataflow.array<1x4x1xui4>) {
  // expected-error @below {{'dataflow.pad' op has 1 pads, expected 2 for array<1x4x1xui4>}}
  %0 = dataflow.pad %x {pads = array<i64: 1>, value = 0 : i64} : (!dataflow.array<1x4x1xui4>) -> !dataflow.array<1x6x1xui4>
  return
}

// -----

func.func @window(%x: !dataflow.array<1x4x1xui4>) {
  // expected-error @below {{'dataflow.window' op has windows that do not fit array<1x4x1xui4>: }}
  %0 = dataflow.window %x {dilations = array<i64: 1>, group = 1 : i64, kernel_shape = array<i64: 5>, strides = array<i64: 1>}
     : (!dataflow.array<1x4x1xui4>) -> !dataflow.array<1x1x5xui4>
  return
}

// -----

func.func @pool(%x: !dataflow.array<1x4xui4>) {
  // expected-error @below {{'dataflow.max_pool' op makes array<1x3xui4> of array<1x4xui4>, expected rows of a divisor of its last extent}}
  %0 = dataflow.max_pool %x : (!dataflow.array<1x4xui4>) -> !dataflow.array<1x3xui4>
  return
}

// -----

func.func @trace(%x: !dataflow.array<1x4xui4>) {
  // expected-error @below {{'dataflow.trace' op has the permutation [1], expected one of the dimensions of array<1x4xui4>}}
  dataflow.trace %x {perm = array<i64: 1>} : !dataflow.array<1x4xui4>
  return
}

// -----

func.func @run(%x: tensor<4xf32>) {
  // expected-error @below {{'dataflow.run' op needs tensors of signed or unsigned integers of static shape}}
  %0 = dataflow.run @network(%x) : (tensor<4xf32>) -> tensor<4xui2>
  return
}
