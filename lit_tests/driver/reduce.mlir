// The smallest module of which a test still holds: here, that one op is there.
// RUN: qonnxc reduce %s --test "grep -q onnx.tanh" -o %t.mlir 2>%t.progress && cat %t.mlir
// RUN: FileCheck %s --check-prefix=PROGRESS < %t.progress
// PROGRESS: test 1: the model: 11 ops, {{[0-9]+}} bytes
// PROGRESS: without some last ops: {{[0-9]+}} ops
// PROGRESS: : 2 ops,

// It is the same every time, and is neither the input nor half written.
// RUN: qonnxc reduce %s --test "grep -q onnx.tanh" -o - 2>/dev/null | diff - %t.mlir
// RUN: (qonnxc reduce %t.mlir --test true -o %t.mlir 2>&1; test $? = 1) | FileCheck %s --check-prefix=INPUT
// INPUT: error: {{.*}}input

// A test of several words: what is looked for is in what the compiler makes of a candidate.
// RUN: qonnxc reduce %s --test "sh -c 'qonnx-opt --lower-to-qint \$0 2>&1 | grep -q qint.matmul'" -o - 2>/dev/null

// An end after so many tests, which is said; what was found is written.
// RUN: (qonnxc reduce %s --test "grep -q onnx.tanh" --max-tests 2 -o %t.two.mlir 2>&1 && cat %t.two.mlir) | FileCheck %s --check-prefix=TWO
// TWO: stopped after --max-tests=2
// TWO: onnx.tanh

// What is not interesting is not reduced, and what is no test is the command line's fault; then nothing is written.
// RUN: (qonnxc reduce %s --test "grep -q onnx.sinh" -o %t.no.mlir 2>&1; test $? = 1 -a ! -e %t.no.mlir) | FileCheck %s --check-prefix=NOT
// NOT: error: {{.*}}reduce.mlir: the test does not hold for the model itself as MLIR text: exit status: 1, expected exit status 0
// RUN: (qonnxc reduce %s --test "sh -c 'sleep 100'" --timeout 1 -o %t.no.mlir 2>&1; test $? = 1 -a ! -e %t.no.mlir) | FileCheck %s --check-prefix=SLOW
// SLOW: error: {{.*}}: it did not end in time, expected
// RUN: (qonnxc reduce %s --test "./no-such-program -x" -o %t.no.mlir 2>&1; test $? = 2 -a ! -e %t.no.mlir) | FileCheck %s --check-prefix=ABSENT
// ABSENT: error: --test: '{{.*}}/no-such-program' cannot be run: {{.*}}; expected a program
// RUN: (qonnxc reduce %s --test "grep 'a" -o %t.no.mlir 2>&1; test $? = 2) | FileCheck %s --check-prefix=QUOTE
// QUOTE: error: --test: 'grep 'a' has a quote that does not end
// RUN: (qonnxc reduce %s --test true -o %t.onnx 2>&1; test $? = 1) | FileCheck %s --check-prefix=FORM
// FORM: error: {{.*}}.onnx: writing ONNX is not supported here

func.func private @unused(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  return %x : tensor<1x4xf32>
}
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x4xf32> {onnx.name = "y"}, tensor<1x4xf32> {onnx.name = "z"}) {
  %scale = onnx.constant dense<0.25> : tensor<f32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %bits = onnx.constant dense<4.0> : tensor<f32>
  %w = onnx.constant dense<[[1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 0.0, 1.0], [1.0, 1.0, 2.0, 2.0], [3.0, 1.0, 0.0, 1.0]]> : tensor<4x4xf32>
  %0 = qonnx.int_quant %x, %scale, %zero, %bits {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x4xf32>
  %1 = onnx.matmul %0, %w : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %2 = onnx.tanh %1 : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %3 = qonnx.int_quant %2, %scale, %zero, %bits {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x4xf32>
  %4 = onnx.relu %3 : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %4, %1 : tensor<1x4xf32>, tensor<1x4xf32>
}
