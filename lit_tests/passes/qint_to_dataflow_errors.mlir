// RUN: qonnx-opt %s --split-input-file --qint-to-dataflow --verify-diagnostics

// expected-error @below {{no operation is left on integers, and hardware for float operations is not supported; 'qonnxc report' says of each operation why it stays float}}
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x4xf32> {onnx.name = "y"}) {
  %0 = onnx.relu %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

// Only what is not quantized is told to be.
// expected-error @below {{no operation is left on integers, and hardware for float operations is not supported; input 'x' reaches a product without a quantizer; the option '--input-type' quantizes the inputs}}
func.func @main(%x: tensor<1x2xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %w = onnx.constant dense<[[0.5, 1.0], [0.1, 0.2]]> : tensor<2x2xf32>
  %0 = onnx.relu %x : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = onnx.matmul %0, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}

// -----

// expected-error @below {{'qonnxc report' says of each operation why it stays float}}
func.func @main(%x: tensor<1x2xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %w = onnx.constant dense<[[0.5, 1.0], [0.1, 0.2]]> : tensor<2x2xf32>
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %0 = qonnx.int_quant %x, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<2xf32>) -> tensor<1x2xf32>
  %1 = onnx.matmul %0, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}

// -----

// Loop nests are not what hardware is made of.
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x4xf32> {onnx.name = "y"}) {
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<1x4xf32>) -> tensor<1x4xui2>
  // expected-error @below {{the result is tensor<1x4xi2>, expected signed or unsigned integers of static shape; hardware starts from the level of layers, run 'lower-to-qint'}}
  %b = tensor.bitcast %q : tensor<1x4xui2> to tensor<1x4xi2>
  %u = tensor.bitcast %b : tensor<1x4xi2> to tensor<1x4xui2>
  %s = qint.add %u, %u : (tensor<1x4xui2>, tensor<1x4xui2>) -> tensor<1x4xui3>
  %y = qint.dequantize %s {scale = dense<0.25> : tensor<f64>} : (tensor<1x4xui3>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

// -----

// Weights that are computed.
func.func @main(%x: tensor<2x2xf32> {onnx.name = "x"}) -> (tensor<2x2xf32> {onnx.name = "y"}) {
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<2x2xf32>) -> tensor<2x2xui2>
  // expected-error @below {{a product whose second operand is computed has no layer in hardware yet; compile this model for the cpu}}
  %s = qint.matmul %q, %q : (tensor<2x2xui2>, tensor<2x2xui2>) -> tensor<2x2xui5>
  %y = qint.dequantize %s {scale = dense<0.25> : tensor<f64>} : (tensor<2x2xui5>) -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// -----

// expected-error @below {{the network has no inputs, and hardware for constants is not supported; compile this model for the cpu}}
func.func @main() -> (tensor<2xf32> {onnx.name = "y"}) {
  %0 = onnx.constant dense<1.0> : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// An array of no words, which MLIR would end the process for.
func.func @main(%n: tensor<0xui4> {onnx.name = "n"}) -> (tensor<0xf32> {onnx.name = "y"}) {
  // expected-error @below {{an operand or the result holds no elements, which is not supported in hardware; expected extents of at least 1}}
  %0 = qint.lookup %n {axis = 0 : i64, low = 0 : i64,
                       table = dense<1> : tensor<1x16xi64>} : (tensor<0xui4>) -> tensor<0xui4>
  %y = qint.dequantize %0 {scale = dense<0.25> : tensor<f64>} : (tensor<0xui4>) -> tensor<0xf32>
  return %y : tensor<0xf32>
}

// -----

// A word that is wider than hardware has them, on the way to one that is not.
func.func @main(%n: tensor<2xsi60> {onnx.name = "n"}) -> (tensor<2xf32> {onnx.name = "y"}) {
  // expected-error @below {{it needs words of 64 bits, which is not supported in hardware: arrays have words of 1 to 63 bits}}
  %0 = qint.add %n, %n : (tensor<2xsi60>, tensor<2xsi60>) -> tensor<2xsi64>
  %1 = qint.threshold %0 {axis = 0 : i64, base = array<i64: 0>, step = array<i64: 1>, thresholds = dense<1> : tensor<1x1xi64>}
     : (tensor<2xsi64>) -> tensor<2xui1>
  %y = qint.dequantize %1 {scale = dense<0.25> : tensor<f64>} : (tensor<2xui1>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}
