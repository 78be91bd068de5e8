//! Memory-mapped files as reference-counted bytes.

use bytes::Bytes;
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Device and inode of every file that has been mapped.
static MAPPED: Mutex<BTreeSet<(u64, u64)>> = Mutex::new(BTreeSet::new());

/// Whether this process has mapped the file of that device and inode, by whatever name: a model, or weights beside it.
pub fn was_mapped(device: u64, inode: u64) -> bool {
    let mapped = MAPPED.lock().unwrap_or_else(PoisonError::into_inner);
    mapped.contains(&(device, inode))
}

/// Maps a file for reading. The mapping lives as long as any part of the result.
///
/// If another process truncates the file meanwhile, reading the lost part ends this process with a bus error,
/// as with every tool that maps its input; changing its bytes changes what is read, which decoding tolerates.
#[expect(unsafe_code, reason = "memory maps are unsafe by their nature")]
pub fn map(path: &Path) -> io::Result<Bytes> {
    // Opening a named pipe would wait for a writer.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ));
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    MAPPED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert((metadata.dev(), metadata.ino()));
    if metadata.len() == 0 {
        return Ok(Bytes::new());
    }
    // SAFETY: the map is read-only and private to this process; see above for changes by others.
    let map = unsafe { memmap2::Mmap::map(&file)? };
    Ok(Bytes::from_owner(map))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_mapped_is_known_by_any_name() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let metadata = path.metadata().expect("the manifest");
        assert!(!was_mapped(metadata.dev(), metadata.ino() + 1));
        map(&path).expect("a regular file");
        assert!(was_mapped(metadata.dev(), metadata.ino()));
    }

    #[test]
    fn only_regular_files_are_mapped() {
        let folder = std::env::temp_dir();
        assert_eq!(
            map(&folder).map_err(|error| error.kind()),
            Err(io::ErrorKind::InvalidInput)
        );
        let missing = folder.join("qonnx-mlir-no-such-file");
        assert_eq!(
            map(&missing).map_err(|error| error.kind()),
            Err(io::ErrorKind::NotFound)
        );
    }
}
