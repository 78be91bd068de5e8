// Bits that no type says anything of are what the ops on them read: sums that wrap are read in both ways, a constant as unsigned,
// and channels that move along two dimensions have no kernel.
// RUN: qonnxc verify %s --backends int,cpu,c --samples 6 | FileCheck %s
// CHECK: cpu int equal
// CHECK-NEXT: c int equal
// CHECK-NEXT: passed
#x = affine_map<(m, n, k) -> (m + k, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>
#i = affine_map<(m, n) -> (m, n)>
func.func @main(%f: tensor<11x8xf32> {onnx.name = "f"}) -> (tensor<4x8xf32> {onnx.name = "y"}, tensor<4x8xf32> {onnx.name = "u"}, tensor<4x8xf32> {onnx.name = "v"}) {
  %q = qint.quantize %f {bipolar = false, fraction_bits = 0 : i64, hi = 7.0 : f32, lo = -8.0 : f32, rounding_mode = "ROUND",
                         scale = dense<0.125> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>} : (tensor<11x8xf32>) -> tensor<11x8xsi4>
  %w = arith.constant dense<[[1, -2, 3, 1, 1, 2, 3, -1], [1, -2, 3, 1, 1, 2, 3, -1], [1, -2, 3, 1, 0, 2, 3, -1], [1, -2, 3, 1, 1, 2, 3, -1], [1, -2, 0, 1, 1, 2, 3, -1], [1, -2, 3, 1, 1, 2, 3, -1], [1, -2, 3, 1, 1, -2, 3, -1], [1, -2, 3, 1, 1, 2, 3, -1]]> : tensor<8x8xi3>
  %zero = arith.constant dense<0> : tensor<4x8xi6>
  %xb = tensor.bitcast %q : tensor<11x8xsi4> to tensor<11x8xi4>
  %s = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
       ins(%xb, %w : tensor<11x8xi4>, tensor<8x8xi3>) outs(%zero : tensor<4x8xi6>) {
  ^bb0(%a: i4, %b: i3, %out: i6):
    %0 = arith.extui %a : i4 to i6
    %1 = arith.extui %b : i3 to i6
    %2 = arith.muli %0, %1 : i6
    %3 = arith.addi %out, %2 : i6
    linalg.yield %3 : i6
  } -> tensor<4x8xi6>
  // The wrapped sums read in both ways, and shortened.
  %e = tensor.empty() : tensor<4x8xi9>
  %t = linalg.generic {indexing_maps = [#i, #i], iterator_types = ["parallel", "parallel"]} ins(%s : tensor<4x8xi6>) outs(%e : tensor<4x8xi9>) {
  ^bb0(%a: i6, %out: i9):
    %0 = arith.extsi %a : i6 to i9
    %1 = arith.extui %a : i6 to i9
    %2 = arith.muli %0, %1 : i9
    linalg.yield %2 : i9
  } -> tensor<4x8xi9>
  %d = tensor.bitcast %t : tensor<4x8xi9> to tensor<4x8xui9>
  %y = qint.dequantize %d {scale = dense<0.5> : tensor<f64>} : (tensor<4x8xui9>) -> tensor<4x8xf32>
  %ss = tensor.bitcast %s : tensor<4x8xi6> to tensor<4x8xsi6>
  %u = qint.dequantize %ss {scale = dense<0.5> : tensor<f64>} : (tensor<4x8xsi6>) -> tensor<4x8xf32>
  %l = qint.lookup %ss {axis = 1 : i64, low = -32 : i64, table = dense<[[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63]]> : tensor<1x64xi64>} : (tensor<4x8xsi6>) -> tensor<4x8xui6>
  %v = qint.dequantize %l {scale = dense<0.5> : tensor<f64>} : (tensor<4x8xui6>) -> tensor<4x8xf32>
  return %y, %u, %v : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}
