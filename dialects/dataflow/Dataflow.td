//===- Dataflow.td - layers of a hardware network ---------------------------------------------------===//
//
// Level 3 of the hardware backends: a network is a function over arrays or streams of exact-width words, each op is
// one layer with its constants and its folding. The meaning of each op is its `Layer`.

#ifndef QONNX_DATAFLOW_TD
#define QONNX_DATAFLOW_TD

include "Common.td"
include "mlir/IR/AttrTypeBase.td"

def Dataflow_Dialect : Dialect {
  let name = "dataflow";
  let cppNamespace = "::qonnx::dataflow";
  let summary = "Layers of a hardware network between arrays or streams of exact-width words";
  let description = [{
    A hardware network is a `func.func` whose arguments and results are `!dataflow.array`s or `!dataflow.stream`s. The
    function `main` keeps what stays on the host and starts networks with `dataflow.run`.

    Images are channels-last: N x D1..Dn x C. A convolution is `pad`, `window` and `dense`, a pooling `pad`, `window` and
    `max_pool`: the modules that hardware is made of.
  }];
  let useDefaultTypePrinterParser = 1;
}

// What lies between two layers: words of one type in a shape.
class Dataflow_Link<string name, string mnemonicText> : TypeDef<Dataflow_Dialect, name> {
  let mnemonic = mnemonicText;
  let genVerifyDecl = 1;
}

