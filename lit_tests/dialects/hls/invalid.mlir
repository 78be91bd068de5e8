// RUN: qonnx-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{'hls.typedef' op has the name '4x', which is not a C++ identifier}}
hls.typedef @"4x" = si5 {comment = ""}

// -----

// expected-error @below {{'hls.constant_array' op has elements i4, expected i8, i16, i32 or i64}}
hls.constant_array @table = dense<1> : tensor<4xi4> {comment = ""}

// -----

// expected-error @below {{'hls.func' op has 1 arguments, but [2, 1, 1] names, types and directions}}
hls.func @layer attributes {names = ["x", "y"], types = ["t"], inputs = array<i64: 1>, top = false,
                            cost = array<i64: 0, 0, 0, 0, 0, 0>, comment = ""} {
^bb0(%x: memref<4xsi5>):
}

// -----

func.func @indices(%x: memref<4x2xsi5>, %i: index) {
  // expected-error @below {{'hls.load' op has 1 indices for an array of 2 dimensions}}
  %0 = hls.load %x[%i] : memref<4x2xsi5> -> si5
  return
}

// -----

func.func @element(%x: memref<4xsi5>, %i: index) {
  // expected-error @below {{'hls.load' op does not give the array's element}}
  %0 = hls.load %x[%i] : memref<4xsi5> -> si6
  return
}

// -----

// Sums of words are exact: the result is the type that C++ gives.
func.func @sum(%x: memref<4xsi5>, %i: index) {
  %0 = hls.load %x[%i] : memref<4xsi5> -> si5
  // expected-error @below {{'hls.add' op has a result of si5, expected si6}}
  %1 = hls.add %0, %0 : si5, si5 -> si5
  return
}

// -----

func.func @literal() {
  // expected-error @below {{'hls.constant' op has the value 4, which ui2 does not hold}}
  %0 = hls.constant {value = 4 : i64} : ui2
  return
}

// -----

func.func @type(%x: memref<4xf32>, %i: index) {
  // expected-error @below {{'hls.load' op has a value whose type C++ does not have}}
  %0 = hls.load %x[%i] : memref<4xf32> -> f32
  return
}
