// RUN: qonnxc compile %s --target cpu -o %t.vnni --set cpu=icelake-server --set emit=asm && FileCheck %s --check-prefix=VNNI < %t.vnni/model.s
// RUN: qonnxc compile %s --target cpu -o %t.avx2 --set cpu=x86-64-v3 --set emit=asm && FileCheck %s --check-prefix=AVX2 < %t.avx2/model.s
// RUN: qonnxc compile %s --target cpu -o %t.sse --set cpu=x86-64-v2 --set emit=asm && FileCheck %s --check-prefix=SSE < %t.sse/model.s

// The processor decides which instruction adds the products up: for sixteen filters at once where it has AVX-512 VNNI, for
// eight with AVX2. Otherwise the code is LLVM's.
// VNNI: vpdpbusd {{.*}}%zmm
// VNNI-NOT: vpmaddubsw
// AVX2-NOT: vpdpbusd
// AVX2: vpmaddubsw {{.*}}%ymm
// SSE-NOT: {{vpdpbusd|vpmaddubsw}}
// SSE: retq
func.func @main(%x: tensor<1x64xf32> {onnx.name = "x"}) -> (tensor<1x16xf32> {onnx.name = "y"}) {
  %w = arith.constant dense<1> : tensor<64x16xi2>
  %z = arith.constant dense<0> : tensor<1x16xi9>
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32, rounding_mode = "ROUND",
                         scale = dense<0.5> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>} : (tensor<1x64xf32>) -> tensor<1x64xui2>
  %b = tensor.bitcast %q : tensor<1x64xui2> to tensor<1x64xi2>
  %s = linalg.generic {indexing_maps = [affine_map<(n, f, k) -> (n, k)>, affine_map<(n, f, k) -> (k, f)>, affine_map<(n, f, k) -> (n, f)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
       ins(%b, %w : tensor<1x64xi2>, tensor<64x16xi2>) outs(%z : tensor<1x16xi9>) {
  ^bb0(%in: i2, %in_0: i2, %out: i9):
    %1 = arith.extui %in : i2 to i9
    %2 = arith.extsi %in_0 : i2 to i9
    %3 = arith.muli %1, %2 : i9
    %4 = arith.addi %out, %3 : i9
    linalg.yield %4 : i9
  } -> tensor<1x16xi9>
  %a = tensor.bitcast %s : tensor<1x16xi9> to tensor<1x16xsi9>
  %y = qint.dequantize %a {scale = dense<0.25> : tensor<f64>} : (tensor<1x16xsi9>) -> tensor<1x16xf32>
  return %y : tensor<1x16xf32>
}
