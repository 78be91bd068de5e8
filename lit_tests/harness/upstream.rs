//! Every upstream pass that `qonnx-opt` offers keeps the meaning of level 3. Those of the CPU pipeline leave that level, and
//! are run by every trial that verifies the backend `cpu`.

use libtest_mimic::{Failed, Trial};
use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Output};

use crate::environment;

const EXAMPLES: [&str; 2] = ["digits_cnn", "wine_mlp"];

/// Upstream passes that would not keep it, or that nothing shows to.
const NOT_OFFERED: [&str; 5] = [
    "linalg-specialize-generic-ops",
    "linalg-morph-ops",
    "linalg-block-pack-matmul",
    "arith-emulate-wide-int",
    "normalize-memrefs",
];

/// All trials: one for each pass that is not ours.
pub fn trials() -> Vec<Trial> {
    let offered = match offered() {
        Ok(offered) => offered,
        Err(reason) => return vec![Trial::test("upstream/list", move || Err(reason))],
    };
    let missing: Vec<_> = ["canonicalize", "linalg-fuse-elementwise-ops"]
        .into_iter()
        .filter(|name| !offered.iter().any(|pass| pass == name))
        .collect();
    let wrong: Vec<_> = NOT_OFFERED
        .into_iter()
        .filter(|name| offered.iter().any(|pass| pass == name))
        .collect();
    let list = Trial::test("upstream/list", move || {
        if missing.is_empty() && wrong.is_empty() {
            return Ok(());
        }
        Err(format!("not in the help: {missing:?}; offered although wrong: {wrong:?}").into())
    });
    let trial = |pass: String| Trial::test(format!("upstream/{pass}"), move || keeps(&pass));
    offered.into_iter().map(trial).chain([list]).collect()
}

/// The passes in the help that are neither ours nor part of a pipeline of ours.
fn offered() -> Result<Vec<String>, Failed> {
    let ours = said(opt().arg("--list-passes"))?;
    let words = ours.split(|char: char| !(char.is_ascii_alphanumeric() || char == '-'));
    let ours: HashSet<&str> = words.collect();
    let help = said(opt().arg("--help"))?;
    let passes = help
        .split("Compiler passes to run")
        .nth(1)
        .ok_or("the help has no list of passes")?;
    // A pass is indented by six columns, its options by more.
    let name = |line: &str| {
        Some(
            line.strip_prefix("      --")?
                .split_whitespace()
                .next()?
                .to_owned(),
        )
    };
    let known = |name: &String| !ours.contains(name.as_str()) || PLAIN.contains(&name.as_str());
    let mut names = Vec::new();
    for line in passes.lines() {
        match name(line) {
            Some(name) => names.extend(Some(name).filter(known)),
            // What follows are options of the tool.
            None if line.starts_with("  --") => break,
            None => {}
        }
    }
    Ok(names)
}

/// Passes of our pipelines that stay at the level that they are run on.
const PLAIN: [&str; 2] = ["canonicalize", "cse"];

/// Runs a pass on level 3 of the examples and compares with their reference outputs.
fn keeps(pass: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir().map_err(|error| Failed::from(error.to_string()))?;
    for example in EXAMPLES {
        let module = folder.path().join(format!("{example}.mlir"));
        let model = format!("examples/{example}.onnx");
        said(
            opt()
                .arg("--lower-to-int")
                .arg(format!("--{pass}"))
                .arg(&model)
                .arg("-o")
                .arg(&module),
        )?;
        verify(&module, example)?;
    }
    Ok(())
}

fn verify(module: &Path, example: &str) -> Result<(), Failed> {
    let array = |what: &str| format!("examples/{example}.{what}.npz");
    let mut command = environment::qonnxc();
    command.arg("verify").arg(module);
    command.args(["--backends", "int,cpu", "--inputs", &array("inputs")]);
    command.args(["--expect", &array("outputs")]);
    said(&mut command).map(drop)
}

fn opt() -> Command {
    let mut command = Command::new(environment::TOOLS[0].1);
    command.current_dir(environment::root());
    command
}

/// The standard output of a command that succeeds.
fn said(command: &mut Command) -> Result<String, Failed> {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .map_err(|error| Failed::from(error.to_string()))?;
    if !status.success() {
        let errors = String::from_utf8_lossy(&stderr);
        return Err(format!("{command:?}: {status}\n{errors}").into());
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}
