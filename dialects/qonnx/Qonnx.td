//===- Qonnx.td - the quantization operators of QONNX -----------------------------------------------===//
//
// Level 0 and 1. Values are float32 carriers: a quantizer maps real numbers to the grid
// `(q - zero_point) * scale` and the result still is float32. The meaning of each op is `eval` in `eval.rs`;
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
    : Op<Qonnx_Dialect, mnemonic, !listconcat([Pure, RustVerified], traits)>, Declared {
  let inOnnx = 1;
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def SignedAttr : Arg<BoolAttr, "Whether codes may be negative.">;
def NarrowAttr
    : Arg<BoolAttr, "Whether one code is dropped: the least of a signed range, the greatest of an unsigned one.">;
def HowToRoundAttr : Arg<RoundingModeAttr, "How to round.">;

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
  let arguments = (ins AnyTensor:$X, AnyTensor:$scale, AnyTensor:$zeropt, AnyTensor:$bitwidth,
                       SignedAttr:$is_signed, NarrowAttr:$narrow, HowToRoundAttr:$rounding_mode);
  let results = (outs AnyTensor:$y);
  let onnxNames = ["IntQuant", "Quant"];
  let onnxAttributes = [Onnx<"signed", "1", "is_signed">, Onnx<"narrow", "0">, Onnx<"rounding_mode", "ROUND">];
  let elementwise = 1;
  let level2 = "integer";
}

def Qonnx_BipolarQuantOp : Qonnx_Op<"bipolar_quant"> {
  let summary = "`y = x >= 0 ? scale : -scale`";
  let arguments = (ins AnyTensor:$X, AnyTensor:$scale);
  let results = (outs AnyTensor:$y);
  let elementwise = 1;
  let level2 = "integer";
}

def Qonnx_TruncV1Op : Qonnx_Op<"trunc_v1"> {
  let summary = "Drops low bits; the output keeps the input's scale (Trunc version 1)";
  let description = [{
    `y = (round(rne(x / scale + zero_point) / 2^(in_bit_width - out_bit_width)) - zero_point) * scale`, where
    `rne` rounds to nearest even and `round` is `rounding_mode`. Nothing is clamped.
  }];
  let arguments = (ins AnyTensor:$X, AnyTensor:$scale, AnyTensor:$zeropt, AnyTensor:$in_bitwidth,
                       AnyTensor:$out_bitwidth, HowToRoundAttr:$rounding_mode);
  let results = (outs AnyTensor:$y);
  let onnxNames = ["Trunc", "TruncQuant"];
  // Its attributes may be those of the newer version: the two are told apart by the number of inputs.
  let onnxAttributes = [Onnx<"rounding_mode", "FLOOR">, Apart<"signed", "int">, Apart<"narrow", "int">];
  let elementwise = 1;
  let level2 = "float, exact";
}

def Qonnx_TruncOp : Qonnx_Op<"trunc"> {
  let summary = "Drops low bits and saturates, to an explicit output scale (Trunc version 2)";
  let description = [{
    With `t = 2^rne(log2(out_scale / scale))`:
    `y = (round(clamp(rne(x / scale + zero_point) / t, lo, hi)) - zero_point / t) * out_scale`, where `lo` and
    `hi` follow from `out_bit_width`, `is_signed` and `narrow` as in `qonnx.int_quant`.
  }];
  let arguments = (ins AnyTensor:$X, AnyTensor:$scale, AnyTensor:$zeropt, AnyTensor:$in_bitwidth,
                       AnyTensor:$out_scale, AnyTensor:$out_bitwidth,
                       SignedAttr:$is_signed, NarrowAttr:$narrow, HowToRoundAttr:$rounding_mode);
  let results = (outs AnyTensor:$y);
  let onnxNames = ["Trunc", "TruncQuant"];
  let onnxAttributes = [Onnx<"signed", "1", "is_signed">, Onnx<"narrow", "0">, Onnx<"rounding_mode", "FLOOR">];
  let elementwise = 1;
  let level2 = "float, exact";
}

