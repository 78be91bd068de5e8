// RUN: qonnx-opt --qint-to-linalg --canonicalize --split-input-file %s | FileCheck %s

// A product in the width of its result; each factor is widened by its own sign. The integers of constants stay beside their
// bits, so that nothing has to find out how these are read.
// CHECK-LABEL: func.func @matmul
// CHECK-DAG: %[[INTEGERS:.*]] = arith.constant dense<{{\[\[}}1, -2], [-1, 1]]> : tensor<2x2xsi2>
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0> : tensor<1x2xi5>
// CHECK: %[[X:.*]] = tensor.bitcast %{{.*}} : tensor<1x2xui3> to tensor<1x2xi3>
// CHECK: %[[W:.*]] = tensor.bitcast %[[INTEGERS]] : tensor<2x2xsi2> to tensor<2x2xi2>
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[W]] : tensor<1x2xi3>, tensor<2x2xi2>) outs(%[[ZERO]] :
// CHECK: arith.extui %{{.*}} : i3 to i5
// CHECK: arith.extsi %{{.*}} : i2 to i5
// CHECK: tensor.bitcast %[[SUM]] : tensor<1x2xi5> to tensor<1x2xsi5>
// CHECK-NOT: qint.
func.func @matmul(%x: tensor<1x2xui3>) -> tensor<1x2xsi5> {
  %w = arith.constant dense<[[1, -2], [-1, 1]]> : tensor<2x2xsi2>
  %y = qint.matmul %x, %w : (tensor<1x2xui3>, tensor<2x2xsi2>) -> tensor<1x2xsi5>
  return %y : tensor<1x2xsi5>
}

// -----

// A padded convolution in two groups: the frame holds the integer 0, groups are a dimension of their own.
// CHECK: affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1, d5, d3 + d6, d4 + d7)>
// CHECK-LABEL: func.func @grouped
// CHECK-DAG: %[[ZEROS:.*]] = arith.constant dense<0> : tensor<1x2x4x4xsi3>
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0> : tensor<1x2x1x3x3xi7>
// CHECK: %[[FRAME:.*]] = tensor.bitcast %[[ZEROS]] : tensor<1x2x4x4xsi3> to tensor<1x2x4x4xi3>
// CHECK: %[[PADDED:.*]] = tensor.insert_slice %{{.*}} into %[[FRAME]][0, 0, 1, 1] [1, 2, 2, 2] [1, 1, 1, 1]
// CHECK: %[[SPLIT:.*]] = tensor.expand_shape %[[PADDED]] {{.*}} into tensor<1x2x1x4x4xi3>
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]
// CHECK-SAME: ins(%[[SPLIT]], %{{.*}}) outs(%[[ZERO]] :
// CHECK: tensor.collapse_shape %[[SUM]] {{.*}} into tensor<1x2x3x3xi7>
func.func @grouped(%x: tensor<1x2x2x2xsi3>, %w: tensor<2x1x2x2xsi2>) -> tensor<1x2x3x3xsi7> {
  %y = qint.conv %x, %w {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 1, 1, 1, 1>,
                         strides = array<i64: 1, 1>}
     : (tensor<1x2x2x2xsi3>, tensor<2x1x2x2xsi2>) -> tensor<1x2x3x3xsi7>
  return %y : tensor<1x2x3x3xsi7>
}

// -----

// Padding is the number of the type that loses against every other.
// CHECK-LABEL: func.func @pools
// CHECK-DAG: arith.constant dense<-4> : tensor<1x1x4xsi3>
// CHECK-DAG: arith.constant dense<3> : tensor<1x1x4xui2>
// CHECK: arith.maxsi
// CHECK: arith.minui
func.func @pools(%x: tensor<1x1x3xsi3>, %u: tensor<1x1x3xui2>) -> (tensor<1x1x2xsi3>, tensor<1x1x2xui2>) {
  %y = qint.max_pool %x {dilations = array<i64: 1>, kernel_shape = array<i64: 2>, pads = array<i64: 0, 1>,
                         strides = array<i64: 2>} : (tensor<1x1x3xsi3>) -> tensor<1x1x2xsi3>
  %v = qint.min_pool %u {dilations = array<i64: 1>, kernel_shape = array<i64: 2>, pads = array<i64: 0, 1>,
                         strides = array<i64: 2>} : (tensor<1x1x3xui2>) -> tensor<1x1x2xui2>
  return %y, %v : tensor<1x1x2xsi3>, tensor<1x1x2xui2>
}

// -----

// CHECK-LABEL: func.func @sums
// CHECK: arith.extui %{{.*}} : i2 to i4
// CHECK: arith.extsi %{{.*}} : i3 to i4
// CHECK: arith.addi
// CHECK: arith.subi
// CHECK: arith.extui %{{.*}} : i2 to i3
func.func @sums(%a: tensor<2x3xui2>, %b: tensor<3xsi3>) -> (tensor<2x3xsi4>, tensor<2x3xsi4>, tensor<2x3xsi3>) {
  %0 = qint.add %a, %b : (tensor<2x3xui2>, tensor<3xsi3>) -> tensor<2x3xsi4>
  %1 = qint.sub %b, %a : (tensor<3xsi3>, tensor<2x3xui2>) -> tensor<2x3xsi4>
  %2 = qint.cast %a : (tensor<2x3xui2>) -> tensor<2x3xsi3>
  return %0, %1, %2 : tensor<2x3xsi4>, tensor<2x3xsi4>, tensor<2x3xsi3>
}
