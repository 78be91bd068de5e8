//! What the definitions (`.td`) declare of each op, as tables, and the reading and building of ops by them.
//!
//! The build makes one [`Declaration`] of each definition, and beside the tables the enum `Op` of each dialect with
//! its attributes as plain Rust values ([`Declared`]). Nothing here knows any op.

mod arbitrary;

use melior::Context;
use melior::ir::operation::{Operation, OperationBuilder};
use melior::ir::{Identifier, Location, Region, Type};
use std::fmt::Display;
use std::str::FromStr;

pub use arbitrary::arbitrary;

use crate::formula::Formula;
use crate::ir::{self, AttributeValue, Attributes, Val};
use crate::tensor::{Element, Tensor};
use crate::text::Foreign;
use crate::word::Word;

/// An op as its definition declares it.
#[derive(Debug)]
pub struct Declaration {
    /// Its name in MLIR.
    pub op: &'static str,
    /// Its names in ONNX or QONNX, that of messages first.
    pub names: &'static [&'static str],
    /// The first version of the operator set that has it.
    pub since: i64,
    /// Its operands.
    pub operands: &'static [Operand],
    /// Its results.
    pub results: &'static [Operand],
    /// Its attributes.
    pub attributes: &'static [Attribute],
    /// The attributes that ONNX gives it.
    pub onnx: &'static [OnnxAttribute],
    /// The greatest number of outputs that ONNX gives it.
    pub outputs: usize,
    /// Whether every result element depends on one element of each operand.
    pub elementwise: bool,
    /// The function of an elementwise op.
    pub formula: Option<Formula>,
    /// One line.
    pub summary: &'static str,
    /// What becomes of it at level 2, for the documentation.
    pub level2: &'static str,
}

impl Declaration {
    /// The name that messages use.
    pub fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or(self.op)
    }

    /// The least and the greatest number of operands.
    pub fn arity(&self) -> (usize, usize) {
        let required = |operand: &&Operand| operand.presence == Presence::Required;
        let least = self.operands.iter().filter(required).count();
        match self.operands.last() {
            Some(last) if last.presence == Presence::Variadic => (least + 1, usize::MAX),
            _ => (least, self.operands.len()),
        }
    }
}

/// An operand or a result.
#[derive(Debug)]
pub struct Operand {
    /// Its name, which is that of ONNX.
    pub name: &'static str,
    /// How many there are.
    pub presence: Presence,
    /// What it is to an elementwise op.
    pub role: Role,
}

/// How many values an operand or a result stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// One.
    Required,
    /// One, or none.
    Optional,
    /// At least one.
    Variadic,
}

/// What an operand of an elementwise op must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Of the element type of all such operands; broadcasts with the others.
    Like,
    /// Truth values; broadcasts with the others.
    Condition,
    /// Of any element type; broadcasts with the others.
    AnyNumber,
    /// Of the first operand's element type; broadcasts to its shape.
    Onto,
    /// One element of the first operand's element type, or absent for no bound.
    Bound,
}

/// An attribute.
#[derive(Debug)]
pub struct Attribute {
    /// Its name in MLIR.
    pub name: &'static str,
    /// What kind of value it is.
    pub kind: Kind,
    /// Whether it may be absent.
    pub optional: bool,
    /// What it is where it is not written.
    pub default: Option<&'static str>,
}

/// The kind of value that an attribute is.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `i64`.
    Int,
    /// `usize`.
    Size,
    /// `u32`.
    Bits,
    /// `f32`.
    Float,
    /// `bool`.
    Bool,
    /// A string of our own.
    Text,
    /// A string from outside.
    Foreign,
    /// The name of a value of an enumeration.
    Choice(Choice),
    /// `Vec<i64>`.
    Ints,
    /// `Vec<usize>`.
    Sizes,
    /// `Vec<bool>`.
    Flags,
    /// Strings.
    Texts,
    /// The name of a symbol.
    Symbol,
    /// The type of an element.
    Element,
    /// The type of a hardware word.
    Word,
    /// A dense tensor.
    Tensor,
}

/// An enumeration whose values have names.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// What is wrong with a text that is no name of a value.
    pub check: fn(&str) -> Result<(), String>,
    /// The names of all values.
    pub names: fn() -> Vec<&'static str>,
}

