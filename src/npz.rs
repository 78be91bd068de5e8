//! Archives of numpy arrays: the samples that models are run on, and their results.

use npyz::{DType, Endianness, Order, TypeChar, WriterBuilder};
use qonnx_dialects::tensor::{Data, Element, Tensor};
use std::fs::File;
use std::io::{Cursor, Read, Seek, Write};
use std::path::Path;

/// Largest array that is read, in bytes once decompressed.
const MAX_BYTES: u64 = 1 << 32;
/// Longest header of an array that is read, in bytes; that of a plain array has about a hundred.
const MAX_HEADER: usize = 4096;

/// Why an archive cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {message}")]
pub struct NpzError {
    /// The archive.
    pub file: String,
    /// What was found, and what is expected.
    pub message: String,
}

/// Reads all arrays of an archive, in its order. Floats become float32 and float64 tensors, integers and
/// booleans integer tensors; Fortran order is turned into C order.
pub fn read(path: &Path) -> Result<Vec<(String, Tensor)>, NpzError> {
    let fail = |message: String| NpzError {
        file: path.display().to_string(),
        message,
    };
    let file = File::open(path).map_err(|error| fail(format!("cannot be read: {error}")))?;
    read_from(file).map_err(fail)
}

fn read_from(file: impl Read + Seek) -> Result<Vec<(String, Tensor)>, String> {
    let mut archive =
        zip::ZipArchive::new(file).map_err(|error| format!("is not an npz archive: {error}"))?;
    let mut arrays = Vec::with_capacity(archive.len().min(1024));
    for at in 0..archive.len() {
        let entry = archive
            .by_index(at)
            .map_err(|error| format!("entry {at} is broken: {error}"))?;
        let name = entry.name().trim_end_matches(".npy").to_owned();
        let mut bytes = Vec::new();
        entry
            .take(MAX_BYTES)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("array '{name}' is broken: {error}"))?;
        let tensor = array(&bytes).map_err(|message| format!("array '{name}' {message}"))?;
        arrays.push((name, tensor));
    }
    Ok(arrays)
}

/// The shape that the header of an array in numpy's format gives. The format's own reader multiplies the
/// extents unchecked, and allocates for whatever length of header is claimed.
fn header_shape(bytes: &[u8]) -> Result<Vec<usize>, String> {
    let (start, length) = match *bytes {
        [_, _, _, _, _, _, 1, 0, low, high, ..] => {
            (10, usize::from(u16::from_le_bytes([low, high])))
        }
        [_, _, _, _, _, _, 2 | 3, 0, a, b, c, d, ..] => {
            (12, u32::from_le_bytes([a, b, c, d]) as usize)
        }
        _ => return Err("is broken: not in numpy's format".to_owned()),
    };
    let text = (length <= MAX_HEADER)
        .then(|| bytes.get(start..start + length))
        .flatten();
    let text = text
        .and_then(|text| Some(std::str::from_utf8(text).ok()?.trim()))
        .ok_or_else(|| format!("is broken: its header claims {length} bytes"))?;
    let header: py_literal::Value = text
        .parse()
        .map_err(|_| format!("is broken: its header is '{}'", text.escape_debug()))?;
    let mut shapes = header
        .as_dict()
        .into_iter()
        .flatten()
        .filter(|(key, _)| key.as_string().is_some_and(|key| key == "shape"));
    let (Some((_, shape)), None) = (shapes.next(), shapes.next()) else {
        return Err("is broken: its header has no one shape".to_owned());
    };
    // Extents are integers of any size, which are not worth a crate.
    let extent = |value: &py_literal::Value| value.to_string().parse::<usize>().ok();
    let extents = shape
        .as_tuple()
        .or(shape.as_list())
        .into_iter()
        .flatten()
        .map(extent);
    extents
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| format!("claims the shape {shape}"))
}

