// RUN: (qonnx-opt %s --lower-to-int --qint-to-dataflow 2>&1; test $? = 1) | FileCheck %s
// RUN: (qonnx-opt %examples/digits_cnn.onnx --lower-to-int --qint-to-hls 2>&1; test $? = 1) \
// RUN:   | FileCheck %s --check-prefix=MODEL
// RUN: echo '}' > %t.mlir && (qonnx-opt %t.mlir 2>&1; test $? = 1) | FileCheck %s --check-prefix=TEXT
// RUN: echo 'func.func @main() { "onnx.\1b[31m"() : () -> () return }' > %t.mlir && (qonnx-opt %t.mlir 2>&1; test $? = 1) \
// RUN:   | FileCheck %s --check-prefix=STEERS
// RUN: (qonnx-opt %t.mlir --verify-diagnostics 2>&1; test $? = 1) | FileCheck %s --check-prefix=VERIFY
// RUN: echo 'module @"\1b[31m" { func.func private @"\1b[32m"() func.func private @"\1b[32m"() }' > %t.mlir && \
// RUN:   (qonnx-opt %t.mlir 2>&1; test $? = 1) | FileCheck %s --check-prefix=SYMBOL

// Errors of passes name the file and the node, whatever its name; those of a text show the line, and nothing that a
// message repeats of the module steers the terminal.
// CHECK: error: node 'conv\u{1b}[31m':
// CHECK-NOT: {{\x1b}}
// MODEL: digits_cnn.onnx: error: node '{{.+}}':
// TEXT: .mlir:1:1: error: {{.*}}
// TEXT-NEXT: {{^}}}
// TEXT-NEXT: {{^\^}}
// STEERS-NOT: {{\x1b}}
// STEERS: .mlir:1:{{[0-9]+}}: error: {{.*}}\u{1b}[31m
// STEERS-NOT: {{\x1b}}
// VERIFY-NOT: {{\x1b}}
// VERIFY: error: a message of the parser holds what steers a terminal
// SYMBOL-NOT: {{\x1b}}
// SYMBOL: error: redefinition of symbol named '\u{1b}[32m'
func.func @main(%x: tensor<1x1x3x3xf32> {onnx.name = "x"}) -> (tensor<1x1x3x3xf32> {onnx.name = "y"}) {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<3.0> : tensor<f32>
  %w = onnx.constant dense<3.0> : tensor<1x1x1x1xf32>
  %none = onnx.none
  %0 = qonnx.int_quant %x, %one, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x1x3x3xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x1x3x3xf32>
  %1 = onnx.conv %0, %w, %none {dilations = array<i64>, group = 1 : i64, pads = array<i64>, strides = array<i64>} : (tensor<1x1x3x3xf32>, tensor<1x1x1x1xf32>, none) -> tensor<1x1x3x3xf32> loc("conv\1b[31m")
  return %1 : tensor<1x1x3x3xf32>
}
