//! Output that is written whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// The folder that a path is in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Writes a file through a temporary one beside it.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder(path))?;
    file.write_all(bytes)?;
    // Temporary files are private; what a user asked for is as readable as any other file.
    set_mode(file.path(), 0o644)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Fills a new folder and puts it in the place of `path`: `fill` gets a temporary folder beside it. A folder
/// that was there before is replaced.
pub fn write_folder<E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    fs::create_dir_all(folder(path))?;
    let temporary = tempfile::Builder::new()
        .prefix(".qonnx-")
        .tempdir_in(folder(path))?;
    let fresh = temporary.path().join("new");
    fs::create_dir(&fresh)?;
    fill(&fresh)?;
    if path.exists() {
        fs::rename(path, temporary.path().join("old"))?;
    }
    fs::rename(&fresh, path)?;
    Ok(())
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_filled_leaves_what_was_there() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let path = root.path().join("out");
        write_folder(&path, |folder| fs::write(folder.join("a"), "1")).expect("writable");
        let failed: io::Result<()> = write_folder(&path, |folder| {
            fs::write(folder.join("b"), "2")?;
            Err(io::Error::other("stop"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_dir(root.path()).expect("exists").count(), 1);
        assert!(path.join("a").exists() && !path.join("b").exists());
    }
}
