//! Where the headers of arbitrary-precision types are, which C simulation needs.

use std::path::{Path, PathBuf};

use qonnx_dialects::text::shown_path;

use crate::backend::BackendError;

/// The variable of the environment that names their folder.
const VARIABLE: &str = "HLS_AP_TYPES";
/// Where `make setup` puts them, below the repository.
const FOLDER: &str = ".venv/ap_types";
/// The one that all others belong to.
const HEADER: &str = "ap_int.h";
/// How to get them.
const ADVICE: &str = "make setup in the folder of qonnx-mlir fetches the headers, or set HLS_AP_TYPES to a folder that \
                      has them: they are part of Vitis HLS (include) and of the Python package hls4ml \
                      (templates/vivado/ap_types)";

/// The absolute path of the folder with `ap_int.h`: that of `HLS_AP_TYPES`, or `.venv/ap_types` in the current folder,
/// beside this program, or above one of them. The error says how to get the headers.
pub fn find() -> Result<PathBuf, BackendError> {
    let chosen = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty());
    let starts = [std::env::current_dir(), std::env::current_exe()];
    let starts: Vec<PathBuf> = starts.into_iter().flatten().collect();
    search(chosen.as_deref().map(Path::new), &starts).map_err(|message| BackendError::Tool {
        tool: "ap_types".to_owned(),
        message,
    })
}

/// The folder `chosen`, or the first that is found on the way up from one of `starts`.
fn search(chosen: Option<&Path>, starts: &[PathBuf]) -> Result<PathBuf, String> {
    // Compilers run in other folders, so the path must not depend on the current one.
    let complete = |folder: &Path| {
        let folder = folder.canonicalize().ok()?;
        folder.join(HEADER).is_file().then_some(folder)
    };
    if let Some(folder) = chosen {
        return complete(folder).ok_or_else(|| {
            let folder = shown_path(folder);
            format!("{VARIABLE} is '{folder}', which holds no {HEADER}; {ADVICE}")
        });
    }
    let above = starts.iter().flat_map(|start| start.ancestors());
    above
        .map(|folder| folder.join(FOLDER))
        .find_map(|folder| complete(&folder))
        .ok_or_else(|| {
            format!(
                "no {FOLDER}/{HEADER} in the current folder, beside this program, or above them; {ADVICE}"
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn headers_are_found_above_any_start() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().canonicalize().expect("it exists");
        let (headers, below, other) = (
            root.join("a").join(FOLDER),
            root.join("a/b/c"),
            root.join("d"),
        );
        for folder in [&headers, &below, &other] {
            fs::create_dir_all(folder).expect("writable");
        }
        let missing = |chosen, starts: &[PathBuf]| search(chosen, starts).expect_err("no header");
        assert!(missing(None, std::slice::from_ref(&below)).contains("make setup"));
        fs::write(headers.join(HEADER), "").expect("writable");
        let starts = [other.clone(), below];
        assert_eq!(search(None, &starts), Ok(headers.clone()));
        assert_eq!(search(Some(&headers), &[]), Ok(headers));
        // What was chosen counts, also where others could be found.
        assert!(missing(Some(&other), &starts).contains("which holds no ap_int.h"));
    }
}
