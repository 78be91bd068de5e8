//! Tensor types between MLIR and Rust.

use melior::Context;
use melior::ir::r#type::{DimSize, IntegerType, RankedTensorType};
use melior::ir::{Attribute, AttributeLike, ShapedTypeLike, Type, TypeLike, ValueLike};
use mlir_sys::{
    mlirShapedTypeGetDynamicSize, mlirShapedTypeGetElementType, mlirTypeIsAUnrankedTensor,
    mlirUnrankedTensorTypeGet,
};

use std::fmt;

use super::handle::Val;
use crate::ffi::{qonnxQintValuesGet, qonnxQintValuesRead};
use crate::tensor::{Element, Sign};
use crate::value::TensorType;
use crate::values::Values;
use crate::word::Word;

/// The MLIR type of an element.
pub(crate) fn element_type(context: &Context, element: Element) -> Type<'_> {
    match element {
        Element::F32 => Type::float32(context),
        Element::F64 => Type::float64(context),
        Element::Int {
            width,
            sign: Sign::Signless,
        } => IntegerType::new(context, width).into(),
        Element::Int {
            width,
            sign: Sign::Unsigned,
        } => IntegerType::unsigned(context, width).into(),
        Element::Int {
            width,
            sign: Sign::Signed,
        } => IntegerType::signed(context, width).into(),
    }
}

/// The element that an MLIR type stands for; `None` for types that no value of the project has.
pub(crate) fn element_of(r#type: Type<'_>) -> Option<Element> {
    if r#type.is_f32() {
        return Some(Element::F32);
    }
    if r#type.is_f64() {
        return Some(Element::F64);
    }
    let integer = IntegerType::try_from(r#type).ok()?;
    (1..=64).contains(&integer.width()).then(|| Element::Int {
        width: integer.width(),
        sign: match (integer.is_signed(), integer.is_unsigned()) {
            (true, _) => Sign::Signed,
            (_, true) => Sign::Unsigned,
            _ => Sign::Signless,
        },
    })
}

/// The ranked MLIR tensor type.
pub fn tensor_type<'c>(context: &'c Context, r#type: &TensorType) -> Type<'c> {
    let shape: Vec<u64> = r#type.shape.iter().map(|&extent| extent as u64).collect();
    RankedTensorType::new(&shape, element_type(context, r#type.element), None).into()
}

/// The type of a tensor of integers of a word, which says what they can be where that is less than the word holds. The word
/// must hold them.
#[expect(unsafe_code, reason = "calls C++")]
pub fn integers_type<'c>(
    context: &'c Context,
    shape: &[usize],
    word: Word,
    values: Values,
) -> Type<'c> {
    let narrower = Values::of_word(word) != Some(values);
    let encoding = narrower.then(|| {
        let step = values.step().max(1);
        // SAFETY: the context is valid; C++ gives an attribute or null.
        unsafe {
            Attribute::from_option_raw(qonnxQintValuesGet(
                context.to_raw(),
                values.lo(),
                values.hi(),
                step,
            ))
        }
    });
    let extents: Vec<u64> = shape.iter().map(|&extent| extent as u64).collect();
    let element = element_type(context, word.element());
    RankedTensorType::new(&extents, element, encoding.flatten()).into()
}

/// The type of a tensor of the same elements as another, in another shape. What they can be stays.
pub fn reshaped_type<'c>(
    context: &'c Context,
    value: Val<'c>,
    shape: &[usize],
) -> Option<Type<'c>> {
    let element = type_of(value)?.element;
    Some(match (Word::of_element(element), values_of(value)) {
        (Some(word), Some(values)) => integers_type(context, shape, word, values),
        _ => tensor_type(context, &TensorType::new(shape, element)),
    })
}

/// What the integers of a tensor can be: what its type says, or else what its elements hold. `None` for other elements, and
/// for integers beyond `i64`.
pub fn values_of(value: Val<'_>) -> Option<Values> {
    let tensor = RankedTensorType::try_from(value.r#type()).ok()?;
    let word = Values::of_word(Word::of_element(element_of(tensor.element())?)?);
    tensor.encoding().and_then(read_values).or(word)
}

/// What the type of a tensor says of its integers beyond what its elements hold.
pub fn encoded_values(value: Val<'_>) -> Option<Values> {
    let tensor = RankedTensorType::try_from(value.r#type()).ok()?;
    tensor.encoding().and_then(read_values)
}

/// The values that an encoding says.
#[expect(unsafe_code, reason = "calls C++")]
fn read_values(encoding: Attribute<'_>) -> Option<Values> {
    let (mut lo, mut hi, mut step) = (0, 0, 0);
    // SAFETY: the attribute is valid, and C++ writes three numbers where it returns true.
    let read =
        unsafe { qonnxQintValuesRead(encoding.to_raw(), &raw mut lo, &raw mut hi, &raw mut step) };
    read.then(|| Values::new(lo, hi, step)).flatten()
}

/// The tensor type of unknown rank.
#[expect(unsafe_code, reason = "melior does not wrap unranked tensor types")]
pub fn unranked(context: &Context, element: Element) -> Type<'_> {
    // SAFETY: the element type is valid for a tensor.
    unsafe {
        Type::from_raw(mlirUnrankedTensorTypeGet(
            element_type(context, element).to_raw(),
        ))
    }
}

/// A tensor type of which extents, or all of the shape, may be open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenType {
    /// Extent of each dimension, where it is said; `None` if not even the rank is.
    pub shape: Option<Vec<Option<usize>>>,
    /// Type of the elements.
    pub element: Element,
}

