//! Attributes of ops as Rust values.

use melior::Context;
use melior::ir::attribute::{
    ArrayAttribute, Attribute, BoolAttribute, DenseI64ArrayAttribute, FlatSymbolRefAttribute,
    FloatAttribute, IntegerAttribute, StringAttribute, TypeAttribute,
};
use melior::ir::operation::OperationLike;
use melior::ir::r#type::IntegerType;
use melior::ir::{AttributeLike, Type};

use mlir_sys::{
    mlirIdentifierStr, mlirOperationGetDiscardableAttribute,
    mlirOperationGetNumDiscardableAttributes,
};

use super::elements::{elements_attribute, read_elements};
use super::handle::{Op, text};
use super::types::element_type;
use crate::tensor::{Element, Tensor};
use crate::word::Word;

/// The attributes of one op, read as Rust values. Each accessor is `None` where the attribute is absent or
/// of another kind; ODS guarantees the kinds of all that a dialect defines.
#[derive(Clone, Copy)]
pub struct Attributes<'c>(Op<'c>);

impl<'c> Attributes<'c> {
    /// The attributes of `op`.
    pub fn of(op: Op<'c>) -> Self {
        Self(op)
    }

    /// The name of an attribute that neither the op has nor the name of which says the dialect that it belongs to.
    #[expect(
        unsafe_code,
        reason = "melior does not tell inherent and other attributes apart"
    )]
    pub fn unknown(self) -> Option<String> {
        let op = self.0.to_raw();
        // SAFETY: the op is in place, positions are in range, and identifiers live as long as the context.
        let names = (0..unsafe { mlirOperationGetNumDiscardableAttributes(op) }).map(|at| unsafe {
            let name = mlirOperationGetDiscardableAttribute(op, at).name;
            text(melior::StringRef::from_raw(mlirIdentifierStr(name))).unwrap_or_default()
        });
        names.into_iter().find(|name| !name.contains('.'))
    }

    /// Any attribute.
    pub fn any(self, name: &str) -> Option<Attribute<'c>> {
        self.0.attribute(name).ok()
    }

    /// An integer.
    pub fn int(self, name: &str) -> Option<i64> {
        IntegerAttribute::try_from(self.any(name)?)
            .ok()
            .map(|value| value.value())
    }

    /// A float.
    pub fn float(self, name: &str) -> Option<f32> {
        FloatAttribute::try_from(self.any(name)?)
            .ok()
            .map(|value| value.value() as f32)
    }

    /// A truth value.
    pub fn boolean(self, name: &str) -> Option<bool> {
        BoolAttribute::try_from(self.any(name)?)
            .ok()
            .map(|value| value.value())
    }

    /// A string.
    pub fn string(self, name: &str) -> Option<String> {
        string_value(self.any(name)?)
    }

    /// The name that a flat symbol reference holds.
    #[expect(
        unsafe_code,
        reason = "melior reads before the start of an empty string, and panics where it is no UTF-8"
    )]
    pub fn symbol(self, name: &str) -> Option<String> {
        let reference = FlatSymbolRefAttribute::try_from(self.any(name)?).ok()?;
        // SAFETY: the attribute is a flat symbol reference.
        text(unsafe {
            melior::StringRef::from_raw(mlir_sys::mlirFlatSymbolRefAttrGetValue(reference.to_raw()))
        })
    }

    /// An array of strings.
    pub fn strings(self, name: &str) -> Option<Vec<String>> {
        let array = ArrayAttribute::try_from(self.any(name)?).ok()?;
        (0..array.len())
            .map(|at| array.element(at).ok().and_then(string_value))
            .collect()
    }

    /// A dense array of integers.
    pub fn ints(self, name: &str) -> Option<Vec<i64>> {
        let array = DenseI64ArrayAttribute::try_from(self.any(name)?).ok()?;
        (0..array.len()).map(|at| array.element(at).ok()).collect()
    }

    /// A type.
    pub fn r#type(self, name: &str) -> Option<Type<'c>> {
        TypeAttribute::try_from(self.any(name)?)
            .ok()
            .map(|value| value.value())
    }

    /// The elements of a dense or resource attribute; `None` also where the text elided them, or has one for more of them
    /// than there is memory for.
    pub fn tensor(self, name: &str) -> Option<Tensor> {
        read_elements(self.any(name)?).ok()
    }
}

/// The text of a string attribute.
pub(crate) fn string_value(attribute: Attribute<'_>) -> Option<String> {
    use mlir_sys::mlirStringAttrGetValue;
    attribute.is_string().then(|| {
        #[expect(
            unsafe_code,
            reason = "melior reads before the start of an empty string"
        )]
        // SAFETY: the attribute is a string attribute.
        let raw =
            unsafe { melior::StringRef::from_raw(mlirStringAttrGetValue(attribute.to_raw())) };
        text(raw).unwrap_or_default()
    })
}

/// An attribute as a Rust value, for building ops.
#[derive(Clone, Debug)]
pub enum AttributeValue {
    /// A 64-bit integer.
    Int(i64),
    /// A float32.
    Float(f32),
    /// A truth value.
    Bool(bool),
    /// A string.
    Text(String),
    /// A reference to a symbol of the module.
    Symbol(String),
    /// An array of strings.
    Texts(Vec<String>),
    /// The type of a hardware word.
    Word(Word),
    /// A dense array of 64-bit integers.
    Ints(Vec<i64>),
    /// The type of an element.
    Element(Element),
    /// A dense tensor.
    Tensor(Tensor),
}

impl AttributeValue {
    /// The MLIR attribute.
    pub fn to_attribute<'c>(&self, context: &'c Context) -> Attribute<'c> {
        match self {
            Self::Int(value) => {
                IntegerAttribute::new(IntegerType::new(context, 64).into(), *value).into()
            }
            Self::Float(value) => {
                FloatAttribute::new(context, Type::float32(context), f64::from(*value)).into()
            }
            Self::Bool(value) => BoolAttribute::new(context, *value).into(),
            Self::Text(value) => StringAttribute::new(context, value).into(),
            Self::Symbol(name) => FlatSymbolRefAttribute::new(context, name).into(),
            Self::Texts(texts) => {
                let texts: Vec<Attribute<'c>> = texts
                    .iter()
                    .map(|text| StringAttribute::new(context, text).into())
                    .collect();
                ArrayAttribute::new(context, &texts).into()
            }
            Self::Word(word) => TypeAttribute::new(word.to_type(context)).into(),
            Self::Ints(values) => DenseI64ArrayAttribute::new(context, values).into(),
            Self::Element(element) => TypeAttribute::new(element_type(context, *element)).into(),
            Self::Tensor(value) => elements_attribute(context, value),
        }
    }
}
