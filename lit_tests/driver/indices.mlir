// Text that indexes beyond a tensor is refused where it is read, for every backend. MLIR itself looks at the first and the
// last iteration only, in which `i - k` is 0.
// RUN: not qonnxc verify %s --backends int --samples 1 2>&1 | FileCheck %s
// RUN: not qonnxc compile %s --target cpu -o %t 2>&1 | FileCheck %s
// RUN: not qonnxc compile %s --target hls -o %t 2>&1 | FileCheck %s
// RUN: not qonnx-translate --mlir-to-llvmir %s 2>&1 | FileCheck %s
// CHECK: indices.mlir: checking indices and products failed
// CHECK-NEXT: 'linalg.generic' op indexes dimension 0 of operand 0 from -3 to 3, expected 0 to 3
func.func @main(%x: tensor<4xf32> {onnx.name = "x"}) -> (tensor<4xf32> {onnx.name = "y"}) {
  %n = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 7.0 : f32, lo = -8.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>}
     : (tensor<4xf32>) -> tensor<4xsi4>
  %b = tensor.bitcast %n : tensor<4xsi4> to tensor<4xi4>
  %start = arith.constant dense<0> : tensor<4xi8>
  %w = arith.constant dense<1> : tensor<4xi4>
  %d = linalg.generic {indexing_maps = [affine_map<(i, k) -> (i - k)>, affine_map<(i, k) -> (k)>, affine_map<(i, k) -> (i)>],
                       iterator_types = ["parallel", "reduction"]}
     ins(%b, %w : tensor<4xi4>, tensor<4xi4>) outs(%start : tensor<4xi8>) {
  ^bb0(%in: i4, %weight: i4, %out: i8):
    %1 = arith.extsi %in : i4 to i8
    %2 = arith.extsi %weight : i4 to i8
    %3 = arith.muli %1, %2 : i8
    %4 = arith.addi %out, %3 : i8
    linalg.yield %4 : i8
  } -> tensor<4xi8>
  %m = tensor.bitcast %d : tensor<4xi8> to tensor<4xsi8>
  %y = qint.dequantize %m {scale = dense<0.5> : tensor<f64>} : (tensor<4xsi8>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
