//! Runs of the tools as processes of their own: how long, and how much memory.

use super::used::Used;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a run took.
#[derive(Clone, Copy)]
pub struct Taken {
    /// Time on the clock.
    pub time: Duration,
    /// What it used.
    pub used: Used,
    /// Whether it succeeded.
    pub success: bool,
}

impl Taken {
    /// Memory in MiB.
    pub fn mebibytes(&self) -> f64 {
        self.used.memory as f64 / f64::from(1 << 20)
    }

    /// Like the text, with the processor's time, which other programs hardly change.
    pub fn processor(&self) -> String {
        let failed = if self.success { "" } else { " FAILED" };
        let (seconds, memory) = (self.used.seconds, self.mebibytes());
        format!("{seconds:.2} s {memory:.0} MiB{failed}")
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = if self.success { "" } else { " FAILED" };
        let text = format!(
            "{:.2} s {:.0} MiB{failed}",
            self.time.as_secs_f64(),
            self.mebibytes()
        );
        formatter.pad(&text)
    }
}

/// A tool of this build.
#[derive(Clone, Copy)]
pub enum Tool {
    /// `qonnxc`.
    Compiler,
    /// `qonnx-opt`.
    Optimizer,
}

/// Runs a tool on arguments, its output thrown away.
pub fn run(tool: Tool, arguments: &[&dyn AsRef<std::ffi::OsStr>]) -> Taken {
    let program = match tool {
        Tool::Compiler => env!("CARGO_BIN_EXE_qonnxc"),
        Tool::Optimizer => env!("CARGO_BIN_EXE_qonnx-opt"),
    };
    let started = Instant::now();
    let mut command = Command::new(program);
    command.args(arguments.iter().map(|argument| argument.as_ref()));
    let ended = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .and_then(|mut child| Used::until_end(&mut child));
    match ended {
        Ok((status, used)) => Taken {
            time: started.elapsed(),
            used,
            success: status.success(),
        },
        Err(error) => panic!("{program} cannot be run: {error}"),
    }
}

/// A way to run a model through a pipeline.
type Run = fn(&Path) -> Taken;

/// All pipelines that begin with a model's file.
pub const PIPELINES: [(&str, Run); 6] = [
    ("cleanup", |model| optimize(model, "--qonnx-cleanup")),
    ("lower-to-qint", |model| optimize(model, "--lower-to-qint")),
    ("lower-to-int", lower),
    ("cpu", |model| compile(model, "cpu")),
    ("c", |model| compile(model, "c")),
    ("hls", |model| compile(model, "hls")),
];

/// Runs a pipeline of passes on a model.
fn optimize(model: &Path, pipeline: &str) -> Taken {
    run(Tool::Optimizer, &[&pipeline, &"--elide-constants", &model])
}

/// Lowers a model to integers.
pub fn lower(model: &Path) -> Taken {
    optimize(model, "--lower-to-int")
}

/// Compiles a model for a target into a folder beside it.
pub fn compile(model: &Path, target: &str) -> Taken {
    let folder = model.with_extension(target);
    let taken = run(
        Tool::Compiler,
        &[&"compile", &model, &"--target", &target, &"-o", &folder],
    );
    // Whatever is left of it goes with the folder of all models.
    let _ = std::fs::remove_dir_all(&folder);
    taken
}
