// RUN: qonnx-opt %s --split-input-file --int-to-dataflow | FileCheck %s
// RUN: qonnx-opt %s --split-input-file --pass-pipeline='builtin.module(int-to-dataflow{name=top})' \
// RUN:   | FileCheck %s --check-prefix=NAMED

// The integer part becomes a function of layers; quantizer and dequantizer stay on the host.
// CHECK-LABEL: func.func @main
// CHECK: %[[Q:.*]] = qint.quantize
// CHECK: %[[R:.*]] = dataflow.run @network(%[[Q]]) : (tensor<1x4xui2>) -> tensor<1x2xui2>
// CHECK: qint.dequantize %[[R]]
// CHECK-NOT: linalg.generic
// CHECK: func.func @network(%[[X:.*]]: !dataflow.array<4 x ui2> {{.*}}) -> (!dataflow.array<2 x ui2>
// CHECK: %[[A:.*]] = dataflow.dense %[[X]] {{.*}}reuse_factor = 1 : i64, rows = 1 : i64
// CHECK-SAME: } : (!dataflow.array<4 x ui2>) -> !dataflow.array<2 x si5>
// CHECK: dataflow.threshold %[[A]] {{.*}}thresholds = dense<{{\[\[}}-2, 1, 3]]>
// NAMED: dataflow.run @top
// NAMED: func.func @top
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
