// RUN: qonnxc verify %s --samples 3 --backends graph,interp,int,cpu,c
// RUN: qonnxc compile %s --target cpu -o %t > %t.log && (cd %t && cc -Wall -Werror -pedantic -O2 main.c model.o -lm -o main && ./main) \
// RUN:   | FileCheck %s

// Tensors without elements go in, come out and are on the way, with the extent of 0 in any place; what is made of them
// has the right elements.
// CHECK-COUNT-14: 0
func.func @main(%x: tensor<2x4xf32> {onnx.name = "x"}, %e: tensor<2x0x3xf32> {onnx.name = "e"}) -> (
    tensor<2x0xf32> {onnx.name = "slice"}, tensor<2x0xf32> {onnx.name = "quantized"}, tensor<0x2xf32> {onnx.name = "moved"},
    tensor<2x0x3xf32> {onnx.name = "e"}, tensor<2x0xf32> {onnx.name = "product"}, tensor<2x2xf32> {onnx.name = "sum"},
    tensor<2x4xf32> {onnx.name = "all"}, tensor<2x0xf32> {onnx.name = "rest"}, tensor<2x1xf32> {onnx.name = "padded"}) {
  %two = onnx.constant dense<2> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %none = onnx.none
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<4.0> : tensor<f32>
  %w = onnx.constant dense<1.0> : tensor<0x2xf32>
  %v = onnx.constant dense<> : tensor<4x0xf32>
  %v2 = onnx.constant dense<> : tensor<1x0x1xf32>
  %0 = onnx.slice %x, %two, %two, %one, %none : (tensor<2x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, none) -> tensor<2x0xf32>
  %1 = qonnx.int_quant %0, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<2x0xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2x0xf32>
  %2 = onnx.transpose %0 {perm = array<i64: 1, 0>} : (tensor<2x0xf32>) -> tensor<0x2xf32>
  %3 = onnx.relu %e : (tensor<2x0x3xf32>) -> tensor<2x0x3xf32>
  %4 = onnx.matmul %x, %v : (tensor<2x4xf32>, tensor<4x0xf32>) -> tensor<2x0xf32>
  %5 = onnx.matmul %1, %w : (tensor<2x0xf32>, tensor<0x2xf32>) -> tensor<2x2xf32>
  %6:2 = onnx.split %x {axis = 1 : i64, sizes = array<i64: 4, 0>} : (tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x0xf32>)
  // Constants without elements are no parameters of the samples that are generated.
  %7 = onnx.pow %e, %v2 : (tensor<2x0x3xf32>, tensor<1x0x1xf32>) -> tensor<2x0x3xf32>
  %8 = onnx.add %3, %7 : (tensor<2x0x3xf32>, tensor<2x0x3xf32>) -> tensor<2x0x3xf32>
  %left = onnx.constant dense<[0, 1, 0, 0]> : tensor<4xi64>
  %9 = onnx.pad %0, %left, %none, %none : (tensor<2x0xf32>, tensor<4xi64>, none, none) -> tensor<2x1xf32>
  return %0, %1, %2, %8, %4, %5, %6#0, %6#1, %9 : tensor<2x0xf32>, tensor<2x0xf32>, tensor<0x2xf32>, tensor<2x0x3xf32>, tensor<2x0xf32>, tensor<2x2xf32>, tensor<2x4xf32>, tensor<2x0xf32>, tensor<2x1xf32>
}
