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
use crate::memory::{Budget, TooLarge};
use crate::packed::Packed;
use crate::tensor::{Data, Element, Tensor, sign_extend, wrap, zero_extend};
use crate::value::TensorType;

/// Why the elements of a constant are not at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoElements {
    /// There are none: the text elides them, or nothing is known of the value.
    #[error("has no elements, expected a constant whose elements are not elided")]
    Absent,
    /// All are equal, and as many as there are take more memory than is allowed.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

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

/// A dense attribute of integers of the type `element`.
pub fn packed_attribute<'c>(
    context: &'c Context,
    values: &Packed,
    element: Element,
    shape: &[usize],
) -> Attribute<'c> {
    let bits = element.width();
    let r#type = TensorType {
        shape: shape.to_vec(),
        element,
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
        // Any byte other than 0 is true.
        let bytes: Vec<u8> = bytes.iter().map(|&byte| u8::from(byte != 0)).collect();
        let tensor = Tensor::new(r#type.shape.clone(), decode(r#type.element, &bytes));
        return Some(elements_attribute(context, &tensor));
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

/// Runs an expression for an iterator over the integers of `width` bits that are stored one after the other; what is above
/// their bits is 0. There is one loop for each size that processors have.
macro_rules! each_integer {
    ($bytes:expr, $width:expr, $integers:ident => $body:expr) => {
        match storage_bytes($width) {
            1 => {
                let $integers = $bytes.iter().map(|&byte| i64::from(byte));
                $body
            }
            2 => {
                let $integers = chunks($bytes).map(|bytes| i64::from(u16::from_le_bytes(bytes)));
                $body
            }
            4 => {
                let $integers = chunks($bytes).map(|bytes| i64::from(u32::from_le_bytes(bytes)));
                $body
            }
            8 => {
                let $integers = chunks($bytes).map(i64::from_le_bytes);
                $body
            }
            size => {
                let $integers = $bytes.chunks_exact(size).map(little_endian);
                $body
            }
        }
    };
}

/// The bytes of each element of `SIZE` bytes.
fn chunks<const SIZE: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; SIZE]> {
    bytes.as_chunks().0.iter().copied()
}

fn little_endian(bytes: &[u8]) -> i64 {
    let bits = bytes.iter().rev();
    bits.fold(0, |value, &byte| value << 8 | i64::from(byte))
}

/// The elements that are stored one after the other.
fn decode(element: Element, bytes: &[u8]) -> Data {
    match element {
        Element::F32 => Data::F32(chunks(bytes).map(f32::from_le_bytes).collect()),
        Element::F64 => Data::F64(chunks(bytes).map(f64::from_le_bytes).collect()),
        Element::Int { width, sign } => {
            let number = |raw| wrap(raw, width, sign);
            let values = each_integer!(bytes, width, all => all.map(number).collect());
            Data::Int {
                width,
                sign,
                values,
            }
        }
    }
}

