// RUN: qonnx-opt --flatten-globals %s

// An array of arrays becomes one array of the same bytes, which LLVM reads faster; its address and its uses stay.
llvm.mlir.global private constant @matrix(dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8>) {alignment = 64 : i64} : !llvm.array<2 x array<3 x i8>>
llvm.mlir.global private constant @vector(dense<[1, 2]> : tensor<2xi8>) : !llvm.array<2 x i8>
llvm.func @main(%i: i64) -> i8 {
  %0 = llvm.mlir.addressof @matrix : !llvm.ptr
  %1 = llvm.getelementptr %0[%i] : (!llvm.ptr, i64) -> !llvm.ptr, i8
  %2 = llvm.load %1 : !llvm.ptr -> i8
  llvm.return %2 : i8
}
