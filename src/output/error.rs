//! What is said about output that cannot be written.

use std::io;
use std::os::unix::ffi::OsStrExt;
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

/// A path as it can stand in a message: what is not UTF-8 as `\xNN`, and control characters escaped.
pub fn shown_path(path: &Path) -> String {
    let mut shown = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() {
                shown.extend(c.escape_default());
            } else {
                shown.push(c);
            }
        }
        for byte in chunk.invalid() {
            shown += &format!("\\x{byte:02x}");
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn every_name_can_be_shown() {
        for (name, shown) in [
            (&b"out/x.mlir"[..], "out/x.mlir"),
            (b"gr\xc3\xb6\xc3\x9fe", "größe"),
            (b"a\xffb\xfe", "a\\xffb\\xfe"),
            (b"a\nb\x1b[2J", "a\\nb\\u{1b}[2J"),
            (b"", ""),
        ] {
            assert_eq!(shown_path(Path::new(OsStr::from_bytes(name))), shown);
        }
    }
}
