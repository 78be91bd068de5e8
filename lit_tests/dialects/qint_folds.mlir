// RUN: qonnx-opt %s --canonicalize --split-input-file | FileCheck %s

// What changes no integer that can come is its operand.
// CHECK-LABEL: func.func @gone
// CHECK-SAME: %[[N:.*]]: tensor<1x4xsi4>, %[[M:.*]]: tensor<1x4xui4, #qint.values<0 to 9>>, %[[S:.*]]: tensor<si4>
// CHECK-NEXT: return %[[N]], %[[M]], %[[S]]
func.func @gone(%n: tensor<1x4xsi4>, %m: tensor<1x4xui4, #qint.values<0 to 9>>, %s: tensor<si4>)
    -> (tensor<1x4xsi4>, tensor<1x4xui4, #qint.values<0 to 9>>, tensor<si4>) {
  // The limits are those of the type, and one factor for each channel.
  %0 = qint.requantize %n {addend = array<i64: 0, 0, 0, 0>, axis = 1 : i64, hi = 7 : i64, lo = -8 : i64,
    multiplier = array<i64: 1, 1, 1, 1>, rounding_mode = "ROUND", shift = 0 : i64} : (tensor<1x4xsi4>) -> tensor<1x4xsi4>
  // The shift takes back what the factor has done.
  %1 = qint.requantize %0 {addend = array<i64: 0>, axis = 1 : i64, hi = 100 : i64, lo = -8 : i64,
    multiplier = array<i64: 8>, rounding_mode = "CEIL", shift = 3 : i64} : (tensor<1x4xsi4>) -> tensor<1x4xsi4>
  %2 = qint.cast %1 : (tensor<1x4xsi4>) -> tensor<1x4xsi4>
  // The limits are within the type, but not within what the operand can be.
  %3 = qint.requantize %m {addend = array<i64: 0>, axis = 1 : i64, hi = 9 : i64, lo = 0 : i64, multiplier = array<i64: 1>,
    rounding_mode = "FLOOR", shift = 0 : i64} : (tensor<1x4xui4, #qint.values<0 to 9>>) -> tensor<1x4xui4, #qint.values<0 to 9>>
  %4 = qint.cast %s : (tensor<si4>) -> tensor<si4>
  // Quantizers of what is on their grid already.
  %5 = qint.threshold %2 {axis = 0 : i64, base = array<i64: -8>, step = array<i64: 1>,
    thresholds = dense<[[-7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7]]> : tensor<1x15xi64>} : (tensor<1x4xsi4>) -> tensor<1x4xsi4>
  %6 = qint.lookup %3 {axis = 0 : i64, low = 0 : i64, table = dense<[[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]> : tensor<1x10xi64>}
    : (tensor<1x4xui4, #qint.values<0 to 9>>) -> tensor<1x4xui4, #qint.values<0 to 9>>
  return %5, %6, %4 : tensor<1x4xsi4>, tensor<1x4xui4, #qint.values<0 to 9>>, tensor<si4>
}

// -----

// What saturates, adds, scales in one channel, or says something else in its type stays.
// CHECK-LABEL: func.func @kept
// CHECK-COUNT-5: qint.requantize
// CHECK-COUNT-2: qint.cast
// CHECK-NEXT: qint.threshold
// CHECK-NEXT: qint.lookup
func.func @kept(%n: tensor<1x2xsi4>, %m: tensor<1x2xui4, #qint.values<0 to 9>>)
    -> (tensor<1x2xsi4>, tensor<1x2xsi4>, tensor<1x2xsi4>, tensor<1x2xsi5>, tensor<1x2xui4>, tensor<1x2xui4>, tensor<1x2xsi5>,
        tensor<1x2xsi4>, tensor<1x2xsi4>) {
  %0 = qint.requantize %n {addend = array<i64: 0>, axis = 1 : i64, hi = 6 : i64, lo = -8 : i64, multiplier = array<i64: 1>,
    rounding_mode = "ROUND", shift = 0 : i64} : (tensor<1x2xsi4>) -> tensor<1x2xsi4>
  %1 = qint.requantize %n {addend = array<i64: 0, 1>, axis = 1 : i64, hi = 7 : i64, lo = -8 : i64, multiplier = array<i64: 1>,
    rounding_mode = "ROUND", shift = 0 : i64} : (tensor<1x2xsi4>) -> tensor<1x2xsi4>
  %2 = qint.requantize %n {addend = array<i64: 0>, axis = 1 : i64, hi = 7 : i64, lo = -8 : i64, multiplier = array<i64: 1, 2>,
    rounding_mode = "ROUND", shift = 0 : i64} : (tensor<1x2xsi4>) -> tensor<1x2xsi4>
  %3 = qint.requantize %n {addend = array<i64: 0>, axis = 1 : i64, hi = 7 : i64, lo = -8 : i64, multiplier = array<i64: 1>,
    rounding_mode = "ROUND", shift = 0 : i64} : (tensor<1x2xsi4>) -> tensor<1x2xsi5>
  %4 = qint.requantize %m {addend = array<i64: 0>, axis = 1 : i64, hi = 9 : i64, lo = 0 : i64, multiplier = array<i64: 1>,
    rounding_mode = "ROUND", shift = 0 : i64} : (tensor<1x2xui4, #qint.values<0 to 9>>) -> tensor<1x2xui4>
  %5 = qint.cast %m : (tensor<1x2xui4, #qint.values<0 to 9>>) -> tensor<1x2xui4>
  %6 = qint.cast %n : (tensor<1x2xsi4>) -> tensor<1x2xsi5>
  %7 = qint.threshold %n {axis = 0 : i64, base = array<i64: -8>, step = array<i64: 1>,
    thresholds = dense<[[-7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 6]]> : tensor<1x15xi64>} : (tensor<1x2xsi4>) -> tensor<1x2xsi4>
  %8 = qint.lookup %n {axis = 0 : i64, low = -8 : i64, table = dense<[[-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 7]]>
    : tensor<1x16xi64>} : (tensor<1x2xsi4>) -> tensor<1x2xsi4>
  return %0, %1, %2, %3, %4, %5, %6, %7, %8
    : tensor<1x2xsi4>, tensor<1x2xsi4>, tensor<1x2xsi4>, tensor<1x2xsi5>, tensor<1x2xui4>, tensor<1x2xui4>, tensor<1x2xsi5>,
      tensor<1x2xsi4>, tensor<1x2xsi4>
}

// -----

// Reshapes there and back are none, and what integers can be goes with them.
// CHECK-LABEL: func.func @reshapes
// CHECK-SAME: %[[N:.*]]: tensor<2x6xsi4, #qint.values<-1 to 1 by 2>>
// CHECK-NEXT: return %[[N]]
func.func @reshapes(%n: tensor<2x6xsi4, #qint.values<-1 to 1 by 2>>) -> tensor<2x6xsi4, #qint.values<-1 to 1 by 2>> {
  %0 = tensor.expand_shape %n [[0], [1, 2]] output_shape [2, 3, 2]
    : tensor<2x6xsi4, #qint.values<-1 to 1 by 2>> into tensor<2x3x2xsi4, #qint.values<-1 to 1 by 2>>
  %1 = tensor.collapse_shape %0 [[0], [1, 2]]
    : tensor<2x3x2xsi4, #qint.values<-1 to 1 by 2>> into tensor<2x6xsi4, #qint.values<-1 to 1 by 2>>
  return %1 : tensor<2x6xsi4, #qint.values<-1 to 1 by 2>>
}
