// The elements of long attributes are left out, whatever these are, and short ones stay.
// RUN: qonnx-opt %s --elide-constants
// RUN: qonnx-opt %s --elide-constants --mlir-print-op-generic | grep -v '^$'

// So they are in what MLIR prints between passes.
// RUN: qonnx-opt %s --elide-constants --mlir-print-ir-after=cse --cse -o %t.mlir 2>&1 | FileCheck %s --check-prefix=PASS
// PASS: IR Dump After CSE
// PASS: base = array<i64: __elided__>, my.list = [__elided__]

// What is elided is no module any more.
// RUN: qonnx-opt %s --elide-constants -o %t.elided.mlir
// RUN: not qonnx-opt %t.elided.mlir 2>&1 | FileCheck %s --check-prefix=READ
// READ: error: expected integer literal
// READ-NEXT: base = array<i64: __elided__>

// Bytecode has everything.
// RUN: qonnx-opt %s --elide-constants --emit-bytecode -o %t.mlirbc && qonnx-opt %t.mlirbc | FileCheck %s --check-prefix=FULL
// FULL: my.list = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]

// Of pieces that are read one by one, those that are right are printed, as without the flag.
// RUN: (cat %s; echo '// ---''--'; echo 'func.func @f() { return 1 }') > %t.pieces.mlir; (qonnx-opt %t.pieces.mlir --elide-constants \
// RUN:   --split-input-file 2>/dev/null; test $? = 1) | FileCheck %s --check-prefix=PIECES
// PIECES: array<i64: __elided__>

func.func @main(%n: tensor<1x17xsi7>, %m: tensor<1x1xsi7>) -> (tensor<1x17xui2>, tensor<1x1xui2>) {
  %0 = qint.threshold %n {
    axis = 1 : i64,
    base = array<i64: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>,
    step = array<i64: 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1>,
    thresholds = dense<[[1], [2], [3], [4], [5], [6], [7], [8], [9], [10], [11], [12], [13], [14], [15], [16], [17]]> : tensor<17x1xi64>,
    my.list = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
    my.names = ["]", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q"],
    my.text = "array<i64: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16>",
    my.within = {list = [true, false], array = array<i1: true, false, true, false, true, false, true, false, true, false, true, false, true, false, true, false, true>}
  } : (tensor<1x17xsi7>) -> tensor<1x17xui2>
  %1 = qint.threshold %m {axis = 1 : i64, base = array<i64: 0>, step = array<i64: 1>,
                          thresholds = dense<[[-2, 5, 9]]> : tensor<1x3xi64>}
    : (tensor<1x1xsi7>) -> tensor<1x1xui2>
  return %0, %1 : tensor<1x17xui2>, tensor<1x1xui2>
}
