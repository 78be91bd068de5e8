//! Files that others made, and may change while they are read.
//!
//! They are read, never mapped: a map of a file that another process truncates ends this one with a bus error at
//! any later access, and its bytes change under whoever has checked them. docs/decisions.md has what that costs.

use bytes::Bytes;
#[cfg(unix)]
use std::collections::BTreeSet;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
#[cfg(unix)]
use std::os::unix::fs::MetadataExt;
use std::path::Path;
#[cfg(unix)]
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::memory;

/// Device and inode of every file that was opened here.
#[cfg(unix)]
static READ: Mutex<BTreeSet<(u64, u64)>> = Mutex::new(BTreeSet::new());

/// Whether this process has opened the file of that device and inode for reading, by whatever name: a model, or weights
/// beside it.
#[cfg(unix)]
pub fn was_read(device: u64, inode: u64) -> bool {
    let read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    read.contains(&(device, inode))
}

/// Notes a file that is read in another way.
#[cfg(unix)]
pub fn note_read(device: u64, inode: u64) {
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    read.insert((device, inode));
}

/// A regular file that is open for reading, and what it was like when it was opened.
#[derive(Debug)]
pub struct RegularFile {
    file: File,
    state: State,
}

/// What a file is compared by, to see whether it has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Its length in bytes.
    pub length: u64,
    /// When its bytes were last changed, where the file system says so.
    pub modified: Option<SystemTime>,
}

impl State {
    fn new(metadata: &Metadata) -> Self {
        Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

impl RegularFile {
    /// Opens a regular file. Folders, pipes, sockets and devices are refused without being waited for
    /// (`InvalidInput`).
    pub fn open(path: &Path) -> io::Result<Self> {
        // Opening alone would wait for a pipe's writer, and has effects on some devices.
        regular(&std::fs::metadata(path)?)?;
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            // A pipe or a terminal may have taken the place of the file since.
            options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
        }
        Self::new(options.open(path)?)
    }

    /// An open file; an error of kind `InvalidInput` if it is not a regular one, and one that says what to do if it
    /// only stands for a file that Git LFS has not fetched.
    pub fn new(file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        regular(&metadata)?;
        #[cfg(unix)]
        note_read(metadata.dev(), metadata.ino());
        let file = Self {
            file,
            state: State::new(&metadata),
        };
        let mut start = [0; LFS_START.len()];
        if file.length() >= start.len() as u64 && file.read_at(&mut start, 0)? == start.len() {
            refuse_lfs_pointer(&start)?;
        }
        Ok(file)
    }

    /// What the file was like when it was opened.
    pub fn state(&self) -> State {
        self.state
    }

    /// Its length in bytes when it was opened.
    pub fn length(&self) -> u64 {
        self.state.length
    }

    /// Reads some bytes at an offset; 0 at the end of the file.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(offset))?;
        file.read(buffer)
    }

    /// Reads a range of bytes. An error if the file does not have them (`UnexpectedEof`) or has changed since it
    /// was opened; memory is taken only for what the file has.
    pub fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
        let length = range.end.saturating_sub(range.start);
        if range.end > self.state.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = Vec::new();
        usize::try_from(length)
            .ok()
            .and_then(|length| bytes.try_reserve_exact(length).ok())
            .ok_or(io::ErrorKind::OutOfMemory)?;
        let mut file = &self.file;
        file.seek(SeekFrom::Start(range.start))?;
        file.take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != length {
            return Err(changed());
        }
        self.check_unchanged()?;
        memory::note_file(length);
        Ok(Bytes::from(bytes))
    }

    /// An error if the file's length or time of change is not what it was when the file was opened. What was read
    /// before may then be part old and part new.
    pub fn check_unchanged(&self) -> io::Result<()> {
        if State::new(&self.file.metadata()?) == self.state {
            Ok(())
        } else {
            Err(changed())
        }
    }
}

/// What the text that Git LFS keeps in the place of a large file begins with.
const LFS_START: &[u8] = b"version https://git-lfs.github.com/spec/";

/// An error if a file of these bytes only stands for one that Git LFS has not fetched.
pub fn refuse_lfs_pointer(bytes: &[u8]) -> io::Result<()> {
    if bytes.starts_with(LFS_START) {
        let message = "it is a Git LFS pointer, which stands for a file that is not here; \
                       fetch the file with 'git lfs pull' in its repository";
        return Err(io::Error::other(message));
    }
    Ok(())
}

