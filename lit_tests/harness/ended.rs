//! Runs that are ended by a signal at some moment leave nothing, and runs into one place do not trip each other.

use libtest_mimic::Trial;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::environment;
use crate::outputs::{CLEANUP, COMPILE};
use crate::sandbox::{Running, Sandbox, Step, Who, expect, fail};

/// Moments at which each command is ended.
const MOMENTS: usize = 30;
/// Time for all moments of one command.
const PATIENCE: Duration = Duration::from_secs(10);

const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;

const VERIFY: &str = "qonnxc verify model.onnx --backends hls --samples 2000";

/// All trials.
pub fn trials() -> Vec<Trial> {
    let who = if Who::User.possible() {
        Who::User
    } else {
        Who::Root
    };
    let hls = environment::has("ap_types") && environment::has("g++");
    let trial = |name: &str, run: fn(&Sandbox) -> Step| {
        Trial::test(format!("ended/{name}"), move || run(&Sandbox::new(who)?))
    };
    vec![
        trial("compile", |sandbox| {
            ended(sandbox, &format!("{COMPILE} out"))
        }),
        trial("compile_again", |sandbox| {
            sandbox.succeeds(&format!("{COMPILE} out --set emit=llvm"))?;
            sandbox.file("out/notes", "mine")?;
            ended(sandbox, &format!("{COMPILE} out"))?;
            expect(sandbox.read("out/notes") == b"mine", "the user's file")
        }),
        trial("cleanup", |sandbox| {
            ended(sandbox, &format!("{CLEANUP} out.mlir"))
        }),
        trial("verify", |sandbox| ended(sandbox, VERIFY)).with_ignored_flag(!hls),
        trial("waiting_for_a_reader", waiting_for_a_reader),
        trial("ignored_signals", ignored_signals),
        trial("two_folders", two_folders),
        trial("two_files", two_files),
        trial("locked_folder", locked_folder),
    ]
}

fn start(sandbox: &Sandbox, line: &str) -> Step<Running> {
    // The tests may run in the background, where SIGINT is ignored.
    let mut command = sandbox.command("env");
    command
        .arg("--default-signal=HUP,INT,TERM")
        .args(line.split_whitespace())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Ok(Running(command.spawn()?))
}

fn send(Running(child): &Running, signal: i32) -> Step {
    Command::new("kill")
        .args([format!("-{signal}"), child.id().to_string()])
        .status()?;
    Ok(())
}

/// Ends a command at random moments of its time by each of the signals.
fn ended(sandbox: &Sandbox, line: &str) -> Step {
    let begun = Instant::now();
    sandbox.succeeds(line)?;
    let (time, whole) = (begun.elapsed(), sandbox.read("out.mlir"));
    // One run after another is ended, or has to be done from the start.
    let fresh = line.contains(" out") && !sandbox.path("out/notes").exists();
    for moment in 0..MOMENTS {
        if begun.elapsed() > PATIENCE {
            break;
        }
        if fresh {
            fs::remove_dir_all(sandbox.path("out")).ok();
            fs::remove_file(sandbox.path("out.mlir")).ok();
        }
        let before = sandbox.list("");
        let signal = [SIGINT, SIGTERM, SIGKILL, SIGHUP][moment % 4];
        let mut child = start(sandbox, line)?;
        let part = RandomState::new().hash_one(0) % 1000;
        sleep(time.mul_f64(part as f64 / 1000.0));
        send(&child, signal)?;
        let status = child.0.wait()?;
        let usual = status.signal() == Some(signal) || status.success();
        expect(usual, format!("{status} after signal {signal}"))?;
        let when = format!("signal {signal} after {part}/1000 of {time:?}");
        // Who is killed tidies up through others, shortly after; but for what was about to get its name.
        let left = shortly(|| files_left(sandbox, &before, signal), signal == SIGKILL);
        expect(left.is_empty(), format!("{when}: left {left:?}"))?;
        // Programs that have been killed may take a moment to be gone.
        let left = shortly(|| programs_left(sandbox), true);
        expect(left.is_empty(), format!("{when}: still runs {left:?}"))?;
        whole_or_not(sandbox, status, &whole)
            .or_else(|error| fail(format!("{when}: {}", error.message().unwrap_or_default())))?;
    }
    sandbox.succeeds(line)?;
    let left: Vec<_> = sandbox
        .list("")
        .into_iter()
        .filter(|name| name.starts_with(".qonnx"))
        .collect();
    expect(left.is_empty(), format!("the next run has left {left:?}"))
}

