//===- Dataflow.td - layers of a hardware network ---------------------------------------------------===//
//
// Level 3 of the hardware backends: a network is a function over arrays of exact-width words, each op is one
// layer with its constants and its folding. The meaning of each op is `eval` in `eval.rs`.

#ifndef QONNX_DATAFLOW_TD
#define QONNX_DATAFLOW_TD

include "Common.td"
include "mlir/IR/AttrTypeBase.td"

def Dataflow_Dialect : Dialect {
  let name = "dataflow";
  let cppNamespace = "::qonnx::dataflow";
  let summary = "Layers of a hardware network on arrays of exact-width words";
  let description = [{
    A hardware network is a `func.func` whose arguments and results are `!dataflow.array`s. The function `main`
    keeps what stays on the host and starts networks with `dataflow.run`. Tensors are flattened in row-major
    order, so reshapes have no op here.
  }];
  let useDefaultTypePrinterParser = 1;
}

def Dataflow_Array : TypeDef<Dataflow_Dialect, "Array"> {
  let mnemonic = "array";
  let summary = "A fixed number of words of exact width and explicit signedness";
  let description = [{
    `!dataflow.array<64 x si5>` holds 64 signed words of 5 bits; `ui` marks unsigned words.
  }];
  let parameters = (ins "int64_t":$size, "::mlir::IntegerType":$element);
  let assemblyFormat = "`<` $size `x` $element `>`";
  let genVerifyDecl = 1;
}

class Dataflow_Op<string mnemonic, list<Trait> traits = []>
    : Op<Dataflow_Dialect, mnemonic, !listconcat([RustVerified], traits)>, Declared;

def InnerAttr : Arg<SizeAttr, "Number of neighbouring words that belong to one channel.">;

// A layer: arrays in, one array out.
class Dataflow_Layer<string mnemonic, list<Trait> traits = []>
    : Dataflow_Op<mnemonic, !listconcat([Pure], traits)> {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let results = (outs Dataflow_Array:$y);
}

