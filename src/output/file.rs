//! One file as output.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, OFlags};

use super::place::{Place, Standard, ends_as_folder, id, parent, resolve};
use super::staging::{self, Like};
use super::{Output, OutputError, TRIES, signals};

/// What an output is written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A device, a named pipe, or standard output.
    Stream,
    /// A file with the extension that its name has, empty if it has none. It decides what is written.
    Named(OsString),
}

/// Checks whether a file can be written, as far as this can be known before.
pub fn check(output: &Output) -> Result<Form, OutputError> {
    match resolve(&output.path)? {
        Place::Standard(_) | Place::Stream(_) => return Ok(Form::Stream),
        Place::Folder(_) => return Err(is_folder(output)),
        Place::File(path, metadata) => {
            replaceable(output, &path, &metadata)?;
            enterable(output, parent(&path))?;
        }
        Place::New(path) => {
            creatable(output, &path)?;
            enterable(output, parent(&path))?;
        }
    }
    let extension = output.path.extension().unwrap_or_default();
    Ok(Form::Named(extension.to_owned()))
}

/// Writes a file, whole or not at all.
pub fn write(output: &Output, bytes: &[u8]) -> Result<(), OutputError> {
    let failed = |error: io::Error| OutputError::refused(&output.path, error);
    for _ in 0..TRIES {
        let (path, like) = match resolve(&output.path)? {
            Place::Standard(Standard::Output) => {
                return through(io::stdout().lock(), bytes).map_err(failed);
            }
            Place::Standard(Standard::Error) => {
                return through(io::stderr().lock(), bytes).map_err(failed);
            }
            Place::Stream(path) => {
                let stream = open_stream(&path).map_err(failed)?;
                return through(stream, bytes).map_err(failed);
            }
            Place::Folder(_) => return Err(is_folder(output)),
            Place::File(path, metadata) => {
                replaceable(output, &path, &metadata)?;
                let stat = rustix::fs::lstat(&path).map_err(|error| failed(error.into()))?;
                (path, Some(Like::of(&stat)))
            }
            Place::New(path) => {
                creatable(output, &path)?;
                (path, None)
            }
        };
        let folder = parent(&path);
        let open = staging::open_path(folder).map_err(failed)?;
        let name = PathBuf::from(path.file_name().unwrap_or_default());
        let _whole = signals::placing();
        staging::remove_left(folder);
        match staging::put_file(open.as_fd(), &name, bytes, like) {
            // Another run was first: now there is a file to replace.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && like.is_none() => {}
            outcome => return outcome.map_err(failed),
        }
    }
    Err(OutputError::new(
        &output.path,
        "cannot be written: something else makes and removes it all the time",
    ))
}

/// Writes everything. A reader that has gone away, such as `head`, wants no more of it and is no error.
pub fn through(mut stream: impl Write, bytes: &[u8]) -> io::Result<()> {
    match stream.write_all(bytes).and_then(|()| stream.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// Opens a device or a named pipe; waits for a pipe's reader.
fn open_stream(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOCTTY.bits();
    let stream = OpenOptions::new()
        .write(true)
        .custom_flags(flags.cast_signed())
        .open(path)?;
    let kind = stream.metadata()?.file_type();
    if kind.is_char_device() || kind.is_fifo() {
        Ok(stream)
    } else {
        Err(io::Error::other("it was replaced by something else"))
    }
}

fn is_folder(output: &Output) -> OutputError {
    OutputError::new(&output.path, "is a folder; give the path of a file")
}

/// An existing file can be replaced if it is no input and if it could be written to.
fn replaceable(output: &Output, path: &Path, metadata: &Metadata) -> Result<(), OutputError> {
    if output.is_input(id(metadata)) {
        let message = "is an input of this command and is not written over; give another path";
        return Err(OutputError::new(&output.path, message));
    }
    staging::writable(CWD, path, output.force).map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::PermissionDenied => "; --force replaces a file that is write-protected",
            _ => "",
        };
        OutputError::new(&output.path, format!("cannot be written: {error}{hint}"))
    })
}

/// A file gets its name in a folder that can be written to.
fn enterable(output: &Output, folder: &Path) -> Result<(), OutputError> {
    staging::writable(CWD, folder, false).map_err(|error| {
        let folder = super::shown_path(folder);
        let message = format!("cannot be written: the folder '{folder}': {error}");
        OutputError::new(&output.path, message)
    })
}

/// A file can be made in a folder that exists.
fn creatable(output: &Output, path: &Path) -> Result<(), OutputError> {
    let folder = parent(path);
    let refused = |message: String| Err(OutputError::new(&output.path, message));
    if ends_as_folder(path) || ends_as_folder(&output.path) {
        return refused("is the path of a folder; give that of a file".to_owned());
    }
    match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => refused(format!(
            "cannot be written: '{}' is no folder",
            super::shown_path(folder)
        )),
        Err(error) => refused(format!(
            "cannot be written: the folder '{}': {error}",
            super::shown_path(folder)
        )),
    }
}
