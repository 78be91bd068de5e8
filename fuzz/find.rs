//! Watching workers, and what they end over.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use crate::corpus;
use crate::targets::Target;
use crate::worker::{self, CURRENT};

/// Longest time that a file may take.
const LONGEST: Duration = Duration::from_secs(20);
/// Tries to make a find smaller.
const TRIES: usize = 120;
/// Finds of a kind that are kept.
const KEPT: usize = 3;

/// Looks for finds.
pub struct Finder {
    target: Target,
    /// Is removed at the end.
    scratch: tempfile::TempDir,
    /// Finds by kind.
    kinds: HashMap<String, usize>,
}

/// How a process ended, if not well: a signal or a status, and the last words.
struct End(String);

impl Finder {
    /// Makes a folder for workers.
    pub fn new(target: Target) -> io::Result<Self> {
        Ok(Self {
            target,
            scratch: tempfile::tempdir()?,
            kinds: HashMap::new(),
        })
    }

    /// Looks for some seconds; returns how many kinds of finds there are.
    pub fn run(&mut self, seconds: u64, seed: u64) -> io::Result<usize> {
        let end = Instant::now() + Duration::from_secs(seconds);
        let mut workers = 0;
        let mut bad = 0;
        while Instant::now() < end {
            let mut command = self.command();
            command.arg("work").arg(self.target.name());
            command
                .arg(self.scratch.path())
                .arg((seed + workers).to_string());
            workers += 1;
            let current = self.scratch.path().join(CURRENT);
            if let Some(ended) = watched(command, Some(&current), Some(end))? {
                bad += 1;
                self.found(&current, &ended)?;
            }
        }
        println!(
            "{}: {workers} workers in {seconds} s, {bad} of them ended badly, {} finds",
            self.target.name(),
            self.kinds.len()
        );
        Ok(self.kinds.len())
    }

    fn command(&self) -> Command {
        let program = std::env::current_exe().unwrap_or_else(|_| "qonnx-fuzz".into());
        let mut command = Command::new(program);
        command.env("RUST_BACKTRACE", "0");
        command
    }

    /// How a file alone ends the process.
    fn end_over(&self, file: &Path) -> io::Result<Option<End>> {
        let mut command = self.command();
        command.arg("once").arg(self.target.name()).arg(file);
        watched(command, None, None)
    }

    /// Keeps the input that ended a worker, if it does so alone.
    fn found(&mut self, input: &Path, ended: &End) -> io::Result<()> {
        let bytes = fs::read(input)?;
        let Some(end) = self.end_over(input)? else {
            println!(
                "a worker ended ({}), but not over its last input alone",
                ended.0
            );
            return Ok(());
        };
        let kind: String = end
            .0
            .chars()
            .filter(|letter| !letter.is_ascii_digit())
            .collect();
        let count = self.kinds.entry(kind).or_default();
        *count += 1;
        if *count > KEPT {
            return Ok(());
        }
        let smaller = self.smaller(bytes, &end)?;
        let folder = corpus::found().join(self.target.name());
        fs::create_dir_all(&folder)?;
        let ending = match self.target {
            Target::Npz if smaller.starts_with(b"\x93NUMPY") => "npy",
            target => target.name(),
        };
        let kept: PathBuf = folder.join(format!("{}.{ending}", worker::hash(&smaller)));
        fs::write(&kept, smaller)?;
        let name = kept.file_name().unwrap_or_default().to_string_lossy();
        println!("found/{}/{name}: {}", self.target.name(), end.0);
        Ok(())
    }

    /// Fewer bytes over which the process ends in the same way: parts are left out, ever smaller ones.
    fn smaller(&self, mut bytes: Vec<u8>, end: &End) -> io::Result<Vec<u8>> {
        let file = self.scratch.path().join("smaller");
        let (mut size, mut tries) = (bytes.len().div_ceil(2), 0);
        while size > 0 && tries < TRIES && !end.0.starts_with("too long") {
            let (mut at, mut any) = (0, false);
            while at < bytes.len() && tries < TRIES {
                let end_of_part = (at + size).min(bytes.len());
                let without = [&bytes[..at], &bytes[end_of_part..]].concat();
                fs::write(&file, &without)?;
                tries += 1;
                let same = self.end_over(&file)?.is_some_and(|found| found.0 == end.0);
                if same {
                    (bytes, any) = (without, true);
                } else {
                    at += size;
                }
            }
            if !any {
                size /= 2;
            }
        }
        Ok(bytes)
    }
}

/// Runs a process to its end; `None` if that is a good one. It is ended where it takes too long over an input (since
/// `current` was written, or the start), and at `end`, which is good.
fn watched(
    mut command: Command,
    current: Option<&Path>,
    end: Option<Instant>,
) -> io::Result<Option<End>> {
    let mut errors = tempfile::tempfile()?;
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = command.stderr(errors.try_clone()?).spawn()?;
    let started = SystemTime::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((!status.success()).then_some(End(words(status, &mut errors)?)));
        }
        let since = current
            .and_then(|path| fs::metadata(path).ok()?.modified().ok())
            .map_or(started, |modified| modified.max(started));
        if since.elapsed().is_ok_and(|time| time > LONGEST) {
            kill(&mut child)?;
            return Ok(Some(End(format!("too long: {} s", LONGEST.as_secs()))));
        }
        if end.is_some_and(|end| Instant::now() > end) {
            kill(&mut child)?;
            return Ok(None);
        }
        sleep(Duration::from_millis(5));
    }
}

fn kill(child: &mut Child) -> io::Result<()> {
    child.kill()?;
    child.wait().map(drop)
}

/// How a process ended and what it said of it.
fn words(status: ExitStatus, errors: &mut File) -> io::Result<String> {
    let mut text = String::new();
    errors.rewind()?;
    errors.read_to_string(&mut text)?;
    let said = [
        "panicked at",
        "memory allocation",
        "LLVM ERROR",
        "overflowed its stack",
    ];
    let line = text
        .lines()
        .find(|line| said.iter().any(|word| line.contains(word)));
    let line = line.map(|line| {
        line.split_once("panicked at")
            .map_or(line, |(_, rest)| rest)
    });
    let how = match (status.signal(), status.code()) {
        (Some(signal), _) => format!("signal {signal}"),
        (None, code) => format!("status {}", code.unwrap_or_default()),
    };
    Ok(format!("{how} {}", line.unwrap_or_default().trim()))
}
