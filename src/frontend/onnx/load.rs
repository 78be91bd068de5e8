//! Files to messages.

use bytes::Bytes;
use prost::Message;
use qonnx_dialects::file::{self, RegularFile};
use std::path::Path;

use super::error::Problem;
use super::proto::ModelProto;

/// Largest model file, in bytes: no protobuf message may be larger. What is larger has its weights in other files.
const MAX_BYTES: u64 = (1 << 31) - 1;

/// Reads and decodes a model file.
pub fn load(path: &Path) -> Result<ModelProto, Problem> {
    let bytes = read(path).map_err(|error| {
        let problem = Problem::new("file", format!("cannot be read: {error}"));
        match error.kind() {
            // Errors of our own say themselves what to do.
            std::io::ErrorKind::Other => problem,
            _ => problem.help("give the path of an ONNX file"),
        }
    })?;
    decode(bytes)
}

fn read(path: &Path) -> std::io::Result<Bytes> {
    let file = RegularFile::open(path)?;
    let length = file.length();
    if length > MAX_BYTES {
        return Err(std::io::Error::other(format!(
            "it has {length} bytes, and a protobuf at most {MAX_BYTES}; export the weights as external data"
        )));
    }
    file.read(0..length)
}

/// Decodes a model.
pub fn decode(bytes: Bytes) -> Result<ModelProto, Problem> {
    let help = "the file is truncated or not an ONNX model";
    file::refuse_lfs_pointer(&bytes).map_err(|error| Problem::new("file", error.to_string()))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_model_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(load(folder.path()).is_err(), "a folder");
        assert!(load(&folder.path().join("gone.onnx")).is_err());
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n";
        let at = folder.path().join("pointer.onnx");
        std::fs::write(&at, pointer).expect("writable");
        for read in [load(&at), decode(Bytes::from_static(pointer.as_bytes()))] {
            assert!(read.is_err_and(|problem| problem.message.contains("git lfs pull")));
        }
        let large = folder.path().join("large.onnx");
        let file = std::fs::File::create(&large).expect("writable");
        file.set_len(1 << 40).expect("a sparse file");
        assert!(load(&large).is_err_and(|problem| problem.message.contains("external data")));
        assert!(decode(Bytes::new()).is_err_and(|problem| problem.message.contains("empty")));
        assert!(decode(Bytes::from_static(b"not a protobuf")).is_err());
        // A valid message without a graph.
        assert!(
            decode(Bytes::from_static(&[8, 8]))
                .is_err_and(|problem| problem.message.contains("no graph"))
        );
    }

    /// The process would end with a bus error if the file were mapped.
    #[test]
    fn a_model_that_is_truncated_meanwhile_is_decoded_or_refused() {
        use crate::frontend::onnx::proto::{GraphProto, TensorProto, ValueInfoProto};
        const BYTES: usize = 1 << 21;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("model.onnx");
        let weights = TensorProto {
            raw_data: Bytes::from(vec![1; BYTES]),
            ..TensorProto::default()
        };
        let graph = GraphProto {
            initializer: vec![weights],
            output: vec![ValueInfoProto::default()],
            ..GraphProto::default()
        };
        let model = ModelProto {
            graph: Some(graph),
            ..ModelProto::default()
        };
        std::fs::write(&path, model.encode_to_vec()).expect("writable");
        crate::testing::while_truncated(&path, || {
            let Ok(model) = load(&path) else {
                return false;
            };
            // All of it can be touched, and nothing of it is missing.
            let graph = model.graph.unwrap_or_default();
            let data = graph.initializer.iter().flat_map(|tensor| &tensor.raw_data);
            assert_eq!(data.map(|&byte| usize::from(byte)).sum::<usize>(), BYTES);
            true
        });
    }
}
