//! The list of what the tool has written into a folder, which makes the folder the tool's.
//!
//! It is a checklist as `sha256sum` writes and checks it (`sha256sum -c .qonnx-mlir`), below a line that says what it is.
//! A stranger may have made the folder, so the list is believed only about files inside, and a file goes for being on it
//! only if it still is what was written.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use super::staging::is_staging;

/// The name of the list.
pub const MARKER: &str = ".qonnx-mlir";
/// How it begins: what it is, and the version of its format.
const FIRST: &str = "# qonnx-mlir output, format ";
const VERSION: &str = "1";
/// Stands below the first line while files are put in place: a folder with it is not whole.
const UNFINISHED: &str = "# unfinished";
/// Largest list that is read, in bytes.
pub const MAX_BYTES: u64 = 1 << 24;

/// What identifies the contents of a file.
pub type Sum = [u8; 32];

/// The sum of a file's contents.
pub fn sum(bytes: &[u8]) -> Sum {
    Sha256::digest(bytes).into()
}

/// Likewise, of a file that need not fit into memory.
pub fn sum_of(mut file: impl Read) -> io::Result<Sum> {
    let mut state = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(state.finalize().into()),
            count => state.update(&buffer[..count]),
        }
    }
}

/// Relative paths of files, each with the sums of what may have been written there: one, or more in a folder that was
/// not finished.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marker {
    files: BTreeMap<PathBuf, BTreeSet<Sum>>,
}

impl Marker {
    /// Whether a path is listed.
    pub fn lists(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    /// Whether a listed path was written with these contents.
    pub fn wrote(&self, path: &Path, sum: &Sum) -> bool {
        self.files.get(path).is_some_and(|sums| sums.contains(sum))
    }

    /// The listed paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.keys().map(PathBuf::as_path)
    }

    /// Adds a path.
    pub fn add(&mut self, path: &Path, sum: Sum) {
        self.files.entry(path.to_owned()).or_default().insert(sum);
    }

    /// Adds all that another list has.
    pub fn add_all(&mut self, other: &Self) {
        for (path, sums) in &other.files {
            self.files
                .entry(path.clone())
                .or_default()
                .extend(sums.iter().copied());
        }
    }

    /// The list as text. `finished` is false as long as the files are being put in place.
    pub fn text(&self, finished: bool) -> String {
        let mut text = format!("{FIRST}{VERSION}\n");
        if !finished {
            text += UNFINISHED;
            text.push('\n');
        }
        for (path, sums) in &self.files {
            for sum in sums {
                let digits: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
                text += &format!("{digits}  {}\n", path.to_string_lossy());
            }
        }
        text
    }

    /// Reads a list; an error says what is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "is not text".to_owned())?;
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        match first.strip_prefix(FIRST) {
            Some(VERSION) => {}
            Some(other) => {
                return Err(format!(
                    "has format {}, expected {VERSION}",
                    other.escape_debug()
                ));
            }
            None => return Err("does not begin as this tool writes it".to_owned()),
        }
        let mut marker = Self::default();
        for (at, line) in rest.lines().enumerate() {
            if line.starts_with('#') {
                continue;
            }
            let wrong = |what: &str| format!("line {}: {what}: {}", at + 2, line.escape_debug());
            let (sum, path) = line
                .split_once("  ")
                .and_then(|(digits, path)| Some((from_digits(digits)?, path)))
                .ok_or_else(|| wrong("no checksum and path"))?;
            let path = inside(path).ok_or_else(|| wrong("no path inside of the folder"))?;
            marker.add(path, sum);
        }
        Ok(marker)
    }
}

fn from_digits(digits: &str) -> Option<Sum> {
    let mut sum = Sum::default();
    if digits.len() != 2 * sum.len() || !digits.bytes().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in sum.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(sum)
}

/// A path that the tool may write or remove inside of a folder: of plain names only, and none of the tool's own.
pub fn inside(text: &str) -> Option<&Path> {
    let path = Path::new(text);
    let mut count = 0;
    for part in path.components() {
        let Component::Normal(name) = part else {
            return None;
        };
        if name == MARKER || is_staging(name.as_encoded_bytes()) {
            return None;
        }
        count += 1;
    }
    // What the components leave out (`a//b`, `a/.`) is no spelling of ours.
    let plain = text.split('/').count() == count && !text.contains(['\n', '\r', '\\', '\0']);
    (plain && count > 0).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_it_was_written() {
        let mut marker = Marker::default();
        marker.add(Path::new("firmware/a.cpp"), sum(b"1"));
        marker.add(Path::new("Makefile"), sum(b"2"));
        marker.add(Path::new("Makefile"), sum(b"3"));
        for finished in [true, false] {
            assert_eq!(
                Marker::read(marker.text(finished).as_bytes()).as_ref(),
                Ok(&marker)
            );
        }
        assert!(marker.wrote(Path::new("Makefile"), &sum(b"3")));
        assert!(!marker.wrote(Path::new("Makefile"), &sum(b"1")));
        assert!(!marker.wrote(Path::new("makefile"), &sum(b"2")));
    }

    #[test]
    fn a_list_that_leads_out_of_the_folder_is_refused() {
        let listed = |path: &str| {
            let digits = "00".repeat(32);
            Marker::read(format!("{FIRST}{VERSION}\n{digits}  {path}\n").as_bytes())
        };
        assert!(listed("a/b.c").is_ok_and(|marker| marker.lists(Path::new("a/b.c"))));
        for path in [
            "/etc/passwd",
            "..",
            "../a",
            "a/../../b",
            "./a",
            "a//b",
            "a/.",
            "a/",
            "",
            ".qonnx-mlir",
            "a/.qonnx-mlir",
            ".qonnx-mlir-0123456789abcdef",
            "a\\b",
            "a\0b",
        ] {
            assert!(listed(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in [
            "",
            "a.c\n",
            "# qonnx-mlir output, format 2\n",
            "# qonnx-mlir output, format 1\na.c\n",
            "# qonnx-mlir output, format 1\n0123  a.c\n",
            "# qonnx-mlir output, format 1\n\n",
        ] {
            assert!(Marker::read(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(Marker::read(b"\xff").is_err());
    }
}