/// Looks for what is left, again and again for a while if it may take a moment to go.
fn shortly(look: impl Fn() -> Vec<String>, wait: bool) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let left = look();
        if left.is_empty() || !wait || begun.elapsed() > Duration::from_secs(5) {
            return left;
        }
        sleep(Duration::from_millis(10));
    }
}

/// What is there now and was not before.
fn files_left(sandbox: &Sandbox, before: &[String], signal: i32) -> Vec<String> {
    let mut left = sandbox.list("");
    left.retain(|name| !before.contains(name) && !["out", "out.mlir"].contains(&name.as_str()));
    left.retain(|name| signal != SIGKILL || !name.starts_with(".qonnx-mlir-"));
    left.extend(sandbox.list("tmp"));
    left
}

/// Programs that still work there. Those of others are not looked at, which can take as long as they are stuck.
fn programs_left(sandbox: &Sandbox) -> Vec<String> {
    let place = sandbox.path("tmp").display().to_string();
    let owner = sandbox.path("tmp").metadata().map(|place| place.uid()).ok();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let own =
        processes.filter(|process| process.metadata().map(|process| process.uid()).ok() == owner);
    let commands = own.map(|process| {
        let command = fs::read(process.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&command).replace('\0', " ")
    });
    commands
        .filter(|command| command.contains(&place))
        .collect()
}

/// The output is whole, or as if the run had never been.
fn whole_or_not(sandbox: &Sandbox, status: ExitStatus, whole: &[u8]) -> Step {
    let (folder, file) = (sandbox.list("out"), sandbox.read("out.mlir"));
    expect(file.is_empty() || file == whole, "half a file")?;
    if folder.is_empty() {
        return Ok(());
    }
    let list = sandbox.read("out/.qonnx-mlir");
    let unfinished = String::from_utf8_lossy(&list).contains("# unfinished");
    let killed = status.signal() == Some(SIGKILL);
    expect(!unfinished || killed, "a folder that is not finished")?;
    let left = folder.iter().any(|name| name.starts_with(".qonnx-mlir-"));
    expect(!left || killed, format!("{folder:?}"))?;
    if unfinished {
        return Ok(());
    }
    let check = sandbox
        .command("sha256sum")
        .args(["--check", "--quiet", ".qonnx-mlir"])
        .current_dir(sandbox.path("out"))
        .output()?;
    expect(
        check.status.success(),
        String::from_utf8_lossy(&check.stdout),
    )
}

/// A run that waits for a pipe's reader can be ended.
fn waiting_for_a_reader(sandbox: &Sandbox) -> Step {
    crate::outputs::pipe(sandbox)?;
    for (signal, command) in [(SIGINT, CLEANUP), (SIGTERM, "qonnx-opt model.onnx -o")] {
        let mut child = start(sandbox, &format!("{command} pipe"))?;
        sleep(Duration::from_millis(300));
        expect(child.0.try_wait()?.is_none(), "it did not wait")?;
        send(&child, signal)?;
        let status = child.0.wait()?;
        expect(status.signal() == Some(signal), status)?;
    }
    Ok(())
}

/// What the caller ignores stays ignored, as with `nohup`.
fn ignored_signals(sandbox: &Sandbox) -> Step {
    crate::outputs::pipe(sandbox)?;
    let line = format!("trap '' HUP; exec {CLEANUP} pipe");
    let child = sandbox.command("sh").args(["-c", &line]).spawn()?;
    let mut child = Running(child);
    sleep(Duration::from_millis(300));
    send(&child, SIGHUP)?;
    let read = sandbox.reader(None)?.output()?;
    let ignored = child.0.wait()?.success() && !read.is_empty();
    expect(ignored, "the signal was not ignored")
}

