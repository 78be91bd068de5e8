//! What is said about output that cannot be written.

use qonnx_dialects::text::shown_path;
use std::io;
use std::path::Path;

/// Why output cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{output}: {message}")]
pub struct OutputError {
    /// The output, as [`shown_path`] shows it.
    pub output: String,
    /// What is wrong, and what to do.
    pub message: String,
}

impl OutputError {
    /// An error about the output at a path.
    pub fn new(path: &Path, message: impl Into<String>) -> Self {
        Self {
            output: shown_path(path),
            message: message.into(),
        }
    }

    /// The system refuses to write at a path.
    pub fn refused(path: &Path, error: impl Into<io::Error>) -> Self {
        Self::new(path, format!("cannot be written: {}", error.into()))
    }
}
