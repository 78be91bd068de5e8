//===- Qint.td - integer quantization ---------------------------------------------------------------===//
//
// Level 2: what linalg has no op for. Integers have exactly the width that their proven range needs, and their type
// says whether they are signed (`si5`) or unsigned (`ui3`). The meaning of each op is `eval`.

#ifndef QONNX_QINT_TD
#define QONNX_QINT_TD

include "Common.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/TensorEncoding.td"

def Qint_Dialect : Dialect {
  let name = "qint";
  let cppNamespace = "::qonnx::qint";
  let summary = "Exact-width integer quantization";
  let useDefaultAttributePrinterParser = 1;
  let description = [{
    A real number is represented as `scale * n` with an integer `n` of exact width. The ops here cross
    between real numbers and integers (`quantize`, `dequantize`) and between integers of different scales
    (`requantize`, `threshold`, `lookup`); each computes exactly what the float32 graph computes.
  }];
}

def Qint_ValuesAttr : AttrDef<Qint_Dialect, "Values", [DeclareAttrInterfaceMethods<VerifiableTensorEncoding>]> {
  let mnemonic = "values";
  let summary = "Which integers a tensor can hold, where these are fewer than those of its type";
  let description = [{
    The encoding of a tensor type: `lo`, `lo + step`, ... `hi`. `tensor<4xsi2, #qint.values<-1 to 1 by 2>>` holds -1 and 1
    only, as bipolar quantizers make them, `tensor<4xui4, #qint.values<0 to 9>>` nothing above 9. Data movement keeps it.
    The verifier proves that the result of an op can hold whatever follows from what its operands can hold.
  }];
  let parameters = (ins "int64_t":$lo, "int64_t":$hi, DefaultValuedParameter<"int64_t", "1">:$step);
  let assemblyFormat = "`<` $lo `to` $hi (`by` $step^)? `>`";
  let genVerifyDecl = 1;
}

