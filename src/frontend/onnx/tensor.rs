//! Constants of the file as typed bytes.

use bytes::Bytes;
use half::{bf16, f16};
use qonnx_dialects::tensor::{Data, Element, Tensor, sign_extend};
use qonnx_dialects::value::TensorType;

use super::external::External;
use super::node::Refusal;
use super::proto::TensorProto;

/// ONNX's numbers of the element types that are read.
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

/// ONNX's number of the place of external data.
const EXTERNAL: i32 = 1;

/// What ONNX calls an element type that is not read; `None` for numbers that stand for none.
fn type_name(data_type: i32) -> Option<&'static str> {
    Some(match data_type {
        8 => "string",
        14 => "complex64",
        15 => "complex128",
        17 => "float8e4m3fn",
        18 => "float8e4m3fnuz",
        19 => "float8e5m2",
        20 => "float8e5m2fnuz",
        21 => "uint4",
        22 => "int4",
        23 => "float4e2m1",
        24 => "float8e8m0",
        25 => "uint2",
        26 => "int2",
        _ => return None,
    })
}

/// The element that carries values of an ONNX type. Floats narrower than float32 are carried as float32.
pub fn element(data_type: i32) -> Result<Element, Refusal> {
    match data_type {
        FLOAT | FLOAT16 | BFLOAT16 => Ok(Element::F32),
        DOUBLE => Ok(Element::F64),
        UINT8 => Ok(Element::uint(8)),
        INT8 => Ok(Element::int(8)),
        UINT16 => Ok(Element::uint(16)),
        INT16 => Ok(Element::int(16)),
        INT32 => Ok(Element::int(32)),
        INT64 => Ok(Element::int(64)),
        UINT32 => Ok(Element::uint(32)),
        UINT64 => Ok(Element::uint(64)),
        BOOL => Ok(Element::BOOL),
        other => {
            let expected = "expected float, bool or an integer of 8 to 64 bits";
            Err(match type_name(other) {
                Some(name) => Refusal::unsupported(
                    format!("the element type {name}, which is not supported, {expected}"),
                    "convert it to one of these before the export",
                ),
                None => Refusal {
                    message: format!(
                        "the element type number {other}, which ONNX does not have, {expected}"
                    ),
                    help: "the file is damaged; export the model again",
                },
            })
        }
    }
}

