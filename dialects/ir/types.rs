//! Tensor types between MLIR and Rust.

use melior::Context;
use melior::ir::r#type::{DimSize, IntegerType, RankedTensorType};
use melior::ir::{ShapedTypeLike, Type, TypeLike, ValueLike};
use mlir_sys::mlirUnrankedTensorTypeGet;

use super::handle::Val;
use crate::tensor::Element;
use crate::value::TensorType;

/// The MLIR type of an element. ONNX's unsigned integers are `ui`, everything else is signless.
pub(crate) fn element_type(context: &Context, element: Element) -> Type<'_> {
    match element {
        Element::F32 => Type::float32(context),
        Element::F64 => Type::float64(context),
        Element::Int {
            width,
            unsigned: false,
        } => IntegerType::new(context, width).into(),
        Element::Int {
            width,
            unsigned: true,
        } => IntegerType::unsigned(context, width).into(),
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
        unsigned: integer.is_unsigned(),
    })
}

/// The ranked MLIR tensor type.
pub fn tensor_type<'c>(context: &'c Context, r#type: &TensorType) -> Type<'c> {
    let shape: Vec<u64> = r#type.shape.iter().map(|&extent| extent as u64).collect();
    RankedTensorType::new(&shape, element_type(context, r#type.element), None).into()
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
