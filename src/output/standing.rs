//! What is in a folder that exists, and whether it may be written into.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::commit::parent_of;
use super::marker::{self, MARKER, Marker};
use super::place::{FileId, id};
use super::{Output, OutputError, shown_path, staging};

/// What the tool has written into a folder; an error if this is not a folder to write into.
pub fn contents(output: &Output, path: &Path, root: &OwnedFd) -> Result<Marker, OutputError> {
    let failed = |error: io::Error| OutputError::refused(&output.path, error);
    let foreign = match read_marker(root).map_err(failed)? {
        Some(Ok(marker)) => return Ok(marker),
        Some(Err(wrong)) => format!("has a '{MARKER}' that is not this tool's ({wrong})"),
        None => match some_entry(path).map_err(failed)? {
            None => return Ok(Marker::default()),
            Some(name) => format!(
                "has files that are not this tool's, such as '{}'",
                shown_path(Path::new(&name))
            ),
        },
    };
    let message =
        format!("{foreign}; give a folder that is new or empty, or --force to write into this one");
    may_force(output, root, &message)?;
    Ok(Marker::default())
}

/// Whether something may be done that needs `--force`; otherwise an error that says `message`.
pub fn may_force(output: &Output, root: &OwnedFd, message: &str) -> Result<(), OutputError> {
    if !output.force {
        return Err(OutputError::new(&output.path, message));
    }
    let Ok(stat) = rustix::fs::fstat(root) else {
        return Err(OutputError::new(&output.path, message));
    };
    match protected((stat.st_dev, stat.st_ino)) {
        None => Ok(()),
        Some(what) => {
            let message = format!("is {what}, where --force does not hold; give another folder");
            Err(OutputError::new(&output.path, message))
        }
    }
}

/// What a folder is if nothing in it may be replaced by force.
fn protected(folder: FileId) -> Option<&'static str> {
    let ids = |path: Option<PathBuf>| -> Vec<FileId> {
        let path = path.and_then(|path| path.canonicalize().ok());
        path.iter()
            .flat_map(|path| path.ancestors())
            .filter_map(|path| fs::metadata(path).ok())
            .map(|metadata| id(&metadata))
            .collect()
    };
    let root = ids(Some(PathBuf::from("/")));
    let home = ids(env::var_os("HOME")
        .filter(|home| !home.is_empty())
        .map(PathBuf::from));
    let current = ids(env::current_dir().ok());
    if root.contains(&folder) {
        Some("the root folder")
    } else if home.first() == Some(&folder) {
        Some("the home folder")
    } else if current.first() == Some(&folder) {
        Some("the current folder")
    } else if home.contains(&folder) {
        Some("a folder above the home folder")
    } else if current.contains(&folder) {
        Some("a folder above the current one")
    } else {
        None
    }
}

/// The list in a folder, or what is wrong with it.
fn read_marker(root: &OwnedFd) -> io::Result<Option<Result<Marker, String>>> {
    match look(root, Path::new(MARKER))? {
        Found::Nothing => return Ok(None),
        Found::Other(what) => return Ok(Some(Err(what.to_owned()))),
        Found::Regular(_) => {}
    }
    let mut bytes = Vec::new();
    open_regular(root, Path::new(MARKER))?
        .take(marker::MAX_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > marker::MAX_BYTES {
        return Ok(Some(Err("is too long".to_owned())));
    }
    Ok(Some(Marker::read(&bytes)))
}

/// The first name in a folder that is not that of something on its way.
fn some_entry(path: &Path) -> io::Result<Option<OsString>> {
    let mut first: Option<OsString> = None;
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        let counts = !staging::is_staging(name.as_encoded_bytes());
        if counts && first.as_ref().is_none_or(|first| name < *first) {
            first = Some(name);
        }
    }
    Ok(first)
}

/// What is at a path inside of a folder; links are not followed.
pub enum Found {
    /// Nothing.
    Nothing,
    /// A regular file.
    Regular(Stat),
    /// What it is, in words.
    Other(&'static str),
}

pub fn look(root: &OwnedFd, path: &Path) -> io::Result<Found> {
    let (folder, name) = match parent_of(root, path, false) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            return Ok(Found::Other("lies below what is no folder"));
        }
        Err(error) => return Err(error),
    };
    let stat = match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => stat,
        Err(Errno::NOENT) => return Ok(Found::Nothing),
        Err(error) => return Err(error.into()),
    };
    Ok(match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Found::Regular(stat),
        FileType::Symlink => Found::Other("is a symbolic link"),
        FileType::Directory => Found::Other("is a folder"),
        _ => Found::Other("is no regular file"),
    })
}

pub fn open_regular(root: &OwnedFd, path: &Path) -> io::Result<File> {
    let (folder, name) = parent_of(root, path, false)?;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::openat(
        folder,
        name,
        flags,
        Mode::empty(),
    )?))
}
