//! A folder as output.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, CWD, RenameFlags};

use super::commit::{Commit, parent_of};
use super::marker::{self, MARKER, Marker, Sum};
use super::place::{Place, parent, resolve};
use super::staging::{self, Like, Lock, Staging};
use super::standing::{Found, contents, look, may_force, open_regular};
use super::{Output, OutputError, OutputFile, TRIES, shown_path, signals};

/// How long another run may take to put its files in place.
const PATIENCE: Duration = Duration::from_secs(30);
/// Size in bytes of the largest file that is looked at to see whether it still is what the tool wrote; a larger one
/// stays where it is.
const LARGEST: i64 = 1 << 30;
/// How often to look whether it is done.
const PAUSE: Duration = Duration::from_millis(10);

/// Checks whether a folder can be written, as far as this can be known before.
pub fn check(output: &Output) -> Result<(), OutputError> {
    let folder = match place(output)? {
        (path, true) => {
            let root = open(output, &path)?;
            contents(output, &path, &root)?;
            path
        }
        (path, false) => missing(output, &path)?.0,
    };
    staging::writable(CWD, &folder, false)
        .map_err(|error| OutputError::refused(&output.path, error))
}

/// Writes a folder, whole or not at all.
pub fn write(output: &Output, files: &[OutputFile]) -> Result<(), OutputError> {
    let new = listed(output, files)?;
    for _ in 0..TRIES {
        let done = match place(output)? {
            (path, true) => rewrite(output, &path, files, &new)?,
            (path, false) => create(output, &path, files, &new)?,
        };
        if done {
            return Ok(());
        }
    }
    Err(OutputError::new(
        &output.path,
        "cannot be written: something else makes and removes it all the time",
    ))
}

/// Where the folder is, symbolic links followed, and whether it exists.
fn place(output: &Output) -> Result<(PathBuf, bool), OutputError> {
    let what = match resolve(&output.path)? {
        Place::Folder(path) => return Ok((path, true)),
        Place::New(path) => return Ok((path, false)),
        Place::File(..) => "a file, which is not replaced by a folder",
        Place::Stream(_) => "a device or a pipe, not a folder",
        Place::Standard(_) => "a standard stream, not a folder",
    };
    let message = format!("is {what}; give the path of a folder that is new, empty or the tool's");
    Err(OutputError::new(&output.path, message))
}

/// The list of new files. Their paths are the backends', which make them of a model's name.
fn listed(output: &Output, files: &[OutputFile]) -> Result<Marker, OutputError> {
    let mut new = Marker::default();
    for file in files {
        let path = marker::inside(&file.path).filter(|path| !new.lists(path));
        let path = path.ok_or_else(|| {
            let message = format!("cannot hold a file '{}'", file.path.escape_debug());
            OutputError::new(&output.path, message)
        })?;
        new.add(path, marker::sum(&file.bytes));
    }
    Ok(new)
}

fn open(output: &Output, path: &Path) -> Result<OwnedFd, OutputError> {
    staging::open_folder(path).map_err(|error| OutputError::refused(&output.path, error))
}

/// The first existing folder above a path, and the names from there on, which do not exist.
fn missing(output: &Output, path: &Path) -> Result<(PathBuf, Vec<OsString>), OutputError> {
    let refused = |at: &Path, message: String| {
        let message = format!("cannot be made: '{}' {message}", shown_path(at));
        Err(OutputError::new(&output.path, message))
    };
    let (mut at, mut names) = (path, Vec::new());
    loop {
        let Some(name) = at.file_name() else {
            return refused(at, "does not exist".to_owned());
        };
        names.push(name.to_owned());
        at = parent(at);
        match fs::metadata(at) {
            Ok(metadata) if metadata.is_dir() => break,
            Ok(_) => return refused(at, "is no folder".to_owned()),
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return refused(at, error.to_string());
            }
            Err(_) if at.symlink_metadata().is_ok() => {
                return refused(at, "is a symbolic link to nothing".to_owned());
            }
            Err(_) => {}
        }
    }
    names.reverse();
    Ok((at.to_owned(), names))
}

