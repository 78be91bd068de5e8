//===- Common.td - what the definitions of all dialects share ---------------------------------------===//
//
// A definition is the only declaration of an op. The build reads the records of these files (`dialects/build/`) and
// makes of them what both languages need: C++ by `mlir-tblgen`, and in Rust the enum `Op` of each dialect, a struct for
// each op with attributes, their reading and building, and the tables of `dialects/declare.rs`.

#ifndef QONNX_COMMON_TD
#define QONNX_COMMON_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/DialectBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

// The rules of an op (operand ranks, shapes, attribute values) are written once, in Rust, beside its
// evaluation. This trait makes MLIR's verifier ask them; see `shim/rust_verifier.h`.
def RustVerified : NativeOpTrait<"RustVerified"> {
  let cppNamespace = "::qonnx";
}

//===--- Operands -------------------------------------------------------------------------------------===//

// An ONNX input that a node may leave out: present as a tensor, or absent as a value of type `none`.
def OptionalTensor : AnyTypeOf<[AnyTensor, NoneType], "tensor or none">;

// What an operand of an elementwise op is to the others, where it is not one of equal element type that broadcasts.
class Role<string name> { string role = name; }
def ConditionTensor : Type<AnyTensor.predicate, "tensor of truth values">, Role<"Condition">;
def AnyNumberTensor : Type<AnyTensor.predicate, "tensor of any element type">, Role<"AnyNumber">;
def SlopeTensor : Type<AnyTensor.predicate, "tensor that broadcasts to the first operand">, Role<"Onto">;
def BoundTensor : Type<OptionalTensor.predicate, "tensor of one element, or none">, Role<"Bound">;

//===--- Attributes -----------------------------------------------------------------------------------===//

// The kind of Rust value that an attribute is, where its constraint alone does not say it: see `Kind` in
// `dialects/declare.rs`, and the type of the field.
class RustKind<string kind, string type> {
  string rustKind = kind;
  string rustType = type;
}

class IntegerKind<string kind, string type, string text>
    : TypedSignlessIntegerAttrBase<I64, "uint64_t", text>, RustKind<kind, type>;
def SizeAttr : IntegerKind<"Size", "usize", "64-bit integer of at least 0">;
def BitsAttr : IntegerKind<"Bits", "u32", "number of bits">;

def SizesAttr : DenseArrayAttrBase<"DenseI64ArrayAttr", "int64_t", "i64">, RustKind<"Sizes", "Vec<usize>">;
def CostAttr : DenseArrayAttrBase<"DenseI64ArrayAttr", "int64_t", "i64">, RustKind<"Sizes", "crate::dataflow::Cost">;
def FlagsAttr : DenseArrayAttrBase<"DenseI64ArrayAttr", "int64_t", "i64">, RustKind<"Flags", "Vec<bool>">;

class TextKind<string kind, string type> : StringBasedAttr<StrAttrPred, "string attribute">, RustKind<kind, type>;
// Text from outside, which is no name of the emitted language.
def ForeignAttr : TextKind<"Foreign", "crate::text::Foreign">;
// One of the names of an enumeration.
class ChoiceAttr<string type> : TextKind<"Choice", type>;
def RoundingModeAttr : ChoiceAttr<"crate::qonnx::Rounding">;

class TypeKind<string kind, string type> : TypeAttrBase<"::mlir::Type", "any type attribute">, RustKind<kind, type>;
def ElementTypeAttr : TypeKind<"Element", "crate::tensor::Element">;
def WordTypeAttr : TypeKind<"Word", "crate::word::Word">;

// The attributes of functions of integers, which layers of several levels are.
def ChannelAxisAttr : Arg<SizeAttr, "The channel axis.">;
defvar ThresholdAttributes = (ins Arg<ElementsAttr, "i64, channels (or 1) x steps, each row ascending.">:$thresholds,
                                  Arg<DenseI64ArrayAttr, "Result below the first threshold, one for each row.">:$base,
                                  Arg<DenseI64ArrayAttr, "What each reached threshold adds, one for each row.">:$step,
                                  ChannelAxisAttr:$axis);
defvar RequantizeAttributes = (ins Arg<DenseI64ArrayAttr, "One for each channel, or one for all.">:$multiplier,
                                   Arg<DenseI64ArrayAttr, "One for each channel, or one for all.">:$addend,
                                   Arg<BitsAttr, "Number of fraction bits dropped, 0 to 62.">:$shift,
                                   Arg<I64Attr, "Least result.">:$lo, Arg<I64Attr, "Greatest result.">:$hi,
                                   Arg<RoundingModeAttr, "How dropped fraction bits are rounded.">:$rounding_mode,
                                   ChannelAxisAttr:$axis);
defvar LookupAttributes = (ins Arg<ElementsAttr, "i64, channels (or 1) x domain.">:$table,
                               Arg<I64Attr, "The operand that the first column belongs to.">:$low,
                               ChannelAxisAttr:$axis);

//===--- Ops ------------------------------------------------------------------------------------------===//

// An attribute as ONNX has it, in the versions `since` to `until` of the operator set. It fills the attribute `to` of
// the op: `default` is its value where a node leaves it out, and without one it must be there (or the attribute of the
// op is optional too). With an empty `to` the translation of the op reads it, or it has no effect at inference.
class Onnx<string name, string default = "", string to = name, int since = 1, int until = 9999, string type = ""> {
  string onnxName = name;
  string defaultText = default;
  string fills = to;
  int first = since;
  int last = until;
  // Only where nothing is filled: int, float, string, tensor, ints, floats, strings or sparse_tensor.
  string onnxType = type;
}
// One that no attribute of the op holds.
class Apart<string name, string type, int since = 1, int until = 9999> : Onnx<name, "", "", since, until, type>;

// What the Rust side knows of an op beyond ODS.
class Declared {
  // Its variant of `Op`; by default the name of the record without the dialect's in front and `Op` behind.
  string rustName = "";
  // Its struct, which ops with the same attributes share; by default the variant's name. Ops without attributes have
  // none. A path names the struct of another dialect.
  string rustStruct = "";
  // Which of the dialect's families it belongs to: the file that has its rules.
  string family = "";
  // Whether the enum `Op` leaves it out, because it is built and read in a way of its own.
  bit apart = 0;
  // Whether it is a Rust type of its own beside the enum `Op`: it has attributes, and is none of what the others are.
  bit single = 0;

  // Ops without attributes of one group are one variant of `Op`, which holds an enum of the group's name.
  string group = "";

  // Whether it is an operator of ONNX or QONNX, and how that spells it: the first name is that of messages; by default
  // the variant's name.
  bit inOnnx = 0;
  list<string> onnxNames = [];
  // The first version of the operator set that has it.
  int since = 1;
  list<Onnx> onnxAttributes = [];
  // How many outputs ONNX gives it, if more than the op has results.
  int onnxOutputs = 0;
  // What becomes of it at level 2, for `docs/operators.md`.
  string level2 = "";

  // For an op whose result elements each depend on one element of each operand: the function, in the language of
  // `dialects/build/formula.rs`. Numbers are `f64`, rounded to the element type at the end; integers wrap.
  string formula = "";
  // Whether integers have the function too.
  bit onIntegers = 0;
  // The integer types for which ONNX defines the function, if they are refused.
  list<string> refusedOn = [];
  // `NonDecreasing`, where the function moves so and its formula does not show it.
  string direction = "";
  // Whether every result element depends on one element of each operand. A formula implies it.
  bit elementwise = 0;
}

#endif // QONNX_COMMON_TD
