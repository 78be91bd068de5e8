//! Files to messages.

use bytes::Bytes;
use prost::Message;
use qonnx_dialects::mmap;
use std::path::{Component, Path, PathBuf};

use super::error::Problem;
use super::proto::{ModelProto, TensorProto};

/// Maps and decodes a model file.
pub fn load(path: &Path) -> Result<ModelProto, Problem> {
    let bytes = mmap::map(path).map_err(|error| {
        Problem::new("file", format!("cannot be read: {error}")).help("give the path of an ONNX file")
    })?;
    decode(bytes)
}

/// Decodes a model.
pub fn decode(bytes: Bytes) -> Result<ModelProto, Problem> {
    let help = "the file is truncated or not an ONNX model";
    if bytes.is_empty() {
        return Err(Problem::new("file", "is empty, expected an ONNX model"));
    }
    let model = ModelProto::decode(bytes)
        .map_err(|error| Problem::new("file", format!("is not an ONNX protobuf: {error}")).help(help))?;
    match &model.graph {
        Some(graph) if !graph.output.is_empty() => Ok(model),
        Some(_) => Err(Problem::new("graph", "has no outputs").help(help)),
        None => Err(Problem::new("file", "holds no graph").help(help)),
    }
}

/// The bytes of a tensor whose data is in a file beside the model.
pub fn external(tensor: &TensorProto, folder: &Path) -> Result<Bytes, String> {
    let entry = |key: &str| {
        tensor.external_data.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str())
    };
    let location = entry("location").ok_or("its external data has no location")?;
    let path = inside(folder, location)?;
    let number = |key: &str| match entry(key) {
        Some(text) => text
            .parse::<usize>()
            .map(Some)
            .map_err(|_| format!("the {key} of its external data is '{text}', expected a number")),
        None => Ok(None),
    };
    let offset = number("offset")?.unwrap_or(0);
    let bytes = mmap::map(&path).map_err(|error| format!("its external data {location} cannot be read: {error}"))?;
    let length = number("length")?.unwrap_or_else(|| bytes.len().saturating_sub(offset));
    match offset.checked_add(length) {
        Some(end) if end <= bytes.len() => Ok(bytes.slice(offset..end)),
        _ => Err(format!(
            "its external data is {length} bytes at {offset} of {location}, which has {} bytes",
            bytes.len()
        )),
    }
}

/// The path of a location inside a folder; refuses what points outside of it.
fn inside(folder: &Path, location: &str) -> Result<PathBuf, String> {
    let relative = Path::new(location);
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let refused = || format!("its external data {location} is outside of the model's folder");
    if !plain || location.is_empty() {
        return Err(refused());
    }
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let missing = |error| format!("its external data {location} cannot be read: {error}");
    let real = folder.join(relative).canonicalize().map_err(missing)?;
    let root = folder.canonicalize().map_err(missing)?;
    // A symbolic link may lead out.
    if real.starts_with(root) { Ok(real) } else { Err(refused()) }
}
