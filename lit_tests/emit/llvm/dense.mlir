// RUN: qonnx-opt --lower-to-int --int-to-llvm %s -o %t.mlir && qonnx-translate --mlir-to-llvmir %t.mlir | FileCheck %s

// The weights are a constant, the arguments are pointers that do not overlap, nothing is fused or reassociated.
// CHECK: @{{.*}} = private constant [8 x i8]
// CHECK: define void @main(ptr noalias %{{.*}}, ptr noalias %{{.*}}, ptr noalias %{{.*}})
// CHECK: call void @kernel0(
// CHECK: fdiv float
// CHECK: @llvm.roundeven.f32
// CHECK-NOT: fast
// CHECK-NOT: fmuladd
// CHECK-NOT: @malloc
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %zero_point = onnx.constant dense<0.0> : tensor<f32>
  %scale = onnx.constant dense<0.5> : tensor<f32>
  %bits = onnx.constant dense<2.0> : tensor<f32>
  %weights = onnx.constant dense<[[0.5, -0.5], [0.0, 0.5], [-1.0, 0.5], [0.5, 0.5]]> : tensor<4x2xf32>
  %q = qonnx.int_quant %x, %scale, %zero_point, %bits {is_signed = false, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x4xf32>
  %w = qonnx.int_quant %weights, %scale, %zero_point, %bits {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<4x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4x2xf32>
  %y = onnx.matmul %q, %w : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
