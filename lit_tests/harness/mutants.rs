//! Changed models, modules and archives: whatever is in a file, the tools end with a status of their own, in bounded time
//! and memory, and without a panic.
//!
//! Each trial changes the sound files in one way, again and again; the numbers that it begins with are fixed, so that a
//! failure can be repeated. A failing file is kept, and the message names it. `make test` runs a few, `QONNX_FULL=1` all.

#[path = "mutants/bytes.rs"]
mod bytes;
#[path = "mutants/model.rs"]
mod model;
#[path = "mutants/text.rs"]
mod text;

use libtest_mimic::{Failed, Trial};
use qonnx_mlir::random_graph::Rng;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::broken::no_panic;
use crate::environment;
use crate::golden::onnx_files;

/// Runs of each trial in `make test`, and with `QONNX_FULL=1`.
const RUNS: (usize, usize) = (12, 750);
/// Seconds of processor time that a run may take. A debug build is some ten times slower than what users have.
const SECONDS: u32 = if cfg!(debug_assertions) { 40 } else { 5 };
/// Address space that a run may take, in KiB: the tool itself, and 1 GiB for what it works on.
const ADDRESS_SPACE: u64 = 2 << 20;

/// A way to change a file: a name, and what it makes of the bytes of a sound one.
type Mutation = (&'static str, fn(&[u8], &mut Rng) -> Vec<u8>);

const MODEL_MUTATIONS: [Mutation; 5] = [
    ("bytes", bytes::changed),
    ("truncations", bytes::truncation),
    ("structure", model::structure),
    ("attributes", model::attributes),
    ("dimensions", model::dimensions),
];

const TEXT_MUTATIONS: [Mutation; 2] = [("numbers", text::numbers), ("lines", text::lines)];

const EXAMPLES: [&str; 2] = ["wine_mlp", "digits_cnn"];

/// All trials.
pub fn trials() -> Vec<Trial> {
    let models = MODEL_MUTATIONS.map(|(name, mutation)| {
        Trial::test(format!("mutants/models/{name}"), move || models(mutation))
    });
    let texts = TEXT_MUTATIONS.map(|(name, mutation)| {
        Trial::test(format!("mutants/modules/{name}"), move || modules(mutation))
    });
    let archives = Trial::test("mutants/archives", archives);
    let corpus = ["onnx", "mlir", "npz"]
        .map(|target| Trial::test(format!("mutants/corpus/{target}"), move || corpus(target)));
    let trials = models.into_iter().chain(texts).chain([archives]);
    trials.chain(corpus).collect()
}

/// Files that fuzzing has found, for one of its targets.
fn corpus(target: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let out = folder.path().join("out.npz");
    let model = environment::root().join("examples/wine_mlp.onnx");
    let mut any = false;
    for entry in fs::read_dir(environment::root().join("fuzz/corpus").join(target))? {
        let file = entry?.path();
        any = true;
        let commands = match target {
            "npz" => {
                let mut run = command("qonnxc", &["run", "--force"]);
                run.arg(&model).arg("-o").arg(&out).arg("--inputs");
                vec![run]
            }
            _ => vec![
                command("qonnx-opt", &["--lower-to-int"]),
                command("qonnxc", &["report"]),
            ],
        };
        for mut command in commands {
            ended_well(command.arg(&file).output()?, &file)?;
        }
    }
    if any {
        return Ok(());
    }
    Err(Failed::from(format!("fuzz/corpus/{target} has no files")))
}

fn runs() -> usize {
    let full = std::env::var_os("QONNX_FULL").is_some_and(|value| value != "0");
    if full { RUNS.1 } else { RUNS.0 }
}

/// The sound models: the examples, and the small ones beside the workspace.
fn sound_models() -> Vec<PathBuf> {
    let examples = environment::root().join("examples");
    let mut models: Vec<_> = EXAMPLES
        .iter()
        .map(|name| examples.join(format!("{name}.onnx")))
        .collect();
    let beside = [environment::cases(), environment::models()];
    for folder in beside.into_iter().flatten() {
        let small = |path: &PathBuf| fs::metadata(path).is_ok_and(|data| data.len() < 20_000);
        let onnx = onnx_files(&folder).into_iter().filter(small);
        // Chains of a thousand nodes have nothing that shorter ones do not have.
        let short = onnx.filter(|path| !path.to_string_lossy().contains("chain"));
        models.extend(short);
    }
    models.sort();
    models
}

fn models(mutation: fn(&[u8], &mut Rng) -> Vec<u8>) -> Result<(), Failed> {
    let sound = sound_models();
    let folder = tempfile::tempdir()?;
    let (model, out) = (folder.path().join("model.onnx"), folder.path().join("out"));
    let example = environment::root().join("examples/wine_mlp.onnx");
    succeeds(command("qonnxc", &["report"]).arg(example))?;
    for number in 0..runs() {
        let mut rng = Rng::new(number as u64 + 1);
        let bytes = fs::read(&sound[rng.below(sound.len())])?;
        fs::write(&model, mutation(&bytes, &mut rng))?;
        let (tool, arguments): (_, &[&str]) = match rng.below(4) {
            0 => ("qonnx-opt", &["--lower-to-int", "--elide-constants"]),
            1 => (
                "qonnxc",
                &["verify", "--samples", "2", "--backends", "interp,int"],
            ),
            2 => ("qonnxc", &["compile", "--target", "cpu", "-o"]),
            _ => ("qonnxc", &["report"]),
        };
        let mut command = bounded(tool);
        command.args(arguments);
        if arguments.contains(&"-o") {
            command.arg(&out);
        }
        ended_well(command.arg(&model).output()?, &model)?;
        let _ = fs::remove_dir_all(&out);
    }
    Ok(())
}

fn modules(mutation: fn(&[u8], &mut Rng) -> Vec<u8>) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut sound = Vec::new();
    for name in EXAMPLES {
        let model = environment::root().join(format!("examples/{name}.onnx"));
        for pipeline in [
            "--qonnx-cleanup",
            "--lower-to-int",
            "--lower-to-int --int-to-buffers",
        ] {
            let arguments: Vec<&str> = pipeline.split(' ').collect();
            let output = succeeds(command("qonnx-opt", &arguments).arg(&model))?;
            sound.push((pipeline, output.stdout));
        }
    }
    let module = folder.path().join("module.mlir");
    for number in 0..runs() {
        let mut rng = Rng::new(number as u64 + 1);
        let (level, text) = &sound[rng.below(sound.len())];
        fs::write(&module, mutation(text, &mut rng))?;
        let mut command = match (*level, rng.below(3)) {
            ("--lower-to-int --int-to-buffers", _) => command("qonnx-opt", &["--buffers-to-llvm"]),
            (_, 0) => command("qonnx-opt", &["--lower-to-int", "--int-to-llvm"]),
            (_, 1) => command("qonnx-opt", &["--lower-to-qint", "--qint-to-hls"]),
            _ => command("qonnxc", &["verify", "--samples", "2", "--backends", "int"]),
        };
        ended_well(command.arg(&module).output()?, &module)?;
    }
    Ok(())
}

