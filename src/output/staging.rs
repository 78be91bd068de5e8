//! Output on its way: in the folder where it is going to be, but not yet under its name.
//!
//! Whatever has a name on the way is locked by the process that makes it. What is found unlocked was left behind by one
//! that was killed, and is removed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use qonnx_dialects::file::was_read;
use rustix::fs::{
    Access, AtFlags, CWD, FileType, FlockOperation, Gid, Mode, OFlags, RenameFlags, Stat, Uid,
};
use rustix::io::Errno;
use rustix::path::Arg;

use super::scratch::random;

/// How the names of things on their way begin.
const PREFIX: &str = ".qonnx-mlir-";
/// Digits after it.
const DIGITS: usize = 16;

/// Whether a name is that of something on its way.
pub fn is_staging(name: &[u8]) -> bool {
    name.strip_prefix(PREFIX.as_bytes())
        .is_some_and(|digits| digits.len() == DIGITS && digits.iter().all(u8::is_ascii_hexdigit))
}

fn fresh_name() -> String {
    format!("{PREFIX}{:016x}", random())
}

/// Opens a folder to list and lock it.
pub fn open_folder(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

/// Opens a folder to reach what is in it, also one that cannot be listed.
pub fn open_path(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

/// What came of trying to lock something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// It is this process's alone.
    Held,
    /// It is another one's.
    Busy,
    /// The file system has no locks.
    None,
}

/// Tries to lock what is open.
pub fn try_lock(file: impl AsFd) -> io::Result<Lock> {
    match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Lock::Held),
        Err(Errno::WOULDBLOCK) => Ok(Lock::Busy),
        // Network file systems lock only what is open for writing, which a folder never is.
        Err(Errno::NOSYS | Errno::OPNOTSUPP | Errno::NOLCK | Errno::INVAL | Errno::BADF) => {
            Ok(Lock::None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether a name of a folder still is that of an open file.
fn leads_to(folder: impl AsFd, name: impl Arg, file: impl AsFd) -> bool {
    let named = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
    let open = rustix::fs::fstat(file);
    matches!((named, open), (Ok(a), Ok(b)) if (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino))
}

/// Removes from a folder what killed processes have left on its way: by its name, and because no process has it locked.
/// What this process has read stays whatever its name, a folder with anything that was read in it too, and what cannot
/// be removed.
pub fn remove_left(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if !is_staging(entry.file_name().as_encoded_bytes()) {
            continue;
        }
        let path = entry.path();
        // A pipe of that name would wait, a link would lead elsewhere.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let Ok(left) = rustix::fs::open(&path, flags, Mode::empty()) else {
            continue;
        };
        let kind = rustix::fs::fstat(&left).map(|stat| FileType::from_raw_mode(stat.st_mode));
        let unused = matches!(try_lock(&left), Ok(Lock::Held)) && leads_to(CWD, &path, &left);
        let unused = unused && !holds_input(&path);
        // It may belong to someone who may remove it while we may not.
        let _ = match kind {
            Ok(FileType::RegularFile) if unused => fs::remove_file(&path),
            Ok(FileType::Directory) if unused => fs::remove_dir_all(&path),
            _ => Ok(()),
        };
    }
}

/// Whether a file was read by this process, or a folder has such a file in it.
fn holds_input(path: &Path) -> bool {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return true;
    };
    if was_read(metadata.dev(), metadata.ino()) {
        return true;
    }
    let entries = metadata.is_dir().then(|| fs::read_dir(path));
    match entries {
        None => false,
        Some(Err(_)) => true,
        Some(Ok(entries)) => entries
            .into_iter()
            .any(|entry| entry.map_or(true, |entry| holds_input(&entry.path()))),
    }
}

/// Whether this user may write to an existing file; with `force` it need not be so. Renaming over a file asks for its
/// folder's permissions only.
pub fn writable(folder: impl AsFd, name: &Path, force: bool) -> io::Result<()> {
    match rustix::fs::accessat(folder, name, Access::WRITE_OK, AtFlags::EACCESS) {
        Err(Errno::ACCESS | Errno::PERM) if force => Ok(()),
        Err(error @ (Errno::ACCESS | Errno::PERM | Errno::ROFS)) => Err(error.into()),
        // Whatever else it is shows when the file is replaced.
        _ => Ok(()),
    }
}

