// RUN: qonnx-translate --mlir-to-llvmir %s | FileCheck %s
// RUN: qonnx-translate --mlir-to-llvmir - < %s | FileCheck %s
// RUN: qonnx-translate --import-onnx examples/wine_mlp.onnx --elide-constants | FileCheck %s --check-prefix=IMPORT

// CHECK: define i32 @twice(i32 %0)
// CHECK: add i32 %0, %0
llvm.func @twice(%x: i32) -> i32 {
  %y = llvm.add %x, %x : i32
  llvm.return %y : i32
}

// IMPORT: func.func @main(%arg0: tensor<{{.*}}> {onnx.name =
// IMPORT: qonnx.int_quant
