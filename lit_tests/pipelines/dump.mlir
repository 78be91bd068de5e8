// RUN: qonnx-opt --lower-to-int --dump-pass-pipeline %s 2>&1 | FileCheck %s

// What is dumped is what runs, and can be given to --pass-pipeline.
// CHECK: builtin.module(
// CHECK: infer-shapes
// CHECK: fold-constants{max-elements=16777216 max-work=2147483648}
// CHECK: split-bias
// CHECK: convert-to-int{max-lookup=65536 max-table=131072 max-thresholds=15 max-work=2147483648 remarks=false}
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x4xf32> {onnx.name = "y"}) {
  return %x : tensor<1x4xf32>
}
