// RUN: qonnx-opt %s --verify-roundtrip | FileCheck %s

// Every op of the dialect is read, verified, printed, and read back to the same module.

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x2xui4>) -> tensor<2x2xsi3> {
  // CHECK: dataflow.run @network(%{{.*}}) : (tensor<2x2xui4>) -> tensor<2x2xsi3>
  %0 = dataflow.run @network(%x) : (tensor<2x2xui4>) -> tensor<2x2xsi3>
  return %0 : tensor<2x2xsi3>
}

// CHECK-LABEL: func.func @network
// CHECK-SAME: (%{{.*}}: !dataflow.array<2x2xui4>) -> !dataflow.array<2x2xsi3>
func.func @network(%x: !dataflow.array<2x2xui4>) -> !dataflow.array<2x2xsi3> {
  // CHECK: dataflow.dense
  %0 = dataflow.dense %x {group = 2 : i64, reuse_factor = 1 : i64, weights = dense<[[1, -1]]> : tensor<1x2xsi2>}
     : (!dataflow.array<2x2xui4>) -> !dataflow.array<2x2xsi6>
  // CHECK: dataflow.threshold
  %1 = dataflow.threshold %0 {axis = 1 : i64, base = array<i64: 0, 3>, step = array<i64: 1, -1>,
                              thresholds = dense<[[-2, 5, 9], [0, 1, 2]]> : tensor<2x3xi64>}
     : (!dataflow.array<2x2xsi6>) -> !dataflow.array<2x2xui2>
  // CHECK: dataflow.lookup
  %2 = dataflow.lookup %1 {axis = 1 : i64, low = 0 : i64, table = dense<[[3, 1, 0, 2]]> : tensor<1x4xi64>}
     : (!dataflow.array<2x2xui2>) -> !dataflow.array<2x2xui2>
  // CHECK: dataflow.requantize
  %3 = dataflow.requantize %2 {addend = array<i64: 3>, axis = 0 : i64, hi = 15 : i64, lo = 0 : i64,
                               multiplier = array<i64: 5, 6>, rounding_mode = "ROUND", shift = 3 : i64}
     : (!dataflow.array<2x2xui2>) -> !dataflow.array<2x2xui4>
  // CHECK: dataflow.constant
  %4 = dataflow.constant {value = dense<[-1, 0, 1, 2]> : tensor<4xi8>} : !dataflow.array<2x2xsi3>
  // CHECK: dataflow.add
  %5 = dataflow.add %3, %4 : (!dataflow.array<2x2xui4>, !dataflow.array<2x2xsi3>) -> !dataflow.array<2x2xsi6>
  // CHECK: dataflow.sub
  %6 = dataflow.sub %5, %4 : (!dataflow.array<2x2xsi6>, !dataflow.array<2x2xsi3>) -> !dataflow.array<2x2xsi7>
  // CHECK: dataflow.mul
  %7 = dataflow.mul %4, %4 : (!dataflow.array<2x2xsi3>, !dataflow.array<2x2xsi3>) -> !dataflow.array<2x2xsi6>
  // CHECK: dataflow.max %
  %8 = dataflow.max %6, %7 : (!dataflow.array<2x2xsi7>, !dataflow.array<2x2xsi6>) -> !dataflow.array<2x2xsi7>
  // CHECK: dataflow.min %
  %9 = dataflow.min %8, %4 : (!dataflow.array<2x2xsi7>, !dataflow.array<2x2xsi3>) -> !dataflow.array<2x2xsi7>
  // CHECK: dataflow.cast
  %10 = dataflow.cast %9 : (!dataflow.array<2x2xsi7>) -> !dataflow.array<2x2xsi3>
  // CHECK: dataflow.trace %{{.*}} {perm = array<i64: 1, 0>} : !dataflow.array<2x2xsi3>
  dataflow.trace %10 {perm = array<i64: 1, 0>} : !dataflow.array<2x2xsi3>
  // CHECK: dataflow.transpose
  %11 = dataflow.transpose %10 {perm = array<i64: 1, 0>} : (!dataflow.array<2x2xsi3>) -> !dataflow.array<2x2xsi3>
  // CHECK: dataflow.slice
  %12 = dataflow.slice %11 {offsets = array<i64: 1, 0>, strides = array<i64: 1, 1>}
      : (!dataflow.array<2x2xsi3>) -> !dataflow.array<1x2xsi3>
  // CHECK: dataflow.insert
  %13 = dataflow.insert %11, %12 {offsets = array<i64: 0, 0>, strides = array<i64: 1, 1>}
      : (!dataflow.array<2x2xsi3>, !dataflow.array<1x2xsi3>) -> !dataflow.array<2x2xsi3>
  // CHECK: dataflow.reshape
  %14 = dataflow.reshape %13 : (!dataflow.array<2x2xsi3>) -> !dataflow.array<1x4x1xsi3>
  // CHECK: dataflow.pad
  %15 = dataflow.pad %14 {pads = array<i64: 1, 0>, value = -4 : i64}
      : (!dataflow.array<1x4x1xsi3>) -> !dataflow.array<1x5x1xsi3>
  // CHECK: dataflow.window
  %16 = dataflow.window %15 {dilations = array<i64: 2>, group = 1 : i64, kernel_shape = array<i64: 2>,
                             strides = array<i64: 2>}
      : (!dataflow.array<1x5x1xsi3>) -> !dataflow.array<1x2x2xsi3>
  // CHECK: dataflow.max_pool
  %17 = dataflow.max_pool %16 : (!dataflow.array<1x2x2xsi3>) -> !dataflow.array<1x2x1xsi3>
  // CHECK: dataflow.sum_pool
  %sums = dataflow.sum_pool %16 : (!dataflow.array<1x2x2xsi3>) -> !dataflow.array<1x2x1xsi4>
  // CHECK: dataflow.min_pool
  %18 = dataflow.min_pool %16 : (!dataflow.array<1x2x2xsi3>) -> !dataflow.array<1x2x1xsi3>
  // CHECK: dataflow.reshape {{.*}} -> !dataflow.stream<1x2xsi3, 2>
  %19 = dataflow.reshape %17 : (!dataflow.array<1x2x1xsi3>) -> !dataflow.stream<1x2xsi3, 2>
  // CHECK: dataflow.broadcast
  %20 = dataflow.broadcast %19 : (!dataflow.stream<1x2xsi3, 2>) -> !dataflow.array<2x2xsi3>
  return %20 : !dataflow.array<2x2xsi3>
}
