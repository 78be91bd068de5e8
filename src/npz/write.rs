//! Writing arrays.

use qonnx_dialects::tensor::{Data, Element, Tensor};
use std::io::{self, Cursor, Write};
use std::path::Path;

use super::NpzError;
use super::header::MAGIC;

/// What the beginning of an array, up to its elements, has a multiple of bytes of: so that they can be mapped.
const ALIGNMENT: usize = 64;

/// Writes arrays as an archive, in the order given; the bytes depend on nothing else. Booleans are written as such,
/// other integers as int64.
pub fn write(path: &Path, arrays: &[(String, Tensor)]) -> Result<(), NpzError> {
    let fail = |message: String| NpzError {
        file: path.display().to_string(),
        message,
    };
    let bytes = to_bytes(arrays).map_err(|error| fail(format!("cannot be encoded: {error}")))?;
    crate::output::write_file(path, &bytes)
        .map_err(|error| fail(format!("cannot be written: {error}")))
}

pub(super) fn to_bytes(arrays: &[(String, Tensor)]) -> io::Result<Vec<u8>> {
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

/// An array in numpy's format.
pub(super) fn array_bytes(tensor: &Tensor) -> io::Result<Vec<u8>> {
    let descr = match tensor.element() {
        Element::F32 => "<f4",
        Element::F64 => "<f8",
        Element::BOOL => "|b1",
        Element::Int { .. } => "<i8",
    };
    let mut bytes = header(descr, &tensor.shape)?;
    match &tensor.data {
        Data::F32(values) => bytes.extend(values.iter().flat_map(|value| value.to_le_bytes())),
        Data::F64(values) => bytes.extend(values.iter().flat_map(|value| value.to_le_bytes())),
        Data::Int { values, .. } if tensor.element() == Element::BOOL => {
            bytes.extend(values.iter().map(|&value| u8::from(value != 0)));
        }
        Data::Int { values, .. } => {
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
    }
    Ok(bytes)
}

/// What comes before the elements: version 1, padded with spaces and a line's end.
fn header(descr: &str, shape: &[usize]) -> io::Result<Vec<u8>> {
    let extents: String = shape.iter().map(|extent| format!("{extent}, ")).collect();
    let mut text =
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({extents}), }}");
    let start = MAGIC.len() + 4;
    let length = (start + text.len() + 1).next_multiple_of(ALIGNMENT) - start;
    text = format!("{text:<width$}\n", width = length - 1);
    let too_long = |_| io::Error::other("it has too many dimensions");
    let length = u16::try_from(length).map_err(too_long)?;
    let parts = [&MAGIC[..], &[1, 0], &length.to_le_bytes(), text.as_bytes()];
    Ok(parts.concat())
}