/// What a new file takes over from the one that it replaces.
#[derive(Clone, Copy)]
pub struct Like {
    mode: Mode,
    owner: Uid,
    group: Gid,
}

impl Like {
    /// Permissions and owner of an existing file. Writing to a file takes setuid and setgid from it.
    pub fn of(stat: &Stat) -> Self {
        Self {
            mode: Mode::from_raw_mode(stat.st_mode & 0o777),
            owner: Uid::from_raw(stat.st_uid),
            group: Gid::from_raw(stat.st_gid),
        }
    }
}

/// The mode that a file is created with: what the user's mask leaves of it, or private until it is made like another.
fn mode(like: Option<Like>, executable: bool) -> Mode {
    Mode::from_raw_mode(match like {
        Some(_) => 0o600,
        None if executable => 0o777,
        None => 0o666,
    })
}

/// Fills a new file.
fn fill(file: OwnedFd, bytes: &[u8], like: Option<Like>) -> io::Result<File> {
    let mut file = File::from(file);
    file.write_all(bytes)?;
    if let Some(like) = like {
        // Only root can give a file away; a group of one's own can be given. What the old group was allowed, another one
        // is not.
        let mut mode = like.mode;
        let owned = rustix::fs::fchown(&file, Some(like.owner), Some(like.group))
            .or_else(|_| rustix::fs::fchown(&file, None, Some(like.group)));
        if owned.is_err() {
            mode.remove(Mode::RWXG);
        }
        rustix::fs::fchmod(&file, mode)?;
    }
    Ok(file)
}

/// Makes a file with a name of a folder on its way.
pub fn create(
    folder: impl AsFd,
    name: &str,
    bytes: &[u8],
    like: Option<Like>,
    executable: bool,
) -> io::Result<()> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(folder, name, flags, mode(like, executable))?;
    fill(file, bytes, like).map(drop)
}

/// Puts a file with these bytes under a name of a folder, at once: instead of the file that `like` is of, or as a new
/// one. A new one does not replace what has come into its place meanwhile; that is the error `AlreadyExists`.
pub fn put_file(
    folder: BorrowedFd<'_>,
    name: &Path,
    bytes: &[u8],
    like: Option<Like>,
) -> io::Result<()> {
    match put_unnamed(folder, name, bytes, like) {
        // Not every file system has files without a name, and they get one by way of /proc.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            put_named(folder, name, bytes, like)
        }
        outcome => outcome,
    }
}

/// By way of a file without a name, of which nothing is left if the process is killed.
fn put_unnamed(
    folder: BorrowedFd<'_>,
    name: &Path,
    bytes: &[u8],
    like: Option<Like>,
) -> io::Result<()> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(folder, ".", flags, mode(like, false))?;
    let file = fill(file, bytes, like)?;
    let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
    let link =
        |name: &Path| rustix::fs::linkat(CWD, &unnamed, folder, name, AtFlags::SYMLINK_FOLLOW);
    if like.is_none() {
        return Ok(link(name)?);
    }
    // A link cannot replace a file.
    try_lock(&file)?;
    let temporary = fresh_name();
    link(Path::new(&temporary))?;
    rename_or_remove(folder, &temporary, name, RenameFlags::empty())
}

/// By way of a file with another name.
fn put_named(
    folder: BorrowedFd<'_>,
    name: &Path,
    bytes: &[u8],
    like: Option<Like>,
) -> io::Result<()> {
    let (temporary, file) = loop {
        let temporary = fresh_name();
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(folder, &temporary, flags, mode(like, false))?;
        // Another run may take it for one that was left, between the two calls.
        if try_lock(&file)? != Lock::Busy && leads_to(folder, temporary.as_str(), &file) {
            break (temporary, file);
        }
    };
    if let Err(error) = fill(file, bytes, like) {
        let _ = rustix::fs::unlinkat(folder, &temporary, AtFlags::empty());
        return Err(error);
    }
    let flags = match like {
        Some(_) => RenameFlags::empty(),
        None => RenameFlags::NOREPLACE,
    };
    rename_or_remove(folder, &temporary, name, flags)
}

