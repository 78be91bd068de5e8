//! Memory-mapped files as reference-counted bytes.

use bytes::Bytes;
use std::fs::File;
use std::io;
use std::path::Path;

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
    if metadata.len() == 0 {
        return Ok(Bytes::new());
    }
    let file = File::open(path)?;
    // SAFETY: the map is read-only and private to this process; see above for changes by others.
    let map = unsafe { memmap2::Mmap::map(&file)? };
    Ok(Bytes::from_owner(map))
}

#[cfg(test)]
mod tests {
    use super::*;

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