/// An attribute as ONNX has it.
#[derive(Debug)]
pub struct OnnxAttribute {
    /// Its name in ONNX.
    pub name: &'static str,
    /// Its type in ONNX.
    pub kind: OnnxKind,
    /// The attribute of the op that it gives, by number. Of others the translation of the op makes what it needs.
    pub fills: Option<usize>,
    /// What it is where a node leaves it out.
    pub default: Option<&'static str>,
    /// The first version of the operator set that has it.
    pub first: i64,
    /// The last version of the operator set that has it.
    pub last: i64,
}

/// The types of ONNX's attributes that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnnxKind {
    /// `INT`.
    Int,
    /// `FLOAT`.
    Float,
    /// `STRING`.
    String,
    /// `TENSOR`.
    Tensor,
    /// `INTS`.
    Ints,
    /// `FLOATS`.
    Floats,
    /// `STRINGS`.
    Strings,
    /// `SPARSE_TENSOR`.
    SparseTensor,
}

/// An enumeration that an attribute may be of.
pub trait Named: FromStr<Err: Display> + Copy + 'static {
    /// All values.
    const VALUES: &'static [Self];
    /// The name of one.
    fn value_name(self) -> &'static str;
}

impl Choice {
    /// The values of an enumeration.
    pub const fn of<T: Named>() -> Self {
        Self {
            check: |text| match text.parse::<T>() {
                Ok(_) => Ok(()),
                Err(error) => Err(error.to_string()),
            },
            names: || T::VALUES.iter().map(|value| value.value_name()).collect(),
        }
    }
}

/// The values of an op's attributes, in the order of its declaration.
pub struct Values(std::vec::IntoIter<Option<AttributeValue>>);

impl Values {
    /// These values, `None` where an attribute is absent.
    pub fn new(values: Vec<Option<AttributeValue>>) -> Self {
        Self(values.into_iter())
    }

    /// The next one; `None` if it is absent or out of its range.
    pub fn required<T: Value>(&mut self) -> Option<T> {
        T::of(self.0.next()??)
    }

    /// The next one, which may be absent.
    pub fn optional<T: Value>(&mut self) -> Option<Option<T>> {
        match self.0.next()? {
            Some(value) => T::of(value).map(Some),
            None => Some(None),
        }
    }
}

/// A Rust type that an attribute is read as.
pub trait Value: Sized {
    /// From what MLIR holds; `None` if it is of another kind or out of range.
    fn of(value: AttributeValue) -> Option<Self>;
    /// What MLIR holds.
    fn value(&self) -> AttributeValue;
}

macro_rules! values {
    ($($rust:ty: $kind:ident, $read:expr, $write:expr;)*) => {
        $(impl Value for $rust {
            fn of(value: AttributeValue) -> Option<Self> {
                match value {
                    AttributeValue::$kind(value) => ($read)(value),
                    _ => None,
                }
            }

            fn value(&self) -> AttributeValue {
                AttributeValue::$kind(($write)(self))
            }
        })*
    };
}

fn all<T, U>(values: Vec<T>, each: impl FnMut(T) -> Option<U>) -> Option<Vec<U>> {
    values.into_iter().map(each).collect()
}

values! {
    i64: Int, Some, |value: &i64| *value;
    usize: Int, |value| usize::try_from(value).ok(), |value: &usize| *value as i64;
    u32: Int, |value| u32::try_from(value).ok(), |value: &u32| i64::from(*value);
    f32: Float, Some, |value: &f32| *value;
    bool: Bool, Some, |value: &bool| *value;
    Vec<i64>: Ints, Some, Vec::clone;
    Vec<usize>: Ints, |values| all(values, |value: i64| usize::try_from(value).ok()),
        |values: &Vec<usize>| values.iter().map(|&value| value as i64).collect();
    Vec<bool>: Ints, |values| all(values, |value: i64| Some(value != 0)),
        |values: &Vec<bool>| values.iter().map(|&value| i64::from(value)).collect();
    Vec<String>: Texts, Some, Vec::clone;
    Foreign: Text, |value: String| Some(value.into()), |value: &Foreign| value.verbatim().to_owned();
    Element: Element, Some, |value: &Element| *value;
    Word: Word, Some, |value: &Word| *value;
    Tensor: Tensor, Some, Tensor::clone;
}

impl Value for String {
    fn of(value: AttributeValue) -> Option<Self> {
        match value {
            AttributeValue::Text(text) | AttributeValue::Symbol(text) => Some(text),
            _ => None,
        }
    }

