// RUN: qonnx-opt --flatten-globals %s | FileCheck %s

// Arrays of arrays become one array; vectors and what holds no elements stay.
// CHECK: llvm.mlir.global private constant @matrix(dense<[1, 2, 3, 4, 5, 6]> : tensor<6xi8>) {{.*}}: !llvm.array<6 x i8>
// CHECK: llvm.mlir.global private constant @splat(dense<7> : tensor<24xi16>) {{.*}}: !llvm.array<24 x i16>
// CHECK: llvm.mlir.global private constant @stored(dense_resource<blob> : tensor<4xf32>) {{.*}}: !llvm.array<4 x f32>
// CHECK: llvm.mlir.global private constant @vector(dense<[1, 2]> : tensor<2xi8>) {{.*}}: !llvm.array<2 x i8>
// CHECK: llvm.mlir.global external @none() {{.*}}: !llvm.array<2 x array<3 x i8>>
llvm.mlir.global private constant @matrix(dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8>) {alignment = 64 : i64} : !llvm.array<2 x array<3 x i8>>
llvm.mlir.global private constant @splat(dense<7> : tensor<2x3x4xi16>) {alignment = 64 : i64} : !llvm.array<2 x array<3 x array<4 x i16>>>
llvm.mlir.global private constant @stored(dense_resource<blob> : tensor<2x2xf32>) {alignment = 64 : i64} : !llvm.array<2 x array<2 x f32>>
llvm.mlir.global private constant @vector(dense<[1, 2]> : tensor<2xi8>) {alignment = 64 : i64} : !llvm.array<2 x i8>
llvm.mlir.global external @none() {addr_space = 0 : i32} : !llvm.array<2 x array<3 x i8>>

{-#
  dialect_resources: {
    builtin: {
      blob: "0x040000000000803F000000400000404000008040"
    }
  }
#-}
