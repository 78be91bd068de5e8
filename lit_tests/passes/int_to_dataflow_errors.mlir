// RUN: qonnx-opt %s --split-input-file --int-to-dataflow --verify-diagnostics

// expected-error @below {{no operation is left on integers, so there is nothing to build in hardware; 'qonnxc report' says of each operation why it stays float}}
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x4xf32> {onnx.name = "y"}) {
  %0 = onnx.relu %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

// Only what is not quantized is told to be.
// expected-error @below {{no operation is left on integers, so there is nothing to build in hardware; input 'x' reaches a product without a quantizer; the option '--input-type' quantizes the inputs}}
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
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, is_signed = false, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xi2>
  // expected-error @below {{the hls backend has no streaming layer for a convolution yet; compile this model for the cpu}}
  %a = linalg.generic {indexing_maps = [affine_map<(n, f, h, w, c, i, j) -> (n, c, h + i, w + j)>,
                                        affine_map<(n, f, h, w, c, i, j) -> (f, c, i, j)>,
                                        affine_map<(n, f, h, w, c, i, j) -> (n, f, h, w)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction",
                                         "reduction"]}
       ins(%q, %w : tensor<1x1x4x4xi2>, tensor<1x1x2x2xi2>) outs(%z : tensor<1x1x3x3xi6>) {
  ^bb0(%in: i2, %in_0: i2, %out: i6):
    %1 = arith.extui %in : i2 to i6
    %2 = arith.extsi %in_0 : i2 to i6
    %3 = arith.muli %1, %2 : i6
    %4 = arith.addi %out, %3 : i6
    linalg.yield %4 : i6
  } -> tensor<1x1x3x3xi6>
  %y = qint.dequantize %a {is_signed = true, scale = dense<0.25> : tensor<f64>}
       : (tensor<1x1x3x3xi6>) -> tensor<1x1x3x3xf32>
  return %y : tensor<1x1x3x3xf32>
}

// -----

func.func @main(%x: tensor<1x0xf32> {onnx.name = "x"}) -> (tensor<1x0xf32> {onnx.name = "y"}) {
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, is_signed = false, lo = 0.0 : f32,
                         rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                         zero_point = dense<0.0> : tensor<f32>} : (tensor<1x0xf32>) -> tensor<1x0xi2>
  // expected-error @below {{an operand has no elements, and hardware has no arrays without words}}
  %t = qint.threshold %q {axis = 0 : i64, base = array<i64: 0>, input_signed = false, is_signed = false, step = array<i64: 1>,
                          thresholds = dense<[[2]]> : tensor<1x1xi64>} : (tensor<1x0xi2>) -> tensor<1x0xi1>
  %y = qint.dequantize %t {is_signed = false, scale = dense<0.25> : tensor<f64>} : (tensor<1x0xi1>) -> tensor<1x0xf32>
  return %y : tensor<1x0xf32>
}
