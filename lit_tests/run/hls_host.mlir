// RUN: qonnxc verify %s --samples 4 --backends int,c,hls
// RUN: qonnxc compile %s --target hls -o %t > %t.log && make -C %t csim | FileCheck %s
// RUN: cc -std=c99 -Wall -Wextra -Wpedantic -Werror -c %t/host/*_host.c -o %t.o
// RUN: FileCheck %s --check-prefix=C < %t/host/hls_host_host.c
// RUN: FileCheck %s --check-prefix=CXX < %t/host/hls_host_hardware.cpp

// REQUIRES: g++, cc, ap_types

// CHECK: 48 integer tensors compared, 0 differences: passed

// The host's part is C of the same lowering as that of the target `c`, whatever is float there and whatever types go in and
// out. The hardware runs twice; what the host makes of the first run is not known to the second's hardware.
// C: #include "hls_host_hardware.h"
// C: Node 'pool'
// C: Node 'best'
// C: void hls_host_run(
// C: hls_host_network({{.*}}, workspace->i8{{.*}});
// C: hls_host_network_2(
// CXX: void hls_host_network(const int8_t *a0, int8_t *a1) {
// CXX: QONNX_TRACE({{[0-9]+}}, "first"
// CXX: void hls_host_network_2(
func.func @main(%x: tensor<1x2x4x4xf32> {onnx.name = "x"}, %n: tensor<2xi64> {onnx.name = "n"}) -> (
    tensor<1x2x4x4xf32> {onnx.name = "y"}, tensor<1x1x1x1xi64> {onnx.name = "best"}, tensor<2xf64> {onnx.name = "n as double"}) {
  %s = onnx.constant dense<0.3> : tensor<f32>
  %t = onnx.constant dense<0.7> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<4.0> : tensor<f32>
  %q = qonnx.int_quant %x, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2x4x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2x4x4xf32> loc("first")
  %r = qonnx.int_quant %q, %t, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2x4x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2x4x4xf32> loc("second")
  %p = onnx.softmax %r {axis = 1 : i64, flatten = false} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("soft")
  %u = qonnx.int_quant %p, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2x4x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2x4x4xf32> loc("third")
  %v = qonnx.int_quant %u, %t, %z, %b {is_signed = true, narrow = false, rounding_mode = "CEIL"} : (tensor<1x2x4x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2x4x4xf32> loc("fourth")
  %a = onnx.average_pool %v {ceil_mode = false, count_include_pad = false, dilations = array<i64>, kernel_shape = array<i64: 4, 4>, pads = array<i64>, strides = array<i64>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x1x1xf32> loc("pool")
  %m = onnx.arg_max %a {axis = 1 : i64, keepdims = true, select_last_index = false} : (tensor<1x2x1x1xf32>) -> tensor<1x1x1x1xi64> loc("best")
  %d = onnx.cast %n {to = f64} : (tensor<2xi64>) -> tensor<2xf64> loc("cast")
  return %v, %m, %d : tensor<1x2x4x4xf32>, tensor<1x1x1x1xi64>, tensor<2xf64>
}
