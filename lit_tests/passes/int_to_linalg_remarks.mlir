// RUN: qonnx-opt --int-to-linalg="features=avx2 remarks=true" --split-input-file --verify-diagnostics -o /dev/null %s

// Which kernel computes a contraction, and why none does.

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>
func.func @constant(%x: tensor<4x8xui4>, %start: tensor<4x8xi9>) -> (tensor<4x8xi9>, tensor<4x8xi9>) {
  %w = arith.constant dense<-2> : tensor<8x8xsi2>
  %zero = arith.constant dense<0> : tensor<4x8xi9>
  %xb = tensor.bitcast %x : tensor<4x8xui4> to tensor<4x8xi4>
  %wb = tensor.bitcast %w : tensor<8x8xsi2> to tensor<8x8xi2>
  // expected-remark @below {{'linalg.generic' is computed by kernel 'vpmaddubsw': inputs from 0 to 15, weights from -2 to 0, 8 filters, 8 products a sum}}
  %s = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
       ins(%xb, %wb : tensor<4x8xi4>, tensor<8x8xi2>) outs(%zero : tensor<4x8xi9>) {
  ^bb0(%a: i4, %b: i2, %out: i9):
    %0 = arith.extui %a : i4 to i9
    %1 = arith.extsi %b : i2 to i9
    %2 = arith.muli %0, %1 : i9
    %3 = arith.addi %out, %2 : i9
    linalg.yield %3 : i9
  } -> tensor<4x8xi9>
  // expected-remark @below {{'linalg.generic' is computed by scalar code: its sums do not all begin with the same constant}}
  %t = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
       ins(%xb, %wb : tensor<4x8xi4>, tensor<8x8xi2>) outs(%start : tensor<4x8xi9>) {
  ^bb0(%a: i4, %b: i2, %out: i9):
    %0 = arith.extui %a : i4 to i9
    %1 = arith.extsi %b : i2 to i9
    %2 = arith.muli %0, %1 : i9
    %3 = arith.addi %out, %2 : i9
    linalg.yield %3 : i9
  } -> tensor<4x8xi9>
  return %s, %t : tensor<4x8xi9>, tensor<4x8xi9>
}

// -----

// What a type says chooses the kernel: without the encoding, sixteen bits would be too many for it.
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>
func.func @declared(%x: tensor<4x8xsi17>, %n: tensor<4x8xsi17, #qint.values<-100 to 100>>) -> (tensor<4x8xi20>, tensor<4x8xi20>) {
  %w = arith.constant dense<1> : tensor<8x8xsi2>
  %zero = arith.constant dense<0> : tensor<4x8xi20>
  %xb = tensor.bitcast %x : tensor<4x8xsi17> to tensor<4x8xi17>
  %nb = tensor.bitcast %n : tensor<4x8xsi17, #qint.values<-100 to 100>> to tensor<4x8xi17>
  %wb = tensor.bitcast %w : tensor<8x8xsi2> to tensor<8x8xi2>
  // expected-remark @below {{'linalg.generic' is computed by scalar code: no kernel is exact for inputs from -65536 to 65535 and weights from 0 to 1}}
  %s = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
       ins(%xb, %wb : tensor<4x8xi17>, tensor<8x8xi2>) outs(%zero : tensor<4x8xi20>) {
  ^bb0(%a: i17, %b: i2, %out: i20):
    %0 = arith.extsi %a : i17 to i20
    %1 = arith.extsi %b : i2 to i20
    %2 = arith.muli %0, %1 : i20
    %3 = arith.addi %out, %2 : i20
    linalg.yield %3 : i20
  } -> tensor<4x8xi20>
  // expected-remark @below {{'linalg.generic' is computed by kernel 'vpmaddubsw': inputs from -100 to 100, weights from 0 to 1, 8 filters, 8 products a sum}}
  %t = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
       ins(%nb, %wb : tensor<4x8xi17>, tensor<8x8xi2>) outs(%zero : tensor<4x8xi20>) {
  ^bb0(%a: i17, %b: i2, %out: i20):
    %0 = arith.extsi %a : i17 to i20
    %1 = arith.extsi %b : i2 to i20
    %2 = arith.muli %0, %1 : i20
    %3 = arith.addi %out, %2 : i20
    linalg.yield %3 : i20
  } -> tensor<4x8xi20>
  return %s, %t : tensor<4x8xi20>, tensor<4x8xi20>
}

// -----

// Two computed factors: that with signs is packed when the network runs. One row of the other is not worth it.
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>
func.func @computed(%a: tensor<8x8xsi4>, %b: tensor<8x16xui4>, %row: tensor<1x8xui4>) -> (tensor<8x16xi12>, tensor<1x8xi12>) {
  %zero = arith.constant dense<0> : tensor<8x16xi12>
  %one = arith.constant dense<0> : tensor<1x8xi12>
  %ab = tensor.bitcast %a : tensor<8x8xsi4> to tensor<8x8xi4>
  %bb = tensor.bitcast %b : tensor<8x16xui4> to tensor<8x16xi4>
  %rb = tensor.bitcast %row : tensor<1x8xui4> to tensor<1x8xi4>
  // expected-remark @below {{'linalg.generic' is computed by kernel 'vpmaddubsw': inputs from 0 to 15, computed weights from -8 to 7, 8 filters, 8 products a sum}}
  %s = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
       ins(%ab, %bb : tensor<8x8xi4>, tensor<8x16xi4>) outs(%zero : tensor<8x16xi12>) {
  ^bb0(%x: i4, %w: i4, %out: i12):
    %0 = arith.extsi %x : i4 to i12
    %1 = arith.extui %w : i4 to i12
    %2 = arith.muli %0, %1 : i12
    %3 = arith.addi %out, %2 : i12
    linalg.yield %3 : i12
  } -> tensor<8x16xi12>
  // expected-remark @below {{'linalg.generic' is computed by scalar code: both factors are computed, and packing one for 1 rows of the other takes longer}}
  %t = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
       ins(%rb, %ab : tensor<1x8xi4>, tensor<8x8xi4>) outs(%one : tensor<1x8xi12>) {
  ^bb0(%x: i4, %w: i4, %out: i12):
    %0 = arith.extui %x : i4 to i12
    %1 = arith.extsi %w : i4 to i12
    %2 = arith.muli %0, %1 : i12
    %3 = arith.addi %out, %2 : i12
    linalg.yield %3 : i12
  } -> tensor<1x8xi12>
  return %s, %t : tensor<8x16xi12>, tensor<1x8xi12>
}

// -----

// Floats too.
func.func @floats(%x: tensor<4x8xf32>, %y: tensor<8x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %w = onnx.constant dense<0.5> : tensor<8x8xf32>
  // expected-remark @below {{'onnx.matmul' is computed by scalar code: the processor has the features avx2, and kernels need avx2+fma at least}}
  %0 = onnx.matmul %x, %w : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
  // expected-remark @below {{'onnx.matmul' is computed by scalar code: its second factor is computed, and kernels for floats pack constants}}
  %1 = onnx.matmul %x, %y : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
  return %0, %1 : tensor<4x8xf32>, tensor<4x8xf32>
}
