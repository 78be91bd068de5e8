//===- Hls.td - C++ for high-level synthesis --------------------------------------------------------===//
//
// Level 4: one op for each construct of the emitted C++, so that the printer only reads. Names are legal and
// unique C++ identifiers here already.

#ifndef QONNX_HLS_TD
#define QONNX_HLS_TD

include "Common.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"

def Hls_Dialect : Dialect {
  let name = "hls";
  let cppNamespace = "::qonnx::hls";
  let summary = "C++ for high-level synthesis, one to one";
  let description = [{
    | in MLIR | in C++ |
    | --- | --- |
    | `si5`, `ui5` | `ap_int<5>`, `ap_uint<5>` |
    | `i8`, `i16`, `i32`, `i64` | `int8_t`, `int16_t`, `int32_t`, `int64_t`: the storage of constants |
    | `i1` | `bool` |
    | `index` | `int` |
    | `memref<4x8xT>` | an array `T name[4][8]` |
    | `memref<T>` | a variable `T name` |

    Arithmetic on `si` and `ui` is exact: its result type is that of the ap_int operators and holds every result.
    `store` wraps to the element's width. An expression is printed where it is used, `define` names one.
  }];
}

class Hls_Op<string mnemonic, list<Trait> traits = []>
    : Op<Hls_Dialect, mnemonic, !listconcat([RustVerified], traits)>, Declared;

def NameAttr : Arg<SymbolNameAttr, "Its name.">;
def CommentAttr : Arg<ForeignAttr, "What it is for.">;
def TypeNameAttr : Arg<StrAttr, "The typedef; empty for the C++ type of the value.">;

//===--- Declarations at module level -----------------------------------------------------------------===//

def Hls_TypedefOp : Hls_Op<"typedef", [Symbol]> {
  let summary = "`typedef ap_int<5> name;`";
  let arguments = (ins NameAttr:$sym_name, Arg<WordTypeAttr, "What it names.">:$type, CommentAttr:$comment);
  let assemblyFormat = "$sym_name `=` $type attr-dict";
}

def Hls_ConstantArrayOp : Hls_Op<"constant_array", [Symbol]> {
  let summary = "`static const int8_t name[4][8] = {...};` in a header of its own";
  let arguments = (ins NameAttr:$sym_name, Arg<ElementsAttr, "Signless integers of 8, 16, 32 or 64 bits.">:$value, CommentAttr:$comment);
  let assemblyFormat = "$sym_name `=` $value attr-dict";
}

def Hls_FuncOp : Hls_Op<"func", [Symbol, IsolatedFromAbove, SingleBlock, NoTerminator]> {
  let summary = "A function without a result; arrays are its arguments";
  let description = [{
    `names`, `types` and `inputs` have one entry for each argument: its name, the typedef of its words, and whether
    it is only read (`const`). `top` marks the function that becomes hardware; other functions are `static`. `cost`
    holds the fields of `dataflow::Cost`, in their order; `comment` says what the function computes.
  }];
  let arguments = (ins NameAttr:$sym_name, Arg<StrArrayAttr, "Name of each argument.">:$names,
                       Arg<StrArrayAttr, "Typedef of each argument's elements.">:$types,
                       Arg<FlagsAttr, "Whether each argument is only read.">:$inputs,
                       Arg<BoolAttr, "Whether the function becomes hardware; others are called by it.">:$top,
                       Arg<CostAttr, "Estimate of what it costs in hardware.">:$cost, CommentAttr:$comment);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
}

//===--- Statements -------------------------------------------------------------------------------------===//

def Hls_PragmaOp : Hls_Op<"pragma"> {
  let summary = "`#pragma HLS directive variable=name options`";
  let arguments = (ins Arg<StrAttr, "Such as `PIPELINE`.">:$directive, Optional<AnyMemRef>:$variable, Arg<StrAttr, "Such as `II=1`.">:$options);
  let assemblyFormat = "$directive (`on` $variable^ `:` type($variable))? attr-dict";
}

def Hls_VariableOp : Hls_Op<"variable"> {
  let summary = "`type name[4];`, not initialized";
  let arguments = (ins Arg<StrAttr, "Its name.">:$name, TypeNameAttr:$type);
  let results = (outs AnyMemRef:$variable);
  let assemblyFormat = "$name attr-dict `:` type($variable)";
}

def Hls_ForOp : Hls_Op<"for", [SingleBlock, NoTerminator]> {
  let summary = "`label: for (int counter = 0; counter < extent; ++counter) {...}`";
  let arguments = (ins Arg<StrAttr, "Its label.">:$label, Arg<StrAttr, "Name of its counter.">:$counter,
                       Arg<SizeAttr, "Number of iterations.">:$extent);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$label attr-dict-with-keyword $body";
}

