//! What a file holds that a tool is given as a model: an ONNX protobuf, or a module as MLIR's text or bytecode.
//!
//! The contents decide, not the name: models come through pipes, and under any name.

use bytes::Bytes;
use qonnx_dialects::file::{RegularFile, refuse_lfs_pointer};
use qonnx_dialects::text::is_bytecode;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// The path that stands for standard input.
pub const STANDARD_INPUT: &str = "-";

/// Bytes from which the contents are told.
const HEAD: usize = 4096;

/// What a tool is given as a model.
#[derive(Debug)]
pub enum Source {
    /// An ONNX model in a file. It has not been read yet: the importer has its own bounds.
    Model(PathBuf),
    /// An ONNX model that came through a pipe.
    PipedModel(Bytes),
    /// A module as text or bytecode.
    Module(Vec<u8>),
}

impl Source {
    /// Reads what a path names; `-` is standard input. Devices are refused, and named pipes but for those of modules
    /// (`.mlir`, `.mlirbc`), which may be waited for.
    pub fn read(path: &Path) -> io::Result<Self> {
        if path.as_os_str() == STANDARD_INPUT {
            return Self::piped(io::stdin().lock(), path);
        }
        let kind = std::fs::metadata(path)?.file_type();
        if kind.is_fifo() && (is_own_pipe(path) || names_module(path)) {
            return Self::piped(std::fs::File::open(path)?, path);
        }
        if kind.is_char_device() || kind.is_block_device() {
            let message = "it is a device; give a file, or '-' for standard input";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let file = RegularFile::open(path)?;
        let head = file.read(0..file.length().min(HEAD as u64))?;
        match contents(&head, path) {
            Contents::Model => Ok(Self::Model(path.to_owned())),
            Contents::Module => Ok(Self::Module(file.read(0..file.length())?.into())),
        }
    }

    fn piped(mut stream: impl Read, path: &Path) -> io::Result<Self> {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        refuse_lfs_pointer(&bytes)?;
        Ok(match contents(&bytes[..bytes.len().min(HEAD)], path) {
            Contents::Model => Self::PipedModel(bytes.into()),
            Contents::Module => Self::Module(bytes),
        })
    }
}

/// A pipe that the shell has put in the place of a file.
fn is_own_pipe(path: &Path) -> bool {
    let folders = ["/dev/fd", "/proc/self/fd"];
    path == Path::new("/dev/stdin") || folders.iter().any(|folder| path.starts_with(folder))
}

/// Whether a name says that the file is a module.
pub fn names_module(path: &Path) -> bool {
    let extension = path.extension();
    extension == Some(OsStr::new("mlir")) || extension == Some(OsStr::new("mlirbc"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contents {
    Model,
    Module,
}

/// Tells the contents from their beginning, of at most [`HEAD`] bytes. The name counts only where they are neither, or
/// empty: it decides in whose words that is said.
fn contents(head: &[u8], path: &Path) -> Contents {
    let by_name = if names_module(path) || path.as_os_str() == STANDARD_INPUT {
        Contents::Module
    } else {
        Contents::Model
    };
    if head.is_empty() {
        by_name
    } else if is_bytecode(head) || is_text(head) {
        Contents::Module
    } else if is_model(head) {
        Contents::Model
    } else {
        by_name
    }
}

/// Whether bytes are text as far as they go. A model never is: the tag of its mandatory version is a control character.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character may be cut at the end.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text
        .chars()
        .any(|letter| letter.is_control() && !letter.is_whitespace())
}

/// Whether bytes are records of an ONNX `ModelProto` as far as they go.
fn is_model(mut head: &[u8]) -> bool {
    while !head.is_empty() {
        let Some(tag) = varint(&mut head) else {
            return false;
        };
        match (tag >> 3, tag & 7) {
            // Versions of the format and of the model.
            (1 | 5, 0) => {
                if varint(&mut head).is_none() {
                    return head.is_empty();
                }
            }
            // Strings, the graph, operator sets, functions and what is configured.
            (2..=4 | 6..=8 | 14 | 20 | 25 | 26, 2) => {
                let length = varint(&mut head).and_then(|length| usize::try_from(length).ok());
                match length.and_then(|length| head.get(length..)) {
                    Some(rest) => head = rest,
                    // It goes on beyond what is looked at.
                    None => return true,
                }
            }
            _ => return false,
        }
    }
    true
}

/// Takes a number of protobuf off the front; `None` if it does not end there.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(head: &[u8], name: &str) -> Contents {
        contents(head, Path::new(name))
    }

    #[test]
    fn contents_decide_and_not_the_name() {
        let model = std::fs::read("examples/wine_mlp.onnx").expect("an example");
        let head = &model[..model.len().min(HEAD)];
        // Fields of a protobuf come in any order: the graph, then the version.
        let turned = [&[0x3a, 3, 0x0a, 1, b'n', 0x08, 8][..], &[0x42, 2, 0x10, 13]].concat();
        for name in ["a.onnx", "a.mlir", "a", "-"] {
            for bytes in [head, &turned, &head[..1], &head[..100]] {
                assert_eq!(told(bytes, name), Contents::Model, "{bytes:?} as {name}");
            }
            let cut = "// größe".as_bytes();
            for bytes in [
                b"module {\n\t}\r\n".as_slice(),
                b"ML\xefR\x06",
                b"\"builtin.module\"() ({",
                &cut[..6],
            ] {
                assert_eq!(told(bytes, name), Contents::Module, "{bytes:?} as {name}");
            }
        }
    }

    #[test]
    fn the_name_says_in_whose_words_nothing_is_refused() {
        for bytes in [b"".as_slice(), b"module { \x1b }", b"\xff\xff\xff", b"\x08"] {
            let expected = match bytes {
                b"\x08" => Contents::Model,
                _ => Contents::Module,
            };
            assert_eq!(told(bytes, "a.mlir"), expected, "{bytes:?}");
            assert_eq!(told(bytes, "a.onnx"), Contents::Model, "{bytes:?}");
        }
    }
}
