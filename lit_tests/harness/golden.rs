//! Golden runs: models with stored inputs and outputs through `qonnxc verify`.

use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::{Path, PathBuf};

use crate::environment;

/// Every level and backend.
const DENSE: &str = "graph,interp,int,cpu,hls";
/// Convolutions have no hardware layers yet.
const CONVOLUTION: &str = "graph,interp,int,cpu";

/// Models beside the workspace and the backends that must agree on them.
const MODELS: [(&str, &str); 11] = [
    ("zoo_tfc_1w1a", DENSE),
    ("zoo_tfc_2w2a", DENSE),
    ("zoo_unsw_mlp_w2a2", DENSE),
    ("zoo_jettagging_qkeras", DENSE),
    ("bv_tfc_1w1a", DENSE),
    ("bv_tfc_1w2a", DENSE),
    ("bv_tfc_2w2a", DENSE),
    ("bv_sfc_1w1a", DENSE),
    ("bv_sfc_2w2a", DENSE),
    ("bv_cnv_1w1a_w16", CONVOLUTION),
    ("bv_cnv_2w2a_w16", CONVOLUTION),
];

/// Examples that not every backend takes.
const EXAMPLES: [(&str, &str); 1] = [("digits_cnn", CONVOLUTION)];

/// Whether the long sweep is wanted: every model.
fn full() -> bool {
    std::env::var_os("QONNX_FULL").is_some_and(|value| value != "0")
}

/// One trial for each model; those of `examples/` always run.
pub fn trials() -> Vec<Trial> {
    let examples = environment::root().join("examples");
    let mut trials = Vec::new();
    for model in onnx_files(&examples) {
        let known = EXAMPLES.iter().find(|(name, _)| *name == stem(&model));
        let backends = known.map_or(DENSE, |(_, backends)| *backends);
        trials.push(trial("examples", model, backends));
    }
    let models = environment::models();
    for (name, backends) in MODELS {
        let path = models
            .clone()
            .unwrap_or_default()
            .join(format!("{name}.onnx"));
        trials.push(trial("golden", path, backends).with_ignored_flag(models.is_none()));
    }
    if let Some(folder) = models.filter(|_| full()) {
        for model in onnx_files(&folder) {
            let known = MODELS.iter().any(|(name, _)| *name == stem(&model));
            if !known && model.with_extension("inputs.npz").exists() {
                trials.push(sweep(model));
            }
        }
    }
    trials
}

/// The models in a folder, in order.
pub fn onnx_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "onnx")
        })
        .collect();
    files.sort();
    files
}

/// The name of a model's file without its end.
pub fn stem(model: &Path) -> String {
    model
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// What a backend list becomes on this machine.
fn available(backends: &str) -> String {
    let hls = environment::has("ap_types") && environment::has("g++");
    backends
        .split(',')
        .filter(|backend| *backend != "hls" || hls)
        .collect::<Vec<_>>()
        .join(",")
}

fn verify(model: &Path, backends: &str) -> Result<std::process::Output, Failed> {
    environment::qonnxc()
        .arg("verify")
        .arg(model)
        .arg("--inputs")
        .arg(model.with_extension("inputs.npz"))
        .arg("--expect")
        .arg(model.with_extension("outputs.npz"))
        .arg(format!("--backends={backends}"))
        .output()
        .map_err(|error| Failed::from(error.to_string()))
}

/// The name says which backends take part, so that one that this machine lacks is seen to be left out.
fn trial(kind: &str, model: PathBuf, backends: &str) -> Trial {
    let backends = available(backends);
    let name = format!("{kind}/{} {backends}", stem(&model));
    Trial::test(name, move || {
        let output = verify(&model, &backends)?;
        let text = String::from_utf8_lossy(&output.stdout);
        // Verification excuses an output that float32 noise explains; these models' samples need no excuse.
        let excused = text.contains("differ from the expected outputs");
        if output.status.success() && text.trim_end().ends_with("passed") && !excused {
            return Ok(());
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(Failed::from(format!(
            "{text}{errors}\nto reproduce: qonnxc verify {} --backends={backends}",
            model.display()
        )))
    })
}

/// Any other model: it is verified through the integer level, or refused with messages that name its nodes.
fn sweep(model: PathBuf) -> Trial {
    Trial::test(format!("sweep/{}", stem(&model)), move || {
        let output = verify(&model, "interp,int")?;
        let errors = String::from_utf8_lossy(&output.stderr);
        let refused = errors.lines().all(|line| line.starts_with("error: "))
            && errors.contains("not supported");
        if output.status.success() || refused || errors.contains("is not known") {
            return Ok(());
        }
        Err(Failed::from(format!(
            "{}{errors}",
            String::from_utf8_lossy(&output.stdout)
        )))
    })
}
