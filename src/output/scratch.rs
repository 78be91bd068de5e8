//! Scratch folders, and the programs of the system that work in them.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{env, io, thread};

use super::place::parent;
use super::{OutputError, signals};

/// What a keeper runs: it waits for the end of its input, which comes when the folder is not needed any more, and also
/// when the process that needs it has died, however it died. Then it ends every program of its process group, which is
/// that of the programs that work in the folder `$1`, and removes the folder. A program that is just being ended may
/// still add to the folder. What does not heed SIGTERM is killed last, and the keeper with it.
const KEEPER: &str = "trap '' HUP INT TERM
while read -r _; do :; done
kill -TERM 0
for _ in 1 2 3 4 5 6 7 8 9; do rm -rf -- \"$1\" && break; sleep 0.1; done
kill -KILL 0";

/// The keepers of all scratch folders of this process, by process group.
static KEEPERS: Mutex<BTreeMap<i32, Child>> = Mutex::new(BTreeMap::new());

/// A private folder for files on the way, below that of `TMPDIR`. It goes when the value is dropped or the process
/// ends, and so do the programs that [`Scratch::run`] has started.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    /// The process group of the keeper and the programs.
    group: i32,
    /// Folders that were made inside.
    folders: AtomicUsize,
}

impl Scratch {
    /// Makes a folder.
    pub fn new() -> Result<Self, OutputError> {
        // An empty TMPDIR counts as none.
        let root = Some(env::temp_dir()).filter(|root| !root.as_os_str().is_empty());
        let root = root.unwrap_or_else(|| PathBuf::from("/tmp"));
        let failed = |error: io::Error| {
            let message = format!(
                "no scratch folder can be made here: {error}; set TMPDIR to a folder that is writable"
            );
            OutputError::new(&root, message)
        };
        // Programs run in other folders, so the path must not depend on the current one.
        let name = format!("qonnx-mlir-{:016x}", random());
        let path = root.canonicalize().map_err(failed)?.join(name);
        let mut keepers = keepers();
        // The keeper comes first: there is no moment in which the folder exists without it.
        let keeper = Command::new("/bin/sh")
            .args(["-c", KEEPER, "sh"])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        if let Err(error) = DirBuilder::new().mode(0o700).create(&path) {
            end(keeper);
            return Err(failed(error));
        }
        // The number of a process is positive and its group's is the same.
        let group = keeper.id().cast_signed();
        keepers.insert(group, keeper);
        Ok(Self {
            path,
            group,
            folders: AtomicUsize::new(0),
        })
    }

    /// The folder, as an absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file of the folder; missing folders on its way are made.
    pub fn write(&self, file: impl AsRef<Path>, bytes: &[u8]) -> Result<(), OutputError> {
        let path = self.path.join(file);
        // Not while the folder is being removed: it would be made again.
        let _alive = keepers();
        fs::create_dir_all(parent(&path))
            .and_then(|()| fs::write(&path, bytes))
            .map_err(|error| OutputError::refused(&path, error))
    }

    /// Reads a file of the folder.
    pub fn read(&self, file: impl AsRef<Path>) -> Result<Vec<u8>, OutputError> {
        let path = self.path.join(file);
        let _alive = keepers();
        fs::read(&path).map_err(|error| OutputError::new(&path, format!("cannot be read: {error}")))
    }

    /// Makes an empty folder of its own inside and returns its name.
    pub fn folder(&self) -> Result<PathBuf, OutputError> {
        let name = PathBuf::from(format!(
            "run{}",
            self.folders.fetch_add(1, Ordering::Relaxed)
        ));
        let path = self.path.join(&name);
        let _alive = keepers();
        fs::create_dir(&path).map_err(|error| OutputError::refused(&path, error))?;
        Ok(name)
    }

    /// Runs a program to its end and returns what it printed. It reads nothing, its temporary files lie in the folder,
    /// and it ends with this process.
    pub fn run(&self, command: &mut Command) -> io::Result<Output> {
        command
            .process_group(self.group)
            .env("TMPDIR", &self.path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let program = {
            let _alive = keepers();
            command.spawn()?
        };
        let output = program.wait_with_output();
        // What is said by a program that is being ended is no result.
        drop(keepers());
        output
    }

    /// Likewise, for at most some time, and returns its status only; `None` if the time did not suffice. The program has
    /// ended then, and what it has started ends with the folder.
    pub fn run_within(
        &self,
        command: &mut Command,
        limit: Duration,
    ) -> io::Result<Option<ExitStatus>> {
        let started = Instant::now();
        command
            .process_group(self.group)
            .env("TMPDIR", &self.path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut program = {
            let _alive = keepers();
            command.spawn()?
        };
        let mut pause = Duration::from_millis(1);
        let status = loop {
            match program.try_wait()? {
                None if started.elapsed() >= limit => {
                    program.kill()?;
                    program.wait()?;
                    break None;
                }
                None => thread::sleep(pause),
                status => break status,
            }
            // Short programs are waited for briefly, long ones are not asked all the time.
            pause = (pause * 2).min(Duration::from_millis(20));
        };
        drop(keepers());
        Ok(status)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let mut keepers = keepers();
        keepers.remove(&self.group).into_iter().for_each(end);
    }
}

/// The keepers. Whatever makes or ends one does so with the lock, so that a signal ends all that there are; does not
/// return once it has done so.
fn keepers() -> MutexGuard<'static, BTreeMap<i32, Child>> {
    let keepers = KEEPERS.lock().unwrap_or_else(PoisonError::into_inner);
    if signals::is_ending() {
        drop(keepers);
        loop {
            thread::park();
        }
    }
    keepers
}

/// Ends the programs of all scratch folders and removes the folders.
pub(super) fn end_all() {
    let mut keepers = KEEPERS.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut *keepers).into_values().for_each(end);
}

/// Lets a keeper do its work, and waits for it.
fn end(mut keeper: Child) {
    drop(keeper.stdin.take());
    // There is no more that could be done.
    let _ = keeper.wait();
}

/// A number that nobody can guess and that does not come twice.
pub(super) fn random() -> u64 {
    // The state is seeded by the system.
    RandomState::new().hash_one(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_its_programs() {
        let scratch = Scratch::new().expect("a temporary folder");
        let path = scratch.path().to_owned();
        scratch.write("a/b", b"1").expect("writable");
        assert_eq!(scratch.read("a/b").expect("just written"), b"1");
        // A program that goes on after the one that was run, and does not heed SIGTERM.
        let script = "trap '' TERM; sleep 1000 >/dev/null 2>&1 & echo $TMPDIR $!";
        let output = scratch
            .run(Command::new("/bin/sh").args(["-c", script]))
            .expect("a shell");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let (temporary, program) = said.trim().split_once(' ').expect("two words");
        assert_eq!(Path::new(temporary), path);
        let runs = || {
            let command = fs::read(format!("/proc/{program}/cmdline")).unwrap_or_default();
            command.starts_with(b"sleep")
        };
        let wait_until = |done: &dyn Fn() -> bool| {
            for _ in 0..500 {
                if !done() {
                    thread::sleep(std::time::Duration::from_millis(10));
                }
            }
        };
        // The shell has started it, which does not mean that it has become the program already.
        wait_until(&runs);
        assert!(runs());
        drop(scratch);
        wait_until(&|| !runs());
        assert!(!runs());
        assert!(!path.exists());
    }
}
