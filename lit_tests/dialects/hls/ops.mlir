// RUN: qonnx-opt %s --verify-roundtrip | FileCheck %s

// Every op of the dialect is read, verified, printed, and read back to the same module.

// CHECK: hls.typedef @word_t = si5
hls.typedef @word_t = si5 {comment = "a word"}
// CHECK: hls.constant_array @table = dense<[1, 2, 3, 4]> : tensor<4xi8>
hls.constant_array @table = dense<[1, 2, 3, 4]> : tensor<4xi8> {comment = "four numbers"}

// CHECK: hls.func @layer attributes
hls.func @layer attributes {names = ["x", "y"], types = ["word_t", "word_t"], inputs = array<i64: 1, 0>, top = false,
                            cost = array<i64: 0, 0, 0, 0, 0, 0>, comment = "one layer"} {
^bb0(%x: memref<4xsi5>, %y: memref<4xsi5>):
  // CHECK: hls.pragma "PIPELINE" {options = "II=1"}
  hls.pragma "PIPELINE" {options = "II=1"}
  // CHECK: hls.pragma "ARRAY_PARTITION" on %{{.*}} : memref<4xsi5>
  hls.pragma "ARRAY_PARTITION" on %x : memref<4xsi5> {options = "complete dim=0"}
  // CHECK: hls.variable "acc"
  %acc = hls.variable "acc" {type = "word_t"} : memref<si5>
  // CHECK: hls.for "words" attributes {counter = "i", extent = 4 : i64}
  hls.for "words" attributes {counter = "i", extent = 4 : i64} {
  ^bb0(%i: index):
    // CHECK: hls.load %{{.*}}[%{{.*}}] : memref<4xsi5> -> si5
    %0 = hls.load %x[%i] : memref<4xsi5> -> si5
    // CHECK: hls.define "n" =
    %n = hls.define "n" = %0 {type = "word_t"} : si5 -> si5
    // CHECK: hls.global @table : memref<4xi8>
    %table = hls.global @table : memref<4xi8>
    %stored = hls.load %table[%i] : memref<4xi8> -> i8
    // CHECK: hls.cast %{{.*}} {type = "word_t"} : i8 -> si5
    %t = hls.cast %stored {type = "word_t"} : i8 -> si5
    // CHECK: hls.add %{{.*}}, %{{.*}} : si5, si5 -> si6
    %1 = hls.add %n, %t : si5, si5 -> si6
    // CHECK: hls.sub %{{.*}}, %{{.*}} : si6, si5 -> si7
    %2 = hls.sub %1, %t : si6, si5 -> si7
    // CHECK: hls.mul %{{.*}}, %{{.*}} : si7, si5 -> si12
    %3 = hls.mul %2, %t : si7, si5 -> si12
    // CHECK: hls.constant {value = 3 : i64} : index
    %c = hls.constant {value = 3 : i64} : index
    // CHECK: hls.shr
    %4 = hls.shr %3, %c : si12, index -> si12
    // CHECK: hls.lt
    %5 = hls.lt %4, %n : si12, si5 -> i1
    // CHECK: hls.ge
    %6 = hls.ge %i, %c : index, index -> i1
    // CHECK: hls.and
    %mask = hls.constant {value = 7 : i64} : si12
    %7 = hls.and %4, %mask : si12, si12 -> si12
    // CHECK: hls.select
    %8 = hls.select %5, %7, %4 : si12, si12 -> si12
    // CHECK: hls.div
    %9 = hls.div %i, %c : index, index -> index
    // CHECK: hls.rem
    %10 = hls.rem %i, %c : index, index -> index
    // CHECK: hls.store %{{.*}}, %{{.*}}[%{{.*}}] : si12, memref<4xsi5>
    hls.store %8, %y[%i] : si12, memref<4xsi5>
  }
}

// CHECK: hls.func @network attributes
hls.func @network attributes {names = ["x", "y"], types = ["word_t", "word_t"], inputs = array<i64: 1, 0>, top = true,
                              cost = array<i64: 0, 0, 0, 0, 0, 0>, comment = "the network"} {
^bb0(%x: memref<4xsi5>, %y: memref<4xsi5>):
  // CHECK: hls.call @layer(%{{.*}}, %{{.*}}) : memref<4xsi5>, memref<4xsi5>
  hls.call @layer(%x, %y) : memref<4xsi5>, memref<4xsi5>
  // CHECK: hls.trace %{{.*}} as "/relu" {extents = array<i64: 2, 2>, strides = array<i64: 1, 2>} : memref<4xsi5>
  hls.trace %y as "/relu" {extents = array<i64: 2, 2>, strides = array<i64: 1, 2>} : memref<4xsi5>
}

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x4xi5>) -> tensor<1x4xi5> {
  // CHECK: hls.run @network(%{{.*}}) : (tensor<1x4xi5>) -> tensor<1x4xi5>
  %0 = hls.run @network(%x) : (tensor<1x4xi5>) -> tensor<1x4xi5>
  return %0 : tensor<1x4xi5>
}
