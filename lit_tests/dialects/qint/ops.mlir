// RUN: qonnx-opt %s --verify-roundtrip | FileCheck %s

// Every op of the dialect is read, verified, printed, and read back to the same module.

// CHECK-LABEL: func.func @network
func.func @network(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  // CHECK: qint.quantize %{{.*}} {bipolar = false, fraction_bits = 0 : i64
  %0 = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<1x4xf32>) -> tensor<1x4xui2>
  // CHECK: qint.lookup
  %1 = qint.lookup %0 {axis = 1 : i64, low = 0 : i64,
                       table = dense<[[-4, 3, 0, -1]]> : tensor<1x4xi64>} : (tensor<1x4xui2>) -> tensor<1x4xsi3>
  // CHECK: qint.requantize
  %2 = qint.requantize %1 {addend = array<i64: 1, 2, 3, 4>, axis = 1 : i64, hi = 15 : i64,
                           lo = 0 : i64, multiplier = array<i64: 5>, rounding_mode = "ROUND",
                           shift = 2 : i64} : (tensor<1x4xsi3>) -> tensor<1x4xui4>
  // A row of thresholds for each channel, one of them for a decreasing function.
  // CHECK: qint.threshold
  %3 = qint.threshold %2 {axis = 1 : i64, base = array<i64: 0, 0, 0, 2>,
                          step = array<i64: 1, 1, 1, -1>,
                          thresholds = dense<[[1, 2], [3, 4], [5, 5], [0, 15]]> : tensor<4x2xi64>}
     : (tensor<1x4xui4>) -> tensor<1x4xsi3>
  // CHECK: qint.dequantize %{{.*}} {scale = dense<{{.*}}> : tensor<1x4xf64>}
  %4 = qint.dequantize %3 {scale = dense<[[0.25, 0.5, 1.0, 2.0]]> : tensor<1x4xf64>}
     : (tensor<1x4xsi3>) -> tensor<1x4xf32>
  return %4 : tensor<1x4xf32>
}

// CHECK-LABEL: func.func @layers
func.func @layers(%x: tensor<2x2x4xui2>, %w: tensor<4x2x3xsi2>, %m: tensor<2x3xsi4>, %f: tensor<4x1x3xsi2>) -> tensor<2x4x3xsi13> {
  // CHECK: qint.conv %{{.*}}, %{{.*}} {dilations = array<i64: 1>, group = 1 : i64, pads = array<i64: 1, 1>
  %0 = qint.conv %x, %w {dilations = array<i64: 1>, group = 1 : i64, pads = array<i64: 1, 1>, strides = array<i64: 1>}
     : (tensor<2x2x4xui2>, tensor<4x2x3xsi2>) -> tensor<2x4x4xsi7>
  // CHECK: qint.max_pool
  %1 = qint.max_pool %0 {dilations = array<i64: 1>, kernel_shape = array<i64: 2>, pads = array<i64: 0, 0>, strides = array<i64: 2>}
     : (tensor<2x4x4xsi7>) -> tensor<2x4x2xsi7>
  // CHECK: qint.min_pool
  %2 = qint.min_pool %0 {dilations = array<i64: 1>, kernel_shape = array<i64: 2>, pads = array<i64: 0, 0>, strides = array<i64: 2>}
     : (tensor<2x4x4xsi7>) -> tensor<2x4x2xsi7>
  // CHECK: qint.sub %{{.*}}, %{{.*}} : (tensor<2x4x2xsi7>, tensor<2x4x2xsi7>) -> tensor<2x4x2xsi8>
  %3 = qint.sub %1, %2 : (tensor<2x4x2xsi7>, tensor<2x4x2xsi7>) -> tensor<2x4x2xsi8>
  // CHECK: qint.matmul
  %4 = qint.matmul %3, %m : (tensor<2x4x2xsi8>, tensor<2x3xsi4>) -> tensor<2x4x3xsi13>
  // CHECK: qint.cast
  %5 = qint.cast %m : (tensor<2x3xsi4>) -> tensor<2x3xsi5>
  // CHECK: qint.add
  %6 = qint.add %5, %m : (tensor<2x3xsi5>, tensor<2x3xsi4>) -> tensor<2x3xsi6>
  // CHECK: qint.mul
  %7 = qint.mul %6, %m : (tensor<2x3xsi6>, tensor<2x3xsi4>) -> tensor<2x3xsi10>
  // CHECK: qint.max %
  %8 = qint.max %7, %m : (tensor<2x3xsi10>, tensor<2x3xsi4>) -> tensor<2x3xsi10>
  // CHECK: qint.min %
  %9 = qint.min %8, %m : (tensor<2x3xsi10>, tensor<2x3xsi4>) -> tensor<2x3xsi10>
  // CHECK: qint.sum_pool {{.*}} -> tensor<2x4x2xsi8, #qint.values<-128 to 126>>
  %10 = qint.sum_pool %0 {dilations = array<i64: 1>, kernel_shape = array<i64: 2>, pads = array<i64: 0, 0>, strides = array<i64: 2>}
      : (tensor<2x4x4xsi7>) -> tensor<2x4x2xsi8, #qint.values<-128 to 126>>
  // CHECK: qint.conv_transpose
  %11 = qint.conv_transpose %1, %f {dilations = array<i64: 1>, group = 2 : i64, output_padding = array<i64: 1>, pads = array<i64: 0, 0>,
                                    strides = array<i64: 2>}
      : (tensor<2x4x2xsi7>, tensor<4x1x3xsi2>) -> tensor<2x2x6xsi12>
  return %4 : tensor<2x4x3xsi13>
}
