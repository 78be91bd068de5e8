//===- Qonnx.td - the quantization operators of QONNX -----------------------------------------------===//
//
// Level 0 and 1. Values are float32 carriers: a quantizer maps real numbers to the grid
// `(q - zero_point) * scale` and the result still is float32. The meaning of each op is `eval` in `op.rs`;
// it is bit-exact with the reference executor of QONNX 1.0 except where `README.md` names a deviation.

#ifndef QONNX_QONNX_TD
#define QONNX_QONNX_TD

include "Common.td"

def Qonnx_Dialect : Dialect {
  let name = "qonnx";
  let cppNamespace = "::qonnx::qonnx";
  let summary = "The arbitrary-precision quantizers of QONNX";
}

class Qonnx_Op<string mnemonic, list<Trait> traits = []>
    : Op<Qonnx_Dialect, mnemonic, !listconcat([Pure, RustVerified], traits)> {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Qonnx_IntQuantOp : Qonnx_Op<"int_quant"> {
  let summary = "Uniform quantization to an integer grid (Quant, IntQuant)";
  let description = [{
    With `t = x / scale + zero_point` (a true division):
    `y = (round(min(max(t, lo), hi)) - zero_point) * scale`.

    | signed | narrow | lo               | hi             |
    | :----- | :----- | :--------------- | :------------- |
    | true   | false  | `-2^(b-1)`       | `2^(b-1) - 1`  |
    | true   | true   | `-2^(b-1) + 1`   | `2^(b-1) - 1`  |
    | false  | false  | `0`              | `2^b - 1`      |
    | false  | true   | `0`              | `2^b - 2`      |

    One signed bit is bipolar: `q = t >= 0 ? 1 : -1`. `scale` and `zero_point` broadcast against `x`; the bit
    width may be fractional.

    ```mlir
    %y = qonnx.int_quant %x, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"}
       : (tensor<1x8xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x8xf32>
    ```
  }];
  let arguments = (ins AnyTensor:$x, AnyTensor:$scale, AnyTensor:$zero_point, AnyTensor:$bit_width,
                       BoolAttr:$is_signed, BoolAttr:$narrow, StrAttr:$rounding_mode);
  let results = (outs AnyTensor:$y);
}

def Qonnx_BipolarQuantOp : Qonnx_Op<"bipolar_quant"> {
  let summary = "`y = x >= 0 ? scale : -scale`";
  let arguments = (ins AnyTensor:$x, AnyTensor:$scale);
  let results = (outs AnyTensor:$y);
}

def Qonnx_TruncV1Op : Qonnx_Op<"trunc_v1"> {
  let summary = "Drops low bits; the output keeps the input's scale (Trunc version 1)";
  let description = [{
    `y = (round(rne(x / scale + zero_point) / 2^(in_bit_width - out_bit_width)) - zero_point) * scale`, where
    `rne` rounds to nearest even and `round` is `rounding_mode`. Nothing is clamped.
  }];
  let arguments = (ins AnyTensor:$x, AnyTensor:$scale, AnyTensor:$zero_point, AnyTensor:$in_bit_width,
                       AnyTensor:$out_bit_width, StrAttr:$rounding_mode);
  let results = (outs AnyTensor:$y);
}

def Qonnx_TruncOp : Qonnx_Op<"trunc"> {
  let summary = "Drops low bits and saturates, to an explicit output scale (Trunc version 2)";
  let description = [{
    With `t = 2^rne(log2(out_scale / scale))`:
    `y = (round(clamp(rne(x / scale + zero_point) / t, lo, hi)) - zero_point / t) * out_scale`, where `lo` and
    `hi` follow from `out_bit_width`, `is_signed` and `narrow` as in `qonnx.int_quant`.
  }];
  let arguments = (ins AnyTensor:$x, AnyTensor:$scale, AnyTensor:$zero_point, AnyTensor:$in_bit_width,
                       AnyTensor:$out_scale, AnyTensor:$out_bit_width,
                       BoolAttr:$is_signed, BoolAttr:$narrow, StrAttr:$rounding_mode);
  let results = (outs AnyTensor:$y);
}

def Qonnx_FloatQuantOp : Qonnx_Op<"float_quant"> {
  let summary = "Quantization to a minifloat grid";
  let arguments = (ins AnyTensor:$x, AnyTensor:$scale, AnyTensor:$exponent_bit_width,
                       AnyTensor:$mantissa_bit_width, AnyTensor:$exponent_bias, AnyTensor:$max_val,
                       BoolAttr:$has_inf, BoolAttr:$has_nan, BoolAttr:$saturation,
                       StrAttr:$rounding_mode);
  let results = (outs AnyTensor:$y);
}

def Qonnx_MultiThresholdOp : Qonnx_Op<"multi_threshold"> {
  let summary = "`y = out_scale * #{k : x >= thresholds[c, k]} + out_bias`";
  let description = [{
    `thresholds` is C x S or 1 x S; `axis` is the channel axis of `x`. The importer resolves QONNX's
    `data_layout` to `axis`.
  }];
  let arguments = (ins AnyTensor:$x, AnyTensor:$thresholds, F32Attr:$out_scale, F32Attr:$out_bias,
                       I64Attr:$axis);
  let results = (outs AnyTensor:$y);
}

def Qonnx_QuantAvgPool2dOp : Qonnx_Op<"quant_avg_pool2d"> {
  let summary = "Truncated sum over a square window of integers";
  let description = [{
    `y = sum >> max(0, bitlen((2^input_bits - 1) * kernel^2) - output_bits)` over N x C x H x W, or
    N x H x W x C with `channels_last`.
  }];
  let arguments = (ins AnyTensor:$x, I64Attr:$stride, I64Attr:$kernel, I64Attr:$input_bits,
                       I64Attr:$output_bits, BoolAttr:$is_signed, BoolAttr:$channels_last);
  let results = (outs AnyTensor:$y);
}

#endif // QONNX_QONNX_TD