class Qint_Op<string mnemonic, list<Trait> traits = []>
    : Op<Qint_Dialect, mnemonic, !listconcat([Pure, RustVerified], traits)>, Declared {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def ScaleAttr : Arg<ElementsAttr, "f32 or f64, as the op says; broadcasts against the operand.">;

def Qint_QuantizeOp : Qint_Op<"quantize"> {
  let summary = "From float32 to integers, with the semantics of QONNX's IntQuant and BipolarQuant";
  let description = [{
    With `t = x / scale + zero_point`: `n = (round(min(max(t, lo), hi)) - zero_point) * 2^fraction_bits`,
    or, when `bipolar`, `n = (t >= 0 ? 1 : -1) - zero_point`. All in float32 up to the rounding. The zero
    point is subtracted so that `n = 0` is the real number 0; `fraction_bits` makes `n` an integer when the
    zero point is not one. `scale` and `zero_point` are f32 tensors that broadcast against `x`.

    ```mlir
    %n = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32,
                           rounding_mode = "ROUND", scale = dense<0.5> : tensor<f32>,
                           zero_point = dense<0.0> : tensor<f32>}
       : (tensor<1x8xf32>) -> tensor<1x8xui2>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$x, ScaleAttr:$scale,
                       Arg<ElementsAttr, "f32, broadcasts against the operand.">:$zero_point,
                       Arg<F32Attr, "Least code, before the zero point is subtracted.">:$lo,
                       Arg<F32Attr, "Greatest code, before the zero point is subtracted.">:$hi,
                       Arg<RoundingModeAttr, "How codes are rounded.">:$rounding_mode,
                       Arg<BoolAttr, "Codes are -1 and +1 by the sign of the operand; `lo`, `hi` and `rounding_mode` do not matter.">:$bipolar,
                       Arg<BitsAttr, "The integer is `(code - zero point) * 2^fraction_bits`.">:$fraction_bits);
  let results = (outs AnyRankedTensor:$n);
}

def Qint_DequantizeOp : Qint_Op<"dequantize"> {
  let summary = "From integers to float32: `f32(f64(n) * scale)`";
  let description = [{
    `scale` is an f64 tensor that broadcasts against `n`. The product is taken in float64 and rounded to
    float32.
  }];
  let arguments = (ins AnyRankedTensor:$n, ScaleAttr:$scale);
  let results = (outs AnyRankedTensor:$x);
}

def Qint_RequantizeOp : Qint_Op<"requantize"> {
  let summary = "Integer rescaling by multiply, add and shift, saturating";
  let description = [{
    `y = clamp(round((n * multiplier[c] + addend[c]) / 2^shift), lo, hi)`, exactly: products
    are wide enough never to overflow. `c` is the position along `axis`; the arrays have one element or as
    many as the axis. `round` is `rounding_mode`. Where all of this changes no integer that `n` can be, it folds to `n`,
    if both have the same type.
  }];
  let arguments = !con((ins AnyRankedTensor:$n), RequantizeAttributes);
  let results = (outs AnyRankedTensor:$y);
  let hasFolder = 1;
}

def Qint_ThresholdOp : Qint_Op<"threshold"> {
  let summary = "Counts thresholds: a monotone step function of each channel";
  let description = [{
    `y = base[c] + step[c] * #{k : n >= thresholds[c, k]}`. `thresholds` is a C x S or 1 x S i64 tensor, each
    row ascending; `base` and `step` have as many elements as it has rows. A row may hold a threshold just
    past the range of `n` for a level that is never reached. A decreasing function has a negative step. Where every integer
    that `n` can be counts to itself, it folds to `n`, if both have the same type.

    ```mlir
    %y = qint.threshold %n {axis = 1 : i64, base = array<i64: 0>, step = array<i64: 1>,
                            thresholds = dense<[[-2, 5, 9]]> : tensor<1x3xi64>}
       : (tensor<1x8xsi7>) -> tensor<1x8xui2>
    ```
  }];
  let arguments = !con((ins AnyRankedTensor:$n), ThresholdAttributes);
  let results = (outs AnyRankedTensor:$y);
  let hasFolder = 1;
}

def Qint_LookupOp : Qint_Op<"lookup"> {
  let summary = "Any function of a small domain, by table";
  let description = [{
    `y = table[c, n - low]`. `table` is a C x D or 1 x D i64 tensor. `n` lies in `low .. low + D - 1`. Where every integer
    that `n` can be is its own entry, it folds to `n`, if both have the same type.
  }];
  let arguments = !con((ins AnyRankedTensor:$n), LookupAttributes);
  let results = (outs AnyRankedTensor:$y);
  let hasFolder = 1;
}

//===--- Layers -----------------------------------------------------------------------------------------===//
//
// Products, sums and extremes of integers. A result has the type that holds every one it can be; of any other,
// evaluation says so.

def QintStridesAttr : Arg<SizesAttr, "Distance of neighbouring windows in each spatial dimension.">;
def QintPadsAttr : Arg<SizesAttr, "Elements before the first one in each spatial dimension, then those behind the last.">;
def QintDilationsAttr : Arg<SizesAttr, "Distance of neighbouring elements of a window in each spatial dimension.">;

def Qint_MatMulOp : Qint_Op<"matmul"> {
  let summary = "Product of matrices: `y[..., m, n] = sum_k x[..., m, k] * w[..., k, n]`";
  let description = [{
    `w` is a matrix that all rows of `x` are multiplied with, or as many of them as the leading dimensions of both
    broadcast to.

    ```mlir
    %y = qint.matmul %x, %w : (tensor<1x8xui2>, tensor<8x4xsi3>) -> tensor<1x4xsi8>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$x, AnyRankedTensor:$w);
  let results = (outs AnyRankedTensor:$y);
}

def Qint_ConvOp : Qint_Op<"conv"> {
  let summary = "Convolution (cross-correlation) over any number of spatial dimensions";
  let description = [{
    `x` is N x C x D1..Dn, `w` is M x C/group x K1..Kn. Padding is the integer 0, which is the real number 0.

    ```mlir
    %y = qint.conv %x, %w {dilations = array<i64: 1, 1>, group = 1 : i64, pads = array<i64: 1, 1, 1, 1>,
                           strides = array<i64: 1, 1>}
       : (tensor<1x2x4x4xui2>, tensor<3x2x3x3xsi2>) -> tensor<1x3x4x4xsi7>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$x, AnyRankedTensor:$w, QintStridesAttr:$strides, QintPadsAttr:$pads,
                       QintDilationsAttr:$dilations,
                       Arg<SizeAttr, "Number of groups that the channels fall into, at least 1.">:$group);
  let results = (outs AnyRankedTensor:$y);
}

def Qint_ConvTransposeOp : Qint_Op<"conv_transpose"> {
  let summary = "Transposed convolution: every element of `x` adds a filter to the result";
  let description = [{
    `x` is N x C x D1..Dn, `w` is C x M/group x K1..Kn. `y[n, m, i * strides + k * dilations - pads]` is the sum of
    `x[n, c, i] * w[c, m, k]`; a result dimension has `(D - 1) * stride + (K - 1) * dilation + 1` elements less the pads,
    and `output_padding` more behind the last.

    ```mlir
    %y = qint.conv_transpose %x, %w {dilations = array<i64: 1>, group = 1 : i64, output_padding = array<i64: 0>,
                                     pads = array<i64: 0, 0>, strides = array<i64: 2>}
       : (tensor<1x2x4xui2>, tensor<2x3x2xsi2>) -> tensor<1x3x8xsi5>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$x, AnyRankedTensor:$w,
                       Arg<SizesAttr, "Distance in the result of neighbouring elements, in each spatial dimension.">:$strides,
                       Arg<SizesAttr, "Elements cut off the result before the first one in each spatial dimension, then those behind the last.">:$pads,
                       Arg<SizesAttr, "Distance of neighbouring elements of a filter in each spatial dimension.">:$dilations,
                       Arg<SizesAttr, "Elements more behind the last one in each spatial dimension.">:$output_padding,
                       Arg<SizeAttr, "Number of groups that the channels fall into, at least 1.">:$group);
  let results = (outs AnyRankedTensor:$y);
}

class Qint_PoolOp<string mnemonic, string what> : Qint_Op<mnemonic> {
  let summary = what;
  let description = [{
    `x` is N x C x D1..Dn. Every window has an element of the input; padding is none of its elements.
  }];
  let rustStruct = "Pool";
  let arguments = (ins AnyRankedTensor:$x,
                       Arg<SizesAttr, "Extent of the window in each spatial dimension.">:$kernel_shape,
                       QintStridesAttr:$strides, QintPadsAttr:$pads, QintDilationsAttr:$dilations);
  let results = (outs AnyRankedTensor:$y);
}
def Qint_MaxPoolOp : Qint_PoolOp<"max_pool", "Greatest integer of each window">;
def Qint_MinPoolOp : Qint_PoolOp<"min_pool", "Least integer of each window">;
def Qint_SumPoolOp : Qint_PoolOp<"sum_pool", "Sum of each window">;

class Qint_ElementwiseOp<string mnemonic, string what> : Qint_Op<mnemonic> {
  let group = "Elementwise";
  let summary = what # ", with numpy broadcasting";
  let arguments = (ins AnyRankedTensor:$a, AnyRankedTensor:$b);
  let results = (outs AnyRankedTensor:$y);
}
def Qint_AddOp : Qint_ElementwiseOp<"add", "Sum">;
def Qint_SubOp : Qint_ElementwiseOp<"sub", "Difference">;
def Qint_MulOp : Qint_ElementwiseOp<"mul", "Product">;
def Qint_MaxOp : Qint_ElementwiseOp<"max", "Greater of two">;
def Qint_MinOp : Qint_ElementwiseOp<"min", "Lesser of two">;

def Qint_CastOp : Qint_Op<"cast"> {
  let summary = "The same integers in another type, which holds them";
  let description = [{
    Where it is the same type, it folds to its operand.
  }];
  let arguments = (ins AnyRankedTensor:$n);
  let results = (outs AnyRankedTensor:$y);
  let hasFolder = 1;
}

#endif // QONNX_QINT_TD
