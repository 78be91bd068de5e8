//! The files beside the workspace that must be refused. The models beside them are golden runs.

use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::broken::no_panic;
use crate::environment;
use crate::golden::{onnx_files, stem};
use crate::used::Used;

/// Processor time that a bad file may take.
const SECONDS: u64 = 5;
/// Memory that it may take, in bytes.
const MEMORY: u64 = 1 << 30;
/// What the names of files begin with that ask for much memory by valid means: they may also be answered.
const ANSWERED: [&str; 2] = ["alloc_", "tile_"];
/// What a message names: a node, an initializer, or another place of the file.
const PLACES: [&str; 8] = [
    "node '",
    "initializer '",
    "graph input '",
    "graph output '",
    "graph: ",
    "model: ",
    "file: ",
    "cannot be read: ",
];

/// All trials; none where the cases are not there.
pub fn trials() -> Vec<Trial> {
    let Some(folder) = environment::cases() else {
        return Vec::new();
    };
    let mut trials = Vec::new();
    for model in onnx_files(&folder.join("bad")) {
        trials.push(Trial::test(format!("bad/{}", stem(&model)), move || {
            refused(&model)
        }));
    }
    trials
}

/// A bad file is refused soon, with little memory, by a message that names it and the place, and nothing is written.
fn refused(model: &Path) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let target = folder.path().join("target");
    let mut compile = environment::qonnxc();
    compile
        .arg("compile")
        .arg(model)
        .args(["--target", "cpu", "-o"])
        .arg(&target);
    let output = limited(compile)?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    no_panic(&errors)?;
    if output.status.success() && ANSWERED.iter().any(|start| stem(model).starts_with(start)) {
        return Ok(());
    }
    let name = format!("{}.onnx", stem(model));
    let errors_only = errors.lines().filter(|line| !line.starts_with("remark: "));
    let form = errors_only.clone().all(|line| line.starts_with("error: "))
        && errors.contains(&name)
        && PLACES.iter().any(|place| errors.contains(place))
        && (errors.contains("; ") || errors.contains("expected"));
    let written = fs::read_dir(folder.path())?.count();
    if output.status.code() == Some(1) && form && written == 0 {
        return Ok(());
    }
    let status = output.status;
    Err(format!("{status}, {written} files written, messages:\n{errors}").into())
}

/// Runs a command, and ends it where it takes more than a bad file may.
fn limited(mut command: Command) -> Result<Output, Failed> {
    // Checks that only debug builds make take most of their time.
    let seconds = if cfg!(debug_assertions) {
        4 * SECONDS
    } else {
        SECONDS
    };
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn()?;
    let process = PathBuf::from(format!("/proc/{}", child.id()));
    let started = Instant::now();
    while child.try_wait()?.is_none() {
        let used = Used::of(&process);
        // Waiting for other processes is not the file's fault, but waiting for nothing is.
        let idle = started.elapsed() > Duration::from_secs(20 * seconds);
        if idle || used.seconds > seconds as f64 || used.memory > MEMORY {
            child.kill()?;
            child.wait()?;
            return Err(format!(
                "it took more than {} s and {} MiB, expected {seconds} s and {} MiB",
                used.seconds,
                used.memory >> 20,
                MEMORY >> 20
            )
            .into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(child.wait_with_output()?)
}
