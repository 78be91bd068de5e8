// RUN: not qonnx-opt %s --pass-pipeline='builtin.module(func.func(fold-constants{max-elements=many}))' 2>&1 \
// RUN:   | FileCheck %s --check-prefix=VALUE
// RUN: not qonnx-opt %s --pass-pipeline='builtin.module(func.func(quantize-inputs{type=fixed<8>}))' 2>&1 \
// RUN:   | FileCheck %s --check-prefix=TYPE
// RUN: not qonnx-opt %s --pass-pipeline='builtin.module(func.func(no-such-pass))' 2>&1 | FileCheck %s --check-prefix=PASS
// RUN: not qonnx-opt %S/no_such_file.mlir 2>&1 | FileCheck %s --check-prefix=FILE
// RUN: not qonnx-opt %S/no_such_file.onnx 2>&1 | FileCheck %s --check-prefix=MODEL

// VALUE: option 'max-elements' expects a value of type usize, got 'many'
// TYPE: option 'type' expects a value of type FixedType, got 'fixed<8>'
// PASS: 'no-such-pass' does not refer to a registered pass or pass pipeline
// FILE: no_such_file.mlir
// MODEL: error: {{.*}}no_such_file.onnx: cannot be read: No such file
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  return %x : tensor<1x4xf32>
}