/// One array in numpy's format.
fn array(bytes: &[u8]) -> Result<Tensor, String> {
    let broken = |error: std::io::Error| format!("is broken: {error}");
    let shape = header_shape(bytes)?;
    // There cannot be more elements than bytes. Also an array without elements must have extents that can
    // be multiplied.
    let bound = shape
        .iter()
        .try_fold(1usize, |count, &extent| count.checked_mul(extent.max(1)));
    if bound.is_none_or(|bound| bound > bytes.len()) {
        return Err(format!(
            "claims the shape {shape:?} in {} bytes",
            bytes.len()
        ));
    }
    let file = npyz::NpyFile::new(Cursor::new(bytes)).map_err(broken)?;
    let fortran = file.order() == Order::Fortran;
    let DType::Plain(r#type) = file.dtype() else {
        return Err("has records, expected numbers".to_owned());
    };
    let width = u32::try_from(r#type.size_field() * 8).unwrap_or(0);
    let ints = |unsigned, values| Data::Int {
        width,
        unsigned,
        values,
    };
    macro_rules! integers {
        ($($type:ty),*) => {
            match r#type.size_field() {
                $(size if size == size_of::<$type>() as u64 => {
                    file.into_vec::<$type>().map_err(broken)?.into_iter().map(|value| value as i64).collect()
                })*
                _ => return Err(format!("has elements of type {type}", type = r#type)),
            }
        };
    }
    let data = match (r#type.type_char(), r#type.size_field()) {
        (TypeChar::Float, 4) => Data::F32(file.into_vec::<f32>().map_err(broken)?),
        (TypeChar::Float, 8) => Data::F64(file.into_vec::<f64>().map_err(broken)?),
        (TypeChar::Int, _) => ints(false, integers!(i8, i16, i32, i64)),
        (TypeChar::Uint, _) => ints(true, integers!(u8, u16, u32, u64)),
        (TypeChar::Bool, _) => {
            let values = file
                .into_vec::<bool>()
                .map_err(broken)?
                .into_iter()
                .map(i64::from)
                .collect();
            Data::Int {
                width: 1,
                unsigned: true,
                values,
            }
        }
        _ => return Err(format!("has elements of type {type}, expected numbers", type = r#type)),
    };
    if !fortran {
        return Ok(Tensor::new(shape, data));
    }
    // In Fortran order the bytes are those of the transpose.
    let mut reversed = shape.clone();
    reversed.reverse();
    let strides = qonnx_dialects::tensor::strides(&reversed);
    let stored = Tensor::new(reversed, data);
    Ok(stored.gather(&shape, |index| {
        index
            .iter()
            .rev()
            .zip(&strides)
            .map(|(at, stride)| at * stride)
            .sum()
    }))
}

/// Writes arrays as an archive, in the order given; the bytes depend on nothing else.
pub fn write(path: &Path, arrays: &[(String, Tensor)]) -> Result<(), NpzError> {
    let fail = |message: String| NpzError {
        file: path.display().to_string(),
        message,
    };
    let bytes = to_bytes(arrays).map_err(|error| fail(format!("cannot be encoded: {error}")))?;
    crate::output::write_file(path, &bytes).map_err(|error| fail(error.message))
}

/// The bytes of an archive of arrays.
pub fn to_bytes(arrays: &[(String, Tensor)]) -> std::io::Result<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    for (name, tensor) in arrays {
        archive.start_file(format!("{name}.npy"), options)?;
        archive.write_all(&array_bytes(tensor)?)?;
    }
    Ok(archive.finish()?.into_inner())
}

fn array_bytes(tensor: &Tensor) -> std::io::Result<Vec<u8>> {
    let shape: Vec<u64> = tensor.shape.iter().map(|&extent| extent as u64).collect();
    let mut bytes = Vec::new();
    macro_rules! encode {
        ($type:ty, $values:expr) => {{
            let dtype = <$type as npyz::AutoSerialize>::default_dtype();
            let mut writer = npyz::WriteOptions::<$type>::new()
                .dtype(dtype)
                .shape(&shape)
                .writer(&mut bytes)
                .begin_nd()?;
            writer.extend($values)?;
            writer.finish()?;
        }};
    }
    match &tensor.data {
        Data::F32(values) => encode!(f32, values.iter().copied()),
        Data::F64(values) => encode!(f64, values.iter().copied()),
        Data::Int { values, .. } if tensor.element() == Element::BOOL => {
            encode!(bool, values.iter().map(|&value| value != 0));
        }
        Data::Int { values, .. } => encode!(i64, values.iter().copied()),
    }
    debug_assert_eq!(Endianness::of_machine(), Endianness::Little);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_survive_a_round_trip_and_bytes_are_stable() {
        let arrays = vec![
            (
                "b".to_owned(),
                Tensor::f32([2, 2], vec![1.0, -2.5, f32::INFINITY, 0.0]),
            ),
            ("a".to_owned(), Tensor::i64([3], vec![-1, 0, 1])),
            ("scalar".to_owned(), Tensor::scalar(4.0)),
        ];
        let bytes = to_bytes(&arrays).expect("in memory");
        assert_eq!(
            read_from(Cursor::new(&bytes)).expect("just written"),
            arrays
        );
        assert_eq!(to_bytes(&arrays).expect("in memory"), bytes);
    }

    #[test]
    fn broken_archives_are_refused() {
        let bytes =
            to_bytes(&[("a".to_owned(), Tensor::i64([3], vec![1, 2, 3]))]).expect("in memory");
        for end in 0..bytes.len() {
            assert!(read_from(Cursor::new(&bytes[..end])).is_err(), "{end}");
        }
        assert!(array(b"\x93NUMPY\x01\x00").is_err());
    }

    /// An array in numpy's format, version 1.
    fn npy(header: &str, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(header.len()).expect("short");
        [
            &b"\x93NUMPY\x01\x00"[..],
            &length.to_le_bytes(),
            header.as_bytes(),
            data,
        ]
        .concat()
    }

    #[test]
    fn fortran_order_and_narrow_types_are_read() {
        let header = "{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3), }\n";
        let tensor = array(&npy(header, &[1, 4, 2, 5, 3, 0xfa])).expect("a 2x3 array");
        assert_eq!(tensor, Tensor::int(8, [2, 3], vec![1, 2, 3, 4, 5, -6]));
        let header = "{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }\n";
        assert_eq!(
            array(&npy(header, &[0, 1])).expect("booleans").element(),
            Element::BOOL
        );
    }

    #[test]
    fn claims_that_the_bytes_do_not_justify_are_refused() {
        for shape in [
            "(9223372036854775807,)",
            "(4294967296, 4294967296)",
            "(0, 4294967296, 4294967296)",
            "(3,)",
        ] {
            let header =
                format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
            assert!(array(&npy(&header, &[0; 8])).is_err(), "{shape}");
        }
        let text = "{'descr': '<U4', 'fortran_order': False, 'shape': (1,), }\n";
        assert!(
            array(&npy(text, &[0; 16])).is_err_and(|message| message.contains("expected numbers"))
        );
    }
}
