// RUN: qonnx-opt %s --verify-roundtrip | FileCheck %s

// Every op of the dialect is read, verified, printed, and read back to the same module.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x4xi4>) -> tensor<1x4xi3> {
  // CHECK: dataflow.run @network(%{{.*}}) : (tensor<1x4xi4>) -> tensor<1x4xi3>
  %0 = dataflow.run @network(%x) : (tensor<1x4xi4>) -> tensor<1x4xi3>
  return %0 : tensor<1x4xi3>
}

// CHECK-LABEL: func.func @network
// CHECK-SAME: (%{{.*}}: !dataflow.array<4 x ui4>) -> !dataflow.array<4 x si3>
func.func @network(%x: !dataflow.array<4 x ui4>) -> !dataflow.array<4 x si3> {
  // CHECK: dataflow.dense
  %0 = dataflow.dense %x {bias = array<i64: 1, -1>, reuse_factor = 1 : i64, rows = 2 : i64,
                          weights = dense<[[1, -1], [0, 1]]> : tensor<2x2xsi2>}
     : (!dataflow.array<4 x ui4>) -> !dataflow.array<4 x si6>
  // CHECK: dataflow.threshold
  %1 = dataflow.threshold %0 {base = array<i64: 0, 3>, inner = 1 : i64, step = array<i64: 1, -1>,
                              thresholds = dense<[[-2, 5, 9], [0, 1, 2]]> : tensor<2x3xi64>}
     : (!dataflow.array<4 x si6>) -> !dataflow.array<4 x ui2>
  // CHECK: dataflow.lookup
  %2 = dataflow.lookup %1 {inner = 1 : i64, low = 0 : i64, table = dense<[[3, 1, 0, 2]]> : tensor<1x4xi64>}
     : (!dataflow.array<4 x ui2>) -> !dataflow.array<4 x ui2>
  // CHECK: dataflow.requantize
  %3 = dataflow.requantize %2 {addend = array<i64: 3>, hi = 15 : i64, inner = 2 : i64, lo = 0 : i64,
                               multiplier = array<i64: 5, 6>, rounding_mode = "ROUND", shift = 3 : i64}
     : (!dataflow.array<4 x ui2>) -> !dataflow.array<4 x ui4>
  // CHECK: dataflow.constant
  %4 = dataflow.constant {value = dense<[-1, 0, 1, 2]> : tensor<4xi8>} : !dataflow.array<4 x si3>
  // CHECK: dataflow.add
  %5 = dataflow.add %3, %4 : (!dataflow.array<4 x ui4>, !dataflow.array<4 x si3>) -> !dataflow.array<4 x si6>
  // CHECK: dataflow.sub
  %6 = dataflow.sub %5, %4 : (!dataflow.array<4 x si6>, !dataflow.array<4 x si3>) -> !dataflow.array<4 x si7>
  // CHECK: dataflow.mul
  %7 = dataflow.mul %4, %4 : (!dataflow.array<4 x si3>, !dataflow.array<4 x si3>) -> !dataflow.array<4 x si6>
  // CHECK: dataflow.max
  %8 = dataflow.max %6, %7 : (!dataflow.array<4 x si7>, !dataflow.array<4 x si6>) -> !dataflow.array<4 x si7>
  // CHECK: dataflow.min
  %9 = dataflow.min %8, %4 : (!dataflow.array<4 x si7>, !dataflow.array<4 x si3>) -> !dataflow.array<4 x si7>
  // CHECK: dataflow.cast
  %10 = dataflow.cast %9 : (!dataflow.array<4 x si7>) -> !dataflow.array<4 x si3>
  // CHECK: dataflow.gather %{{.*}}, %{{.*}} {order = array<i64: 7, 0, 0, 4>}
  %11 = dataflow.gather %10, %4 {order = array<i64: 7, 0, 0, 4>}
      : (!dataflow.array<4 x si3>, !dataflow.array<4 x si3>) -> !dataflow.array<4 x si3>
  return %11 : !dataflow.array<4 x si3>
}
