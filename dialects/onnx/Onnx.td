//===- Onnx.td - the standard ONNX operators --------------------------------------------------------===//
//
// Level 0 and 1. One op for each ONNX operator in use, in one form for all opset versions: the importer
// normalises what older versions write differently. Operand i is ONNX input i; an absent optional input is
// an `onnx.none`. Sums are accumulated in float64 and rounded once; the meaning of each op is `eval` in
// `op.rs`, the specification is that of ONNX opset 20 where this text does not say otherwise.

#ifndef QONNX_ONNX_TD
#define QONNX_ONNX_TD

include "Common.td"

def Onnx_Dialect : Dialect {
  let name = "onnx";
  let cppNamespace = "::qonnx::onnx";
  let summary = "The standard ONNX operators that quantized networks use";
  let hasConstantMaterializer = 1;
  let description = [{
    The graph as the file writes it. Values are tensors with float32 carriers (integers for shapes and
    indices, float64 where the file says so); a type may be unranked until `infer-shapes` has run. Functions carry
    the names of the graph's inputs and outputs in the argument and result attribute `onnx.name`, and in
    `onnx.declared` what the file says that an output is, until `check-outputs` has compared it.
  }];
}

class Onnx_Op<string mnemonic, list<Trait> traits = []>
    : Op<Onnx_Dialect, mnemonic, !listconcat([Pure, RustVerified], traits)> {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

// Families: elementwise ops of one, two and many operands (numpy broadcasting).
class Onnx_UnaryOp<string mnemonic, string formula> : Onnx_Op<mnemonic> {
  let summary = formula;
  let arguments = (ins AnyTensor:$x);
  let results = (outs AnyTensor:$y);
}
class Onnx_BinaryOp<string mnemonic, string formula> : Onnx_Op<mnemonic> {
  let summary = formula # ", with numpy broadcasting";
  let arguments = (ins AnyTensor:$a, AnyTensor:$b);
  let results = (outs AnyTensor:$y);
}
class Onnx_VariadicOp<string mnemonic, string formula> : Onnx_Op<mnemonic> {
  let summary = formula # ", with numpy broadcasting";
  let arguments = (ins Variadic<AnyTensor>:$xs);
  let results = (outs AnyTensor:$y);
}

//===--- Constants and boundaries -------------------------------------------------------------------===//

def Onnx_ConstantOp : Op<Onnx_Dialect, "constant", [Pure, ConstantLike, AllTypesMatch<["value", "y"]>]> {
  let summary = "A constant tensor";
  let description = [{
    An initializer or a `Constant` node. Large tensors are `dense_resource` attributes that share the memory
    of the model file.

    ```mlir
    %0 = onnx.constant dense<[1.0, 2.0]> : tensor<2xf32>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs AnyTensor:$y);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
}

def Onnx_NoneOp : Op<Onnx_Dialect, "none", [Pure]> {
  let summary = "An optional input that is left out";
  let results = (outs NoneType:$y);
  let assemblyFormat = "attr-dict";
}

//===--- Contractions -------------------------------------------------------------------------------===//

def Onnx_MatMulOp : Onnx_Op<"matmul"> {
  let summary = "Matrix product with numpy semantics";
  let description = [{
    `[..., M, K] x [..., K, N] -> [..., M, N]`; a 1-D operand is a row or a column.
  }];
  let arguments = (ins AnyTensor:$a, AnyTensor:$b);
  let results = (outs AnyTensor:$y);
}

def Onnx_GemmOp : Onnx_Op<"gemm"> {
  let summary = "`alpha * A' * B' + beta * C`";
  let description = [{
    `A` is M x K (K x M with `trans_a`), `B` is K x N (N x K with `trans_b`); `C` broadcasts to M x N.
  }];
  let arguments = (ins AnyTensor:$a, AnyTensor:$b, OptionalTensor:$c,
                       F32Attr:$alpha, F32Attr:$beta, BoolAttr:$trans_a, BoolAttr:$trans_b);
  let results = (outs AnyTensor:$y);
}

def Onnx_ConvOp : Onnx_Op<"conv"> {
  let summary = "Convolution (cross-correlation)";
  let description = [{
    `x` is N x C x D1..Dn, `w` is M x C/group x K1..Kn, `b` is M. `pads` has the n begins, then the n ends.
    An empty list of strides, pads or dilations stands for ones, zeros, ones. `kernel_shape`, if it is there, is
    K1..Kn.
  }];
  let arguments = (ins AnyTensor:$x, AnyTensor:$w, OptionalTensor:$b, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations,
                       I64Attr:$group, DefaultValuedAttr<StrAttr, "\"NOTSET\"">:$auto_pad,
                       OptionalAttr<DenseI64ArrayAttr>:$kernel_shape);
  let results = (outs AnyTensor:$y);
}

//===--- Pooling and reductions ---------------------------------------------------------------------===//

def Onnx_MaxPoolOp : Onnx_Op<"max_pool"> {
  let summary = "Maximum over a window; padding is never the maximum";
  let arguments = (ins AnyTensor:$x, DenseI64ArrayAttr:$kernel_shape, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations,
                       BoolAttr:$ceil_mode, DefaultValuedAttr<StrAttr, "\"NOTSET\"">:$auto_pad);
  let results = (outs AnyTensor:$y);
}

def Onnx_AveragePoolOp : Onnx_Op<"average_pool"> {
  let summary = "Mean over a window";
  let arguments = (ins AnyTensor:$x, DenseI64ArrayAttr:$kernel_shape, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations,
                       BoolAttr:$ceil_mode, BoolAttr:$count_include_pad,
                       DefaultValuedAttr<StrAttr, "\"NOTSET\"">:$auto_pad);
  let results = (outs AnyTensor:$y);
}

def Onnx_GlobalAveragePoolOp : Onnx_Op<"global_average_pool"> {
  let summary = "Mean over all spatial axes, which stay with extent 1";
  let arguments = (ins AnyTensor:$x);
  let results = (outs AnyTensor:$y);
}

class Onnx_ReduceOp<string mnemonic, string what> : Onnx_Op<mnemonic> {
  let summary = what # " over the given axes; without the attribute over all of them";
  let arguments = (ins AnyTensor:$x, OptionalAttr<DenseI64ArrayAttr>:$axes, BoolAttr:$keepdims);
  let results = (outs AnyTensor:$y);
}
def Onnx_ReduceMeanOp : Onnx_ReduceOp<"reduce_mean", "Mean">;
def Onnx_ReduceSumOp : Onnx_ReduceOp<"reduce_sum", "Sum">;
def Onnx_ReduceMaxOp : Onnx_ReduceOp<"reduce_max", "Maximum">;
def Onnx_ReduceMinOp : Onnx_ReduceOp<"reduce_min", "Minimum">;

def Onnx_ArgMaxOp : Onnx_Op<"arg_max"> {
  let summary = "Index of the maximum along an axis, as int64";
  let arguments = (ins AnyTensor:$x, I64Attr:$axis, BoolAttr:$keepdims, BoolAttr:$select_last_index);
  let results = (outs AnyTensor:$y);
}

def Onnx_TopKOp : Onnx_Op<"top_k"> {
  let summary = "The k largest (or smallest) elements along an axis, and their indices";
  let arguments = (ins AnyTensor:$x, AnyTensor:$k, I64Attr:$axis, BoolAttr:$largest, BoolAttr:$sorted);
  let results = (outs AnyTensor:$values, AnyTensor:$indices);
}

//===--- Normalisation ------------------------------------------------------------------------------===//

def Onnx_BatchNormalizationOp : Onnx_Op<"batch_normalization"> {
  let summary = "Inference-time batch normalisation over axis 1";
  let description = [{
    With `a = scale / sqrt(variance + epsilon)` and `b = bias - mean * a`, the result is `x * a + b`, each
    operation rounded to float32: the order of onnxruntime, which made the reference outputs.
  }];
  let arguments = (ins AnyTensor:$x, AnyTensor:$scale, AnyTensor:$bias, AnyTensor:$mean,
                       AnyTensor:$variance, F32Attr:$epsilon);
  let results = (outs AnyTensor:$y);
}

def Onnx_SoftmaxOp : Onnx_Op<"softmax"> {
  let summary = "Softmax along an axis";
  let description = [{
    With `flatten` the semantics of opset < 13: the tensor is coerced to 2-D at `axis` and normalised over
    the second dimension.
  }];
  let arguments = (ins AnyTensor:$x, I64Attr:$axis, BoolAttr:$flatten);
  let results = (outs AnyTensor:$y);
}

def Onnx_LogSoftmaxOp : Onnx_Op<"log_softmax"> {
  let summary = "Logarithm of the softmax along an axis; `flatten` as in `onnx.softmax`";
  let arguments = (ins AnyTensor:$x, I64Attr:$axis, BoolAttr:$flatten);
  let results = (outs AnyTensor:$y);
}

def Onnx_LayerNormalizationOp : Onnx_Op<"layer_normalization"> {
  let summary = "Layer normalisation over the axes from `axis` on";
  let arguments = (ins AnyTensor:$x, AnyTensor:$scale, OptionalTensor:$bias, I64Attr:$axis,
                       F32Attr:$epsilon);
  let results = (outs AnyTensor:$y);
}

//===--- Elementwise --------------------------------------------------------------------------------===//

def Onnx_ReluOp : Onnx_UnaryOp<"relu", "max(x, 0); NaN stays NaN">;
def Onnx_SigmoidOp : Onnx_UnaryOp<"sigmoid", "1 / (1 + exp(-x))">;
def Onnx_TanhOp : Onnx_UnaryOp<"tanh", "Hyperbolic tangent">;
def Onnx_ErfOp : Onnx_UnaryOp<"erf", "Error function">;
def Onnx_SoftplusOp : Onnx_UnaryOp<"softplus", "log(1 + exp(x))">;
def Onnx_SqrtOp : Onnx_UnaryOp<"sqrt", "Square root">;
def Onnx_AbsOp : Onnx_UnaryOp<"abs", "Absolute value">;
def Onnx_NegOp : Onnx_UnaryOp<"neg", "Negation">;
def Onnx_ExpOp : Onnx_UnaryOp<"exp", "Exponential">;
def Onnx_LogOp : Onnx_UnaryOp<"log", "Natural logarithm">;
def Onnx_FloorOp : Onnx_UnaryOp<"floor", "Round toward minus infinity">;
def Onnx_CeilOp : Onnx_UnaryOp<"ceil", "Round toward plus infinity">;
def Onnx_RoundOp : Onnx_UnaryOp<"round", "Round to nearest, ties to even">;
def Onnx_SignOp : Onnx_UnaryOp<"sign", "-1, 0 or 1">;
def Onnx_IdentityOp : Onnx_UnaryOp<"identity", "The operand itself">;
def Onnx_GeluOp : Onnx_UnaryOp<"gelu", "Gaussian error linear unit, x * Phi(x)">;
def Onnx_HardSwishOp : Onnx_UnaryOp<"hard_swish", "x * max(0, min(1, x / 6 + 1 / 2))">;

def Onnx_LeakyReluOp : Onnx_Op<"leaky_relu"> {
  let summary = "x if x >= 0, else alpha * x";
  let arguments = (ins AnyTensor:$x, F32Attr:$alpha);
  let results = (outs AnyTensor:$y);
}

def Onnx_EluOp : Onnx_Op<"elu"> {
  let summary = "x if x > 0, else alpha * (exp(x) - 1)";
  let arguments = (ins AnyTensor:$x, F32Attr:$alpha);
  let results = (outs AnyTensor:$y);
}

def Onnx_SeluOp : Onnx_Op<"selu"> {
  let summary = "gamma * (x if x > 0, else alpha * (exp(x) - 1))";
  let arguments = (ins AnyTensor:$x, F32Attr:$alpha, F32Attr:$gamma);
  let results = (outs AnyTensor:$y);
}

def Onnx_HardSigmoidOp : Onnx_Op<"hard_sigmoid"> {
  let summary = "max(0, min(1, alpha * x + beta))";
  let arguments = (ins AnyTensor:$x, F32Attr:$alpha, F32Attr:$beta);
  let results = (outs AnyTensor:$y);
}

def Onnx_ClipOp : Onnx_Op<"clip"> {
  let summary = "min(max(x, min), max)";
  let arguments = (ins AnyTensor:$x, OptionalTensor:$min, OptionalTensor:$max);
  let results = (outs AnyTensor:$y);
}

def Onnx_AddOp : Onnx_BinaryOp<"add", "Sum">;
def Onnx_SubOp : Onnx_BinaryOp<"sub", "Difference">;
def Onnx_MulOp : Onnx_BinaryOp<"mul", "Product">;
def Onnx_DivOp : Onnx_BinaryOp<"div", "Quotient">;
def Onnx_PowOp : Onnx_BinaryOp<"pow", "Power">;
def Onnx_EqualOp : Onnx_BinaryOp<"equal", "a == b">;
def Onnx_LessOp : Onnx_BinaryOp<"less", "a < b">;
def Onnx_GreaterOp : Onnx_BinaryOp<"greater", "a > b">;
def Onnx_LessOrEqualOp : Onnx_BinaryOp<"less_or_equal", "a <= b">;
def Onnx_GreaterOrEqualOp : Onnx_BinaryOp<"greater_or_equal", "a >= b">;
def Onnx_PReluOp : Onnx_BinaryOp<"prelu", "a if a >= 0, else b * a">;
def Onnx_MinOp : Onnx_VariadicOp<"min", "Minimum">;
def Onnx_MaxOp : Onnx_VariadicOp<"max", "Maximum">;

def Onnx_WhereOp : Onnx_Op<"where"> {
  let summary = "x where the condition is true, else y";
  let arguments = (ins AnyTensor:$condition, AnyTensor:$x, AnyTensor:$y);
  let results = (outs AnyTensor:$z);
}

def Onnx_CastOp : Onnx_Op<"cast"> {
  let summary = "Conversion to another element type";
  let arguments = (ins AnyTensor:$x, TypeAttr:$to);
  let results = (outs AnyTensor:$y);
}

//===--- Data movement and shapes -------------------------------------------------------------------===//

def Onnx_ReshapeOp : Onnx_Op<"reshape"> {
  let summary = "The same elements in another shape";
  let description = [{
    In `shape`, -1 is inferred; 0 copies the extent of `x` unless `allow_zero`.
  }];
  let arguments = (ins AnyTensor:$x, AnyTensor:$shape, BoolAttr:$allow_zero);
  let results = (outs AnyTensor:$y);
}

def Onnx_FlattenOp : Onnx_Op<"flatten"> {
  let summary = "Coerces to 2-D: the axes before `axis`, and the rest";
  let arguments = (ins AnyTensor:$x, I64Attr:$axis);
  let results = (outs AnyTensor:$y);
}

def Onnx_TransposeOp : Onnx_Op<"transpose"> {
  let summary = "Permutes the axes; an empty list reverses them";
  let arguments = (ins AnyTensor:$x, DenseI64ArrayAttr:$perm);
  let results = (outs AnyTensor:$y);
}

def Onnx_SqueezeOp : Onnx_Op<"squeeze"> {
  let summary = "Drops axes of extent 1; without the attribute all of them";
  let arguments = (ins AnyTensor:$x, OptionalAttr<DenseI64ArrayAttr>:$axes);
  let results = (outs AnyTensor:$y);
}

def Onnx_UnsqueezeOp : Onnx_Op<"unsqueeze"> {
  let summary = "Inserts axes of extent 1, at positions of the result";
  let arguments = (ins AnyTensor:$x, DenseI64ArrayAttr:$axes);
  let results = (outs AnyTensor:$y);
}

def Onnx_ConcatOp : Onnx_Op<"concat"> {
  let summary = "Concatenation along an axis";
  let arguments = (ins Variadic<AnyTensor>:$xs, I64Attr:$axis);
  let results = (outs AnyTensor:$y);
}

def Onnx_SplitOp : Onnx_Op<"split"> {
  let summary = "Splits along an axis, at `sizes` or into `count` equal parts, the last of which may be smaller";
  let arguments = (ins AnyTensor:$x, OptionalAttr<DenseI64ArrayAttr>:$sizes,
                       OptionalAttr<I64Attr>:$count, I64Attr:$axis);
  let results = (outs Variadic<AnyTensor>:$ys);
}

def Onnx_SliceOp : Onnx_Op<"slice"> {
  let summary = "Strided slice";
  let arguments = (ins AnyTensor:$x, AnyTensor:$starts, AnyTensor:$ends, OptionalTensor:$axes,
                       OptionalTensor:$steps);
  let results = (outs AnyTensor:$y);
}

def Onnx_GatherOp : Onnx_Op<"gather"> {
  let summary = "Selects slices along an axis by index";
  let arguments = (ins AnyTensor:$x, AnyTensor:$indices, I64Attr:$axis);
  let results = (outs AnyTensor:$y);
}

def Onnx_PadOp : Onnx_Op<"pad"> {
  let summary = "Constant padding";
  let arguments = (ins AnyTensor:$x, AnyTensor:$pads, OptionalTensor:$value, OptionalTensor:$axes);
  let results = (outs AnyTensor:$y);
}

def Onnx_ExpandOp : Onnx_Op<"expand"> {
  let summary = "Broadcasts to a shape";
  let arguments = (ins AnyTensor:$x, AnyTensor:$shape);
  let results = (outs AnyTensor:$y);
}

def Onnx_TileOp : Onnx_Op<"tile"> {
  let summary = "Repeats along every axis";
  let arguments = (ins AnyTensor:$x, AnyTensor:$repeats);
  let results = (outs AnyTensor:$y);
}

def Onnx_ShapeOp : Onnx_Op<"shape"> {
  let summary = "The shape, as int64; a slice of it with `start` and `end`";
  let arguments = (ins AnyTensor:$x, I64Attr:$start, OptionalAttr<I64Attr>:$end);
  let results = (outs AnyTensor:$y);
}

def Onnx_ConstantOfShapeOp : Onnx_Op<"constant_of_shape"> {
  let summary = "A tensor of the given shape filled with one value";
  let arguments = (ins AnyTensor:$shape, ElementsAttr:$value);
  let results = (outs AnyTensor:$y);
}

#endif // QONNX_ONNX_TD
