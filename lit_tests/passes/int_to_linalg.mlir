// RUN: qonnx-opt --int-to-linalg --canonicalize --cse --split-input-file %s | FileCheck %s

// Integers live in the narrowest machine type; the sum of products is modular, so only the comparison, which reads
// 5 bits as a signed number, has to extend them.
// CHECK-LABEL: func.func @main
// CHECK-DAG: %[[THREE:.*]] = arith.constant 3 : i8
// The quantizer, as the graph writes it: a true division, clamped, then rounded to even.
// CHECK: arith.divf
// CHECK: arith.cmpf olt
// CHECK: arith.cmpf ogt
// CHECK: math.roundeven
// A NaN quantizes to 0, as in the interpreter.
// CHECK: %[[NAN:.*]] = arith.cmpf uno
// CHECK: arith.fptosi
// CHECK: arith.select %[[NAN]], %c0_i8
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "reduction"]
// CHECK-NEXT: ^bb0(%[[X:.*]]: i8, %[[W:.*]]: i8, %[[SUM:.*]]: i8):
// CHECK-NEXT: %[[PRODUCT:.*]] = arith.muli %[[X]], %[[W]] : i8
// CHECK-NEXT: arith.addi %[[SUM]], %[[PRODUCT]] : i8
// CHECK: arith.shli %{{.*}}, %[[THREE]] : i8
// CHECK-NEXT: arith.shrsi %{{.*}}, %[[THREE]] : i8
// CHECK-COUNT-3: arith.cmpi sge
// CHECK-NOT: arith.shli
// CHECK: arith.sitofp %{{.*}} : i32 to f64
// CHECK-NEXT: arith.mulf {{.*}} : f64
// CHECK-NEXT: arith.truncf %{{.*}} : f64 to f32
// CHECK-NOT: qint.
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %w = arith.constant dense<[[1, -1], [0, 1], [-2, 1], [1, 1]]> : tensor<4x2xi2>
  %z = arith.constant dense<0> : tensor<1x2xi5>
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<1x4xf32>) -> tensor<1x4xui2>
  %b = tensor.bitcast %q : tensor<1x4xui2> to tensor<1x4xi2>
  %s = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>,
                                        affine_map<(d0, d1, d2) -> (d0, d1)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
       ins(%b, %w : tensor<1x4xi2>, tensor<4x2xi2>) outs(%z : tensor<1x2xi5>) {
  ^bb0(%in: i2, %in_0: i2, %out: i5):
    %1 = arith.extui %in : i2 to i5
    %2 = arith.extsi %in_0 : i2 to i5
    %3 = arith.muli %1, %2 : i5
    %4 = arith.addi %out, %3 : i5
    linalg.yield %4 : i5
  } -> tensor<1x2xi5>
  %a = tensor.bitcast %s : tensor<1x2xi5> to tensor<1x2xsi5>
  %t = qint.threshold %a {axis = 1 : i64, base = array<i64: 0>,
                          step = array<i64: 1>, thresholds = dense<[[-2, 1, 3]]> : tensor<1x3xi64>}
       : (tensor<1x2xsi5>) -> tensor<1x2xui2>
  %y = qint.dequantize %t {scale = dense<0.25> : tensor<f64>} : (tensor<1x2xui2>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

// Float regions: sums in f64 in ascending order, rounded once; nothing is fused or reassociated.
// CHECK-LABEL: func.func @main
// CHECK: arith.extf %{{.*}} : f32 to f64
// CHECK: arith.mulf %{{.*}} : f64
// CHECK: arith.addf %{{.*}} : f64
// CHECK: arith.truncf %{{.*}} : f64 to f32
// CHECK: arith.addf %{{.*}} : f32
// CHECK-NOT: fastmath
// CHECK-NOT: math.fma
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %w = onnx.constant dense<0.1> : tensor<4x2xf32>
  %b = onnx.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %0 = onnx.matmul %x, %w : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
  %1 = onnx.add %0, %b : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
