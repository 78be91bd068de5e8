//! The files that changes start from.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::targets::Target;

/// Longer files have nothing that shorter ones do not have, and take longer.
const LONGEST: usize = 48 << 10;

/// The root of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where finds are kept.
pub fn found() -> PathBuf {
    root().join("fuzz/found")
}

/// Sound files and former finds: the examples, the inputs of tests, and small models beside the workspace.
pub fn seeds(target: Target) -> io::Result<Vec<Vec<u8>>> {
    let root = root();
    let (folders, endings): (&[&str], &[&str]) = match target {
        Target::Onnx => (
            &["examples", "../shared/cases", "../shared/models"],
            &["onnx"],
        ),
        Target::Mlir => (&["lit_tests"], &["mlir"]),
        Target::Npz => (&["examples", "lit_tests/run/inputs"], &["npz", "npy"]),
    };
    let mut files = Vec::new();
    for folder in folders {
        collect(&root.join(folder), endings, &mut files)?;
    }
    collect(
        &root.join("fuzz/corpus").join(target.name()),
        &["onnx", "mlir", "npz", "npy"],
        &mut files,
    )?;
    files.sort();
    let mut seeds = Vec::new();
    for file in files {
        let bytes = fs::read(&file)?;
        match target {
            // Each part of a file of tests is a module.
            Target::Mlir => {
                let text = String::from_utf8_lossy(&bytes);
                let parts = text.split("// -----").map(|part| part.as_bytes().to_vec());
                seeds.extend(parts.filter(|part| part.len() <= LONGEST));
            }
            Target::Onnx | Target::Npz if bytes.len() <= LONGEST => seeds.push(bytes),
            Target::Onnx | Target::Npz => {}
        }
    }
    if seeds.is_empty() {
        let message = format!("there are no files for {} to start from", target.name());
        return Err(io::Error::other(message));
    }
    Ok(seeds)
}

/// The files of a folder and those in it whose names end so. A folder that is not there has none.
pub fn collect(folder: &Path, endings: &[&str], files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, endings, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| endings.iter().any(|ending| extension == *ending))
        {
            files.push(path);
        }
    }
    Ok(())
}