/// The elements of an attribute as MLIR stores them.
enum Stored<'a> {
    /// All of them, one after the other.
    All(&'a [u8]),
    /// The one that all of them are.
    Splat(&'a [u8]),
    /// Integers of one bit, eight in a byte, the first in the lowest bit.
    Bits(&'a [u8]),
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
        let count = r#type.elements()?;
        let all = count.checked_mul(size)?;
        if !resource.is_null() {
            let bytes = std::slice::from_raw_parts(resource, length);
            return (length == all).then_some((r#type, Stored::All(bytes)));
        }
        if all == 0 {
            return Some((r#type, Stored::All(&[])));
        }
        let data = mlirDenseElementsAttrGetRawData(raw).cast::<u8>();
        let stored = if mlirDenseElementsAttrIsSplat(raw) {
            Stored::Splat(std::slice::from_raw_parts(data, size))
        } else if matches!(r#type.element, Element::Int { width: 1, .. }) {
            Stored::Bits(std::slice::from_raw_parts(data, count.div_ceil(8)))
        } else {
            Stored::All(std::slice::from_raw_parts(data, all))
        };
        Some((r#type, stored))
    }
}

/// The first `count` bits of some bytes, as 0 and 1.
fn bits(bytes: &[u8], count: usize) -> impl Iterator<Item = i64> {
    let bits = bytes
        .iter()
        .flat_map(|&byte| (0..8).map(move |at| i64::from(byte >> at & 1)));
    bits.take(count)
}

/// The type of a dense or resource attribute of static shape whose elements are there, which are not read.
pub fn elements_type(attribute: Attribute<'_>) -> Option<TensorType> {
    stored(attribute).map(|(r#type, _)| r#type)
}

/// The elements of a dense or resource attribute of static shape. Fails if they are not there, or if they are one element
/// again and again, which the attribute has once, and all of them are more than memory is allowed for.
pub fn read_elements(attribute: Attribute<'_>) -> Result<Tensor, NoElements> {
    let (r#type, stored) = stored(attribute).ok_or(NoElements::Absent)?;
    let count = r#type.elements().ok_or(NoElements::Absent)?;
    let data = match (stored, r#type.element) {
        (Stored::Splat(bytes), element) => {
            Budget::default().take(&r#type)?;
            decode(element, bytes).repeated(count)
        }
        (Stored::Bits(bytes), Element::Int { width, sign }) => Data::Int {
            width,
            sign,
            values: bits(bytes, count)
                .map(|bit| wrap(bit, width, sign))
                .collect(),
        },
        (Stored::All(bytes) | Stored::Bits(bytes), element) => decode(element, bytes),
    };
    Ok(Tensor::new(r#type.shape, data))
}

/// The numbers that occur in a dense or resource attribute of static shape: the one that all elements are, without
/// dimensions, where the attribute has it once, else all elements.
pub fn read_numbers(attribute: Attribute<'_>) -> Option<Tensor> {
    match stored(attribute)? {
        (r#type, Stored::Splat(bytes)) => {
            Some(Tensor::new(Vec::new(), decode(r#type.element, bytes)))
        }
        _ => read_elements(attribute).ok(),
    }
}

/// The integers of an attribute, packed, read as signed numbers or as unsigned ones; with them the type. A splat is one
/// integer. `None` for floats.
pub fn read_packed(attribute: Attribute<'_>, signed: bool) -> Option<(TensorType, Packed)> {
    let (r#type, stored) = stored(attribute)?;
    let Element::Int { width, .. } = r#type.element else {
        return None;
    };
    let number = |raw| match signed {
        true => sign_extend(raw, width),
        false => zero_extend(raw, width),
    };
    let (lo, hi) = match (signed, width) {
        (_, 64) => (i64::MIN, i64::MAX),
        (true, width) => (-(1 << (width - 1)), (1 << (width - 1)) - 1),
        (false, width) => (0, i64::MAX >> (63 - width)),
    };
    let count = match stored {
        Stored::Splat(_) => 1,
        Stored::All(_) | Stored::Bits(_) => r#type.elements()?,
    };
    let mut packed = Packed::with_capacity(lo, hi, count);
    match stored {
        Stored::All(bytes) | Stored::Splat(bytes) => {
            each_integer!(bytes, width, all => packed.extend(all.map(number)));
        }
        Stored::Bits(bytes) => packed.extend(bits(bytes, count).map(number)),
    }
    Some((r#type, packed))
}

/// The attribute of the same type whose elements all are the first one of another; `None` where they are already, or are
/// not there.
#[expect(unsafe_code, reason = "raw buffers of dense attributes")]
pub(super) fn splat_of_first(attribute: Attribute<'_>) -> Option<Attribute<'_>> {
    let (r#type, stored) = stored(attribute)?;
    let bit;
    let first = match stored {
        Stored::Splat(_) => return None,
        Stored::All(bytes) => bytes.get(..size_of(r#type.element))?,
        Stored::Bits(bytes) => {
            // As MLIR stores the one bit of a splat.
            bit = [if bytes.first()? & 1 == 0 { 0 } else { u8::MAX }];
            &bit[..]
        }
    };
    // SAFETY: the bytes are those of one element of the type, which MLIR takes for all of them.
    unsafe {
        Attribute::from_option_raw(mlirDenseElementsAttrRawBufferGet(
            mlirAttributeGetType(attribute.to_raw()),
            first.len(),
            first.as_ptr().cast(),
        ))
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

/// The attribute of a value that is made by a constant op (`onnx.constant`, `arith.constant`).
pub fn constant_attribute<'c>(value: Val<'c>) -> Option<Attribute<'c>> {
    let op: Op<'c> = defining_op(value).filter(|_| is_constant_value(value))?;
    op.attribute("value").ok()
}

/// The elements of a value that is made by a constant op (`onnx.constant`, `arith.constant`); see [`read_elements`].
pub fn constant_elements(value: Val<'_>) -> Result<Tensor, NoElements> {
    read_elements(constant_attribute(value).ok_or(NoElements::Absent)?)
}

/// Likewise, where it does not matter why there are none.
pub fn constant_tensor(value: Val<'_>) -> Option<Tensor> {
    constant_elements(value).ok()
}

/// The numbers that occur in a value that is made by a constant op; see [`read_numbers`].
pub fn constant_numbers(value: Val<'_>) -> Option<Tensor> {
    read_numbers(constant_attribute(value)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::session;
    use crate::tensor::sign_extend;

    /// Integers of all sizes that MLIR stores: bits, and bytes that are or are not those of a processor's numbers.
    #[test]
    fn elements_come_back() {
        let context = session();
        for width in [1, 2, 8, 9, 16, 17, 24, 31, 33, 40, 48, 63, 64] {
            for count in [0, 1, 2, 7, 8, 9, 64, 100] {
                let numbers = (0..count as i64).map(|at| at.wrapping_mul(0x1234_5678_9abc_def1));
                let numbers: Vec<i64> = numbers.collect();
                for element in [Element::int(width), Element::uint(width)] {
                    let tensor = Tensor::of_integers(element, [count], numbers.clone());
                    if element == Element::uint(width) && ![1, 8, 16, 32, 64].contains(&width) {
                        continue;
                    }
                    let attribute = elements_attribute(&context, &tensor);
                    assert_eq!(read_elements(attribute), Ok(tensor), "{element} {count}");
                    for signed in [true, false] {
                        let (_, packed) = read_packed(attribute, signed).expect("integers");
                        let wanted = |&number: &i64| match signed {
                            true => sign_extend(number, width),
                            false => zero_extend(number, width),
                        };
                        let wanted: Vec<i64> = numbers.iter().map(wanted).collect();
                        // Equal elements are one.
                        let found: Vec<i64> = (0..packed.len()).map(|at| packed.get(at)).collect();
                        assert_eq!(
                            found[..],
                            wanted[..found.len()],
                            "{element} {count} {signed}"
                        );
                        assert!(found.len() == count || found.len() == 1);
                    }
                }
            }
        }
    }

    #[test]
    fn equal_elements_are_one() {
        let context = session();
        let shape = [30_000, 30_000];
        for (element, value) in [
            (Element::F32, 2),
            (Element::F64, -1),
            (Element::BOOL, 1),
            (Element::int(1), -1),
            (Element::int(1), 0),
            (Element::int(3), -4),
            (Element::I64, 7),
        ] {
            let attribute = splat_attribute(&context, value, &TensorType::new(shape, element));
            let one = Tensor::of_integers(element, [], vec![value]);
            assert_eq!(read_numbers(attribute), Some(one.clone()), "{element}");
            let refused = read_elements(attribute);
            assert!(
                matches!(refused, Err(NoElements::TooLarge(_))),
                "{element}: {refused:?}"
            );
            let few = splat_attribute(&context, value, &TensorType::new([2, 3], element));
            let all = Tensor::new(vec![2, 3], one.data.repeated(6));
            assert_eq!(read_elements(few), Ok(all), "{element}");
        }
    }

    #[test]
    fn the_first_element_is_all_of_them() {
        let context = session();
        for element in [
            Element::F32,
            Element::F64,
            Element::BOOL,
            Element::int(4),
            Element::I64,
        ] {
            for first in [0, 1] {
                let many = Tensor::of_integers(element, [2, 3], vec![first, 1 - first, 0, 1, 0, 1]);
                let splat = splat_of_first(elements_attribute(&context, &many));
                let splat = splat.expect("different elements");
                let expected = Tensor::of_integers(element, [2, 3], vec![first; 6]);
                assert_eq!(read_elements(splat), Ok(expected), "{element}");
                assert_eq!(splat_of_first(splat), None, "{element}");
            }
        }
        let none = Tensor::f32(vec![0], Vec::new());
        assert_eq!(splat_of_first(elements_attribute(&context, &none)), None);
    }

    /// Bits were told by one call for each.
    #[test]
    #[expect(unsafe_code, reason = "melior does not wrap booleans")]
    fn bits_are_those_that_mlir_tells() {
        let context = session();
        let values = (0..77).map(|at| i64::from(at * at % 3 == 1)).collect();
        let tensor = Tensor::of_integers(Element::BOOL, [77], values);
        let attribute = elements_attribute(&context, &tensor);
        for (at, &bit) in tensor.as_int().expect("integers").iter().enumerate() {
            // SAFETY: the attribute has 77 elements.
            let told =
                unsafe { mlirDenseElementsAttrGetBoolValue(attribute.to_raw(), at as isize) };
            assert_eq!(i64::from(told), bit, "{at}");
        }
        assert_eq!(read_elements(attribute), Ok(tensor));
    }
}
