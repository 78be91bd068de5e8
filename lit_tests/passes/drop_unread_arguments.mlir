// RUN: qonnx-opt --drop-unread-arguments %s | FileCheck %s

// Results stay, and a function whose arguments are all used stays as it is.
// CHECK-LABEL: func.func @main(%arg0: f32, %arg1: f32) -> (f32, f32)
// CHECK: %[[A:.*]] = call @second(%arg1) : (f32) -> f32
// CHECK: %[[B:.*]] = call @both(%arg0, %arg1) : (f32, f32) -> f32
// CHECK: return %[[A]], %[[B]]
func.func @main(%x: f32, %y: f32) -> (f32, f32) {
  %0 = func.call @second(%x, %y) : (f32, f32) -> f32
  %1 = func.call @both(%x, %y) : (f32, f32) -> f32
  return %0, %1 : f32, f32
}
// CHECK: func.func private @second(%arg0: f32) -> f32
func.func private @second(%a: f32, %b: f32) -> f32 {
  return %b : f32
}
// CHECK: func.func private @both(%arg0: f32, %arg1: f32) -> f32
func.func private @both(%a: f32, %b: f32) -> f32 {
  %0 = arith.addf %a, %b : f32
  return %0 : f32
}