def Qonnx_FloatQuantOp : Qonnx_Op<"float_quant"> {
  let summary = "Quantization to a minifloat grid";
  let arguments = (ins AnyTensor:$X, AnyTensor:$scale, AnyTensor:$exponent_bitwidth,
                       AnyTensor:$mantissa_bitwidth, AnyTensor:$exponent_bias, AnyTensor:$max_val,
                       Arg<BoolAttr, "Whether a number beyond the range becomes infinite, if it is not limited.">:$has_inf,
                       Arg<BoolAttr, "Whether a number beyond the range becomes NaN, if it neither is limited nor becomes infinite.">:$has_nan,
                       Arg<BoolAttr, "Whether a number beyond the range is limited to it.">:$saturation,
                       HowToRoundAttr:$rounding_mode);
  let results = (outs AnyTensor:$y);
  let onnxAttributes = [Onnx<"has_inf", "0">, Onnx<"has_nan", "0">, Onnx<"saturation", "1">,
                        Onnx<"rounding_mode", "ROUND">, Apart<"has_subnormal", "int">];
  let elementwise = 1;
  let level2 = "float, exact";
}

def Qonnx_MultiThresholdOp : Qonnx_Op<"multi_threshold"> {
  let summary = "`y = out_scale * #{k : x >= thresholds[c, k]} + out_bias`";
  let description = [{
    `thresholds` is C x S or 1 x S; `axis` is the channel axis of `x`. The importer resolves QONNX's
    `data_layout` to `axis`.
  }];
  let arguments = (ins AnyTensor:$X, AnyTensor:$thresholds, Arg<F32Attr, "Factor of the count.">:$out_scale,
                       Arg<F32Attr, "Added to the scaled count.">:$out_bias,
                       Arg<I64Attr, "The operand's channel dimension; negative counts from the back.">:$axis);
  let results = (outs AnyTensor:$y);
  let onnxAttributes = [Onnx<"out_scale", "1">, Onnx<"out_bias", "0">, Apart<"data_layout", "string">,
                        Apart<"out_dtype", "string">];
  let elementwise = 1;
  let level2 = "float, exact";
}

def Qonnx_QuantAvgPool2dOp : Qonnx_Op<"quant_avg_pool2d"> {
  let summary = "Truncated sum over a square window of integers";
  let description = [{
    `y = sum >> max(0, bitlen((2^input_bits - 1) * kernel^2) - output_bits)` over N x C x H x W, or
    N x H x W x C with `channels_last`.
  }];
  let arguments = (ins AnyTensor:$X, Arg<SizeAttr, "Distance of neighbouring windows, at least 1.">:$stride,
                       Arg<SizeAttr, "Extent of the square window, at least 1.">:$kernel,
                       Arg<BitsAttr, "Bits of the operand's integers, 1 to 32.">:$input_bits,
                       Arg<BitsAttr, "Bits of the result's integers, 2 to 32.">:$output_bits,
                       Arg<BoolAttr, "Whether the integers are signed; the sum's width does not depend on it.">:$is_signed,
                       Arg<BoolAttr, "Whether the operand is N x H x W x C rather than N x C x H x W.">:$channels_last);
  let results = (outs AnyTensor:$y);
  let onnxAttributes = [Onnx<"stride">, Onnx<"kernel">, Onnx<"ibits", "", "input_bits">,
                        Onnx<"obits", "", "output_bits">, Onnx<"signed", "0", "is_signed">,
                        Apart<"data_layout", "string">];
  let level2 = "float, exact";
}

// A marker of Brevitas publishes its input under another name; its value is its input.
def Qonnx_DebugMarker : Declared {
  let inOnnx = 1;
  let apart = 1;
  let onnxOutputs = 1;
  let onnxAttributes = [Apart<"export_debug_name", "string">];
  let level2 = "identity";
}

#endif // QONNX_QONNX_TD