/// Runs several command lines at once, which all must succeed.
fn at_once(sandbox: &Sandbox, lines: &[String]) -> Step {
    let children: Vec<Running> = lines
        .iter()
        .map(|line| start(sandbox, line))
        .collect::<Step<_>>()?;
    for (mut child, line) in children.into_iter().zip(lines) {
        let status = child.0.wait()?;
        expect(status.success(), format!("{line}: {status}"))?;
    }
    Ok(())
}

/// Runs into one folder all succeed, and it is whole: that of one of them.
fn two_folders(sandbox: &Sandbox) -> Step {
    let variants = ["", " --set emit=llvm", " --set emit=llvm,asm"];
    let mut wholes = Vec::new();
    for variant in variants {
        fs::remove_dir_all(sandbox.path("one")).ok();
        sandbox.succeeds(&format!("{COMPILE} one{variant}"))?;
        wholes.push(contents(sandbox, "one"));
    }
    for round in 0..6 {
        // New every other time, and below a folder that is new, too.
        if round % 2 == 0 {
            fs::remove_dir_all(sandbox.path("a")).ok();
        }
        let lines = variants.map(|variant| format!("{COMPILE} a/all{variant}"));
        at_once(sandbox, &lines)?;
        let found = contents(sandbox, "a/all");
        let names: Vec<_> = found.iter().map(|(name, _)| name).collect();
        expect(wholes.contains(&found), format!("{names:?} is of no run"))?;
        expect(
            sandbox.list("a") == ["all"],
            format!("{:?}", sandbox.list("a")),
        )?;
    }
    Ok(())
}

fn contents(sandbox: &Sandbox, folder: &str) -> Vec<(String, Vec<u8>)> {
    let files = sandbox.list(folder).into_iter();
    files
        .map(|name| {
            let bytes = sandbox.read(&format!("{folder}/{name}"));
            (name, bytes)
        })
        .collect()
}

/// Runs into one file all succeed, and it is whole.
fn two_files(sandbox: &Sandbox) -> Step {
    let lines = [
        format!("{CLEANUP} one.mlir"),
        "qonnx-translate --import-onnx model.onnx -o one.mlir".to_owned(),
        "qonnx-opt model.onnx --lower-to-int -o one.mlir".to_owned(),
    ];
    let mut wholes = Vec::new();
    for line in &lines {
        sandbox.succeeds(line)?;
        wholes.push(sandbox.read("one.mlir"));
    }
    let before = sandbox.list("");
    for round in 0..8 {
        if round % 2 == 0 {
            fs::remove_file(sandbox.path("one.mlir"))?;
        }
        at_once(sandbox, &lines)?;
        expect(
            wholes.contains(&sandbox.read("one.mlir")),
            "the file is of no run",
        )?;
        expect(
            sandbox.list("") == before,
            format!("{:?}", sandbox.list("")),
        )?;
    }
    Ok(())
}

/// A folder that another process has locked is waited for, and the wait can be ended.
fn locked_folder(sandbox: &Sandbox) -> Step {
    sandbox.succeeds(&format!("{COMPILE} out"))?;
    let lock = fs::File::open(sandbox.path("out"))?;
    lock.lock()?;
    let mut ended = start(sandbox, &format!("{COMPILE} out"))?;
    let mut waiting = start(sandbox, &format!("{COMPILE} out --set emit=llvm"))?;
    sleep(Duration::from_secs(1));
    expect(waiting.0.try_wait()?.is_none(), "it did not wait")?;
    expect(!sandbox.path("out/model.ll").exists(), "it wrote meanwhile")?;
    send(&ended, SIGINT)?;
    let status = ended.0.wait()?;
    expect(status.signal() == Some(SIGINT), status)?;
    drop(lock);
    expect(waiting.0.wait()?.success(), "it did not go on")?;
    expect(sandbox.path("out/model.ll").exists(), "it did not write")
}