def Hls_StoreOp : Hls_Op<"store"> {
  let summary = "`array[i][j] = value;`";
  let arguments = (ins AnyType:$value, AnyMemRef:$array, Variadic<Index>:$indices);
  let assemblyFormat = "$value `,` $array `[` $indices `]` attr-dict `:` type($value) `,` type($array)";
}

def Hls_DefineOp : Hls_Op<"define"> {
  let summary = "`const type name = value;`; the result stands for the name";
  let arguments = (ins AnyType:$value, Arg<StrAttr, "Its name.">:$name, TypeNameAttr:$type);
  let results = (outs AnyType:$constant);
  let assemblyFormat = "$name `=` $value attr-dict `:` type($value) `->` type($constant)";
}

def Hls_CallOp : Hls_Op<"call"> {
  let summary = "`callee(arguments);`";
  let arguments = (ins Arg<FlatSymbolRefAttr, "Name of the function.">:$callee, Variadic<AnyMemRef>:$operands);
  let assemblyFormat = "$callee `(` $operands `)` attr-dict `:` type($operands)";
}

def Hls_TraceOp : Hls_Op<"trace"> {
  let summary = "Shows an array to the test bench under the name of an ONNX node; nothing in hardware";
  let arguments = (ins AnyMemRef:$array,
                       Arg<ForeignAttr, "The ONNX node, for people; which one it is says the location.">:$name,
                       Arg<SizesAttr, "Extents of the node's tensor; none where the array has its order.">:$extents,
                       Arg<SizesAttr, "How far apart in the array neighbours are along each of them.">:$strides);
  let assemblyFormat = "$array `as` $name attr-dict `:` type($array)";
}

//===--- Expressions ------------------------------------------------------------------------------------===//

def Hls_GlobalOp : Hls_Op<"global", [Pure]> {
  let summary = "The array of a `constant_array`";
  let arguments = (ins Arg<FlatSymbolRefAttr, "Its name.">:$array);
  let results = (outs AnyMemRef:$value);
  let assemblyFormat = "$array attr-dict `:` type($value)";
}

def Hls_ConstantOp : Hls_Op<"constant", [Pure]> {
  let summary = "A literal";
  let arguments = (ins Arg<I64Attr, "Its value.">:$value);
  let results = (outs AnyType:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def Hls_LoadOp : Hls_Op<"load"> {
  let summary = "`array[i][j]`";
  let arguments = (ins AnyMemRef:$array, Variadic<Index>:$indices);
  let results = (outs AnyType:$value);
  let assemblyFormat = "$array `[` $indices `]` attr-dict `:` type($array) `->` type($value)";
}

def Hls_CastOp : Hls_Op<"cast", [Pure]> {
  let summary = "`type(value)`: wrapped to the result's width; `index` results must hold the value";
  let arguments = (ins AnyType:$value, TypeNameAttr:$type);
  let results = (outs AnyType:$result);
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($result)";
}

def Hls_SelectOp : Hls_Op<"select", [Pure]> {
  let summary = "`condition ? a : b`, both of one type";
  let arguments = (ins I1:$condition, AnyType:$a, AnyType:$b);
  let results = (outs AnyType:$result);
  let assemblyFormat = "$condition `,` $a `,` $b attr-dict `:` type($a) `,` type($b) `->` type($result)";
}

class Hls_Binary<string mnemonic, string operator> : Hls_Op<mnemonic, [Pure]> {
  let group = "Binary";
  let summary = "`a " # operator # " b`";
  let arguments = (ins AnyType:$a, AnyType:$b);
  let results = (outs AnyType:$result);
  let assemblyFormat = "$a `,` $b attr-dict `:` type($a) `,` type($b) `->` type($result)";
}

def Hls_AddOp : Hls_Binary<"add", "+">;
def Hls_SubOp : Hls_Binary<"sub", "-">;
def Hls_MulOp : Hls_Binary<"mul", "*">;
def Hls_DivOp : Hls_Binary<"div", "/">;
def Hls_RemOp : Hls_Binary<"rem", "%">;
def Hls_AndOp : Hls_Binary<"and", "&">;
def Hls_ShrOp : Hls_Binary<"shr", ">>">;
def Hls_LtOp : Hls_Binary<"lt", "<">;
def Hls_GeOp : Hls_Binary<"ge", ">=">;

//===--- Host --------------------------------------------------------------------------------------------===//

def Hls_RunOp : Hls_Op<"run", [Pure]> {
  let summary = "The host's call of a top function, on tensors of as many words as the function's arrays";
  let arguments = (ins Arg<FlatSymbolRefAttr, "Name of the function.">:$callee, Variadic<AnyRankedTensor>:$inputs);
  let results = (outs Variadic<AnyRankedTensor>:$outputs);
  let assemblyFormat = "$callee `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs)";
}

#endif // QONNX_HLS_TD