fn rename_or_remove(
    folder: BorrowedFd<'_>,
    temporary: &str,
    name: &Path,
    flags: RenameFlags,
) -> io::Result<()> {
    let renamed = rename(folder, Path::new(temporary), folder, name, flags);
    if renamed.is_err() {
        let _ = rustix::fs::unlinkat(folder, temporary, AtFlags::empty());
    }
    renamed
}

/// Renames; a file system that cannot refuse to replace something is not asked to.
pub fn rename(
    from: impl AsFd,
    old: &Path,
    to: impl AsFd,
    new: &Path,
    flags: RenameFlags,
) -> io::Result<()> {
    match rustix::fs::renameat_with(&from, old, &to, new, flags) {
        Err(error) if flags == RenameFlags::NOREPLACE && is_unsupported(error) => {
            Ok(rustix::fs::renameat(from, old, to, new)?)
        }
        outcome => Ok(outcome?),
    }
}

/// Whether a file system lacks what it is asked for.
pub fn is_unsupported(error: Errno) -> bool {
    matches!(error, Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP)
}

/// A private folder on its way, locked, and removed with what is in it when the value is dropped.
pub struct Staging {
    path: PathBuf,
    folder: OwnedFd,
}

impl Staging {
    /// Makes one in a folder, open as `parent` and found at `path`; what was left there by others is removed.
    pub fn new(parent: impl AsFd, path: &Path) -> io::Result<Self> {
        remove_left(path);
        loop {
            let name = fresh_name();
            rustix::fs::mkdirat(&parent, &name, Mode::from_raw_mode(0o700))?;
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let folder = match rustix::fs::openat(&parent, &name, flags, Mode::empty()) {
                Ok(folder) => folder,
                // Another run took it for one that was left.
                Err(Errno::NOENT) => continue,
                Err(error) => return Err(error.into()),
            };
            if try_lock(&folder)? != Lock::Busy && leads_to(&parent, name.as_str(), &folder) {
                let path = path.join(&name);
                return Ok(Self { path, folder });
            }
        }
    }

    /// The folder, open.
    pub fn folder(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // The next run removes what is left.
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<_> = entries
            .map(|entry| {
                entry
                    .expect("readable")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    type Put = fn(BorrowedFd<'_>, &Path, &[u8], Option<Like>) -> io::Result<()>;

    #[test]
    fn files_come_whole_with_and_without_a_name_on_the_way() {
        for put in [put_unnamed as Put, put_named] {
            let root = tempfile::tempdir().expect("a temporary folder");
            let open = open_path(root.path()).expect("it exists");
            let name = Path::new("x");
            put(open.as_fd(), name, b"first", None).expect("writable");
            // What has come into its place is not replaced.
            let again = put(open.as_fd(), name, b"second", None).map_err(|error| error.kind());
            assert_eq!(again, Err(ErrorKind::AlreadyExists));
            let path = root.path().join("x");
            assert_eq!(fs::read(&path).expect("written"), b"first");
            let like = Like::of(&rustix::fs::stat(&path).expect("written"));
            put(open.as_fd(), name, b"third", Some(like)).expect("writable");
            assert_eq!(fs::read(&path).expect("written"), b"third");
            assert_eq!(names(root.path()), ["x"]);
        }
    }

    #[test]
    fn what_is_in_use_is_not_taken_for_left() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let open = open_path(root.path()).expect("it exists");
        let staging = Staging::new(&open, root.path()).expect("writable");
        create(staging.folder(), "0", b"", None, false).expect("writable");
        let left = root.path().join(fresh_name());
        fs::create_dir(&left).expect("writable");
        fs::write(left.join("0"), "").expect("writable");
        // Nothing of others is removed, whatever its name.
        let link = fresh_name();
        std::os::unix::fs::symlink("/", root.path().join(&link)).expect("writable");
        assert_eq!(names(root.path()).len(), 3);
        remove_left(root.path());
        assert!(!left.exists() && root.path().join(&link).is_symlink());
        assert_eq!(names(root.path()).len(), 2);
        drop(staging);
        assert_eq!(names(root.path()), [link]);
    }
}
