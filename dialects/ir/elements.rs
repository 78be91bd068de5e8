//! Constant tensors: between attributes and run-time tensors.

use bytes::Bytes;
use melior::ir::attribute::Attribute;
use melior::ir::operation::OperationLike;
use melior::ir::r#type::TypeLike;
use melior::ir::{AttributeLike, Type};
use melior::{Context, StringRef};
use mlir_sys::*;
use std::ffi::c_void;

use super::handle::{Op, Val, defining_op, op_name};
use super::types::{static_tensor, tensor_type};
use crate::ffi::qonnxResourceData;
use crate::packed::Packed;
use crate::tensor::{Data, Element, Tensor, sign_extend, zero_extend};
use crate::value::TensorType;

/// Bytes that MLIR stores for one integer of a dense attribute.
fn storage_bytes(width: u32) -> usize {
    (width as usize).div_ceil(8)
}

/// Bytes that MLIR stores for an element of a dense attribute.
fn size_of(element: Element) -> usize {
    match element {
        Element::F32 => 4,
        Element::F64 => 8,
        Element::Int { width, .. } => storage_bytes(width),
    }
}

/// A dense attribute with the elements of a tensor.
pub fn elements_attribute<'c>(context: &'c Context, tensor: &Tensor) -> Attribute<'c> {
    let r#type = TensorType::of(tensor);
    match &tensor.data {
        Data::F32(values) => raw_attribute(context, &r#type, bytes_of(values)),
        Data::F64(values) => raw_attribute(context, &r#type, bytes_of(values)),
        Data::Int {
            width: 1, values, ..
        } => bits_attribute(context, &r#type, values.iter().copied()),
        Data::Int { width, values, .. } => {
            // The unused high bits of each stored integer must be zero.
            let size = storage_bytes(*width);
            let mut bytes = Vec::with_capacity(values.len() * size);
            for &value in values {
                bytes.extend_from_slice(&zero_extend(value, *width).to_le_bytes()[..size]);
            }
            raw_attribute(context, &r#type, &bytes)
        }
    }
}

/// A dense attribute of signless `bits`-bit integers.
pub fn packed_attribute<'c>(
    context: &'c Context,
    values: &Packed,
    bits: u32,
    shape: &[usize],
) -> Attribute<'c> {
    let r#type = TensorType {
        shape: shape.to_vec(),
        element: Element::int(bits),
    };
    if bits == 1 {
        return bits_attribute(context, &r#type, (0..values.len()).map(|at| values.get(at)));
    }
    raw_attribute(context, &r#type, &values.little_endian(bits))
}

/// A dense attribute whose elements all are one integer. It takes no more memory than one of them.
pub fn splat_attribute<'c>(context: &'c Context, value: i64, r#type: &TensorType) -> Attribute<'c> {
    if r#type.shape.contains(&0) {
        return elements_attribute(context, &Tensor::zeros(r#type));
    }
    let one = Tensor::of_integers(r#type.element, [], vec![value]);
    splat_of(context, elements_attribute(context, &one), r#type)
}

/// The splat with the element of an attribute that holds one.
#[expect(unsafe_code, reason = "melior does not wrap splats")]
fn splat_of<'c>(context: &'c Context, one: Attribute<'c>, r#type: &TensorType) -> Attribute<'c> {
    // SAFETY: the attribute is a dense one of one element, of the type's element type.
    unsafe {
        let element = mlirDenseElementsAttrGetSplatValue(one.to_raw());
        Attribute::from_raw(mlirDenseElementsAttrSplatGet(
            tensor_type(context, r#type).to_raw(),
            element,
        ))
    }
}

/// The elements as MLIR stores them: floats have the same bytes in memory on a little-endian machine.
#[expect(unsafe_code, reason = "floats as bytes")]
fn bytes_of<T: Copy + Into<f64>>(values: &[T]) -> &[u8] {
    const {
        assert!(
            cfg!(target_endian = "little"),
            "MLIR's raw buffers hold the bytes of the host"
        )
    };
    // SAFETY: f32 and f64 have no padding and every byte may be read.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
}

/// A dense attribute of elements in MLIR's storage layout.
#[expect(unsafe_code, reason = "raw buffers of dense attributes")]
fn raw_attribute<'c>(context: &'c Context, r#type: &TensorType, bytes: &[u8]) -> Attribute<'c> {
    // SAFETY: the buffer holds all elements in MLIR's storage layout.
    unsafe {
        Attribute::from_raw(mlirDenseElementsAttrRawBufferGet(
            tensor_type(context, r#type).to_raw(),
            bytes.len(),
            bytes.as_ptr().cast(),
        ))
    }
}

/// A dense attribute of integers of one bit.
#[expect(unsafe_code, reason = "melior does not wrap booleans")]
fn bits_attribute<'c>(
    context: &'c Context,
    r#type: &TensorType,
    values: impl Iterator<Item = i64>,
) -> Attribute<'c> {
    let values: Vec<i32> = values.map(|value| i32::from(value & 1 != 0)).collect();
    // SAFETY: one value for each element of the type.
    unsafe {
        Attribute::from_raw(mlirDenseElementsAttrBoolGet(
            tensor_type(context, r#type).to_raw(),
            values.len() as isize,
            values.as_ptr(),
        ))
    }
}

/// A resource attribute that shares `bytes` (little-endian elements in row-major order) instead of copying
/// them. Where the memory is not aligned for the element, they are copied once; booleans become an ordinary
/// dense attribute. `None` if the number of bytes is not that of the type.
#[expect(unsafe_code, reason = "resource blobs with a Rust owner")]
pub fn resource_attribute<'c>(
    context: &'c Context,
    name: &str,
    r#type: &TensorType,
    bytes: Bytes,
) -> Option<Attribute<'c>> {
    unsafe extern "C" fn release(owner: *mut c_void, _: *const c_void, _: usize, _: usize) {
        // SAFETY: `owner` came from `Box::into_raw` below and MLIR calls the deleter once.
        drop(unsafe { Box::from_raw(owner.cast::<Bytes>()) });
    }
    let size = size_of(r#type.element);
    if bytes.len() != r#type.elements()?.checked_mul(size)? {
        return None;
    }
    if matches!(r#type.element, Element::Int { width: 1, .. }) {
        return Some(elements_attribute(context, &decode(r#type, &bytes)?));
    }
    let bytes = aligned(bytes, size);
    let (data, length) = (bytes.as_ptr(), bytes.len());
    let owner = Box::into_raw(Box::new(bytes));
    // SAFETY: the blob stays valid until the deleter runs.
    Some(unsafe {
        Attribute::from_raw(mlirUnmanagedDenseResourceElementsAttrGet(
            tensor_type(context, r#type).to_raw(),
            StringRef::new(name).to_raw(),
            data.cast_mut().cast(),
            length,
            size,
            false,
            Some(release),
            owner.cast(),
        ))
    })
}

/// The same bytes at an address that is a multiple of `size`.
fn aligned(bytes: Bytes, size: usize) -> Bytes {
    if bytes.as_ptr().align_offset(size) == 0 {
        return bytes;
    }
    let mut copy = Vec::<u8>::with_capacity(bytes.len() + size);
    let start = copy.as_ptr().align_offset(size).min(size);
    copy.resize(start, 0);
    copy.extend_from_slice(&bytes);
    Bytes::from(copy).slice(start..)
}

fn decode(r#type: &TensorType, bytes: &[u8]) -> Option<Tensor> {
    let data = match r#type.element {
        Element::F32 => Data::F32(
            bytes
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect(),
        ),
        Element::F64 => Data::F64(
            bytes
                .chunks_exact(8)
                .map(|b| f64::from_bits(little_endian(b)))
                .collect(),
        ),
        Element::Int { width, unsigned } => {
            let values = bytes
                .chunks_exact(storage_bytes(width))
                .map(|b| {
                    let raw = little_endian(b) as i64;
                    if unsigned {
                        zero_extend(raw, width)
                    } else {
                        sign_extend(raw, width)
                    }
                })
                .collect();
            Data::Int {
                width,
                unsigned,
                values,
            }
        }
    };
    (r#type.elements() == Some(data.len())).then(|| Tensor::new(r#type.shape.clone(), data))
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, &byte| value << 8 | u64::from(byte))
}

/// The elements of an attribute as MLIR stores them.
enum Stored<'a> {
    /// All of them, one after the other.
    All(&'a [u8]),
    /// The one that all of them are.
    Splat(&'a [u8]),
    /// Integers of one bit.
    Bits(Attribute<'a>),
}

/// How the elements of a dense or resource attribute of static shape are stored. `None` if they are elided or are not as
/// many as the type says.
#[expect(unsafe_code, reason = "raw buffers of dense attributes")]
fn stored(attribute: Attribute<'_>) -> Option<(TensorType, Stored<'_>)> {
    let raw = attribute.to_raw();
    // SAFETY: accessors are guarded by the kind of the attribute, and slices by the sizes that MLIR states.
    unsafe {
        let mut length = 0;
        let resource = qonnxResourceData(raw, &raw mut length);
        if resource.is_null() && !mlirAttributeIsADenseElements(raw) {
            return None;
        }
        let r#type = static_tensor(Type::from_raw(mlirAttributeGetType(raw)))?;
        let size = size_of(r#type.element);
        let all = r#type.elements()?.checked_mul(size)?;
        if !resource.is_null() {
            let bytes = std::slice::from_raw_parts(resource, length);
            return (length == all).then_some((r#type, Stored::All(bytes)));
        }
        if all == 0 {
            return Some((r#type, Stored::All(&[])));
        }
        if matches!(r#type.element, Element::Int { width: 1, .. }) {
            return Some((r#type, Stored::Bits(attribute)));
        }
        let data = mlirDenseElementsAttrGetRawData(raw).cast::<u8>();
        let stored = if mlirDenseElementsAttrIsSplat(raw) {
            Stored::Splat(std::slice::from_raw_parts(data, size))
        } else {
            Stored::All(std::slice::from_raw_parts(data, all))
        };
        Some((r#type, stored))
    }
}

/// The bits of an attribute of integers of one bit, as 0 and 1.
#[expect(unsafe_code, reason = "melior does not wrap booleans")]
fn bits(attribute: Attribute<'_>, count: usize) -> impl Iterator<Item = i64> {
    let raw = attribute.to_raw();
    // SAFETY: the attribute has as many elements.
    (0..count)
        .map(move |at| i64::from(unsafe { mlirDenseElementsAttrGetBoolValue(raw, at as isize) }))
}

/// The type of a dense or resource attribute of static shape whose elements are there, which are not read.
pub fn elements_type(attribute: Attribute<'_>) -> Option<TensorType> {
    stored(attribute).map(|(r#type, _)| r#type)
}

/// The elements of a dense or resource attribute of static shape.
pub fn read_elements(attribute: Attribute<'_>) -> Option<Tensor> {
    let (r#type, stored) = stored(attribute)?;
    let count = r#type.elements()?;
    match stored {
        Stored::All(bytes) => decode(&r#type, bytes),
        Stored::Splat(bytes) => decode(&r#type, &bytes.repeat(count)),
        Stored::Bits(attribute) => {
            let values =
                bits(attribute, count).map(|bit| if is_unsigned(&r#type) { bit } else { -bit });
            let data = Data::Int {
                width: 1,
                unsigned: is_unsigned(&r#type),
                values: values.collect(),
            };
            Some(Tensor::new(r#type.shape, data))
        }
    }
}

/// The integers of an attribute, packed, read as signed numbers or as unsigned ones; with them the type. A splat is one
/// integer. `None` for floats.
pub fn read_packed(attribute: Attribute<'_>, signed: bool) -> Option<(TensorType, Packed)> {
    let (r#type, stored) = stored(attribute)?;
    let Element::Int { width, .. } = r#type.element else {
        return None;
    };
    let extend = |raw: i64| {
        if signed {
            sign_extend(raw, width)
        } else {
            zero_extend(raw, width)
        }
    };
    let count = r#type.elements()?;
    let (lo, hi) = match (signed, width) {
        (_, 64) => (i64::MIN, i64::MAX),
        (true, width) => (-(1 << (width - 1)), (1 << (width - 1)) - 1),
        (false, width) => (0, (1 << width) - 1),
    };
    let mut packed = Packed::with_capacity(
        lo,
        hi,
        if matches!(stored, Stored::Splat(_)) {
            1
        } else {
            count
        },
    );
    match stored {
        Stored::All(bytes) | Stored::Splat(bytes) => {
            for each in bytes.chunks_exact(storage_bytes(width)) {
                packed.push(extend(little_endian(each) as i64));
            }
        }
        Stored::Bits(attribute) => bits(attribute, count).for_each(|bit| packed.push(extend(bit))),
    }
    Some((r#type, packed))
}

fn is_unsigned(r#type: &TensorType) -> bool {
    matches!(r#type.element, Element::Int { unsigned: true, .. })
}

/// The type of an elements attribute.
#[expect(unsafe_code, reason = "melior has no accessor")]
pub(crate) fn type_of_elements(attribute: Attribute<'_>) -> Option<Type<'_>> {
    // SAFETY: the attribute is valid.
    let r#type = unsafe { Type::from_option_raw(mlirAttributeGetType(attribute.to_raw())) };
    r#type.filter(|r#type| static_tensor(*r#type).is_some())
}

/// Whether a value is made by a constant op (`onnx.constant`, `arith.constant`).
pub fn is_constant_value(value: Val<'_>) -> bool {
    defining_op(value)
        .map(op_name)
        .is_some_and(|name| name == crate::onnx::CONSTANT || name == crate::upstream::CONSTANT)
}

/// The attribute of a value that is made by a constant op (`onnx.constant`, `arith.constant`).
pub fn constant_attribute<'c>(value: Val<'c>) -> Option<Attribute<'c>> {
    let op: Op<'c> = defining_op(value).filter(|_| is_constant_value(value))?;
    op.attribute("value").ok()
}

/// The elements of a value that is made by a constant op (`onnx.constant`, `arith.constant`).
pub fn constant_tensor(value: Val<'_>) -> Option<Tensor> {
    read_elements(constant_attribute(value)?)
}