/// The error for a file that another process writes to.
pub fn changed() -> io::Error {
    io::Error::other("it was changed while it was read")
}

fn regular(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let message = "it is not a regular file";
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// A path for a file of this test process.
    fn path(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("qonnx-mlir-{}-{name}", std::process::id()))
    }

    #[cfg(unix)]
    #[test]
    fn what_was_read_is_known_by_any_name() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let metadata = path.metadata().expect("the manifest");
        assert!(!was_read(metadata.dev(), metadata.ino() + 1));
        RegularFile::open(&path).expect("a regular file");
        assert!(was_read(metadata.dev(), metadata.ino()));
    }

    fn kind(path: &Path) -> Option<io::ErrorKind> {
        RegularFile::open(path).err().map(|error| error.kind())
    }

    #[test]
    fn only_regular_files_are_opened() {
        let refused = Some(io::ErrorKind::InvalidInput);
        assert_eq!(kind(&std::env::temp_dir()), refused);
        assert_eq!(kind(&path("missing")), Some(io::ErrorKind::NotFound));
        #[cfg(unix)]
        assert_eq!(kind(Path::new("/dev/zero")), refused);
    }

    #[test]
    fn pointers_of_git_lfs_are_recognised() {
        let at = path("pointer");
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 123456\n";
        std::fs::write(&at, pointer).expect("writable");
        let refused = RegularFile::open(&at).expect_err("it only stands for a file");
        assert!(refused.to_string().contains("git lfs pull"), "{refused}");
        std::fs::write(&at, "version https://git-lfs").expect("writable");
        assert!(RegularFile::open(&at).is_ok());
        std::fs::remove_file(&at).expect("removable");
    }

    /// Opening a pipe that nobody writes to would wait for ever.
    #[cfg(unix)]
    #[test]
    fn pipes_are_refused_at_once() {
        let pipe = path("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.is_ok_and(|status| status.success()));
        let (sender, receiver) = std::sync::mpsc::channel();
        let opened = pipe.clone();
        std::thread::spawn(move || sender.send(kind(&opened)));
        let found = receiver.recv_timeout(std::time::Duration::from_secs(20));
        std::fs::remove_file(&pipe).expect("removable");
        assert_eq!(found, Ok(Some(io::ErrorKind::InvalidInput)));
    }

    #[test]
    fn ranges_are_read_within_the_file() {
        let at = path("ranges");
        std::fs::write(&at, [1, 2, 3, 4, 5]).expect("writable");
        let file = RegularFile::open(&at).expect("a file");
        assert_eq!(file.read(1..3).expect("in the file"), [2, 3][..]);
        assert_eq!(file.read(0..5).expect("in the file").len(), 5);
        assert!(file.read(5..5).expect("nothing").is_empty());
        for range in [4..6, 0..u64::MAX, 6..6] {
            assert!(file.read(range.clone()).is_err(), "{range:?}");
        }
        // A file that has grown is not what was opened.
        std::fs::write(&at, [1; 6]).expect("writable");
        assert!(file.read(0..5).is_err());
        std::fs::remove_file(&at).expect("removable");
    }

    /// A map would end the whole process with a bus error.
    #[test]
    fn a_file_that_is_truncated_meanwhile_is_read_whole_or_refused() {
        const LENGTH: u64 = 1 << 22;
        let at = path("truncated");
        std::fs::write(&at, vec![7; LENGTH as usize]).expect("writable");
        let done = AtomicBool::new(false);
        let outcomes = std::thread::scope(|scope| {
            scope.spawn(|| {
                let file = OpenOptions::new().write(true).open(&at).expect("a file");
                while !done.load(Ordering::Relaxed) {
                    file.set_len(0).expect("it can be cut");
                    file.set_len(LENGTH).expect("it can be grown");
                }
            });
            let read = || {
                let file = RegularFile::open(&at)?;
                let bytes = file.read(0..file.length())?;
                // All of it can be touched.
                Ok(bytes.iter().map(|&byte| u64::from(byte)).sum())
            };
            let outcomes: Vec<io::Result<u64>> = (0..200).map(|_| read()).collect();
            done.store(true, Ordering::Relaxed);
            outcomes
        });
        std::fs::remove_file(&at).expect("removable");
        for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert_eq!(error.to_string(), changed().to_string());
        }
    }
}
