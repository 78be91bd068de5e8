// Infinities through bounds that are left out, which are the least and the greatest float32, and through powers, whose
// special cases are those of C99.
// RUN: qonnxc verify %s --inputs %S/inputs/infinities.npz --backends graph,interp,int,cpu,c,hls | FileCheck %s
// RUN: qonnxc run %s --inputs %S/inputs/infinities.npz --backend cpu -o %t.npz
// RUN: qonnxc verify %s --inputs %S/inputs/infinities.npz --expect %t.npz --backends graph,interp,int
// CHECK: hls int equal
// CHECK-NEXT: passed

// REQUIRES: g++, ap_types

func.func @main(%x: tensor<1x6xf32> {onnx.name = "x"})
    -> (tensor<1x6xf32> {onnx.name = "open"}, tensor<1x6xf32> {onnx.name = "above"}, tensor<1x6xf32> {onnx.name = "below"},
        tensor<1x6xf32> {onnx.name = "root"}, tensor<1x6xf32> {onnx.name = "powers"}, tensor<1x6xf32> {onnx.name = "sum"}) {
  %none = onnx.none
  %one = onnx.constant dense<1.0> : tensor<f32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %bits = onnx.constant dense<4.0> : tensor<f32>
  %half = onnx.constant dense<0.5> : tensor<f32>
  %exponents = onnx.constant dense<[0.5, 0.5, 2.0, 0.5, 0x7F800000, 0xFF800000]> : tensor<6xf32>
  %open = onnx.clip %x, %none, %none : (tensor<1x6xf32>, none, none) -> tensor<1x6xf32>
  %above = onnx.clip %x, %one, %none : (tensor<1x6xf32>, tensor<f32>, none) -> tensor<1x6xf32>
  %below = onnx.clip %x, %none, %one : (tensor<1x6xf32>, none, tensor<f32>) -> tensor<1x6xf32>
  %root = onnx.pow %x, %half : (tensor<1x6xf32>, tensor<f32>) -> tensor<1x6xf32>
  %abs = onnx.abs %x : (tensor<1x6xf32>) -> tensor<1x6xf32>
  %powers = onnx.pow %abs, %exponents : (tensor<1x6xf32>, tensor<6xf32>) -> tensor<1x6xf32>
  // Hardware needs integers.
  %q = qonnx.int_quant %x, %half, %zero, %bits {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x6xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x6xf32>
  %sum = onnx.add %q, %q : (tensor<1x6xf32>, tensor<1x6xf32>) -> tensor<1x6xf32>
  return %open, %above, %below, %root, %powers, %sum
    : tensor<1x6xf32>, tensor<1x6xf32>, tensor<1x6xf32>, tensor<1x6xf32>, tensor<1x6xf32>, tensor<1x6xf32>
}