def Dataflow_Array : Dataflow_Link<"Array", "array"> {
  let summary = "Words that are there all at once, each on wires of its own";
  let description = [{
    `!dataflow.array<1x64xsi5>` holds 64 signed words of 5 bits; `ui` marks unsigned words. Layers between arrays are what
    hls4ml calls io_parallel.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::mlir::IntegerType":$element);
  let assemblyFormat = "`<` custom<Words>($shape, $element) `>`";
}

def Dataflow_Stream : Dataflow_Link<"Stream", "stream"> {
  let summary = "Words that come one after the other, so many in each cycle";
  let description = [{
    `!dataflow.stream<1x8x8x64xsi5, 16>` has 16 lanes: 16 neighbouring words of the last dimension come at a time, in
    row-major order. The lanes divide the extent of the last dimension.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::mlir::IntegerType":$element, "int64_t":$lanes);
  let assemblyFormat = "`<` custom<Words>($shape, $element) `,` $lanes `>`";
}

def Dataflow_AnyLink : AnyTypeOf<[Dataflow_Array, Dataflow_Stream]>;

class Dataflow_Op<string mnemonic, list<Trait> traits = []>
    : Op<Dataflow_Dialect, mnemonic, !listconcat([RustVerified], traits)>, Declared;

// A layer: one result.
class Dataflow_Layer<string mnemonic, list<Trait> traits = []>
    : Dataflow_Op<mnemonic, !listconcat([Pure], traits)> {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let results = (outs Dataflow_AnyLink:$y);
  // `Op::layer` gives it as what all layers have in common.
  int layer = 1;
}

//===--- Products ---------------------------------------------------------------------------------------===//

def Dataflow_DenseOp : Dataflow_Layer<"dense"> {
  let summary = "Product of each row with a constant matrix: FINN's MVAU and VVAU, hls4ml's Dense";
  let description = [{
    Rows lie along the last dimension of `x`. `y[r, j] = sum_i x[r, g * inputs + i] * weights[i, j]`, where `weights` is
    inputs x outputs in the weights' exact width, and `g = j / (outputs / group)`: with one group every output sees the
    whole row; with as many groups as channels it is a depthwise layer. The words of the result are the accumulators.
    `reuse_factor` is the number of products that share one multiplier (hls4ml's reuse factor); 1 is a multiplier for
    each.

    ```mlir
    %y = dataflow.dense %x {group = 1 : i64, reuse_factor = 1 : i64, weights = dense<[[1, -1], [0, 1]]> : tensor<2x2xsi2>}
       : (!dataflow.array<1x2xui4>) -> !dataflow.array<1x2xsi6>
    ```
  }];
  let arguments = (ins Dataflow_AnyLink:$x,
                       Arg<ElementsAttr, "Integers of the weights' exact width, inputs x outputs.">:$weights,
                       Arg<SizeAttr, "Number of groups that the words of a row and the outputs fall into, at least 1.">:$group,
                       Arg<SizeAttr, "Number of products that share one multiplier.">:$reuse_factor);
}

//===--- Functions of each word -------------------------------------------------------------------------===//

def Dataflow_ThresholdOp : Dataflow_Layer<"threshold"> {
  let summary = "Counts thresholds: a monotone step function of each channel";
  let description = [{
    `y = base[c] + step[c] * #{k : x >= thresholds[c, k]}` with the position `c` along `axis`, the rows of `thresholds`
    being the channels, or one row for all.

    ```mlir
    %y = dataflow.threshold %x {axis = 1 : i64, base = array<i64: 0>, step = array<i64: 1>,
                                thresholds = dense<[[-2, 5, 9]]> : tensor<1x3xi64>}
       : (!dataflow.array<1x8xsi7>) -> !dataflow.array<1x8xui2>
    ```
  }];
  let rustStruct = "crate::qint::Threshold";
  let arguments = !con((ins Dataflow_AnyLink:$x), ThresholdAttributes);
}

def Dataflow_RequantizeOp : Dataflow_Layer<"requantize"> {
  let summary = "Multiply, add, shift, round, saturate";
  let description = [{
    `y = clamp(round((x * multiplier[c] + addend[c]) / 2^shift), lo, hi)` with the position `c` along `axis`; the arrays
    have one element or one for each channel. Products and sums are exact.

    ```mlir
    %y = dataflow.requantize %x {addend = array<i64: 3>, axis = 1 : i64, hi = 15 : i64, lo = 0 : i64,
                                 multiplier = array<i64: 5>, rounding_mode = "ROUND", shift = 3 : i64}
       : (!dataflow.array<1x8xsi9>) -> !dataflow.array<1x8xui4>
    ```
  }];
  let rustStruct = "crate::qint::Requantize";
  let arguments = !con((ins Dataflow_AnyLink:$x), RequantizeAttributes);
}

def Dataflow_LookupOp : Dataflow_Layer<"lookup"> {
  let summary = "Any function of a small domain, by table";
  let description = [{
    `y = table[c, x - low]` with the position `c` along `axis`. `table` has one row or one for each channel.

    ```mlir
    %y = dataflow.lookup %x {axis = 1 : i64, low = -2 : i64, table = dense<[[3, 1, 0, 2]]> : tensor<1x4xi64>}
       : (!dataflow.array<1x8xsi2>) -> !dataflow.array<1x8xui2>
    ```
  }];
  let rustStruct = "crate::qint::Lookup";
  let arguments = !con((ins Dataflow_AnyLink:$x), LookupAttributes);
}

def Dataflow_CastOp : Dataflow_Layer<"cast"> {
  let summary = "The same numbers in other words: wrapped to their width and signedness";
  let arguments = (ins Dataflow_AnyLink:$x);
}

//===--- Word by word -----------------------------------------------------------------------------------===//

// Two links of one shape, word by word; the exact result is wrapped to the result's word.
class Dataflow_Elementwise<string mnemonic, string what> : Dataflow_Layer<mnemonic> {
  let group = "Elementwise";
  let summary = what # " of two operands of one shape, word by word";
  let description = [{
    The exact result, wrapped to the words of the result. Operands of different words are compared and combined
    as the numbers that they stand for.
  }];
  let arguments = (ins Dataflow_AnyLink:$a, Dataflow_AnyLink:$b);
}

def Dataflow_AddOp : Dataflow_Elementwise<"add", "Sum">;
def Dataflow_SubOp : Dataflow_Elementwise<"sub", "Difference">;
def Dataflow_MulOp : Dataflow_Elementwise<"mul", "Product">;
def Dataflow_MaxOp : Dataflow_Elementwise<"max", "Maximum">;
def Dataflow_MinOp : Dataflow_Elementwise<"min", "Minimum">;

//===--- Pools ------------------------------------------------------------------------------------------===//

// Neighbouring words of the last dimension become one.
class Dataflow_Pool<string mnemonic, string what> : Dataflow_Layer<mnemonic> {
  let group = "Pool";
  let summary = what # " of neighbouring words";
  let description = [{
    The last dimension of `x` holds as many neighbouring words for each word of the result as its extent is a multiple of
    the result's: the windows of a `window` with as many groups as channels.
  }];
  let arguments = (ins Dataflow_AnyLink:$x);
}

def Dataflow_MaxPoolOp : Dataflow_Pool<"max_pool", "Maximum">;
def Dataflow_MinPoolOp : Dataflow_Pool<"min_pool", "Minimum">;
def Dataflow_SumPoolOp : Dataflow_Pool<"sum_pool", "Sum">;

//===--- Wires ------------------------------------------------------------------------------------------===//
//
// Every word of the result is a word of an operand or a constant. All words have one type.

def Dataflow_ConstantOp : Dataflow_Layer<"constant"> {
  let summary = "Constant words";
  let description = [{ `value` has as many elements as the result, in any integer type that holds its words. }];
  let arguments = (ins Arg<ElementsAttr, "The words, signless integers.">:$value);
  let assemblyFormat = "attr-dict `:` type($y)";
}

def Dataflow_ReshapeOp : Dataflow_Layer<"reshape"> {
  let summary = "The same words, in row-major order, in another shape";
  let arguments = (ins Dataflow_AnyLink:$x);
}

def Dataflow_TransposeOp : Dataflow_Layer<"transpose"> {
  let summary = "Dimensions in another order";
  let description = [{ Dimension `d` of the result is dimension `perm[d]` of `x`. }];
  let arguments = (ins Dataflow_AnyLink:$x, Arg<SizesAttr, "The operand's dimension that each of the result is.">:$perm);
}

def Dataflow_BroadcastOp : Dataflow_Layer<"broadcast"> {
  let summary = "Words repeated as numpy's broadcasting does";
  let arguments = (ins Dataflow_AnyLink:$x);
}

def Dataflow_SliceOp : Dataflow_Layer<"slice"> {
  let summary = "A rectangular part";
  let description = [{ `y[i] = x[offsets + i * strides]`; the extents are those of the result. }];
  let arguments = (ins Dataflow_AnyLink:$x, Arg<SizesAttr, "Where the part begins.">:$offsets,
                       Arg<SizesAttr, "Distance of its elements, in each dimension.">:$strides);
}

def Dataflow_InsertOp : Dataflow_Layer<"insert"> {
  let summary = "A tensor with another in place of a rectangular part";
  let description = [{ `y` is `x`, but for `y[offsets + i * strides] = part[i]`. }];
  let arguments = (ins Dataflow_AnyLink:$x, Dataflow_AnyLink:$part, Arg<SizesAttr, "Where the part begins.">:$offsets,
                       Arg<SizesAttr, "Distance of its elements, in each dimension.">:$strides);
}

def Dataflow_PadOp : Dataflow_Layer<"pad"> {
  let summary = "A border of constant words around an image: FINN's FMPadding";
  let description = [{ `x` is N x D1..Dn x C. }];
  let arguments = (ins Dataflow_AnyLink:$x,
                       Arg<SizesAttr, "Words before the first one in each spatial dimension, then those behind the last.">:$pads,
                       Arg<I64Attr, "The word of the border.">:$value);
}

def Dataflow_WindowOp : Dataflow_Layer<"window"> {
  let summary = "The windows of an image, one row for each: FINN's sliding window generator, im2col";
  let description = [{
    `x` is N x D1..Dn x C, the result N x O1..On x (C * K1 * .. * Kn). A row holds one group of channels after the other; a
    group holds the positions of the window in row-major order, each with the channels of the group.

    ```mlir
    %y = dataflow.window %x {dilations = array<i64: 1, 1>, group = 1 : i64, kernel_shape = array<i64: 3, 3>,
                             strides = array<i64: 1, 1>}
       : (!dataflow.array<1x8x8x2xui4>) -> !dataflow.array<1x6x6x18xui4>
    ```
  }];
  let arguments = (ins Dataflow_AnyLink:$x,
                       Arg<SizesAttr, "Extent of the window in each spatial dimension.">:$kernel_shape,
                       Arg<SizesAttr, "Distance of neighbouring windows in each spatial dimension.">:$strides,
                       Arg<SizesAttr, "Distance of neighbouring elements of a window in each spatial dimension.">:$dilations,
                       Arg<SizeAttr, "Number of groups that the channels fall into, at least 1.">:$group);
}

//===--- Not hardware -----------------------------------------------------------------------------------===//

def Dataflow_TraceOp : Dataflow_Op<"trace"> {
  let single = 1;
  let summary = "Shows words to a simulation as the tensor of the ONNX node that the location names";
  let description = [{ The tensor is `y` with its dimensions in the order `perm`, as in `transpose`. }];
  let arguments = (ins Dataflow_AnyLink:$y, Arg<SizesAttr, "The dimension of the words that each of the tensor is.">:$perm);
  let assemblyFormat = "operands attr-dict `:` type($y)";
}

def Dataflow_RunOp : Dataflow_Op<"run", [Pure]> {
  let single = 1;
  let summary = "Runs a hardware network on the host's tensors";
  let description = [{
    Operands and results are tensors of signed and unsigned integers in the shapes and of the words that the network's
    function has them in.

    ```mlir
    %y = dataflow.run @network(%x) : (tensor<1x784xui8>) -> tensor<1x10xsi12>
    ```
  }];
  let arguments = (ins Arg<FlatSymbolRefAttr, "The name of the network's function.">:$network, Variadic<AnyRankedTensor>:$inputs);
  let results = (outs Variadic<AnyRankedTensor>:$outputs);
  let assemblyFormat = "$network `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs)";
}

#endif // QONNX_DATAFLOW_TD