def Dataflow_DenseOp : Dataflow_Layer<"dense"> {
  let summary = "Product with a constant matrix, and a constant addend";
  let description = [{
    `y[r, j] = bias[j] + sum_i x[r, i] * weights[i, j]` for each of `rows` rows. `weights` is an inputs x outputs
    tensor of signed or unsigned integers in the weights' exact width; `bias` has one number for each
    output, or none for 0. The words of the result are the accumulators. `reuse_factor` is the number
    of products that share one multiplier (hls4ml's reuse factor); 1 is a multiplier for each.

    ```mlir
    %y = dataflow.dense %x {bias = array<i64>, reuse_factor = 1 : i64, rows = 1 : i64,
                            weights = dense<[[1, -1], [0, 1]]> : tensor<2x2xsi2>}
       : (!dataflow.array<2 x ui4>) -> !dataflow.array<2 x si6>
    ```
  }];
  let arguments = (ins Dataflow_Array:$x,
                       Arg<ElementsAttr, "Integers of the weights' exact width, inputs x outputs.">:$weights,
                       Arg<DenseI64ArrayAttr, "One addend for each output, or none for 0.">:$bias,
                       Arg<SizeAttr, "Number of vectors that are multiplied.">:$rows,
                       Arg<SizeAttr, "Number of products that share one multiplier.">:$reuse_factor);
}

def Dataflow_ThresholdOp : Dataflow_Layer<"threshold"> {
  let summary = "Counts thresholds: a monotone step function of each channel";
  let description = [{
    `y[i] = base[c] + step[c] * #{k : x[i] >= thresholds[c, k]}`. Element `i` belongs to channel
    `c = i / inner mod channels`, the rows of `thresholds` being the channels, or one row for all.

    ```mlir
    %y = dataflow.threshold %x {base = array<i64: 0>, inner = 1 : i64, step = array<i64: 1>,
                                thresholds = dense<[[-2, 5, 9]]> : tensor<1x3xi64>}
       : (!dataflow.array<8 x si7>) -> !dataflow.array<8 x ui2>
    ```
  }];
  let arguments = (ins Dataflow_Array:$x, Arg<ElementsAttr, "i64, channels (or 1) x steps, each row ascending.">:$thresholds,
                       Arg<DenseI64ArrayAttr, "Result below the first threshold, one for each row.">:$base,
                       Arg<DenseI64ArrayAttr, "What each reached threshold adds, one for each row.">:$step,
                       InnerAttr:$inner);
}

def Dataflow_RequantizeOp : Dataflow_Layer<"requantize"> {
  let summary = "Multiply, add, shift, round, saturate";
  let description = [{
    `y[i] = clamp(round((x[i] * multiplier[c] + addend[c]) / 2^shift), lo, hi)` with `c = i / inner mod channels`;
    the arrays have one element or one for each channel. Products and sums are exact.

    ```mlir
    %y = dataflow.requantize %x {addend = array<i64: 3>, hi = 15 : i64, inner = 1 : i64, lo = 0 : i64,
                                 multiplier = array<i64: 5>, rounding_mode = "ROUND", shift = 3 : i64}
       : (!dataflow.array<8 x si9>) -> !dataflow.array<8 x ui4>
    ```
  }];
  let arguments = (ins Dataflow_Array:$x, Arg<DenseI64ArrayAttr, "One for each channel, or one for all.">:$multiplier,
                       Arg<DenseI64ArrayAttr, "One for each channel, or one for all.">:$addend,
                       Arg<BitsAttr, "Number of fraction bits dropped, 0 to 62.">:$shift,
                       Arg<I64Attr, "Least result.">:$lo, Arg<I64Attr, "Greatest result.">:$hi,
                       Arg<RoundingModeAttr, "How dropped fraction bits are rounded.">:$rounding_mode,
                       InnerAttr:$inner);
}

def Dataflow_LookupOp : Dataflow_Layer<"lookup"> {
  let summary = "Any function of a small domain, by table";
  let description = [{
    `y[i] = table[c, x[i] - low]` with `c = i / inner mod channels`. `table` has one row or one for each channel.

    ```mlir
    %y = dataflow.lookup %x {inner = 1 : i64, low = -2 : i64, table = dense<[[3, 1, 0, 2]]> : tensor<1x4xi64>}
       : (!dataflow.array<8 x si2>) -> !dataflow.array<8 x ui2>
    ```
  }];
  let arguments = (ins Dataflow_Array:$x, Arg<ElementsAttr, "i64, channels (or 1) x domain.">:$table,
                       Arg<I64Attr, "The operand that the first column belongs to.">:$low, InnerAttr:$inner);
}

// Two arrays of one size, element by element; the exact result is wrapped to the result's word.
class Dataflow_Elementwise<string mnemonic, string what> : Dataflow_Layer<mnemonic> {
  let group = "Elementwise";
  let summary = what # " of two arrays, element by element";
  let description = [{
    The exact result, wrapped to the words of the result. Operands of different words are compared and combined
    as the numbers that they stand for.
  }];
  let arguments = (ins Dataflow_Array:$a, Dataflow_Array:$b);
}

def Dataflow_AddOp : Dataflow_Elementwise<"add", "Sum">;
def Dataflow_SubOp : Dataflow_Elementwise<"sub", "Difference">;
def Dataflow_MulOp : Dataflow_Elementwise<"mul", "Product">;
def Dataflow_MaxOp : Dataflow_Elementwise<"max", "Maximum">;
def Dataflow_MinOp : Dataflow_Elementwise<"min", "Minimum">;

def Dataflow_CastOp : Dataflow_Layer<"cast"> {
  let summary = "The same numbers in other words: wrapped to their width and signedness";
  let arguments = (ins Dataflow_Array:$x);
}

def Dataflow_ConstantOp : Dataflow_Layer<"constant"> {
  let summary = "An array of constant words";
  let description = [{ `value` has as many elements as the array, in any integer type that holds its words. }];
  let arguments = (ins Arg<ElementsAttr, "The words, signless integers.">:$value);
  let assemblyFormat = "attr-dict `:` type($y)";
}

def Dataflow_GatherOp : Dataflow_Layer<"gather"> {
  let summary = "Wires: every word of the result is a word of an operand";
  let description = [{
    `y[i] = all[order[i]]`, where `all` is the operands' words one after the other. All words have one type.
    Transposes, slices, concatenation and broadcasting are such gathers.
  }];
  let arguments = (ins Variadic<Dataflow_Array>:$operands, Arg<SizesAttr, "The index of each word among the words of all operands.">:$order);
}

def Dataflow_RunOp : Dataflow_Op<"run", [Pure]> {
  let single = 1;
  let summary = "Runs a hardware network on the host's tensors";
  let description = [{
    Operands and results are tensors of signless integers with as many elements, and of the same width, as the
    arrays of the network's function.

    ```mlir
    %y = dataflow.run @network(%x) : (tensor<1x784xi8>) -> tensor<1x10xi12>
    ```
  }];
  let arguments = (ins Arg<FlatSymbolRefAttr, "The name of the network's function.">:$network, Variadic<AnyRankedTensor>:$inputs);
  let results = (outs Variadic<AnyRankedTensor>:$outputs);
  let assemblyFormat = "$network `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs)";
}

#endif // QONNX_DATAFLOW_TD
