// RUN: qonnx-opt --qonnx-cleanup --mlir-print-ir-after-all --mlir-print-ir-after-change %s 2>&1 | FileCheck %s
// RUN: qonnx-opt --qonnx-cleanup --mlir-timing --mlir-timing-display=list %s 2>&1 | FileCheck %s --check-prefix=TIMING

// The passes are MLIR's own as far as its tools are concerned.
// CHECK: IR Dump After FoldConstants (fold-constants)
// CHECK: onnx.constant dense<3.000000e+00>
// TIMING: Execution time report
// TIMING-DAG: FoldConstants
// TIMING-DAG: InferShapes
func.func @main() -> tensor<f32> {
  %0 = onnx.constant dense<1.0> : tensor<f32>
  %1 = onnx.constant dense<2.0> : tensor<f32>
  %2 = onnx.add %0, %1 : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %2 : tensor<f32>
}
