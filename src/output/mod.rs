//! Everything that a tool writes, by one rule.
//!
//! - **A file** is written whole or not at all: it gets its name when it is complete. It replaces a regular file only,
//!   whose permissions and owner it keeps; symbolic links are followed. Devices, named pipes and standard output are
//!   written through. A file that the user may not write to is not replaced either, unless forced.
//! - **A folder** may be new, empty, or one that the tool has written: a list in it says what (`marker.rs`). Only what is
//!   listed is replaced, and removed if it is not made any more; everything else in the folder stays. If forced, files
//!   of the same names are replaced in any folder but the root, the home folder, the current one, and those above.
//! - **An input** of the command is never written over, by whatever name it is known.
//! - **Nothing is left** of a run that fails or is ended, neither files nor programs (`scratch.rs`, `signals.rs`,
//!   `staging.rs`). Two runs into one place both succeed, and the place has what one of them wrote.
//!
//! All this is about how a process ends, not about a loss of power: nothing waits for the disk, as what is written can be
//! made again, and a folder's list tells whether it is whole.

mod commit;
mod error;
mod file;
mod folder;
mod marker;
mod place;
mod scratch;
pub mod signals;
mod staging;
mod standing;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use qonnx_dialects::file::{note_read, was_read};
use qonnx_dialects::text::shown_path;

pub use error::OutputError;
pub use file::Form;
use place::FileId;
pub use scratch::Scratch;

use crate::source::STANDARD_INPUT;

/// How often writing starts anew because others change the place meanwhile.
const TRIES: usize = 100;

/// A file of an output folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Path in the folder: names separated by slashes.
    pub path: String,
    /// Contents.
    pub bytes: Vec<u8>,
    /// Whether it can be run, or loaded by a program.
    pub executable: bool,
}

impl OutputFile {
    /// A file that is not executable.
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            bytes: bytes.into(),
            executable: false,
        }
    }
}

/// Where the output of a command goes, and what must survive it.
#[derive(Clone, Debug)]
pub struct Output {
    path: PathBuf,
    force: bool,
    inputs: BTreeSet<FileId>,
}

impl Output {
    /// An output at a path; `-` is standard output.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            force: false,
            inputs: BTreeSet::new(),
        }
    }

    /// With an input of the command, which is never written over; `-` is standard input. Models and the weights beside
    /// them are known without this once they have been read.
    #[must_use]
    pub fn with_input(mut self, path: &Path) -> Self {
        let input = if path.as_os_str() == STANDARD_INPUT {
            place::standard_input()
        } else {
            path.metadata()
                .ok()
                .filter(std::fs::Metadata::is_file)
                .map(|metadata| place::id(&metadata))
        };
        if let Some((device, inode)) = input {
            note_read(device, inode);
        }
        self.inputs.extend(input);
        self
    }

    /// Forced: see the module's rules.
    #[must_use]
    pub fn forced(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    /// The path as the user gave it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn is_input(&self, (device, inode): FileId) -> bool {
        self.inputs.contains(&(device, inode)) || was_read(device, inode)
    }

    /// Checks whether a file can be written there, as far as this can be known before, and says what decides about its
    /// contents.
    pub fn check_file(&self) -> Result<Form, OutputError> {
        file::check(self)
    }

    /// Writes a file.
    pub fn write_file(&self, bytes: &[u8]) -> Result<(), OutputError> {
        file::write(self, bytes)
    }

    /// Checks whether a folder can be written there, as far as this can be known before.
    pub fn check_folder(&self) -> Result<(), OutputError> {
        folder::check(self)
    }

    /// Writes a folder with these files.
    pub fn write_folder(&self, files: &[OutputFile]) -> Result<(), OutputError> {
        folder::write(self, files)
    }
}

/// Writes a file that has no inputs to spare, unforced.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    Output::new(path).write_file(bytes)
}

/// Writes to standard output. A reader that has gone away, such as `head`, wants no more of it and is no error.
pub fn print(bytes: &[u8]) -> io::Result<()> {
    file::through(io::stdout().lock(), bytes)
}