    fn value(&self) -> AttributeValue {
        AttributeValue::Text(self.clone())
    }
}

impl<T: Named> Value for T {
    fn of(value: AttributeValue) -> Option<Self> {
        match value {
            AttributeValue::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    fn value(&self) -> AttributeValue {
        AttributeValue::Text(self.value_name().to_owned())
    }
}

/// The ops of a dialect as Rust values: what the build makes of its definitions.
pub trait Declared: Sized + 'static {
    /// The declarations of all of them.
    fn declarations() -> &'static [Declaration];
    /// The place of this one's declaration.
    fn number(&self) -> usize;
    /// The place of the declaration of the op that MLIR knows by a name.
    fn find(name: &str) -> Option<usize>;
    /// The op of a declaration, with the values of its attributes; `None` if one is missing or out of range.
    fn of(number: usize, values: &mut Values) -> Option<Self>;
    /// The values of its attributes, in the order of the declaration.
    fn values(&self) -> Vec<Option<AttributeValue>>;
}

/// Reads an op in place. `None` if it is of another dialect, or an attribute is malformed or out of range.
pub fn read<T: Declared>(op: ir::Op<'_>) -> Option<T> {
    let number = T::find(&ir::op_name(op))?;
    let declaration = T::declarations().get(number)?;
    let attributes = Attributes::of(op);
    let read = |attribute| attributes.read(attribute);
    let values = declaration.attributes.iter().map(read).collect();
    T::of(number, &mut Values::new(values))
}

/// Builds an op.
pub fn build<'c, T: Declared>(
    op: &T,
    context: &'c Context,
    operands: &[Val<'c>],
    results: &[Type<'c>],
    location: Location<'c>,
) -> Operation<'c> {
    build_with_region(op, context, operands, results, None, location)
}

/// Builds an op that may have a region.
pub fn build_with_region<'c, T: Declared>(
    op: &T,
    context: &'c Context,
    operands: &[Val<'c>],
    results: &[Type<'c>],
    region: Option<Region<'c>>,
    location: Location<'c>,
) -> Operation<'c> {
    let declaration = &T::declarations()[op.number()];
    let values = declaration.attributes.iter().zip(op.values());
    let attributes: Vec<_> = values
        .filter_map(|(attribute, value)| {
            let value = value?.to_attribute(context);
            Some((Identifier::new(context, attribute.name), value))
        })
        .collect();
    let mut builder = OperationBuilder::new(declaration.op, location)
        .add_operands(operands)
        .add_attributes(&attributes)
        .add_results(results);
    if let Some(region) = region {
        builder = builder.add_regions([region]);
    }
    builder
        .build()
        .expect("an op with explicit result types can always be created")
}

impl Attributes<'_> {
    /// The value of an attribute; `None` if it is absent or of another kind.
    fn read(self, attribute: &Attribute) -> Option<AttributeValue> {
        use AttributeValue as Value;
        let name = attribute.name;
        match attribute.kind {
            Kind::Int | Kind::Size | Kind::Bits => self.int(name).map(Value::Int),
            Kind::Float => self.float(name).map(Value::Float),
            Kind::Bool => self.boolean(name).map(Value::Bool),
            Kind::Text | Kind::Foreign | Kind::Choice(_) => {
                let default = attribute.default.map(str::to_owned);
                self.string(name).or(default).map(Value::Text)
            }
            Kind::Ints | Kind::Sizes | Kind::Flags => self.ints(name).map(Value::Ints),
            Kind::Texts => self.strings(name).map(Value::Texts),
            Kind::Symbol => self.symbol(name).map(Value::Symbol),
            Kind::Element => ir::element_of(self.r#type(name)?).map(Value::Element),
            Kind::Word => Word::read(self.r#type(name)?).map(Value::Word),
            Kind::Tensor => self.tensor(name).map(Value::Tensor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every<T: Declared>() {
        for (number, declaration) in T::declarations().iter().enumerate() {
            assert_eq!(T::find(declaration.op), Some(number));
            let (least, most) = declaration.arity();
            assert!(least <= most, "{}", declaration.op);
            for known in declaration.onnx {
                let default = known.default.is_none() || known.fills.is_some();
                assert!(default && known.first <= known.last, "{}", known.name);
            }
        }
    }

    #[test]
    fn declarations_are_in_order() {
        every::<crate::onnx::Op>();
        every::<crate::qonnx::Op>();
        every::<crate::qint::Op>();
    }
}