/// Makes a folder that does not exist, and those above it; false if it exists by now.
fn create(
    output: &Output,
    path: &Path,
    files: &[OutputFile],
    new: &Marker,
) -> Result<bool, OutputError> {
    let failed = |error: io::Error| OutputError::refused(&output.path, error);
    let (base, names) = missing(output, path)?;
    let above = staging::open_path(&base).map_err(failed)?;
    let _whole = signals::placing();
    let staging = Staging::new(&above, &base).map_err(failed)?;
    // The whole way down is made out of sight, so that one renaming shows all of it.
    let mut root = staging.folder().try_clone_to_owned().map_err(failed)?;
    for name in &names {
        root = super::commit::make_folder(&root, Path::new(name)).map_err(failed)?;
    }
    for file in files {
        let path = Path::new(&file.path);
        let put = parent_of(&root, path, true).and_then(|(folder, name)| {
            let name = name.to_string_lossy();
            staging::create(folder, &name, &file.bytes, None, file.executable)
        });
        put.map_err(failed)?;
    }
    staging::create(&root, MARKER, new.text(true).as_bytes(), None, false).map_err(failed)?;
    let Some(first) = names.first().map(Path::new) else {
        return Ok(false);
    };
    // A folder is renamed over an empty folder at most.
    match staging::rename(
        staging.folder(),
        first,
        &above,
        first,
        RenameFlags::NOREPLACE,
    ) {
        Ok(()) => Ok(true),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty | ErrorKind::NotADirectory
            ) =>
        {
            Ok(false)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Writes into a folder that exists; false if it is gone by now.
fn rewrite(
    output: &Output,
    path: &Path,
    files: &[OutputFile],
    new: &Marker,
) -> Result<bool, OutputError> {
    let failed = |error: io::Error| OutputError::refused(&output.path, error);
    let root = open(output, path)?;
    lock(output, &root)?;
    let now = rustix::fs::stat(path).map(|stat| (stat.st_dev, stat.st_ino));
    let locked = rustix::fs::fstat(&root).map_err(|error| failed(error.into()))?;
    if now != Ok((locked.st_dev, locked.st_ino)) {
        return Ok(false);
    }
    // A stranger's folder may list anything: what takes long, a signal may end.
    let old = contents(output, path, &root)?;
    let steps = steps(output, path, &root, files, &old)?;
    let stale = stale(output, &root, &old, new);
    let _whole = signals::placing();
    staging::remove_left(path);
    let staging = Staging::new(&root, path).map_err(failed)?;

    let mut commit = Commit::new(&root, staging.folder());
    let at = |file: &Path| {
        let path = output.path.join(file);
        move |error: io::Error| OutputError::refused(&path, error)
    };
    for (number, (file, like)) in files.iter().zip(&steps).enumerate() {
        commit
            .stage(number, file, *like)
            .map_err(at(Path::new(&file.path)))?;
    }
    // As long as files are being put in place, all that were there and all that will be are the tool's.
    let mut both = old;
    both.add_all(new);
    let like = match look(&root, Path::new(MARKER)).map_err(failed)? {
        Found::Regular(stat) => Some(Like::of(&stat)),
        _ => None,
    };
    commit
        .mark(&both.text(false), &new.text(true), like)
        .map_err(at(Path::new(MARKER)))?;
    for path in &stale {
        commit.take(path).map_err(at(path))?;
    }
    for (number, (file, like)) in files.iter().zip(&steps).enumerate() {
        let path = Path::new(&file.path);
        commit.put(number, path, like.is_some()).map_err(at(path))?;
    }
    commit.finish().map_err(at(Path::new(MARKER)))?;
    remove_empty(&root, &stale);
    Ok(true)
}

/// Waits until no other run puts files into a folder.
fn lock(output: &Output, root: &OwnedFd) -> Result<(), OutputError> {
    let start = Instant::now();
    while staging::try_lock(root).map_err(|error| OutputError::refused(&output.path, error))?
        == Lock::Busy
    {
        if start.elapsed() > PATIENCE {
            let message = "is locked by another process; wait for it, or give another folder";
            return Err(OutputError::new(&output.path, message));
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// For each new file the one that it replaces, if there is one; an error names a file that must not be replaced.
fn steps(
    output: &Output,
    path: &Path,
    root: &OwnedFd,
    files: &[OutputFile],
    old: &Marker,
) -> Result<Vec<Option<Like>>, OutputError> {
    let one = |file: &OutputFile| {
        let relative = Path::new(&file.path);
        let shown = output.path.join(relative);
        let refused = |message: &str| OutputError::new(&shown, message);
        let failed = |error: io::Error| OutputError::refused(&shown, error);
        let stat = match look(root, relative).map_err(failed)? {
            Found::Nothing => return Ok(None),
            Found::Other(what) => {
                let message = format!("{what}, and only regular files are replaced; move it away");
                return Err(refused(&message));
            }
            Found::Regular(stat) => stat,
        };
        if output.is_input((stat.st_dev, stat.st_ino)) {
            return Err(refused(
                "is an input of this command and is not written over; give another folder",
            ));
        }
        if !old.lists(relative) {
            let message = format!(
                "'{}' is there and is not this tool's; move it away, give another folder, or --force to replace it",
                file.path
            );
            may_force(output, root, &message)?;
        }
        staging::writable(CWD, &path.join(relative), output.force).map_err(failed)?;
        Ok(Some(Like::of(&stat)))
    };
    files.iter().map(one).collect()
}

/// The files that the tool has written and does not write any more. One that has been changed since is the user's.
fn stale(output: &Output, root: &OwnedFd, old: &Marker, new: &Marker) -> Vec<PathBuf> {
    let written = |path: &&Path| {
        let input = match look(root, path) {
            Ok(Found::Regular(stat)) if stat.st_size <= LARGEST => {
                output.is_input((stat.st_dev, stat.st_ino))
            }
            _ => return false,
        };
        let sum: Option<Sum> = open_regular(root, path).and_then(marker::sum_of).ok();
        !input && sum.is_some_and(|sum| old.wrote(path, &sum))
    };
    old.paths()
        .filter(|path| !new.lists(path))
        .filter(written)
        .map(Path::to_owned)
        .collect()
}

/// Removes the folders that removed files were in, if nothing else is in them.
fn remove_empty(root: &OwnedFd, removed: &[PathBuf]) {
    let folders: BTreeSet<&Path> = removed
        .iter()
        .flat_map(|path| path.ancestors().skip(1))
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    // What is inside comes after what it is in.
    for folder in folders.into_iter().rev() {
        if let Ok((above, name)) = parent_of(root, folder, false) {
            let _ = rustix::fs::unlinkat(above.as_fd(), name, AtFlags::REMOVEDIR);
        }
    }
}
