//! Constants of the file as typed bytes.

use bytes::Bytes;
use qonnx_dialects::tensor::{Data, Element, Tensor, sign_extend};
use qonnx_dialects::value::TensorType;
use std::path::Path;

use super::load::external;
use super::proto::TensorProto;

/// ONNX's number of an element type.
const FLOAT: i32 = 1;
const UINT8: i32 = 2;
const INT8: i32 = 3;
const UINT16: i32 = 4;
const INT16: i32 = 5;
const INT32: i32 = 6;
const INT64: i32 = 7;
const BOOL: i32 = 9;
const FLOAT16: i32 = 10;
const DOUBLE: i32 = 11;
const UINT32: i32 = 12;
const UINT64: i32 = 13;
const BFLOAT16: i32 = 16;

/// The element that carries values of an ONNX type. All floats are carried as float32.
pub fn element(data_type: i32) -> Result<Element, String> {
    let int = |width, unsigned| Ok(Element::Int { width, unsigned });
    match data_type {
        FLOAT | FLOAT16 | BFLOAT16 | DOUBLE => Ok(Element::F32),
        UINT8 => int(8, true),
        INT8 => int(8, false),
        UINT16 => int(16, true),
        INT16 => int(16, false),
        INT32 => int(32, false),
        INT64 => int(64, false),
        UINT32 => int(32, true),
        UINT64 => int(64, true),
        BOOL => Ok(Element::BOOL),
        other => Err(format!("element type number {other} is not supported")),
    }
}

/// A constant: little-endian elements in row-major order, shared with the file where possible.
#[derive(Clone, Debug)]
pub struct Constant {
    /// Shape and element.
    pub r#type: TensorType,
    /// The elements; one byte for each bool.
    pub bytes: Bytes,
}

