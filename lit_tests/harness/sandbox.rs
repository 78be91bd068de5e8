//! A folder of its own for a test that runs the tools as a user, with a model, a temporary and a home folder in it.

use libtest_mimic::Failed;
use std::fmt::Display;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

use crate::environment;

/// What a step of a test returns.
pub type Step<T = ()> = Result<T, Failed>;

/// A failure with a reason.
pub fn fail<T>(reason: impl Display) -> Step<T> {
    Err(Failed::from(reason.to_string()))
}

/// Fails with a reason unless something holds.
pub fn expect(holds: bool, reason: impl Display) -> Step {
    if holds { Ok(()) } else { fail(reason) }
}

/// Who runs the tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The superuser, whom no permission stops.
    Root,
    /// A user without rights.
    User,
}

/// The number of the user without rights, where root runs the tests.
const NOBODY: u32 = 65534;

impl Who {
    /// Name in the names of trials.
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::User => "user",
        }
    }

    /// Whether this process can run the tools as such.
    pub fn possible(self) -> bool {
        match self {
            Self::Root => is_root(),
            // The build may be in a place that only root reaches.
            Self::User => {
                let mut command = Command::new(environment::TOOLS[2].1);
                command.arg("--version").current_dir("/");
                become_user(&mut command);
                command.output().is_ok_and(|output| output.status.success())
            }
        }
    }
}

/// Whether root runs the tests.
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn become_user(command: &mut Command) {
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
}

/// A program that is still running, and is killed if the test has ended before it.
pub struct Running(pub Child);

impl Running {
    /// Waits for its end and returns what it has printed.
    pub fn output(mut self) -> Step<Vec<u8>> {
        let mut printed = Vec::new();
        if let Some(mut output) = self.0.stdout.take() {
            output.read_to_end(&mut printed)?;
        }
        self.0.wait()?;
        Ok(printed)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The folder.
pub struct Sandbox {
    folder: TempDir,
    who: Who,
}

impl Sandbox {
    /// Makes one that belongs to who runs the tools. It has `model.onnx` with `inputs.npz`, an empty `tmp`, and `home`
    /// with a file in it.
    pub fn new(who: Who) -> Step<Self> {
        let folder = tempfile::tempdir()?;
        let sandbox = Self { folder, who };
        sandbox.give(sandbox.path(""))?;
        let examples = environment::root().join("examples");
        for (from, to) in [
            ("wine_mlp.onnx", "model.onnx"),
            ("wine_mlp.inputs.npz", "inputs.npz"),
        ] {
            sandbox.file(to, fs::read(examples.join(from))?)?;
        }
        for name in ["tmp", "home"] {
            sandbox.make(name)?;
        }
        sandbox.file("home/notes", "mine")?;
        Ok(sandbox)
    }

    /// A path inside.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    fn give(&self, path: PathBuf) -> Step {
        if self.who == Who::User && is_root() {
            chown(path, Some(NOBODY), Some(NOBODY))?;
        }
        Ok(())
    }

    /// Makes a folder inside.
    pub fn make(&self, name: &str) -> Step {
        fs::create_dir(self.path(name))?;
        self.give(self.path(name))
    }

    /// Makes a file inside.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> Step {
        fs::write(self.path(name), text)?;
        self.give(self.path(name))
    }

    /// Sets the permissions of something inside.
    pub fn mode(&self, name: &str, mode: u32) -> Step {
        Ok(fs::set_permissions(
            self.path(name),
            fs::Permissions::from_mode(mode),
        )?)
    }

    /// Makes a character device inside, for everyone; false if this is not possible here.
    pub fn device(&self, name: &str, minor: u32) -> Step<bool> {
        let path = self.path(name);
        let made = Command::new("mknod")
            .arg(&path)
            .args(["c", "1", &minor.to_string()])
            .output()?;
        if !made.status.success() {
            return Ok(false);
        }
        self.mode(name, 0o666)?;
        // A file system may be mounted without devices.
        Ok(fs::OpenOptions::new().write(true).open(&path).is_ok())
    }

    /// What a file inside holds; empty if it does not exist.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_default()
    }

    /// The names in a folder inside, in order.
    pub fn list(&self, name: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(name))
            .into_iter()
            .flatten()
            .flatten();
        let mut names: Vec<_> = entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// A program, in the sandbox.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path(""))
            .env("TMPDIR", self.path("tmp"))
            .env("HOME", self.path("home"))
            .env("HLS_AP_TYPES", environment::root().join(".venv/ap_types"))
            .env("PATH", environment::path());
        if self.who == Who::User {
            become_user(&mut command);
        }
        command
    }

    /// Reads from the named pipe `pipe`, all or as many bytes as said, but does not wait forever for a writer.
    pub fn reader(&self, bytes: Option<usize>) -> Step<Running> {
        let mut command = self.command("timeout");
        command.arg("20").stdout(Stdio::piped());
        match bytes {
            None => command.args(["cat", "pipe"]),
            Some(count) => command.args(["head", "-c", &count.to_string(), "pipe"]),
        };
        Ok(Running(command.spawn()?))
    }

    /// Runs a command line of words without blanks.
    pub fn run(&self, line: &str) -> Step<Output> {
        let mut words = line.split_whitespace();
        let mut command = self.command(words.next().unwrap_or_default());
        Ok(command.args(words).output()?)
    }

    /// Runs a command line that must succeed, and returns what it prints.
    pub fn succeeds(&self, line: &str) -> Step<String> {
        let output = self.run(line)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        fail(format!("{line}: {}", said(&output)))
    }

    /// Runs a command line that must fail with one error, which has the texts in it; returns the error.
    pub fn fails(&self, line: &str, texts: &[&str]) -> Step<String> {
        let output = self.run(line)?;
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let one = errors.starts_with("error: ") && errors.lines().count() == 1;
        let all = texts.iter().all(|text| errors.contains(text));
        if output.status.code() == Some(1) && one && all {
            return Ok(errors);
        }
        fail(format!("{line}: expected {texts:?}, {}", said(&output)))
    }
}

fn said(output: &Output) -> String {
    format!(
        "{}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    )
}
