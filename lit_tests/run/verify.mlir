// Every level and the native code agree, also on the ties of the input's quantizer.
// RUN: qonnxc verify %s --backends interp,int,cpu,c --samples 12 | FileCheck %s
// CHECK: verify.mlir: 12 samples
// CHECK: graph - equal
// CHECK-NEXT: interp graph equal [[#]] 0
// CHECK-NEXT: int interp equal 48 0
// CHECK-NEXT: cpu int equal
// CHECK-NEXT: c int equal
// CHECK-NEXT: passed

// The report names what is integer.
// RUN: qonnxc report %s | FileCheck %s --check-prefix=REPORT
// REPORT: MatMul_0 linalg.generic 1x2 i{{[0-9]+}} 4 
// REPORT: Quant_1 qint.{{requantize|threshold|lookup}}
// REPORT: 0 of them float

// The machine-readable form says the same.
// RUN: qonnxc verify %s --backends int --samples 1 --json | FileCheck %s --check-prefix=JSON
// JSON: "passed": true
// JSON: "backend": "int"
// JSON: "boundary": []

// An output type of the input makes another network, on which all levels agree as well.
// RUN: qonnxc verify %s --backends interp,int --input-type 'fixed<4,3,RND_CONV>' | FileCheck %s --check-prefix=TYPED
// TYPED: passed

func.func @main(%x: tensor<1x2xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %s = onnx.constant dense<0.3> : tensor<f32>
  %t = onnx.constant dense<0.7> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %w = onnx.constant dense<[[0.5, -1.0], [1.5, 0.5]]> : tensor<2x2xf32>
  %h = onnx.constant dense<0.5> : tensor<f32>
  %q = qonnx.int_quant %x, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32> loc("Quant_0")
  %k = qonnx.int_quant %w, %h, %z, %b {is_signed = true, narrow = true, rounding_mode = "ROUND"} : (tensor<2x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<2x2xf32> loc("Weights")
  %m = onnx.matmul %q, %k : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32> loc("MatMul_0")
  %r = onnx.relu %m : (tensor<1x2xf32>) -> tensor<1x2xf32> loc("Relu_0")
  %y = qonnx.int_quant %r, %t, %z, %b {is_signed = false, narrow = false, rounding_mode = "CEIL"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32> loc("Quant_1")
  return %y : tensor<1x2xf32>
}
