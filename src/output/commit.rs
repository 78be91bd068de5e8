//! Putting files into a folder that exists: all of them, or as if nothing had happened.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::OutputFile;
use super::marker::MARKER;
use super::staging::{self, Like, is_unsupported};

/// Names in the folder of what is on its way.
const UNFINISHED: &str = "unfinished";
const FINISHED: &str = "finished";

/// Opens a folder in a folder; a symbolic link is no folder.
fn enter(folder: impl AsFd, name: &OsStr) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(folder, name, flags, Mode::empty())?)
}

/// Makes a folder in a folder and opens it.
pub fn make_folder(folder: impl AsFd, name: &Path) -> io::Result<OwnedFd> {
    rustix::fs::mkdirat(&folder, name, Mode::from_raw_mode(0o777))?;
    enter(folder, name.as_os_str())
}

/// The folder that a path inside of `root` is in, and its name there. `make` makes what is missing on the way.
pub fn parent_of(root: impl AsFd, path: &Path, make: bool) -> io::Result<(OwnedFd, &OsStr)> {
    let mut made = |folder: &OwnedFd, name: &OsStr| {
        if make {
            make_folder(folder, Path::new(name)).map(Some)
        } else {
            Ok(None)
        }
    };
    walk(root, path, &mut made)
}

/// Likewise; `made` is asked to make a missing folder, and does not if it returns none.
fn walk<'p>(
    root: impl AsFd,
    path: &'p Path,
    made: &mut dyn FnMut(&OwnedFd, &OsStr) -> io::Result<Option<OwnedFd>>,
) -> io::Result<(OwnedFd, &'p OsStr)> {
    let mut folder = root.as_fd().try_clone_to_owned()?;
    let mut names = path.iter().peekable();
    while let Some(name) = names.next() {
        if names.peek().is_none() {
            return Ok((folder, name));
        }
        folder = match enter(&folder, name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => match made(&folder, name)? {
                Some(folder) => folder,
                None => return Err(error),
            },
            entered => entered?,
        };
    }
    Err(io::ErrorKind::InvalidFilename.into())
}

/// A step that has been taken, and how it is taken back.
enum Done {
    /// What was on its way and what was there have changed places.
    Exchanged(OwnedFd, String, String),
    /// What was on its way is there.
    Placed(OwnedFd, String, String),
    /// What was there is among what is on its way.
    Taken(OwnedFd, String, String),
    /// A folder was made.
    Made(OwnedFd, String),
}

/// Steps that are taken back when the value is dropped before [`Commit::finish`]. What has been replaced or removed is in
/// the folder of what is on its way, and goes with it.
pub struct Commit<'f> {
    root: &'f OwnedFd,
    staging: BorrowedFd<'f>,
    done: Vec<Done>,
    taken: usize,
}

impl<'f> Commit<'f> {
    /// Puts files into `root` by way of `staging`.
    pub fn new(root: &'f OwnedFd, staging: BorrowedFd<'f>) -> Self {
        Self {
            root,
            staging,
            done: Vec::new(),
            taken: 0,
        }
    }

    /// Writes a file among what is on its way; `like` is of the one that it will replace.
    pub fn stage(&self, number: usize, file: &OutputFile, like: Option<Like>) -> io::Result<()> {
        let name = number.to_string();
        staging::create(self.staging, &name, &file.bytes, like, file.executable)
    }

    /// Writes both lists, and puts the one in place that holds until all is done.
    pub fn mark(&mut self, unfinished: &str, finished: &str, like: Option<Like>) -> io::Result<()> {
        for (name, text) in [(UNFINISHED, unfinished), (FINISHED, finished)] {
            staging::create(self.staging, name, text.as_bytes(), like, false)?;
        }
        self.place(UNFINISHED, Path::new(MARKER), like.is_some())
    }

    /// Puts a file in place; `replace` says that there is one.
    pub fn put(&mut self, number: usize, path: &Path, replace: bool) -> io::Result<()> {
        self.place(&number.to_string(), path, replace)
    }

    /// Removes a file.
    pub fn take(&mut self, path: &Path) -> io::Result<()> {
        let (folder, name) = parent_of(self.root, path, false)?;
        self.take_from(folder, name)
    }

    /// Puts the list of all that is there now in place.
    pub fn finish(mut self) -> io::Result<()> {
        self.place(FINISHED, Path::new(MARKER), true)?;
        self.done.clear();
        Ok(())
    }

    fn take_from(&mut self, folder: OwnedFd, name: &OsStr) -> io::Result<()> {
        let aside = format!("old{}", self.taken);
        rustix::fs::renameat(&folder, name, self.staging, aside.as_str())?;
        self.taken += 1;
        let name = name.to_string_lossy().into_owned();
        self.done.push(Done::Taken(folder, name, aside));
        Ok(())
    }

