//! Constant tensors: between attributes and run-time tensors.

use bytes::Bytes;
use melior::ir::attribute::Attribute;
use melior::ir::operation::OperationLike;
use melior::ir::r#type::TypeLike;
use melior::ir::{AttributeLike, Type, ValueLike};
use melior::{Context, StringRef};
use mlir_sys::*;
use std::ffi::c_void;

use super::handle::{Op, Val, defining_op, op_name};
use super::types::{static_tensor, tensor_type};
use crate::ffi::qonnxResourceData;
use crate::tensor::{Data, Element, Tensor, sign_extend, zero_extend};
use crate::value::TensorType;

/// Bytes that MLIR stores for one integer of a dense attribute.
fn storage_bytes(width: u32) -> usize {
    (width as usize).div_ceil(8)
}

/// A dense attribute with the elements of a tensor.
#[expect(unsafe_code, reason = "raw buffers of dense attributes")]
pub fn elements_attribute<'c>(context: &'c Context, tensor: &Tensor) -> Attribute<'c> {
    let r#type = tensor_type(context, &TensorType::of(tensor));
    let bytes: Vec<u8> = match &tensor.data {
        Data::F32(values) => values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
        Data::F64(values) => values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
        Data::Int {
            width: 1, values, ..
        } => {
            let values: Vec<i32> = values
                .iter()
                .map(|&value| i32::from(value & 1 != 0))
                .collect();
            // SAFETY: one value for each element of the type.
            return unsafe {
                Attribute::from_raw(mlirDenseElementsAttrBoolGet(
                    r#type.to_raw(),
                    values.len() as isize,
                    values.as_ptr(),
                ))
            };
        }
        Data::Int { width, values, .. } => {
            // The unused high bits of each stored integer must be zero.
            let size = storage_bytes(*width);
            values
                .iter()
                .flat_map(|&value| zero_extend(value, *width).to_le_bytes()[..size].to_vec())
                .collect()
        }
    };
    // SAFETY: the buffer holds all elements in MLIR's storage layout.
    unsafe {
        Attribute::from_raw(mlirDenseElementsAttrRawBufferGet(
            r#type.to_raw(),
            bytes.len(),
            bytes.as_ptr().cast(),
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
    let size = match r#type.element {
        Element::F32 => 4,
        Element::F64 => 8,
        Element::Int { width, .. } => storage_bytes(width),
    };
    if bytes.len() != element_count(r#type)?.checked_mul(size)? {
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
    (element_count(r#type) == Some(data.len())).then(|| Tensor::new(r#type.shape.clone(), data))
}

/// Number of elements of a type; `None` if it overflows.
fn element_count(r#type: &TensorType) -> Option<usize> {
    r#type
        .shape
        .iter()
        .try_fold(1usize, |count, &extent| count.checked_mul(extent))
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, &byte| value << 8 | u64::from(byte))
}

/// The elements of a dense or resource attribute of static shape.
#[expect(unsafe_code, reason = "raw buffers of dense attributes")]
pub fn read_elements(attribute: Attribute<'_>) -> Option<Tensor> {
    let raw = attribute.to_raw();
    // SAFETY: accessors are guarded by the kind of the attribute, and slices by the sizes that MLIR states.
    unsafe {
        let mut size = 0;
        let resource = qonnxResourceData(raw, &raw mut size);
        if !resource.is_null() {
            let r#type = static_tensor(Type::from_raw(mlirAttributeGetType(raw)))?;
            return decode(&r#type, std::slice::from_raw_parts(resource, size));
        }
        if !mlirAttributeIsADenseElements(raw) {
            return None;
        }
        let r#type = static_tensor(Type::from_raw(mlirAttributeGetType(raw)))?;
        let count = element_count(&r#type)?;
        if let Element::Int { width: 1, unsigned } = r#type.element {
            let values = (0..count)
                .map(|at| mlirDenseElementsAttrGetBoolValue(raw, at as isize))
                .map(|bit| {
                    if unsigned {
                        i64::from(bit)
                    } else {
                        -i64::from(bit)
                    }
                })
                .collect();
            return Some(Tensor::new(
                r#type.shape,
                Data::Int {
                    width: 1,
                    unsigned,
                    values,
                },
            ));
        }
        let splat = mlirDenseElementsAttrIsSplat(raw);
        let size = match r#type.element {
            Element::F32 => 4,
            Element::F64 => 8,
            Element::Int { width, .. } => storage_bytes(width),
        };
        if count == 0 {
            return decode(&r#type, &[]);
        }
        let stored = if splat { 1 } else { count };
        let data = mlirDenseElementsAttrGetRawData(raw).cast::<u8>();
        let bytes = std::slice::from_raw_parts(data, stored * size);
        if splat {
            decode(&r#type, &bytes.repeat(count))
        } else {
            decode(&r#type, bytes)
        }
    }
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

/// The elements of a value that is made by a constant op (`onnx.constant`, `arith.constant`).
pub fn constant_tensor(value: Val<'_>) -> Option<Tensor> {
    let op: Op<'_> = defining_op(value).filter(|_| is_constant_value(value))?;
    let attribute = op.attribute("value").ok()?;
    debug_assert_eq!(value.r#type(), op.result(0).ok()?.r#type());
    read_elements(attribute)
}