fn archives() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (archive, out) = (
        folder.path().join("inputs.npz"),
        folder.path().join("out.npz"),
    );
    let model = environment::root().join("examples/wine_mlp.onnx");
    let sound = fs::read(model.with_extension("inputs.npz"))?;
    fs::write(&archive, &sound)?;
    let mut run = command("qonnxc", &["run"]);
    run.arg(&model).arg("--inputs").arg(&archive);
    succeeds(run.arg("-o").arg(&out))?;
    for number in 0..runs() {
        let mut rng = Rng::new(number as u64 + 1);
        let changed = if rng.chance(1, 5) {
            bytes::truncation(&sound, &mut rng)
        } else {
            bytes::changed(&sound, &mut rng)
        };
        fs::write(&archive, changed)?;
        let mut command = command("qonnxc", &["run", "--force"]);
        command
            .arg(&model)
            .arg("--inputs")
            .arg(&archive)
            .arg("-o")
            .arg(&out);
        ended_well(command.output()?, &archive)?;
    }
    Ok(())
}

fn command(tool: &str, arguments: &[&str]) -> Command {
    let mut command = bounded(tool);
    command.args(arguments);
    command
}

/// A tool with limits of time and memory.
pub fn bounded(tool: &str) -> Command {
    let tools = environment::TOOLS.iter();
    let path = tools
        .clone()
        .find(|(name, _)| *name == tool)
        .map_or(tool, |(_, path)| path);
    let mut command = Command::new("sh");
    let limits = format!("ulimit -v {ADDRESS_SPACE} && ulimit -t {SECONDS} && ulimit -c 0");
    let script = format!("{limits} && exec \"$@\"");
    command
        .args(["-c", &script, "sh", path])
        .current_dir(environment::root());
    command
}

/// Runs a command on what nobody has changed: with the same limits it succeeds.
fn succeeds(command: &mut Command) -> Result<Output, Failed> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(output);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(Failed::from(format!(
        "{command:?}: {}, {errors}",
        output.status
    )))
}

/// Checks that a run ended by itself, without a fault of the tool's; keeps the file if not.
fn ended_well(output: Output, file: &Path) -> Result<(), Failed> {
    let errors = String::from_utf8_lossy(&output.stderr);
    let status = matches!(output.status.code(), Some(0 | 1 | 3));
    if status && no_panic(&errors).is_ok() && !errors.contains("PLEASE submit a bug report") {
        return Ok(());
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let kept = std::env::temp_dir().join(format!("mutant-{}-{name}", std::process::id()));
    fs::copy(file, &kept)?;
    Err(Failed::from(format!(
        "{:?} on {}, which is kept: {}",
        output.status,
        kept.display(),
        errors.chars().take(2_000).collect::<String>()
    )))
}
