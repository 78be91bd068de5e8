//! Broken input: an error that names the file, exit status 1, nothing written, no panic. And: the same input twice
//! gives the same bytes.

use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::Path;
use std::process::Output;

use crate::environment;

const EXAMPLE: &str = "examples/digits_mlp.onnx";

/// All trials.
pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("broken/truncated", truncated),
        Trial::test("broken/not_onnx", not_onnx),
        Trial::test("broken/missing_file", missing_file),
        Trial::test("broken/command_line", command_line),
        Trial::test("broken/flipped_bytes", flipped_bytes),
        Trial::test("determinism/compile_twice", compile_twice),
    ]
}

/// Runs `qonnxc compile` for the CPU.
pub fn compile(model: &Path, output: &Path) -> Result<Output, Failed> {
    environment::qonnxc()
        .arg("compile")
        .arg(model)
        .args(["--target", "cpu", "-o"])
        .arg(output)
        .output()
        .map_err(|error| Failed::from(error.to_string()))
}

/// Compiles bytes as a model and checks that they are refused properly.
fn refused(bytes: &[u8]) -> Result<(), Failed> {
    let folder = tempfile::tempdir().map_err(|error| Failed::from(error.to_string()))?;
    let (model, output) = (folder.path().join("model.onnx"), folder.path().join("out"));
    fs::write(&model, bytes).map_err(|error| Failed::from(error.to_string()))?;
    let result = compile(&model, &output)?;
    let errors = String::from_utf8_lossy(&result.stderr);
    if result.status.code() != Some(1) || output.exists() || !errors.contains("model.onnx") {
        return Err(Failed::from(format!(
            "status {:?}, output {}, messages:\n{errors}",
            result.status,
            output.exists()
        )));
    }
    no_panic(&errors)
}

/// Fails if the messages are those of a bug in the compiler.
pub fn no_panic(errors: &str) -> Result<(), Failed> {
    let bug = ["internal error", "panicked", "Assertion"]
        .into_iter()
        .find(|word| errors.contains(word));
    bug.map_or(Ok(()), |_| Err(Failed::from(errors.to_owned())))
}

fn example() -> Result<Vec<u8>, Failed> {
    fs::read(environment::root().join(EXAMPLE))
        .map_err(|error| Failed::from(format!("{EXAMPLE}: {error}")))
}

fn truncated() -> Result<(), Failed> {
    let bytes = example()?;
    for part in 0..20 {
        refused(&bytes[..bytes.len() * part / 20])?;
    }
    Ok(())
}

fn not_onnx() -> Result<(), Failed> {
    for text in [
        "",
        "this is a text file\n",
        "\u{0}\u{0}\u{0}\u{0}",
        "PK\u{3}\u{4}",
    ] {
        refused(text.as_bytes())?;
    }
    Ok(())
}

fn missing_file() -> Result<(), Failed> {
    let result = compile(Path::new("no/such/model.onnx"), Path::new("no-output"))?;
    let errors = String::from_utf8_lossy(&result.stderr);
    if result.status.code() == Some(1) && errors.contains("no/such/model.onnx") {
        no_panic(&errors)
    } else {
        Err(Failed::from(errors.into_owned()))
    }
}

fn command_line() -> Result<(), Failed> {
    for arguments in [
        vec!["verify"],
        vec!["compile", EXAMPLE],
        vec!["verify", EXAMPLE, "--backends", "gpu"],
        vec!["verify", EXAMPLE, "--input-type", "fixed<8>"],
        vec!["nothing"],
    ] {
        let output = environment::qonnxc()
            .args(&arguments)
            .output()
            .map_err(|error| Failed::from(error.to_string()))?;
        if output.status.code() != Some(2) {
            return Err(Failed::from(format!(
                "{arguments:?}: status {:?}, expected 2",
                output.status
            )));
        }
    }
    Ok(())
}

/// Whatever the bytes are, the tool ends with a status of its own.
fn flipped_bytes() -> Result<(), Failed> {
    let bytes = example()?;
    let folder = tempfile::tempdir().map_err(|error| Failed::from(error.to_string()))?;
    let model = folder.path().join("model.onnx");
    let mut state = 1u64;
    for _ in 0..60 {
        let mut broken = bytes.clone();
        for _ in 0..4 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let at = (state >> 33) as usize % broken.len();
            broken[at] = (state >> 25) as u8;
        }
        fs::write(&model, &broken).map_err(|error| Failed::from(error.to_string()))?;
        let output = environment::qonnxc()
            .args(["verify", "--samples", "1", "--backends", "interp,int"])
            .arg(&model)
            .output()
            .map_err(|error| Failed::from(error.to_string()))?;
        let errors = String::from_utf8_lossy(&output.stderr);
        if !matches!(output.status.code(), Some(0 | 1)) {
            return Err(Failed::from(format!(
                "status {:?}: {errors}",
                output.status
            )));
        }
        no_panic(&errors)?;
    }
    Ok(())
}

fn compile_twice() -> Result<(), Failed> {
    let folder = tempfile::tempdir().map_err(|error| Failed::from(error.to_string()))?;
    let mut all = Vec::new();
    for run in ["a", "b"] {
        let output = folder.path().join(run);
        let result = compile(&environment::root().join(EXAMPLE), &output)?;
        if !result.status.success() {
            return Err(Failed::from(
                String::from_utf8_lossy(&result.stderr).into_owned(),
            ));
        }
        let mut files: Vec<_> = fs::read_dir(&output)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| {
                (
                    entry.file_name(),
                    fs::read(entry.path()).unwrap_or_default(),
                )
            })
            .collect();
        files.sort();
        all.push(files);
    }
    if all[0] == all[1] && !all[0].is_empty() {
        Ok(())
    } else {
        Err(Failed::from("two runs differ"))
    }
}
