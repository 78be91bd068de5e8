// RUN: qonnx-opt --fold-constants=max-elements=4 --canonicalize %s | FileCheck %s
// RUN: qonnx-opt --fold-constants --canonicalize %s | FileCheck %s --check-prefix=DEFAULT

// A result of more elements than allowed is not folded, and neither is what depends on it; one of as many is.
// CHECK-LABEL: func.func @main
// CHECK-DAG: onnx.constant dense<[2.000000e+00, 4.000000e+00, 6.000000e+00, 8.000000e+00]> : tensor<4xf32>
// CHECK-DAG: %[[TILED:.*]] = onnx.tile {{.*}} -> tensor<8xf32>
// CHECK-DAG: onnx.neg %[[TILED]]
// CHECK-NOT: onnx.add
// DEFAULT-LABEL: func.func @main
// DEFAULT-NOT: onnx.{{tile|neg|add}}
// DEFAULT-DAG: onnx.constant dense<[-1.000000e+00, -2.000000e+00, -3.000000e+00, -4.000000e+00, -1.000000e+00, -2.000000e+00, -3.000000e+00, -4.000000e+00]> : tensor<8xf32>
// DEFAULT: return
func.func @main() -> (tensor<4xf32>, tensor<8xf32>) {
  %a = onnx.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %twice = onnx.constant dense<2> : tensor<1xi64>
  %0 = onnx.add %a, %a : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = onnx.tile %a, %twice : (tensor<4xf32>, tensor<1xi64>) -> tensor<8xf32>
  %2 = onnx.neg %1 : (tensor<8xf32>) -> tensor<8xf32>
  return %0, %2 : tensor<4xf32>, tensor<8xf32>
}
