// A network without inputs is a constant, and has one sample: however many are asked for, and whatever arrays are given.
// RUN: qonnxc verify %s --backends graph,interp,int,cpu,c --samples 5 | FileCheck %s
// RUN: qonnxc run %s --inputs %S/inputs/ties.npz -o %t.npz --json | FileCheck %s --check-prefix=RESULT
// RUN: qonnxc verify %s --inputs %S/inputs/ties.npz --expect %t.npz --backends graph,interp,int,cpu,c | FileCheck %s
// RUN: not qonnxc run %s --inputs %S/inputs/ties.npy -o %t2.npz 2>&1 | FileCheck %s --check-prefix=SINGLE
// RUN: not qonnxc compile %s --target hls -o %t 2>&1 | FileCheck %s --check-prefix=HLS
// CHECK: no_inputs.mlir: 1 samples
// CHECK: cpu int equal
// CHECK-NEXT: c int equal
// CHECK-NEXT: passed
// RESULT: "samples": 1
// SINGLE: ties.npy: is a single array, and the model has 0 inputs
// HLS: the network has no inputs, and hardware for constants is not supported
func.func @main() -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<4.0> : tensor<f32>
  %x = onnx.constant dense<[[1.3, -0.7]]> : tensor<1x2xf32>
  %q = qonnx.int_quant %x, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  %y = onnx.relu %q : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
