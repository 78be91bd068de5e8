//===- Onnx.td - the standard ONNX operators --------------------------------------------------------===//
//
// Level 0 and 1. One op for each ONNX operator in use, in one form for all opset versions: the importer
// normalises what older versions write differently. Operand i is ONNX input i; an absent optional input is
// an `onnx.none`. Sums are accumulated in float64 and rounded once. An elementwise op means its formula; the meaning of
// any other is `eval` in the file of its family. The specification is that of ONNX where this text does not say otherwise.

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

def AutoPadAttr : ChoiceAttr<"super::AutoPad">;

class Onnx_Op<string mnemonic, string inFamily, list<Trait> traits = []>
    : Op<Onnx_Dialect, mnemonic, !listconcat([Pure, RustVerified], traits)>, Declared {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let family = inFamily;
  let inOnnx = 1;
}

// Elementwise ops: the formula is all there is to say of one. `max(a, b)` is `a` if that is NaN or `a > b`, else `b`, and
// `min` likewise, so that NaN stays NaN; `clamp(x, low, high)` is `x`, or a bound that it is beyond: the upper one, if
// they cross.
class Onnx_ElementwiseOp<string mnemonic, string text, string what> : Onnx_Op<mnemonic, "Elementwise"> {
  let summary = what # ": `" # text # "`";
  let formula = text;
  let level2 = "step";
}
class Onnx_UnaryOp<string mnemonic, string text, string what> : Onnx_ElementwiseOp<mnemonic, text, what> {
  let arguments = (ins AnyTensor:$X);
  let results = (outs AnyTensor:$Y);
}
class Onnx_BinaryOp<string mnemonic, string text, string what>
    : Onnx_ElementwiseOp<mnemonic, text, what # ", with numpy broadcasting"> {
  let arguments = (ins AnyTensor:$A, AnyTensor:$B);
  let results = (outs AnyTensor:$C);
}
class Onnx_NumberUnaryOp<string mnemonic, string text, string what> : Onnx_UnaryOp<mnemonic, text, what> {
  let onIntegers = 1;
}
class Onnx_NumberBinaryOp<string mnemonic, string text, string what> : Onnx_BinaryOp<mnemonic, text, what> {
  let onIntegers = 1;
}
class Onnx_ComparisonOp<string mnemonic, string text> : Onnx_NumberBinaryOp<mnemonic, text, "Comparison"> {
  let level2 = "float";
}
// Any number of operands, from left to right.
class Onnx_VariadicOp<string mnemonic, string text, string what>
    : Onnx_ElementwiseOp<mnemonic, text, what # " of all operands, with numpy broadcasting"> {
  let arguments = (ins Variadic<AnyTensor>:$data_0);
  let results = (outs AnyTensor:$min_max);
  let onIntegers = 1;
}

//===--- Constants and boundaries -------------------------------------------------------------------===//

