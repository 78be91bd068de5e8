// RUN: qonnx-opt %s --verify-roundtrip | FileCheck %s

// Every op of the dialect is read, verified, printed, and read back to the same module.

// CHECK-LABEL: func.func @unary
func.func @unary(%x: tensor<2x3xf32>) {
  // CHECK: onnx.relu
  %0 = onnx.relu %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.sigmoid
  %1 = onnx.sigmoid %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.tanh
  %2 = onnx.tanh %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.erf
  %3 = onnx.erf %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.softplus
  %4 = onnx.softplus %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.sqrt
  %5 = onnx.sqrt %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.abs
  %6 = onnx.abs %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.neg
  %7 = onnx.neg %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.exp
  %8 = onnx.exp %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.log
  %9 = onnx.log %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.floor
  %10 = onnx.floor %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.ceil
  %11 = onnx.ceil %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.round
  %12 = onnx.round %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.sign
  %13 = onnx.sign %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.identity
  %14 = onnx.identity %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.gelu
  %15 = onnx.gelu %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.hard_swish
  %16 = onnx.hard_swish %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: func.func @binary
func.func @binary(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  // CHECK: onnx.add
  %0 = onnx.add %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.sub
  %1 = onnx.sub %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.mul
  %2 = onnx.mul %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.div
  %3 = onnx.div %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.pow
  %4 = onnx.pow %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.prelu
  %5 = onnx.prelu %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.equal
  %6 = onnx.equal %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xui1>
  // CHECK: onnx.less
  %7 = onnx.less %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xui1>
  // CHECK: onnx.greater
  %8 = onnx.greater %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xui1>
  // CHECK: onnx.less_or_equal
  %9 = onnx.less_or_equal %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xui1>
  // CHECK: onnx.greater_or_equal
  %10 = onnx.greater_or_equal %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xui1>
  // CHECK: onnx.min
  %11 = onnx.min %a, %b, %b : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.max
  %12 = onnx.max %a, %b, %b : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.where
  %13 = onnx.where %6, %a, %b : (tensor<2x3xui1>, tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: func.func @parametric
func.func @parametric(%x: tensor<2x3xf32>, %low: tensor<f32>) {
  // CHECK: onnx.none
  %none = onnx.none
  // CHECK: onnx.leaky_relu
  %0 = onnx.leaky_relu %x {alpha = 1.0e-2 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.elu
  %1 = onnx.elu %x {alpha = 1.0 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.selu
  %2 = onnx.selu %x {alpha = 1.5 : f32, gamma = 1.25 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.hard_sigmoid
  %3 = onnx.hard_sigmoid %x {alpha = 2.0e-1 : f32, beta = 5.0e-1 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: onnx.clip %{{.*}}, %{{.*}}, %{{.*}} : (tensor<2x3xf32>, tensor<f32>, none)
  %4 = onnx.clip %x, %low, %none : (tensor<2x3xf32>, tensor<f32>, none) -> tensor<2x3xf32>
  // CHECK: onnx.cast
  %5 = onnx.cast %x {to = i64} : (tensor<2x3xf32>) -> tensor<2x3xi64>
  return
}

// CHECK-LABEL: func.func @contractions
func.func @contractions(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %c: tensor<4xf32>,
                        %x: tensor<1x4x5x5xf32>, %w: tensor<6x2x3x3xf32>, %bias: tensor<6xf32>) {
  // CHECK: onnx.matmul
  %0 = onnx.matmul %a, %b : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  // CHECK: onnx.gemm
  %1 = onnx.gemm %a, %b, %c {alpha = 1.0 : f32, beta = 2.0 : f32, trans_a = false, trans_b = false}
     : (tensor<2x3xf32>, tensor<3x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  // CHECK: onnx.conv
  %2 = onnx.conv %x, %w, %bias {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 1, 1, 1, 1>,
                                strides = array<i64: 2, 2>}
     : (tensor<1x4x5x5xf32>, tensor<6x2x3x3xf32>, tensor<6xf32>) -> tensor<1x6x3x3xf32>
  return
}

// CHECK-LABEL: func.func @pooling
func.func @pooling(%x: tensor<1x2x5x5xf32>) {
  // CHECK: onnx.max_pool
  %0 = onnx.max_pool %x {ceil_mode = true, dilations = array<i64>, kernel_shape = array<i64: 2, 2>, pads = array<i64>,
                         strides = array<i64: 2, 2>} : (tensor<1x2x5x5xf32>) -> tensor<1x2x3x3xf32>
  // CHECK: onnx.average_pool
  %1 = onnx.average_pool %x {ceil_mode = false, count_include_pad = true, dilations = array<i64>,
                             kernel_shape = array<i64: 2, 2>, pads = array<i64>, strides = array<i64: 2, 2>}
     : (tensor<1x2x5x5xf32>) -> tensor<1x2x2x2xf32>
  // CHECK: onnx.global_average_pool
  %2 = onnx.global_average_pool %x : (tensor<1x2x5x5xf32>) -> tensor<1x2x1x1xf32>
  return
}

// CHECK-LABEL: func.func @reductions
func.func @reductions(%x: tensor<2x3x4xf32>) {
  // CHECK: onnx.reduce_mean
  %0 = onnx.reduce_mean %x {axes = array<i64: 1, -1>, keepdims = false} : (tensor<2x3x4xf32>) -> tensor<2xf32>
  // CHECK: onnx.reduce_sum
  %1 = onnx.reduce_sum %x {axes = array<i64: 0>, keepdims = true} : (tensor<2x3x4xf32>) -> tensor<1x3x4xf32>
  // CHECK: onnx.reduce_max
  %2 = onnx.reduce_max %x {keepdims = false} : (tensor<2x3x4xf32>) -> tensor<f32>
  // CHECK: onnx.reduce_min
  %3 = onnx.reduce_min %x {axes = array<i64: 2>, keepdims = true} : (tensor<2x3x4xf32>) -> tensor<2x3x1xf32>
  // CHECK: onnx.arg_max
  %4 = onnx.arg_max %x {axis = 1 : i64, keepdims = false, select_last_index = false}
     : (tensor<2x3x4xf32>) -> tensor<2x4xi64>
  // CHECK: onnx.top_k
  %k = onnx.constant dense<2> : tensor<1xi64>
  %5:2 = onnx.top_k %x, %k {axis = -1 : i64, largest = true, sorted = true}
     : (tensor<2x3x4xf32>, tensor<1xi64>) -> (tensor<2x3x2xf32>, tensor<2x3x2xi64>)
  return
}

// CHECK-LABEL: func.func @normalisation
func.func @normalisation(%x: tensor<2x3x4xf32>, %channel: tensor<3xf32>, %last: tensor<4xf32>) {
  // CHECK: onnx.batch_normalization
  %0 = onnx.batch_normalization %x, %channel, %channel, %channel, %channel {epsilon = 1.0e-5 : f32}
     : (tensor<2x3x4xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<2x3x4xf32>
  // CHECK: onnx.softmax
  %1 = onnx.softmax %x {axis = -1 : i64, flatten = false} : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  // CHECK: onnx.log_softmax
  %2 = onnx.log_softmax %x {axis = 1 : i64, flatten = true} : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  // CHECK: onnx.layer_normalization
  %3 = onnx.layer_normalization %x, %last, %last {axis = -1 : i64, epsilon = 1.0e-5 : f32}
     : (tensor<2x3x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  return
}

// CHECK-LABEL: func.func @movement
func.func @movement(%x: tensor<2x3x4xf32>, %y: tensor<1x3x1xf32>) {
  %none = onnx.none
  %shape = onnx.constant dense<[6, -1]> : tensor<2xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %full = onnx.constant dense<[2, 3, 4]> : tensor<3xi64>
  %pads = onnx.constant dense<[0, 0, 1, 0, 0, 1]> : tensor<6xi64>
  // CHECK: onnx.reshape
  %0 = onnx.reshape %x, %shape {allow_zero = false} : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<6x4xf32>
  // CHECK: onnx.flatten
  %1 = onnx.flatten %x {axis = 1 : i64} : (tensor<2x3x4xf32>) -> tensor<2x12xf32>
  // CHECK: onnx.transpose
  %2 = onnx.transpose %x {perm = array<i64: 2, 0, 1>} : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
  // CHECK: onnx.squeeze
  %3 = onnx.squeeze %y {axes = array<i64: 0, 2>} : (tensor<1x3x1xf32>) -> tensor<3xf32>
  // CHECK: onnx.unsqueeze
  %4 = onnx.unsqueeze %x {axes = array<i64: 1>} : (tensor<2x3x4xf32>) -> tensor<2x1x3x4xf32>
  // CHECK: onnx.concat
  %5 = onnx.concat %x, %x {axis = 0 : i64} : (tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<4x3x4xf32>
  // CHECK: onnx.split
  %6:2 = onnx.split %x {axis = 2 : i64, sizes = array<i64: 1, 3>}
     : (tensor<2x3x4xf32>) -> (tensor<2x3x1xf32>, tensor<2x3x3xf32>)
  // CHECK: onnx.slice
  %7 = onnx.slice %x, %one, %two, %two, %none
     : (tensor<2x3x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, none) -> tensor<2x3x1xf32>
  // CHECK: onnx.gather
  %8 = onnx.gather %x, %one {axis = 2 : i64} : (tensor<2x3x4xf32>, tensor<1xi64>) -> tensor<2x3x1xf32>
  // CHECK: onnx.pad
  %9 = onnx.pad %x, %pads, %none, %none : (tensor<2x3x4xf32>, tensor<6xi64>, none, none) -> tensor<2x3x6xf32>
  // CHECK: onnx.expand
  %10 = onnx.expand %y, %full : (tensor<1x3x1xf32>, tensor<3xi64>) -> tensor<2x3x4xf32>
  // CHECK: onnx.tile
  %11 = onnx.tile %y, %full : (tensor<1x3x1xf32>, tensor<3xi64>) -> tensor<2x9x4xf32>
  // CHECK: onnx.shape
  %12 = onnx.shape %x {start = 0 : i64} : (tensor<2x3x4xf32>) -> tensor<3xi64>
  // CHECK: onnx.constant_of_shape
  %13 = onnx.constant_of_shape %full {value = dense<1.5> : tensor<1xf32>} : (tensor<3xi64>) -> tensor<2x3x4xf32>
  return
}

// A type may be unranked until shapes are inferred.
// CHECK-LABEL: func.func @unranked
func.func @unranked(%x: tensor<*xf32>) -> tensor<*xf32> {
  // CHECK: onnx.relu %{{.*}} : (tensor<*xf32>) -> tensor<*xf32>
  %0 = onnx.relu %x : (tensor<*xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}