    fn place(&mut self, staged: &str, path: &Path, replace: bool) -> io::Result<()> {
        let done = &mut self.done;
        let mut made = |folder: &OwnedFd, name: &OsStr| {
            let made = make_folder(folder, Path::new(name))?;
            let name = name.to_string_lossy().into_owned();
            done.push(Done::Made(folder.try_clone()?, name));
            Ok(Some(made))
        };
        let (folder, name) = walk(self.root, path, &mut made)?;
        let (from, to) = (Path::new(staged), Path::new(name));
        let names = (staged.to_owned(), name.to_string_lossy().into_owned());
        if replace {
            let flags = RenameFlags::EXCHANGE;
            match rustix::fs::renameat_with(self.staging, from, &folder, to, flags) {
                Ok(()) => {
                    self.done.push(Done::Exchanged(folder, names.1, names.0));
                    return Ok(());
                }
                // Someone has removed it meanwhile.
                Err(Errno::NOENT) => {}
                Err(error) if is_unsupported(error) => {
                    self.take_from(folder.try_clone()?, name)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        staging::rename(self.staging, from, &folder, to, RenameFlags::NOREPLACE)?;
        self.done.push(Done::Placed(folder, names.1, names.0));
        Ok(())
    }
}

impl Drop for Commit<'_> {
    fn drop(&mut self) {
        // What cannot be taken back stays, and the list says that the folder is not finished.
        for done in self.done.drain(..).rev() {
            let _ = match &done {
                Done::Exchanged(folder, name, staged) => rustix::fs::renameat_with(
                    folder,
                    name.as_str(),
                    self.staging,
                    staged.as_str(),
                    RenameFlags::EXCHANGE,
                ),
                Done::Placed(folder, name, staged) => {
                    rustix::fs::renameat(folder, name.as_str(), self.staging, staged.as_str())
                }
                Done::Taken(folder, name, aside) => {
                    rustix::fs::renameat(self.staging, aside.as_str(), folder, name.as_str())
                }
                Done::Made(folder, name) => {
                    rustix::fs::unlinkat(folder, name.as_str(), AtFlags::REMOVEDIR)
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::staging::Staging;
    use super::*;
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::PathBuf;

    /// All files below a folder, and folders with nothing.
    fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("readable").path();
            let inside = if path.is_dir() {
                contents(&path)
            } else {
                BTreeMap::new()
            };
            found.insert(path.clone(), fs::read(&path).unwrap_or_default());
            found.extend(inside);
        }
        found
    }

    fn put_all(folder: &Path, fail: bool) -> io::Result<()> {
        let root = staging::open_folder(folder)?;
        let staging = Staging::new(&root, folder)?;
        let mut commit = Commit::new(&root, staging.folder());
        let like = Like::of(&rustix::fs::stat(folder.join("old.c"))?);
        for (number, (path, like)) in [("old.c", Some(like)), ("new/new.c", None)]
            .into_iter()
            .enumerate()
        {
            commit.stage(number, &OutputFile::new(path, "new"), like)?;
        }
        commit.mark("unfinished", "finished", None)?;
        commit.take(Path::new("stale.c"))?;
        commit.put(0, Path::new("old.c"), true)?;
        if fail {
            commit.put(1, Path::new("old.c/new.c"), false)?;
        }
        commit.put(1, Path::new("new/new.c"), false)?;
        commit.finish()
    }

    #[test]
    fn either_all_is_done_or_nothing() {
        let root = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in [("old.c", "old"), ("stale.c", "stale"), ("notes", "mine")] {
            fs::write(root.path().join(name), text).expect("writable");
        }
        let before = contents(root.path());
        let failed = put_all(root.path(), true).map_err(|error| error.kind());
        assert_eq!(failed, Err(io::ErrorKind::NotADirectory));
        assert_eq!(contents(root.path()), before);

        put_all(root.path(), false).expect("writable");
        let after = contents(root.path());
        let names: Vec<_> = after
            .keys()
            .filter_map(|path| path.strip_prefix(root.path()).ok()?.to_str())
            .collect();
        assert_eq!(names, [MARKER, "new", "new/new.c", "notes", "old.c"]);
        assert_eq!(after[&root.path().join("old.c")], b"new");
        assert_eq!(after[&root.path().join(MARKER)], b"finished");
    }

    #[test]
    fn links_are_no_way() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let elsewhere = tempfile::tempdir().expect("a temporary folder");
        std::os::unix::fs::symlink(elsewhere.path(), root.path().join("link")).expect("writable");
        let open = staging::open_folder(root.path()).expect("it exists");
        for make in [false, true] {
            let found = parent_of(&open, Path::new("link/x"), make).map(drop);
            let kind = found.map_err(|error| error.kind());
            assert_eq!(kind, Err(io::ErrorKind::NotADirectory));
        }
    }
}