def Onnx_ConstantOp : Op<Onnx_Dialect, "constant", [Pure, ConstantLike, AllTypesMatch<["value", "y"]>]>, Declared {
  let apart = 1;
  let inOnnx = 1;
  let level2 = "folded";
  let onnxAttributes = [Apart<"value", "tensor">, Apart<"sparse_value", "sparse_tensor", 11>,
                        Apart<"value_float", "float", 12>, Apart<"value_floats", "floats", 12>,
                        Apart<"value_int", "int", 12>, Apart<"value_ints", "ints", 12>,
                        Apart<"value_string", "string", 12>, Apart<"value_strings", "strings", 12>];
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

def Onnx_NoneOp : Op<Onnx_Dialect, "none", [Pure]>, Declared {
  let apart = 1;
  let summary = "An optional input that is left out";
  let results = (outs NoneType:$y);
  let assemblyFormat = "attr-dict";
}

// A Dropout is the identity at inference.
def Onnx_Dropout : Declared {
  let inOnnx = 1;
  let apart = 1;
  let onnxOutputs = 2;
  let onnxAttributes = [Apart<"ratio", "float", 1, 11>, Apart<"seed", "int", 12>];
  let level2 = "integer";
}

//===--- Contractions -------------------------------------------------------------------------------===//

def Onnx_MatMulOp : Onnx_Op<"matmul", "Contraction"> {
  let summary = "Matrix product with numpy semantics";
  let description = [{
    `[..., M, K] x [..., K, N] -> [..., M, N]`; a 1-D operand is a row or a column.
  }];
  let arguments = (ins AnyTensor:$A, AnyTensor:$B);
  let results = (outs AnyTensor:$Y);
  let level2 = "integer with constant weights (two quantized operands: float)";
}

def Onnx_GemmOp : Onnx_Op<"gemm", "Contraction"> {
  let summary = "`alpha * A' * B' + beta * C`";
  let description = [{
    `A` is M x K (K x M with `trans_a`), `B` is K x N (N x K with `trans_b`); `C` broadcasts to M x N. With `alpha` and
    `beta` 1 the result is the exact sum, rounded once.
  }];
  let arguments = (ins AnyTensor:$A, AnyTensor:$B, OptionalTensor:$C, Arg<F32Attr, "Factor of the product.">:$alpha,
                       Arg<F32Attr, "Factor of `C`.">:$beta, Arg<BoolAttr, "Whether `A` is given transposed.">:$trans_a,
                       Arg<BoolAttr, "Whether `B` is given transposed.">:$trans_b);
  let results = (outs AnyTensor:$Y);
  let onnxAttributes = [Onnx<"alpha", "1">, Onnx<"beta", "1">, Onnx<"transA", "0", "trans_a">,
                        Onnx<"transB", "0", "trans_b">];
  let level2 = "integer with constant weights";
}

def StridesAttr : Arg<SizesAttr, "Step of each spatial dimension; empty for 1.">;
def PadsAttr : Arg<SizesAttr, "Padding: all begins, then all ends; empty for 0.">;
def DilationsAttr
    : Arg<SizesAttr, "Distance of window elements in each spatial dimension; empty for 1.">;
def PaddingAttr : Arg<DefaultValuedAttr<AutoPadAttr, "\"NOTSET\"">, "How padding is found.">;

def Onnx_ConvOp : Onnx_Op<"conv", "Contraction"> {
  let summary = "Convolution (cross-correlation)";
  let description = [{
    `x` is N x C x D1..Dn, `w` is M x C/group x K1..Kn, `b` is M. `pads` has the n begins, then the n ends.
    An empty list of strides, pads or dilations stands for ones, zeros, ones. `kernel_shape`, if it is there, is
    K1..Kn.
  }];
  let arguments = (ins AnyTensor:$X, AnyTensor:$W, OptionalTensor:$B, StridesAttr:$strides, PadsAttr:$pads,
                       DilationsAttr:$dilations,
                       Arg<SizeAttr, "Number of groups that the channels fall into, at least 1.">:$group,
                       PaddingAttr:$auto_pad,
                       Arg<OptionalAttr<SizesAttr>, "Extent of the kernel, which is that of the weights.">:$kernel_shape);
  let results = (outs AnyTensor:$Y);
  let onnxAttributes = [Onnx<"kernel_shape">, Onnx<"strides", "[]">, Onnx<"pads", "[]">, Onnx<"dilations", "[]">,
                        Onnx<"group", "1">, Onnx<"auto_pad", "NOTSET">];
  let level2 = "integer with constant weights";
}

//===--- Pooling and reductions ---------------------------------------------------------------------===//

def KernelShapeAttr : Arg<SizesAttr, "Extent of the window in each spatial dimension.">;
def CeilModeAttr : Arg<BoolAttr, "Whether a last, partial window counts.">;

def Onnx_MaxPoolOp : Onnx_Op<"max_pool", "Pooling"> {
  let summary = "Maximum over a window; padding is never the maximum";
  let arguments = (ins AnyTensor:$X, KernelShapeAttr:$kernel_shape, StridesAttr:$strides, PadsAttr:$pads,
                       DilationsAttr:$dilations, CeilModeAttr:$ceil_mode, PaddingAttr:$auto_pad);
  let results = (outs AnyTensor:$Y);
  let onnxOutputs = 2;
  let onnxAttributes = [Onnx<"kernel_shape">, Onnx<"strides", "[]">, Onnx<"pads", "[]">,
                        Onnx<"dilations", "[]", "dilations", 10>, Onnx<"ceil_mode", "0", "ceil_mode", 10>,
                        Onnx<"auto_pad", "NOTSET">, Apart<"storage_order", "int", 8>];
  let level2 = "integer";
}

def Onnx_AveragePoolOp : Onnx_Op<"average_pool", "Pooling"> {
  let summary = "Mean over a window";
  let arguments = (ins AnyTensor:$X, KernelShapeAttr:$kernel_shape, StridesAttr:$strides, PadsAttr:$pads,
                       DilationsAttr:$dilations, CeilModeAttr:$ceil_mode,
                       Arg<BoolAttr, "Whether padding counts as elements of value 0. What `ceil_mode` adds beyond the padding never counts.">:$count_include_pad,
                       PaddingAttr:$auto_pad);
  let results = (outs AnyTensor:$Y);
  let onnxAttributes = [Onnx<"kernel_shape">, Onnx<"strides", "[]">, Onnx<"pads", "[]">,
                        Onnx<"dilations", "[]", "dilations", 19>, Onnx<"ceil_mode", "0", "ceil_mode", 10>,
                        Onnx<"count_include_pad", "0">, Onnx<"auto_pad", "NOTSET">];
  let level2 = "float, exact";
}

def Onnx_GlobalAveragePoolOp : Onnx_Op<"global_average_pool", "Pooling"> {
  let summary = "Mean over all spatial axes, which stay with extent 1";
  let arguments = (ins AnyTensor:$X);
  let results = (outs AnyTensor:$Y);
  let level2 = "float, exact";
}

// The axes are an attribute up to a version of the operator set, an input of constants since.
class Onnx_ReduceOp<string mnemonic, string what, int lastOfAxes> : Onnx_Op<mnemonic, "Reduction"> {
  let summary = what # " over the given axes; without the attribute over all of them";
  let arguments = (ins AnyTensor:$data,
                       Arg<OptionalAttr<DenseI64ArrayAttr>, "The dimensions that are reduced; absent for all, empty for none.">:$axes,
                       Arg<BoolAttr, "Whether they stay, with extent 1.">:$keepdims);
  let results = (outs AnyTensor:$reduced);
  let rustStruct = "Reduce";
  let onnxAttributes = [Onnx<"keepdims", "1">, Apart<"axes", "ints", 1, lastOfAxes>,
                        Apart<"noop_with_empty_axes", "int", !add(lastOfAxes, 1)>];
  let level2 = "float";
}
def Onnx_ReduceMeanOp : Onnx_ReduceOp<"reduce_mean", "Mean", 17>;
def Onnx_ReduceSumOp : Onnx_ReduceOp<"reduce_sum", "Sum", 12>;
def Onnx_ReduceMaxOp : Onnx_ReduceOp<"reduce_max", "Maximum", 17>;
def Onnx_ReduceMinOp : Onnx_ReduceOp<"reduce_min", "Minimum", 17>;

def Onnx_ArgMaxOp : Onnx_Op<"arg_max", "Reduction"> {
  let summary = "Index of the maximum along an axis, as int64";
  let arguments = (ins AnyTensor:$data, Arg<I64Attr, "The dimension that is searched.">:$axis,
                       Arg<BoolAttr, "Whether it stays, with extent 1.">:$keepdims,
                       Arg<BoolAttr, "Whether the last of equal elements counts rather than the first.">:$select_last_index);
  let results = (outs AnyTensor:$reduced);
  let onnxAttributes = [Onnx<"axis", "0">, Onnx<"keepdims", "1">,
                        Onnx<"select_last_index", "0", "select_last_index", 12>];
  let level2 = "float";
}

def Onnx_TopKOp : Onnx_Op<"top_k", "Reduction"> {
  let summary = "The k largest (or smallest) elements along an axis, and their indices";
  let description = [{
    Of equal elements those of lower index come first, and the results are sorted whatever `sorted` says (unsorted
    results have no defined order).
  }];
  let arguments = (ins AnyTensor:$X, AnyTensor:$K, Arg<I64Attr, "The dimension that is searched.">:$axis,
                       Arg<BoolAttr, "Whether the greatest elements are wanted rather than the least.">:$largest,
                       Arg<BoolAttr, "Whether an order is asked for.">:$sorted);
  let results = (outs AnyTensor:$Values, AnyTensor:$Indices);
  let onnxAttributes = [Onnx<"axis", "-1">, Apart<"k", "int", 1, 9>, Onnx<"largest", "1", "largest", 11>,
                        Onnx<"sorted", "1", "sorted", 11>];
  let level2 = "float";
}

//===--- Normalisation ------------------------------------------------------------------------------===//

def EpsilonAttr : Arg<F32Attr, "Added to the variance.">;

def Onnx_BatchNormalizationOp : Onnx_Op<"batch_normalization", "Normalization"> {
  let summary = "Inference-time batch normalisation over axis 1";
  let description = [{
    With `a = scale / sqrt(variance + epsilon)` and `b = bias - mean * a`, the result is `x * a + b`, each
    operation rounded to float32: the order of onnxruntime, which made the reference outputs.
  }];
  let arguments = (ins AnyTensor:$X, AnyTensor:$scale, AnyTensor:$B, AnyTensor:$input_mean,
                       AnyTensor:$input_var, EpsilonAttr:$epsilon);
  let results = (outs AnyTensor:$Y);
  let onnxOutputs = 5;
  let onnxAttributes = [Onnx<"epsilon", "1e-5">, Apart<"momentum", "float">, Apart<"spatial", "int", 1, 8>,
                        Apart<"training_mode", "int", 14>];
  let elementwise = 1;
  let level2 = "step";
}

// What older versions of the operator set say with other defaults is the translation's.
class Onnx_SoftmaxLikeOp<string mnemonic> : Onnx_Op<mnemonic, "Normalization"> {
  let arguments = (ins AnyTensor:$input, Arg<I64Attr, "The dimension along which the results sum to 1.">:$axis,
                       Arg<BoolAttr, "Opset 12 and older: along all dimensions from `axis` on together.">:$flatten);
  let results = (outs AnyTensor:$output);
  let rustStruct = "Softmax";
  let onnxAttributes = [Apart<"axis", "int">];
  let level2 = "float";
}
def Onnx_SoftmaxOp : Onnx_SoftmaxLikeOp<"softmax"> {
  let summary = "Softmax along an axis";
  let description = [{
    With `flatten` the semantics of opset < 13: the tensor is coerced to 2-D at `axis` and normalised over
    the second dimension.
  }];
}
def Onnx_LogSoftmaxOp : Onnx_SoftmaxLikeOp<"log_softmax"> {
  let summary = "Logarithm of the softmax along an axis; `flatten` as in `onnx.softmax`";
}

def Onnx_LayerNormalizationOp : Onnx_Op<"layer_normalization", "Normalization"> {
  let summary = "Layer normalisation over the axes from `axis` on";
  let arguments = (ins AnyTensor:$X, AnyTensor:$Scale, OptionalTensor:$B,
                       Arg<I64Attr, "First dimension that is normalized over.">:$axis, EpsilonAttr:$epsilon);
  let results = (outs AnyTensor:$Y);
  let since = 17;
  let onnxOutputs = 3;
  let onnxAttributes = [Onnx<"axis", "-1">, Onnx<"epsilon", "1e-5">, Apart<"stash_type", "int">];
  let level2 = "float";
}

//===--- Elementwise --------------------------------------------------------------------------------===//

def Onnx_ReluOp : Onnx_NumberUnaryOp<"relu", "max(0, X)", "Rectifier">;
def Onnx_SigmoidOp : Onnx_UnaryOp<"sigmoid", "1 / (1 + exp(-X))", "Logistic function">;
def Onnx_TanhOp : Onnx_UnaryOp<"tanh", "tanh(input)", "Hyperbolic tangent"> {
  let arguments = (ins AnyTensor:$input);
}
def Onnx_ErfOp : Onnx_UnaryOp<"erf", "erf(input)", "Error function"> {
  let arguments = (ins AnyTensor:$input);
  let since = 9;
  let refusedOn = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"];
}
def Onnx_SoftplusOp : Onnx_UnaryOp<"softplus", "X > 0 ? X + log1p(exp(-X)) : log1p(exp(X))", "ln(1 + e^x)"> {
  // Its slope is between 0 and 1 everywhere; the two summands above 0 move against each other.
  let direction = "NonDecreasing";
}
def Onnx_SqrtOp : Onnx_UnaryOp<"sqrt", "sqrt(X)", "Square root">;
def Onnx_AbsOp : Onnx_NumberUnaryOp<"abs", "abs(X)", "Absolute value">;
def Onnx_NegOp : Onnx_NumberUnaryOp<"neg", "-X", "Negation">;
def Onnx_ExpOp : Onnx_UnaryOp<"exp", "exp(input)", "Exponential"> {
  let arguments = (ins AnyTensor:$input);
}
def Onnx_LogOp : Onnx_UnaryOp<"log", "log(input)", "Natural logarithm"> {
  let arguments = (ins AnyTensor:$input);
}
def Onnx_FloorOp : Onnx_UnaryOp<"floor", "floor(X)", "Round toward minus infinity">;
def Onnx_CeilOp : Onnx_UnaryOp<"ceil", "ceil(X)", "Round toward plus infinity">;
def Onnx_RoundOp : Onnx_UnaryOp<"round", "round(X)", "Round to nearest, ties to even"> { let since = 11; }
// The last product is 0, or NaN where x is.
def Onnx_SignOp : Onnx_NumberUnaryOp<"sign", "input < 0 ? -1 : input > 0 ? 1 : 0 * abs(input)", "Sign"> {
  let arguments = (ins AnyTensor:$input);
  let since = 9;
}
def Onnx_HardSwishOp : Onnx_UnaryOp<"hard_swish", "X * clamp(X / 6 + 0.5, 0, 1)", "Hard swish"> { let since = 14; }
def Onnx_GeluOp : Onnx_UnaryOp<"gelu", "0.5 * X * (1 + erf(X * 0.707106781186547524400844362104849039))",
                               "Gaussian error linear unit"> {
  let since = 20;
  let onnxAttributes = [Apart<"approximate", "string">];
}

def Onnx_LeakyReluOp : Onnx_UnaryOp<"leaky_relu", "X < 0 ? alpha * X : X", "Leaky rectifier"> {
  let arguments = (ins AnyTensor:$X, Arg<F32Attr, "Slope below 0.">:$alpha);
  let onnxAttributes = [Onnx<"alpha", "0.01">];
}

def Onnx_EluOp : Onnx_UnaryOp<"elu", "X < 0 ? alpha * expm1(X) : X", "Exponential linear unit"> {
  let arguments = (ins AnyTensor:$X, Arg<F32Attr, "Negated limit at minus infinity.">:$alpha);
  let onnxAttributes = [Onnx<"alpha", "1">];
}

def Onnx_SeluOp : Onnx_UnaryOp<"selu", "gamma * (X < 0 ? alpha * expm1(X) : X)", "Scaled exponential linear unit"> {
  let arguments = (ins AnyTensor:$X, Arg<F32Attr, "Negated limit at minus infinity, before `gamma`.">:$alpha,
                       Arg<F32Attr, "Factor of the whole.">:$gamma);
  let onnxAttributes = [Onnx<"alpha", "1.67326319217681884765625">, Onnx<"gamma", "1.05070102214813232421875">];
}

def Onnx_HardSigmoidOp : Onnx_UnaryOp<"hard_sigmoid", "clamp(alpha * X + beta, 0, 1)", "Hard sigmoid"> {
  let arguments = (ins AnyTensor:$X, Arg<F32Attr, "Slope.">:$alpha, Arg<F32Attr, "Value at 0.">:$beta);
  let onnxAttributes = [Onnx<"alpha", "0.2">, Onnx<"beta", "0.5">];
}

def Onnx_ClipOp : Onnx_NumberUnaryOp<"clip", "clamp(input, min, max)", "Limited to bounds"> {
  let description = [{
    A bound that is left out is the type's least or greatest number, which infinities are beyond. One that is NaN
    bounds nothing.
  }];
  let arguments = (ins AnyTensor:$input, BoundTensor:$min, BoundTensor:$max);
  let onnxAttributes = [Apart<"min", "float", 1, 10>, Apart<"max", "float", 1, 10>];
}

def Onnx_AddOp : Onnx_NumberBinaryOp<"add", "A + B", "Sum">;
def Onnx_SubOp : Onnx_NumberBinaryOp<"sub", "A - B", "Difference">;
def Onnx_MulOp : Onnx_NumberBinaryOp<"mul", "A * B", "Product">;
def Onnx_DivOp : Onnx_NumberBinaryOp<"div", "A / B", "Quotient, of integers truncated toward zero">;
def Onnx_PowOp : Onnx_BinaryOp<"pow", "Y == 2 ? X * X : Y == 0.5 ? (X == -inf ? inf : sqrt(X) + 0) : pow(X, Y)",
                               "Power, with the special cases of C99"> {
  let arguments = (ins AnyTensor:$X, AnyNumberTensor:$Y);
  let results = (outs AnyTensor:$Z);
  let refusedOn = ["i32", "i64"];
}
def Onnx_EqualOp : Onnx_ComparisonOp<"equal", "A == B">;
def Onnx_LessOp : Onnx_ComparisonOp<"less", "A < B">;
def Onnx_GreaterOp : Onnx_ComparisonOp<"greater", "A > B">;
def Onnx_LessOrEqualOp : Onnx_ComparisonOp<"less_or_equal", "A <= B"> { let since = 12; }
def Onnx_GreaterOrEqualOp : Onnx_ComparisonOp<"greater_or_equal", "A >= B"> { let since = 12; }
def Onnx_PReluOp : Onnx_BinaryOp<"prelu", "X < 0 ? slope * X : X", "Leaky rectifier with computed slopes"> {
  let arguments = (ins AnyTensor:$X, SlopeTensor:$slope);
  let results = (outs AnyTensor:$Y);
  let refusedOn = ["i32", "i64", "u32", "u64"];
}
def Onnx_MinOp : Onnx_VariadicOp<"min", "min(A, B)", "Minimum">;
def Onnx_MaxOp : Onnx_VariadicOp<"max", "max(A, B)", "Maximum">;

def Onnx_WhereOp : Onnx_ElementwiseOp<"where", "condition ? X : Y", "Selection"> {
  let arguments = (ins ConditionTensor:$condition, AnyTensor:$X, AnyTensor:$Y);
  let results = (outs AnyTensor:$output);
  let onIntegers = 1;
  let since = 9;
  let level2 = "float";
}

def Onnx_CastOp : Onnx_Op<"cast", "Conversion"> {
  let summary = "Conversion to another element type";
  let description = [{
    Floats become integers by truncation toward zero, limited to the type's range, and NaN becomes 0; integers wrap;
    anything but 0 becomes true.
  }];
  let arguments = (ins AnyTensor:$input, Arg<ElementTypeAttr, "Element type of the result.">:$to);
  let results = (outs AnyTensor:$Y);
  let onnxAttributes = [Apart<"to", "int">, Apart<"saturate", "int", 19>, Apart<"round_mode", "string", 24>];
  let elementwise = 1;
  let level2 = "float";
}

//===--- Data movement and shapes -------------------------------------------------------------------===//

// The same elements in the same order under another shape.
class Onnx_ReshapeLikeOp<string mnemonic> : Onnx_Op<mnemonic, "Reshaping"> {
  let results = (outs AnyTensor:$output);
  let level2 = "integer";
}
// Elements in another order, or only some of them, or several times.
class Onnx_MovementOp<string mnemonic> : Onnx_Op<mnemonic, "Movement"> {
  let results = (outs AnyTensor:$output);
  let level2 = "float";
}

def Onnx_IdentityOp : Onnx_ReshapeLikeOp<"identity"> {
  let summary = "The operand itself";
  let arguments = (ins AnyTensor:$input);
  let elementwise = 1;
}

def Onnx_ReshapeOp : Onnx_ReshapeLikeOp<"reshape"> {
  let summary = "The same elements in another shape";
  let description = [{
    In `shape`, -1 is inferred; 0 copies the extent of `x` unless `allow_zero`.
  }];
  let arguments = (ins AnyTensor:$data, AnyTensor:$shape,
                       Arg<BoolAttr, "Whether a 0 in `shape` is an extent of 0 rather than the operand's extent.">:$allow_zero);
  let onnxAttributes = [Onnx<"allowzero", "0", "allow_zero", 14>];
}

def Onnx_FlattenOp : Onnx_ReshapeLikeOp<"flatten"> {
  let summary = "Coerces to 2-D: the axes before `axis`, and the rest";
  let arguments = (ins AnyTensor:$input, Arg<I64Attr, "First dimension of the columns; may be the rank.">:$axis);
  let onnxAttributes = [Onnx<"axis", "1">];
}

def Onnx_SqueezeOp : Onnx_ReshapeLikeOp<"squeeze"> {
  let summary = "Drops axes of extent 1; without the attribute all of them";
  let arguments = (ins AnyTensor:$data,
                       Arg<OptionalAttr<DenseI64ArrayAttr>, "Their places in the operand; absent for all that have extent 1.">:$axes);
  let onnxAttributes = [Apart<"axes", "ints", 1, 12>];
}

def Onnx_UnsqueezeOp : Onnx_ReshapeLikeOp<"unsqueeze"> {
  let summary = "Inserts axes of extent 1, at positions of the result";
  let arguments = (ins AnyTensor:$data, Arg<DenseI64ArrayAttr, "Their places in the result.">:$axes);
  let onnxAttributes = [Apart<"axes", "ints", 1, 12>];
}

def Onnx_TransposeOp : Onnx_MovementOp<"transpose"> {
  let summary = "Permutes the axes; an empty list reverses them";
  let arguments = (ins AnyTensor:$data,
                       Arg<DenseI64ArrayAttr, "For each dimension of the result, the operand's dimension; empty reverses the order.">:$perm);
  let onnxAttributes = [Onnx<"perm", "[]">];
  let level2 = "integer";
}

def Onnx_ConcatOp : Onnx_MovementOp<"concat"> {
  let summary = "Concatenation along an axis";
  let arguments = (ins Variadic<AnyTensor>:$inputs, Arg<I64Attr, "The dimension that grows.">:$axis);
  let onnxAttributes = [Onnx<"axis">];
  let level2 = "integer if all operands are quantized";
}

def Onnx_SplitOp : Onnx_MovementOp<"split"> {
  let summary = "Splits along an axis, at `sizes` or into `count` equal parts, the last of which may be smaller";
  let arguments = (ins AnyTensor:$input, Arg<OptionalAttr<SizesAttr>, "Extents of the parts.">:$sizes,
                       Arg<OptionalAttr<SizeAttr>, "Number of parts, where there are no sizes.">:$count,
                       Arg<I64Attr, "The dimension that is cut.">:$axis);
  let results = (outs Variadic<AnyTensor>:$outputs);
  let onnxAttributes = [Onnx<"axis", "0">, Apart<"split", "ints", 1, 12>, Apart<"num_outputs", "int", 18>];
}

def Onnx_SliceOp : Onnx_MovementOp<"slice"> {
  let summary = "Strided slice";
  let arguments = (ins AnyTensor:$data, AnyTensor:$starts, AnyTensor:$ends, OptionalTensor:$axes,
                       OptionalTensor:$steps);
  let onnxAttributes = [Apart<"starts", "ints", 1, 9>, Apart<"ends", "ints", 1, 9>, Apart<"axes", "ints", 1, 9>];
}

def Onnx_GatherOp : Onnx_MovementOp<"gather"> {
  let summary = "Selects slices along an axis by index";
  let arguments = (ins AnyTensor:$data, AnyTensor:$indices,
                       Arg<I64Attr, "The dimension that `indices` replaces.">:$axis);
  let onnxAttributes = [Onnx<"axis", "0">];
}

def Onnx_PadOp : Onnx_MovementOp<"pad"> {
  let summary = "Constant padding; negative padding crops";
  let arguments = (ins AnyTensor:$data, AnyTensor:$pads, OptionalTensor:$constant_value, OptionalTensor:$axes);
  let onnxAttributes = [Apart<"mode", "string">, Apart<"pads", "ints", 1, 10>, Apart<"value", "float", 1, 10>];
}

def Onnx_ExpandOp : Onnx_MovementOp<"expand"> {
  let summary = "Broadcasts to a shape";
  let arguments = (ins AnyTensor:$input, AnyTensor:$shape);
  let since = 8;
}

def Onnx_TileOp : Onnx_MovementOp<"tile"> {
  let summary = "Repeats along every axis";
  let arguments = (ins AnyTensor:$input, AnyTensor:$repeats);
}

def Onnx_ShapeOp : Onnx_MovementOp<"shape"> {
  let summary = "The shape, as int64; a slice of it with `start` and `end`";
  let arguments = (ins AnyTensor:$data, Arg<I64Attr, "First dimension.">:$start,
                       Arg<OptionalAttr<I64Attr>, "One past the last dimension; absent for all.">:$end);
  let onnxAttributes = [Onnx<"start", "0", "start", 15>, Onnx<"end", "", "end", 15>];
  let level2 = "folded";
}

def Onnx_ConstantOfShapeOp : Onnx_MovementOp<"constant_of_shape"> {
  let summary = "A tensor of the given shape filled with one value";
  let arguments = (ins AnyTensor:$input, Arg<ElementsAttr, "The element, a tensor of one element.">:$value);
  let onnxAttributes = [Apart<"value", "tensor">];
  let since = 9;
  let level2 = "folded";
}

#endif // QONNX_ONNX_TD
