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
        Problem::new("file", format!("cannot be read: {error}"))
            .help("give the path of an ONNX file")
    })?;
    decode(bytes)
}

/// Decodes a model.
pub fn decode(bytes: Bytes) -> Result<ModelProto, Problem> {
    let help = "the file is truncated or not an ONNX model";
    if bytes.is_empty() {
        return Err(Problem::new("file", "is empty, expected an ONNX model"));
    }
    let model = ModelProto::decode(bytes).map_err(|error| {
        Problem::new("file", format!("is not an ONNX protobuf: {error}")).help(help)
    })?;
    match &model.graph {
        Some(graph) if !graph.output.is_empty() => Ok(model),
        Some(_) => Err(Problem::new("graph", "has no outputs, expected at least one").help(help)),
        None => Err(Problem::new("file", "holds no graph, expected an ONNX model").help(help)),
    }
}

/// The bytes of a tensor whose data is in a file beside the model.
pub fn external(tensor: &TensorProto, folder: &Path) -> Result<Bytes, String> {
    let entry = |key: &str| {
        tensor
            .external_data
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| entry.value.as_str())
    };
    let location = entry("location").ok_or("has external data without a location")?;
    let path = inside(folder, location)?;
    let number = |key: &str| match entry(key) {
        Some(text) => text
            .parse::<usize>()
            .map(Some)
            .map_err(|_| format!("has external data of {key} '{text}', expected a number")),
        None => Ok(None),
    };
    let offset = number("offset")?.unwrap_or(0);
    let bytes = mmap::map(&path)
        .map_err(|error| format!("has its data in '{location}', which cannot be read: {error}"))?;
    let length = number("length")?.unwrap_or_else(|| bytes.len().saturating_sub(offset));
    match offset.checked_add(length) {
        Some(end) if end <= bytes.len() => Ok(bytes.slice(offset..end)),
        _ => Err(format!(
            "has its data in {length} bytes at {offset} of '{location}', which has {} bytes",
            bytes.len()
        )),
    }
}

/// The path of a location inside a folder; refuses what points outside of it.
fn inside(folder: &Path, location: &str) -> Result<PathBuf, String> {
    let relative = Path::new(location);
    let plain = relative
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let refused = || format!("has its data in '{location}', expected a file in the model's folder");
    if !plain || location.is_empty() {
        return Err(refused());
    }
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let missing = |error| format!("has its data in '{location}', which cannot be read: {error}");
    let real = folder.join(relative).canonicalize().map_err(missing)?;
    let root = folder.canonicalize().map_err(missing)?;
    // A symbolic link may lead out.
    if real.starts_with(root) {
        Ok(real)
    } else {
        Err(refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::onnx::proto::StringStringEntryProto;
    use std::fs;

    fn tensor(entries: &[(&str, &str)]) -> TensorProto {
        let entry = |&(key, value): &(&str, &str)| StringStringEntryProto {
            key: key.to_owned(),
            value: value.to_owned(),
        };
        TensorProto {
            external_data: entries.iter().map(entry).collect(),
            ..TensorProto::default()
        }
    }

    #[test]
    fn external_data_is_read_within_its_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("w.data"), [1, 2, 3, 4, 5]).expect("writable");
        let read = |entries: &[(&str, &str)]| external(&tensor(entries), folder.path());
        assert_eq!(
            read(&[("location", "w.data")]).as_deref(),
            Ok(&[1, 2, 3, 4, 5][..])
        );
        let part = read(&[("location", "./w.data"), ("offset", "1"), ("length", "2")]);
        assert_eq!(part.as_deref(), Ok(&[2, 3][..]));
        let far = usize::MAX.to_string();
        for (offset, length) in [
            ("4", "2"),
            ("6", "0"),
            (far.as_str(), "2"),
            ("-1", "1"),
            ("0", "x"),
        ] {
            let entries = [
                ("location", "w.data"),
                ("offset", offset),
                ("length", length),
            ];
            assert!(read(&entries).is_err(), "{offset} {length}");
        }
        assert!(read(&[]).is_err() && read(&[("location", "")]).is_err());
        assert!(
            read(&[("location", "gone.data")]).is_err_and(|message| message.contains("gone.data"))
        );
    }

    #[test]
    fn external_data_outside_of_the_folder_is_refused() {
        let outer = tempfile::tempdir().expect("a temporary folder");
        let folder = outer.path().join("model");
        fs::create_dir(&folder).expect("writable");
        let secret = outer.path().join("secret");
        fs::write(&secret, "secret").expect("writable");
        let refused = |location: &str| {
            external(&tensor(&[("location", location)]), &folder)
                .is_err_and(|message| message.contains("expected a file in the model's folder"))
        };
        assert!(refused("../secret"));
        assert!(refused("x/../../secret"));
        assert!(refused(secret.to_str().expect("a plain path")));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&secret, folder.join("link")).expect("writable");
            assert!(refused("link"));
        }
    }

    #[test]
    fn what_is_not_a_model_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(load(folder.path()).is_err(), "a folder");
        assert!(load(&folder.path().join("gone.onnx")).is_err());
        assert!(decode(Bytes::new()).is_err_and(|problem| problem.message.contains("empty")));
        assert!(decode(Bytes::from_static(b"not a protobuf")).is_err());
        // A valid message without a graph.
        assert!(
            decode(Bytes::from_static(&[8, 8]))
                .is_err_and(|problem| problem.message.contains("no graph"))
        );
    }
}
