// RUN: qonnx-opt --pass-pipeline='builtin.module(func.func(quantize-inputs{type=ufixed<8,1,RND_CONV,SAT>}))' %s | FileCheck %s
// RUN: not qonnx-opt --pass-pipeline='builtin.module(func.func(quantize-inputs{type=fixed<8,4,WRAP>}))' %s 2>&1 | FileCheck %s --check-prefix=WRAP
// RUN: qonnx-opt --quantize-inputs --dump-pass-pipeline %s 2>&1 | FileCheck %s --check-prefix=DEFAULT

// WRAP: pass 'quantize-inputs': option 'type' expects a value of type FixedType, got 'fixed<8,4,WRAP>'
// DEFAULT: quantize-inputs{type=fixed<16,6,TRN,SAT>}

// Float inputs get a quantizer, integer inputs do not.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<1x4xf32>
// CHECK-SAME: %[[I:.*]]: tensor<2xi64>
// CHECK-DAG: %[[SCALE:.*]] = onnx.constant dense<7.812500e-03> : tensor<f32>
// CHECK-DAG: %[[ZERO:.*]] = onnx.constant dense<0.000000e+00> : tensor<f32>
// CHECK-DAG: %[[BITS:.*]] = onnx.constant dense<8.000000e+00> : tensor<f32>
// CHECK: %[[Q:.*]] = qonnx.int_quant %[[X]], %[[SCALE]], %[[ZERO]], %[[BITS]] {is_signed = false, narrow = false, rounding_mode = "ROUND"}
// CHECK: onnx.relu %[[Q]]
// CHECK: return %{{.*}}, %[[I]]
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}, %i: tensor<2xi64> {onnx.name = "i"})
    -> (tensor<1x4xf32> {onnx.name = "y"}, tensor<2xi64> {onnx.name = "j"}) {
  %0 = onnx.relu %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0, %i : tensor<1x4xf32>, tensor<2xi64>
}