impl OpenType {
    /// Whether a type is one of those that this one leaves open.
    pub fn admits(&self, r#type: &TensorType) -> bool {
        let extent = |(open, &extent): (&Option<usize>, &usize)| open.is_none_or(|at| at == extent);
        let shape = self.shape.as_ref().is_none_or(|shape| {
            shape.len() == r#type.rank() && shape.iter().zip(&r#type.shape).all(extent)
        });
        shape && self.element == r#type.element
    }

    /// The MLIR type.
    #[expect(
        unsafe_code,
        reason = "melior does not give the mark of an open extent"
    )]
    pub(crate) fn to_type<'c>(&self, context: &'c Context) -> Type<'c> {
        let Some(shape) = &self.shape else {
            return unranked(context, self.element);
        };
        // SAFETY: the function has no arguments.
        let open = unsafe { mlirShapedTypeGetDynamicSize() } as u64;
        let extents = shape
            .iter()
            .map(|at| at.map_or(open, |extent| extent as u64));
        let extents: Vec<_> = extents.collect();
        RankedTensorType::new(&extents, element_type(context, self.element), None).into()
    }

    /// The type that an MLIR type stands for, if it is a tensor's.
    #[expect(unsafe_code, reason = "melior does not wrap unranked tensor types")]
    pub(crate) fn read(r#type: Type<'_>) -> Option<Self> {
        let Ok(tensor) = RankedTensorType::try_from(r#type) else {
            // SAFETY: the type is valid, and has elements if it is a tensor.
            let element = unsafe {
                mlirTypeIsAUnrankedTensor(r#type.to_raw())
                    .then(|| Type::from_raw(mlirShapedTypeGetElementType(r#type.to_raw())))?
            };
            return Some(Self {
                shape: None,
                element: element_of(element)?,
            });
        };
        let extent = |axis| match tensor.dim_size(axis) {
            Ok(DimSize::Static(extent)) => usize::try_from(extent).ok(),
            _ => None,
        };
        Some(Self {
            shape: Some((0..tensor.rank()).map(extent).collect()),
            element: element_of(tensor.element())?,
        })
    }
}

impl From<&TensorType> for OpenType {
    fn from(r#type: &TensorType) -> Self {
        Self {
            shape: Some(r#type.shape.iter().map(|&extent| Some(extent)).collect()),
            element: r#type.element,
        }
    }
}

/// As MLIR shows it: `tensor<1x?xf32>`.
impl fmt::Display for OpenType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("tensor<")?;
        match &self.shape {
            None => formatter.write_str("*x")?,
            Some(shape) => {
                for extent in shape {
                    match extent {
                        Some(extent) => write!(formatter, "{extent}x")?,
                        None => formatter.write_str("?x")?,
                    }
                }
            }
        }
        write!(formatter, "{}>", self.element)
    }
}

/// Most elements that a type may have and be known, a dimension of 0 taken for 1: products of extents, in elements and in
/// bits, then stay within 64 bits everywhere.
const MAX_EXTENT: usize = 1 << 48;

/// The type of a value, if it is a ranked tensor of static shape whose size can be a number.
pub fn type_of(value: Val<'_>) -> Option<TensorType> {
    static_tensor(value.r#type())
}

/// The Rust form of a ranked tensor type of static shape.
pub(crate) fn static_tensor(r#type: Type<'_>) -> Option<TensorType> {
    let tensor = RankedTensorType::try_from(r#type).ok()?;
    let shape = (0..tensor.rank())
        .map(|axis| match tensor.dim_size(axis) {
            Ok(DimSize::Static(extent)) => usize::try_from(extent).ok(),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()?;
    shape
        .iter()
        .try_fold(1usize, |size, &extent| size.checked_mul(extent.max(1)))
        .filter(|size| *size <= MAX_EXTENT)?;
    Some(TensorType {
        shape,
        element: element_of(tensor.element())?,
    })
}
