//! Where the path of an output leads.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::OutputError;

/// The path that stands for standard output.
const STANDARD_OUTPUT: &str = "-";
/// Symbolic links that are followed one after the other, as many as Linux follows.
const MAX_LINKS: usize = 40;

/// A file by device and inode, which all of its names and links share.
pub type FileId = (u64, u64);

/// Device and inode of what metadata are of.
pub fn id(metadata: &Metadata) -> FileId {
    (metadata.dev(), metadata.ino())
}

/// Device and inode of an open file, if it is open.
fn id_of_open(file: impl AsFd) -> Option<FileId> {
    let stat = rustix::fs::fstat(file).ok()?;
    Some((stat.st_dev, stat.st_ino))
}

/// The regular file that standard input reads from, if it is one.
pub fn standard_input() -> Option<FileId> {
    let stat = rustix::fs::fstat(io::stdin()).ok()?;
    let regular = rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file();
    regular.then_some((stat.st_dev, stat.st_ino))
}

/// A stream that this process was started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// What is at a path, symbolic links followed.
#[derive(Debug)]
pub enum Place {
    /// A stream of this process, by whatever name. It is never opened anew: that would lose its position.
    Standard(Standard),
    /// A character device or a named pipe.
    Stream(PathBuf),
    /// A regular file; the path's last part is no link.
    File(PathBuf, Metadata),
    /// A folder.
    Folder(PathBuf),
    /// Nothing yet. The path's last part is no link; folders before it may be missing.
    New(PathBuf),
}

/// Finds out where a path leads; an error names the path.
pub fn resolve(path: &Path) -> Result<Place, OutputError> {
    let refused = |message: &str| Err(OutputError::new(path, message));
    if path.as_os_str() == STANDARD_OUTPUT {
        return Ok(Place::Standard(Standard::Output));
    }
    if path.as_os_str().is_empty() {
        return refused("the output's name is empty, expected a path");
    }
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(Place::New(follow(path)?));
        }
        Err(error) => return Err(OutputError::refused(path, error)),
    };
    if metadata.is_dir() {
        return Ok(Place::Folder(path.to_owned()));
    }
    for (standard, open) in [
        (Standard::Output, id_of_open(io::stdout())),
        (Standard::Error, id_of_open(io::stderr())),
    ] {
        if open == Some(id(&metadata)) {
            return Ok(Place::Standard(standard));
        }
    }
    let kind = metadata.file_type();
    if kind.is_file() {
        Ok(Place::File(follow(path)?, metadata))
    } else if kind.is_char_device() || kind.is_fifo() {
        Ok(Place::Stream(path.to_owned()))
    } else if kind.is_block_device() {
        refused(
            "is a block device, and writing would destroy what it holds; give the path of a file",
        )
    } else {
        refused("is a socket, which cannot be written; give the path of a file")
    }
}

/// The folder that a path is in.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Whether a path says that it is a folder's.
pub fn ends_as_folder(path: &Path) -> bool {
    let bytes = path.as_os_str().as_bytes();
    bytes.ends_with(b"/") || bytes.ends_with(b"/.") || path.file_name().is_none()
}

/// Follows symbolic links at the end of a path to what is no link or does not exist.
fn follow(path: &Path) -> Result<PathBuf, OutputError> {
    let mut at = path.to_owned();
    for _ in 0..MAX_LINKS {
        let metadata = match fs::symlink_metadata(&at) {
            Ok(metadata) if metadata.is_symlink() => metadata,
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(OutputError::refused(path, error));
            }
            _ => return Ok(at),
        };
        // The links of /proc/self/fd are no paths: a file that is renamed there is lost to whoever has it open.
        if fs::metadata("/proc/self").is_ok_and(|proc| proc.dev() == metadata.dev()) {
            let message = "is a file that a process has open; give the path of the file itself";
            return Err(OutputError::new(path, message));
        }
        let target = fs::read_link(&at).map_err(|error| OutputError::refused(path, error))?;
        at = parent(&at).join(target);
    }
    Err(OutputError::refused(path, rustix::io::Errno::LOOP))
}
