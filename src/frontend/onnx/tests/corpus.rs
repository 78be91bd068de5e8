//! Every model of the corpus imports, or has its unsupported operators listed.

use qonnx_dialects::ir;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::frontend::onnx::{ImportErrors, ImportOptions, import};

/// Where the corpus is, beside the repository, if it is there.
fn corpus() -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/models");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "onnx")
        })
        .collect();
    paths.sort();
    Some(paths)
}

/// What every model with such a name must do: import. (The other exports of these networks may use operators
/// that are not supported yet.)
const NETWORKS: [&str; 6] = [
    "zoo_",
    "bv_tfc_1w",
    "bv_tfc_2w2a.",
    "bv_sfc_",
    "bv_cnv_1w1a",
    "bv_resnet18_4w4a.",
];

fn try_import(path: &Path) -> Result<(), ImportErrors> {
    let context = ir::session();
    ir::capture(&context, || {
        import(&context, path, &ImportOptions::default()).map(drop)
    })
    .0
}

#[test]
fn corpus_models_import_or_list_what_is_not_supported() {
    let Some(paths) = corpus() else { return };
    assert!(!paths.is_empty(), "the corpus is empty");
    let mut imported = 0;
    let mut unsupported = BTreeSet::new();
    for path in &paths {
        match try_import(path) {
            Ok(()) => imported += 1,
            Err(errors) => {
                let name = path
                    .file_name()
                    .and_then(|name| name.to_str())
                    .unwrap_or_default();
                assert!(
                    !NETWORKS.iter().any(|prefix| name.starts_with(prefix)),
                    "{errors}"
                );
                for problem in errors.problems {
                    let named = problem.place.starts_with("node '");
                    assert!(
                        named && problem.message.contains("not supported"),
                        "{path:?}: {problem}"
                    );
                    unsupported.insert(problem.message);
                }
            }
        }
    }
    assert!(
        imported * 10 >= paths.len() * 7,
        "{imported} of {}: {unsupported:#?}",
        paths.len()
    );
}

#[test]
fn truncated_corpus_models_do_not_panic() {
    let Some(paths) = corpus() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in [
        "zoo_tfc_2w2a.onnx",
        "zoo_jettagging_qkeras.onnx",
        "m_conv_variants.onnx",
    ] {
        let Some(path) = paths.iter().find(|path| path.ends_with(name)) else {
            continue;
        };
        let bytes = fs::read(path).expect("listed");
        for part in 0..50 {
            let cut = folder.path().join(name);
            fs::write(&cut, &bytes[..bytes.len() * part / 50]).expect("writable");
            let errors = try_import(&cut).expect_err("a part is not a model");
            assert!(errors.to_string().contains(name), "{errors}");
        }
    }
}
