// RUN: qonnx-opt --int-to-linalg=features=avx2 --canonicalize %s --mlir-print-local-scope | FileCheck %s
// RUN: qonnx-opt --int-to-linalg=features=avx2+avx512f+avx512bw+avx512vl+avx512vnni --canonicalize %s --mlir-print-local-scope | FileCheck %s --check-prefix=VNNI

// The channels of the input go to the end, three and a zero; so are those of the weights, in vectors of eight filters with
// four channels each. The threshold follows the order that the sums have, and only what leaves the function is put in order.
// CHECK-LABEL: func.func @main
// CHECK: tensor.insert_slice %{{.*}} : tensor<1x4x4x3xi8> into tensor<1x4x4x4xi8>
// CHECK: affine_map<(d0, d1, d2, d3, d4, d5, d6, d7, d8) -> (d0, d1 + d4, d2 + d5, d6, d8)>
// CHECK-SAME: affine_map<(d0, d1, d2, d3, d4, d5, d6, d7, d8) -> (d3, d4, d5, d6, d7, d8)>
// CHECK-SAME: affine_map<(d0, d1, d2, d3, d4, d5, d6, d7, d8) -> (d0, d1, d2, d3, d7)>
// CHECK-SAME: tensor<1x4x4x1x4xi8>, tensor<1x3x3x1x8x4xi8>
// CHECK-SAME: qonnx.kernel = "vpmaddubsw", qonnx.steps
// CHECK: arith.cmpi sgt, %{{.*}} : i32
// CHECK: tensor<1x2x2x8xi8>
// CHECK: tensor.extract_slice %{{.*}} : tensor<1x2x2x8xf32> to tensor<1x2x2x5xf32>
// CHECK: affine_map<(d0, d1, d2, d3) -> (d0, d2, d3, d1)>

// Vectors of sixteen filters would compute eleven in vain.
// VNNI: tensor<1x4x4x1x4xi8>, tensor<1x3x3x1x8x4xi8>
// VNNI-SAME: qonnx.kernel = "vpmaddubsw"
func.func @main(%x: tensor<1x3x4x4xf32> {onnx.name = "x"}) -> (tensor<1x5x2x2xf32> {onnx.name = "y"}) {
  %w = arith.constant dense<[[[[1, -2, 1], [1, 0, 1], [1, 1, 1]], [[1, 1, 1], [1, 1, 1], [1, 1, 1]], [[1, 1, 1], [1, 1, 1], [1, 1, 1]]],
                             [[[1, 1, 1], [1, 1, 1], [1, 1, 1]], [[1, 1, 1], [1, 1, 1], [1, 1, 1]], [[1, 1, 1], [1, 1, 1], [1, 1, 1]]],
                             [[[1, 1, 1], [1, 1, 1], [1, 1, 1]], [[1, 1, 1], [1, 1, 1], [1, 1, 1]], [[1, 1, 1], [1, 1, 1], [1, 1, 1]]],
                             [[[1, 1, 1], [1, 1, 1], [1, 1, 1]], [[1, 1, 1], [1, 1, 1], [1, 1, 1]], [[1, 1, 1], [1, 1, 1], [1, 1, 1]]],
                             [[[1, 1, 1], [1, 1, 1], [1, 1, 1]], [[1, 1, 1], [1, 1, 1], [1, 1, 1]], [[1, 1, 1], [1, 1, 1], [1, 1, 1]]]]>
     : tensor<5x3x3x3xi2>
  %z = arith.constant dense<0> : tensor<1x5x2x2xi8>
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32, rounding_mode = "ROUND",
                         scale = dense<0.5> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>} : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xui2>
  %b = tensor.bitcast %q : tensor<1x3x4x4xui2> to tensor<1x3x4x4xi2>
  %s = linalg.generic {indexing_maps = [affine_map<(n, f, h, w, c, i, j) -> (n, c, h + i, w + j)>, affine_map<(n, f, h, w, c, i, j) -> (f, c, i, j)>,
                                        affine_map<(n, f, h, w, c, i, j) -> (n, f, h, w)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
       ins(%b, %w : tensor<1x3x4x4xi2>, tensor<5x3x3x3xi2>) outs(%z : tensor<1x5x2x2xi8>) {
  ^bb0(%in: i2, %in_0: i2, %out: i8):
    %1 = arith.extui %in : i2 to i8
    %2 = arith.extsi %in_0 : i2 to i8
    %3 = arith.muli %1, %2 : i8
    %4 = arith.addi %out, %3 : i8
    linalg.yield %4 : i8
  } -> tensor<1x5x2x2xi8>
  %a = tensor.bitcast %s : tensor<1x5x2x2xi8> to tensor<1x5x2x2xsi8>
  %t = qint.threshold %a {axis = 1 : i64, base = array<i64: 0>, step = array<i64: 1>, thresholds = dense<[[-2, 1, 3]]> : tensor<1x3xi64>}
       : (tensor<1x5x2x2xsi8>) -> tensor<1x5x2x2xui2>
  %y = qint.dequantize %t {scale = dense<0.25> : tensor<f64>} : (tensor<1x5x2x2xui2>) -> tensor<1x5x2x2xf32>
  return %y : tensor<1x5x2x2xf32>
}