impl Constant {
    /// Reads a tensor message. External data is looked for in `folder`; without one it is refused.
    pub fn new(tensor: &TensorProto, folder: Option<&Path>) -> Result<Self, String> {
        let element = element(tensor.data_type)?;
        let shape = tensor
            .dims
            .iter()
            .map(|&extent| usize::try_from(extent).map_err(|_| format!("it has the extent {extent}")))
            .collect::<Result<Vec<_>, _>>()?;
        let count = shape
            .iter()
            .try_fold(1usize, |count, &extent| count.checked_mul(extent))
            .ok_or_else(|| format!("its shape {shape:?} is too large"))?;
        let bytes = if tensor.data_location == 1 {
            let folder = folder.ok_or("its data is in another file")?;
            from_raw(tensor.data_type, external(tensor, folder)?)
        } else if tensor.raw_data.is_empty() {
            from_typed(tensor)
        } else {
            from_raw(tensor.data_type, tensor.raw_data.clone())
        };
        // Sizes are compared before anything is allocated by the shape.
        let size = byte_size(element);
        if count.checked_mul(size) != Some(bytes.len()) {
            return Err(format!(
                "its shape {shape:?} of {element} needs {count} elements, found {}",
                bytes.len() / size
            ));
        }
        Ok(Self { r#type: TensorType { shape, element }, bytes })
    }

    /// The elements as a run-time tensor.
    pub fn to_tensor(&self) -> Tensor {
        let size = byte_size(self.r#type.element);
        let integer = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |value, &byte| value << 8 | u64::from(byte));
        let data = match self.r#type.element {
            Element::Int { width, unsigned } => {
                let convert = |bytes| {
                    let raw = integer(bytes) as i64;
                    match (width, unsigned) {
                        (1, _) => i64::from(raw != 0),
                        (_, true) => raw,
                        (_, false) => sign_extend(raw, width),
                    }
                };
                Data::Int { width, unsigned, values: self.bytes.chunks_exact(size).map(convert).collect() }
            }
            Element::F32 | Element::F64 => Data::F32(
                self.bytes.chunks_exact(size).map(|bytes| f32::from_bits(integer(bytes) as u32)).collect(),
            ),
        };
        Tensor::new(self.r#type.shape.clone(), data)
    }
}

/// Bytes of one element in [`Constant::bytes`].
fn byte_size(element: Element) -> usize {
    match element {
        Element::Int { width, .. } => width.div_ceil(8) as usize,
        Element::F32 | Element::F64 => 4,
    }
}

/// Raw data as it is, but for the float types that are not carried as such.
fn from_raw(data_type: i32, raw: Bytes) -> Bytes {
    let floats = |values: &mut dyn Iterator<Item = f32>| values.flat_map(f32::to_le_bytes).collect();
    match data_type {
        FLOAT16 => floats(&mut raw.chunks_exact(2).map(|b| half(u16::from_le_bytes([b[0], b[1]])))),
        BFLOAT16 => floats(
            &mut raw.chunks_exact(2).map(|b| f32::from_bits(u32::from(u16::from_le_bytes([b[0], b[1]])) << 16)),
        ),
        DOUBLE => floats(&mut raw.chunks_exact(8).map(|b| {
            f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f32
        })),
        _ => raw,
    }
}

/// The typed fields as little-endian bytes.
fn from_typed(tensor: &TensorProto) -> Bytes {
    let narrow = |size: usize| {
        tensor.int32_data.iter().flat_map(|value| value.to_le_bytes()[..size].to_vec()).collect::<Bytes>()
    };
    match tensor.data_type {
        FLOAT => tensor.float_data.iter().flat_map(|value| value.to_le_bytes()).collect(),
        DOUBLE => tensor.double_data.iter().flat_map(|&value| (value as f32).to_le_bytes()).collect(),
        INT64 => tensor.int64_data.iter().flat_map(|value| value.to_le_bytes()).collect(),
        UINT64 => tensor.uint64_data.iter().flat_map(|value| value.to_le_bytes()).collect(),
        UINT32 => tensor.uint64_data.iter().flat_map(|&value| (value as u32).to_le_bytes()).collect(),
        INT32 => narrow(4),
        INT16 | UINT16 => narrow(2),
        FLOAT16 | BFLOAT16 => from_raw(tensor.data_type, narrow(2)),
        _ => narrow(1),
    }
}

/// The value of a binary16 number.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f32::from(bits & 0x3ff);
    sign * match exponent {
        0 => fraction * f32::powi(2.0, -24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * f32::powi(2.0, exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(data_type: i32, dims: &[i64], bytes: &[u8]) -> TensorProto {
        TensorProto {
            data_type,
            dims: dims.to_vec(),
            raw_data: Bytes::copy_from_slice(bytes),
            ..TensorProto::default()
        }
    }

    #[test]
    fn sizes_are_checked_before_anything_is_allocated() {
        for dims in [vec![1 << 40], vec![i64::MAX, i64::MAX], vec![-1], vec![2], vec![]] {
            assert!(Constant::new(&raw(FLOAT, &dims, &[0; 12]), None).is_err(), "{dims:?}");
        }
        let constant = Constant::new(&raw(FLOAT, &[3], &[0; 12]), None).expect("three floats");
        assert_eq!(constant.to_tensor(), Tensor::f32([3], vec![0.0; 3]));
    }

    #[test]
    fn other_carriers_are_converted() {
        let halves = raw(FLOAT16, &[3], &[0x00, 0x3c, 0x01, 0x00, 0x00, 0xfc]);
        let tensor = Constant::new(&halves, None).expect("halves").to_tensor();
        assert_eq!(tensor, Tensor::f32([3], vec![1.0, f32::powi(2.0, -24), f32::NEG_INFINITY]));
        let bytes = Constant::new(&raw(INT8, &[2], &[0xff, 0x01]), None).expect("bytes").to_tensor();
        assert_eq!(bytes.as_int(), Some(&[-1, 1][..]));
        let typed = TensorProto { data_type: UINT8, dims: vec![1], int32_data: vec![200], ..raw(UINT8, &[], &[]) };
        assert_eq!(Constant::new(&typed, None).expect("typed").to_tensor().as_int(), Some(&[200][..]));
    }
}
