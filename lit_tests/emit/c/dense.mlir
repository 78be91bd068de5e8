// RUN: qonnxc compile %s --target c -o %t > %t.notes && cat %t/dense.h %t/dense.c

// A quantizer, a product of integers and a dequantizer.
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %zero_point = onnx.constant dense<0.0> : tensor<f32>
  %scale = onnx.constant dense<0.5> : tensor<f32>
  %bits = onnx.constant dense<2.0> : tensor<f32>
  %weights = onnx.constant dense<[[0.5, -0.5], [0.0, 0.5], [-1.0, 0.5], [0.5, 0.5]]> : tensor<4x2xf32>
  %q = qonnx.int_quant %x, %scale, %zero_point, %bits {is_signed = false, narrow = false, rounding_mode = "ROUND"}
     : (tensor<1x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x4xf32>
  %w = qonnx.int_quant %weights, %scale, %zero_point, %bits {is_signed = true, narrow = false, rounding_mode = "ROUND"}
     : (tensor<4x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<4x2xf32>
  %y = onnx.matmul %q, %w : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