/// Whether an ONNX type is a float with fewer bits than its carrier.
pub fn is_narrow_float(data_type: i32) -> bool {
    matches!(data_type, FLOAT16 | BFLOAT16)
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
    /// A constant of little-endian elements; their number must be that of the type.
    pub fn of_bytes(shape: Vec<usize>, element: Element, bytes: Vec<u8>) -> Self {
        Self {
            r#type: TensorType { shape, element },
            bytes: Bytes::from(bytes),
        }
    }

    /// Reads a tensor message. Data in another file is taken from `external`; without it, it is refused.
    pub fn new(tensor: &TensorProto, external: Option<&mut External>) -> Result<Self, Refusal> {
        let element = element(tensor.data_type).map_err(|refusal| refusal.of("has"))?;
        Self::of_element(tensor, element, external).map_err(|message| Refusal {
            message,
            help: "export the model again, with its data",
        })
    }

    fn of_element(
        tensor: &TensorProto,
        element: Element,
        external: Option<&mut External>,
    ) -> Result<Self, String> {
        let shape = tensor
            .dims
            .iter()
            .map(|&extent| {
                usize::try_from(extent)
                    .map_err(|_| format!("has the extent {extent}, expected at least 0"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let count = count(&shape)?;
        // Sizes are compared before anything is read or allocated by the shape.
        let expected = count.checked_mul(stored_size(tensor.data_type, element));
        let check = |found: u64| {
            if expected.and_then(|expected| u64::try_from(expected).ok()) == Some(found) {
                return Ok(());
            }
            Err(format!(
                "has {found} bytes, expected {} for its shape {shape:?} of {element}",
                expected.map_or_else(
                    || "more than there can be".to_owned(),
                    |bytes| bytes.to_string()
                )
            ))
        };
        let stored = if tensor.data_location == EXTERNAL {
            let external =
                external.ok_or("has its data in another file, expected it in the model")?;
            let place = external.locate(tensor)?;
            check(place.length())?;
            external.read(place)?
        } else if tensor.raw_data.is_empty() {
            from_typed(tensor)
        } else {
            tensor.raw_data.clone()
        };
        check(stored.len() as u64)?;
        Ok(Self {
            r#type: TensorType { shape, element },
            bytes: carried(tensor.data_type, stored),
        })
    }

    /// Whether it is of float64 and not all of its values are float32 values.
    pub fn rounds(&self) -> bool {
        let rounds = |value: f64| !value.is_nan() && f64::from(value as f32) != value;
        self.r#type.element == Element::F64 && doubles(&self.bytes).any(rounds)
    }

    /// The elements as a run-time tensor.
    pub fn to_tensor(&self) -> Tensor {
        let size = byte_size(self.r#type.element);
        let integer = |bytes: &[u8]| {
            bytes
                .iter()
                .rev()
                .fold(0u64, |value, &byte| value << 8 | u64::from(byte))
        };
        let data = match self.r#type.element {
            Element::Int { width, sign } => {
                let convert = |bytes| {
                    let raw = integer(bytes) as i64;
                    match (width, sign.is_unsigned()) {
                        (1, _) => i64::from(raw != 0),
                        (_, true) => raw,
                        (_, false) => sign_extend(raw, width),
                    }
                };
                Data::Int {
                    width,
                    sign,
                    values: self.bytes.chunks_exact(size).map(convert).collect(),
                }
            }
            Element::F64 => Data::F64(doubles(&self.bytes).collect()),
            Element::F32 => Data::F32(
                self.bytes
                    .chunks_exact(size)
                    .map(|bytes| f32::from_bits(integer(bytes) as u32))
                    .collect(),
            ),
        };
        Tensor::new(self.r#type.shape.clone(), data)
    }
}

/// Bytes of one element in [`Constant::bytes`].
fn byte_size(element: Element) -> usize {
    match element {
        Element::Int { width, .. } => width.div_ceil(8) as usize,
        Element::F32 => 4,
        Element::F64 => 8,
    }
}

/// Bytes of one element of an ONNX type in a file.
fn stored_size(data_type: i32, element: Element) -> usize {
    match data_type {
        FLOAT16 | BFLOAT16 => 2,
        _ => byte_size(element),
    }
}

/// Number of elements of a shape. Also a tensor without elements must have extents that can be multiplied.
fn count(shape: &[usize]) -> Result<usize, String> {
    let bound = shape
        .iter()
        .try_fold(1usize, |count, &extent| count.checked_mul(extent.max(1)));
    match bound {
        Some(bound) if bound <= isize::MAX as usize / 8 => {
            Ok(if shape.contains(&0) { 0 } else { bound })
        }
        _ => Err(format!(
            "has the shape {shape:?}, which is too large for any file"
        )),
    }
}

/// Stored data as little-endian elements of the carrier: itself, but for the narrow floats.
fn carried(data_type: i32, stored: Bytes) -> Bytes {
    let pairs = stored.as_chunks().0.iter().copied();
    match data_type {
        FLOAT16 => pairs
            .flat_map(|pair| f16::from_le_bytes(pair).to_f32().to_le_bytes())
            .collect(),
        BFLOAT16 => pairs
            .flat_map(|pair| bf16::from_le_bytes(pair).to_f32().to_le_bytes())
            .collect(),
        _ => stored,
    }
}

/// The values of float64 data.
fn doubles(stored: &Bytes) -> impl Iterator<Item = f64> {
    stored
        .chunks_exact(8)
        .map(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]))
}

/// The typed fields as they would be stored as raw data. Each type has one field; what others hold is not
/// part of the tensor.
fn from_typed(tensor: &TensorProto) -> Bytes {
    let words = || tensor.int32_data.iter().map(|value| value.to_le_bytes());
    match tensor.data_type {
        FLOAT => tensor
            .float_data
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
        DOUBLE => tensor
            .double_data
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
        INT64 => tensor
            .int64_data
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
        UINT64 => tensor
            .uint64_data
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
        UINT32 => tensor
            .uint64_data
            .iter()
            .flat_map(|&value| (value as u32).to_le_bytes())
            .collect(),
        INT32 => words().flatten().collect(),
        INT16 | UINT16 | FLOAT16 | BFLOAT16 => {
            words().flat_map(|word| [word[0], word[1]]).collect()
        }
        _ => words().map(|word| word[0]).collect(),
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
        for dims in [
            vec![1 << 40],
            vec![i64::MAX, i64::MAX],
            vec![0, 1 << 40, 1 << 40],
            vec![-1],
            vec![2],
            vec![],
        ] {
            assert!(
                Constant::new(&raw(FLOAT, &dims, &[0; 12]), None).is_err(),
                "{dims:?}"
            );
        }
        let constant = Constant::new(&raw(FLOAT, &[3], &[0; 12]), None).expect("three floats");
        assert_eq!(constant.to_tensor(), Tensor::f32([3], vec![0.0; 3]));
    }

    #[test]
    fn other_carriers_are_converted() {
        let halves = raw(FLOAT16, &[3], &[0x00, 0x3c, 0x01, 0x00, 0x00, 0xfc]);
        let tensor = Constant::new(&halves, None).expect("halves").to_tensor();
        assert_eq!(
            tensor,
            Tensor::f32([3], vec![1.0, f32::powi(2.0, -24), f32::NEG_INFINITY])
        );
        let bytes = Constant::new(&raw(INT8, &[2], &[0xff, 0x01]), None)
            .expect("bytes")
            .to_tensor();
        assert_eq!(bytes.as_int(), Some(&[-1, 1][..]));
        let typed = TensorProto {
            data_type: UINT8,
            dims: vec![1],
            int32_data: vec![200],
            ..raw(UINT8, &[], &[])
        };
        assert_eq!(
            Constant::new(&typed, None)
                .expect("typed")
                .to_tensor()
                .as_int(),
            Some(&[200][..])
        );
    }

    #[test]
    fn a_byte_too_many_is_refused_also_where_elements_are_converted() {
        for data_type in [FLOAT, FLOAT16, BFLOAT16, DOUBLE, INT64, BOOL] {
            let size = stored_size(data_type, element(data_type).expect("supported"));
            assert!(Constant::new(&raw(data_type, &[2], &vec![0; 2 * size]), None).is_ok());
            for bytes in [2 * size - 1, 2 * size + 1] {
                let refusal =
                    Constant::new(&raw(data_type, &[2], &vec![0; bytes]), None).expect_err("size");
                let message = refusal.message;
                assert!(message.contains(&format!("has {bytes} bytes")), "{message}");
            }
        }
    }

    #[test]
    fn doubles_stay_doubles() {
        let of = |value: f64| {
            Constant::new(&raw(DOUBLE, &[], &value.to_le_bytes()), None).expect("a double")
        };
        assert!(!of(0.5).rounds() && !of(f64::NAN).rounds() && !of(f64::INFINITY).rounds());
        assert!(of(0.1).rounds() && of(1e300).rounds());
        let large = Tensor::new(vec![], Data::F64(vec![1e300]));
        assert_eq!(of(1e300).to_tensor(), large);
    }

    #[test]
    fn typed_fields_of_all_types_are_read() {
        let typed = TensorProto {
            dims: vec![2],
            float_data: vec![1.5, -2.0],
            double_data: vec![1.5, -2.0],
            int32_data: vec![0x3fc0, 0xc000],
            int64_data: vec![-1, 7],
            uint64_data: vec![1, 7],
            ..TensorProto::default()
        };
        let of = |data_type| {
            let tensor = TensorProto {
                data_type,
                ..typed.clone()
            };
            Constant::new(&tensor, None)
                .expect("two elements")
                .to_tensor()
        };
        for data_type in [FLOAT, BFLOAT16] {
            assert_eq!(
                of(data_type),
                Tensor::f32([2], vec![1.5, -2.0]),
                "{data_type}"
            );
        }
        let doubles = Tensor::new(vec![2], Data::F64(vec![1.5, -2.0]));
        assert_eq!(of(DOUBLE), doubles);
        assert_eq!(of(INT64).as_int(), Some(&[-1, 7][..]));
        assert_eq!(of(UINT64).as_int(), Some(&[1, 7][..]));
        assert_eq!(of(UINT32).as_int(), Some(&[1, 7][..]));
        assert_eq!(of(INT16).as_int(), Some(&[0x3fc0, -0x4000][..]));
        assert_eq!(of(UINT8).as_int(), Some(&[0xc0, 0][..]));
        assert_eq!(of(BOOL).as_int(), Some(&[1, 0][..]));
        for (data_type, expected) in [
            (22, "int4, which is not supported"),
            (17, "float8e4m3fn, which is not supported"),
            (0, "number 0, which ONNX does not have"),
            (99, "number 99, which ONNX does not have"),
        ] {
            let unknown = TensorProto {
                data_type,
                ..typed.clone()
            };
            let message = Constant::new(&unknown, None).expect_err(expected).message;
            assert!(message.contains(expected), "{message}");
        }
    }

    /// A file may be larger than memory; of data of the wrong size nothing is read.
    #[test]
    fn external_data_of_another_size_is_not_read() {
        use crate::frontend::onnx::proto::StringStringEntryProto;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = std::fs::File::create(folder.path().join("w.data")).expect("writable");
        file.set_len(1 << 40).expect("a sparse file");
        let entry = |key: &str, value: &str| StringStringEntryProto {
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let read = |length: Option<&str>| {
            let mut tensor = raw(FLOAT, &[2], &[]);
            tensor.data_location = EXTERNAL;
            tensor.external_data.push(entry("location", "w.data"));
            let length = length.map(|length| entry("length", length));
            tensor.external_data.extend(length);
            Constant::new(&tensor, Some(&mut External::new(folder.path())))
        };
        let message = read(None).expect_err("it is too long").message;
        assert!(
            message.contains("has 1099511627776 bytes, expected 8"),
            "{message}"
        );
        assert!(read(Some("7")).is_err());
        let constant = read(Some("8")).expect("two floats");
        assert_eq!(constant.to_tensor(), Tensor::f32([2], vec![0.0; 2]));
    }
}
