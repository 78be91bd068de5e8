//! Files of the workspace.

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the workspace")
        .to_path_buf()
}

/// The text of a file given relative to the root.
pub fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))
}

/// Writes a file given relative to the root, with the folders it needs.
pub fn write(path: &str, text: &str) -> Result<(), String> {
    let full = root().join(path);
    if let Some(folder) = full.parent() {
        fs::create_dir_all(folder).map_err(|error| format!("{path}: {error}"))?;
    }
    fs::write(full, text).map_err(|error| format!("{path}: {error}"))
}

/// Whether a file or folder exists.
pub fn exists(path: &str) -> bool {
    root().join(path).exists()
}

/// All files below the folders that end in one of the suffixes, relative to the root, sorted.
pub fn files(folders: &[&str], suffixes: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for folder in folders {
        collect(&root().join(folder), suffixes, &mut found);
    }
    found.sort();
    found
}

fn collect(folder: &Path, suffixes: &[&str], found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            // Build results and hidden folders are not ours.
            if name != "target" && !name.starts_with('.') {
                collect(&path, suffixes, found);
            }
        } else if suffixes.iter().any(|suffix| name.ends_with(suffix))
            && let Ok(relative) = path.strip_prefix(root())
        {
            found.push(relative.to_string_lossy().into_owned());
        }
    }
}
