// RUN: qonnx-opt %s --split-input-file --int-to-dataflow --verify-diagnostics

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

// A convolution has no hardware layer yet.
func.func @main(%x: tensor<1x1x4x4xf32> {onnx.name = "x"}) -> (tensor<1x1x3x3xf32> {onnx.name = "y"}) {
  %w = arith.constant dense<1> : tensor<1x1x2x2xi2>
  %z = arith.constant dense<0> : tensor<1x1x3x3xi6>
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xui2>
  %p = tensor.bitcast %q : tensor<1x1x4x4xui2> to tensor<1x1x4x4xi2>
  // expected-error @below {{a convolution is not supported by the hls backend, which has no streaming layer for it yet; compile this model for the cpu}}
  %s = linalg.generic {indexing_maps = [affine_map<(n, f, h, w, c, i, j) -> (n, c, h + i, w + j)>,
                                        affine_map<(n, f, h, w, c, i, j) -> (f, c, i, j)>,
                                        affine_map<(n, f, h, w, c, i, j) -> (n, f, h, w)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction",
                                         "reduction"]}
       ins(%p, %w : tensor<1x1x4x4xi2>, tensor<1x1x2x2xi2>) outs(%z : tensor<1x1x3x3xi6>) {
  ^bb0(%in: i2, %in_0: i2, %out: i6):
    %1 = arith.extui %in : i2 to i6
    %2 = arith.extsi %in_0 : i2 to i6
    %3 = arith.muli %1, %2 : i6
    %4 = arith.addi %out, %3 : i6
    linalg.yield %4 : i6
  } -> tensor<1x1x3x3xi6>
  %a = tensor.bitcast %s : tensor<1x1x3x3xi6> to tensor<1x1x3x3xsi6>
  %y = qint.dequantize %a {scale = dense<0.25> : tensor<f64>}
       : (tensor<1x1x3x3xsi6>) -> tensor<1x1x3x3xf32>
  return %y : tensor<1x1x3x3xf32>
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
func.func @main(%n: tensor<2xi60> {onnx.name = "n"}) -> (tensor<2xf32> {onnx.name = "y"}) {
  %e = tensor.empty() : tensor<2xi60>
  // expected-error @below {{it needs words of 64 bits, which is not supported in hardware: arrays have words of 1 to 63 bits}}
  %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
     ins(%n : tensor<2xi60>) outs(%e : tensor<2xi60>) {
  ^bb0(%in: i60, %out: i60):
    %1 = arith.extsi %in : i60 to i64
    %2 = arith.addi %1, %1 : i64
    %3 = arith.trunci %2 : i64 to i60
    linalg.yield %3 : i60
  } -> tensor<2xi60>
  %s = tensor.bitcast %0 : tensor<2xi60> to tensor<2xsi60>
  %y = qint.dequantize %s {scale = dense<0.25> : tensor<f64>} : (tensor<2xsi60>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}
