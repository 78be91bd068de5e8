//! Files with `RUN:` lines.
//!
//! `%s` is the file, `%S` its folder, `%t` a temporary path, `%examples` and `%models` the folders of the example models
//! and of the models beside the workspace. `%each_pass` are the flags that show a pipeline pass by pass, of which the
//! snapshot keeps what each pass changes. A line is run by a shell with this build's tools and LLVM's on the path. A
//! line that checks itself (see [`checks_itself`]) must succeed. Any other line has its output (and its exit status and
//! messages, if it fails) compared with the snapshot beside the file; `cargo insta review` is the way to change one.
//! `REQUIRES:` names features without which the file is skipped. With `QONNX_LIT_ROUNDTRIP=1` every module is printed
//! and read back as well.

use libtest_mimic::{Failed, Trial};
use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::changes;
use crate::environment;

/// What `%each_pass` stands for: the whole module after each pass that changed it, values and maps as in one text.
const EACH_PASS: &str = "--mlir-print-ir-after-all --mlir-print-ir-after-change --mlir-print-ir-module-scope \
                         --mlir-print-local-scope --mlir-disable-threading -o /dev/null 2>&1";

/// What a line that states its own expectation contains.
const CHECKS: [&str; 6] = [
    "FileCheck",
    "--verify-diagnostics",
    "diff ",
    "cmp ",
    "qonnxc verify",
    "split-file ",
];

/// One trial for each file, two if modules are read back.
pub fn trials() -> Vec<Trial> {
    let folder = environment::lit_folder();
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    let roundtrip = std::env::var_os("QONNX_LIT_ROUNDTRIP").is_some_and(|value| value != "0");
    let mut trials = Vec::new();
    for file in files {
        let name = file
            .strip_prefix(&folder)
            .unwrap_or(&file)
            .display()
            .to_string();
        let text = fs::read_to_string(&file).unwrap_or_default();
        let skipped = directives(&text, "REQUIRES:")
            .iter()
            .flat_map(|line| line.split(','))
            .any(|feature| !environment::has(feature.trim()));
        // What is wrong on purpose cannot be read back.
        let readable = name.ends_with(".mlir")
            && !text.contains("expected-error")
            && !text.contains("RUN: not ");
        if roundtrip && readable {
            let file = file.clone();
            trials.push(Trial::test(format!("roundtrip/{name}"), move || {
                let path = file.display();
                check(&format!(
                    "qonnx-opt {path} --split-input-file --verify-roundtrip -o /dev/null"
                ))
            }));
        }
        trials.push(Trial::test(name, move || run(&file, &text)).with_ignored_flag(skipped));
    }
    trials
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "mlir" || extension == "test")
        {
            files.push(path);
        }
    }
}

/// What follows a keyword on each line that has it; a backslash continues on the next.
fn directives(text: &str, keyword: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut continued = false;
    for line in text.lines() {
        let Some((_, rest)) = line.split_once(keyword) else {
            continued = false;
            continue;
        };
        let rest = rest.trim();
        let (part, more) = rest
            .strip_suffix('\\')
            .map_or((rest, false), |part| (part.trim(), true));
        match found.last_mut() {
            Some(last) if continued => *last += &format!(" {part}"),
            _ => found.push(part.to_owned()),
        }
        continued = more;
    }
    found
}

fn run(file: &Path, text: &str) -> Result<(), Failed> {
    let lines = directives(text, "RUN:");
    if lines.is_empty() {
        return Err(Failed::from("the file has no RUN line"));
    }
    let temporary = tempfile::tempdir().map_err(|error| Failed::from(error.to_string()))?;
    let models = environment::models().unwrap_or_default();
    let mut shown = Vec::new();
    for line in &lines {
        let command = line
            .replace(
                "%examples",
                &environment::root().join("examples").display().to_string(),
            )
            .replace("%models", &models.display().to_string())
            .replace("%each_pass", EACH_PASS)
            .replace("%S", &file.parent().unwrap_or(file).display().to_string())
            .replace("%s", &file.display().to_string())
            .replace("%t", &temporary.path().join("t").display().to_string());
        if checks_itself(line) {
            check(&command)?;
        } else {
            let text =
                output_of(&command)?.replace(&temporary.path().display().to_string(), "<tmp>");
            shown.push((command, text));
        }
    }
    let commands: Vec<_> = shown.iter().map(|(command, _)| command.as_str()).collect();
    let texts: Vec<_> = shown.iter().map(|(_, text)| text.as_str()).collect();
    if shown.is_empty() {
        Ok(())
    } else {
        snapshot(file, &texts.join("\n// -----\n"), &commands.join("; "))
    }
}

/// Whether a line states its own expectation, or only writes a file for the lines after it (`... -o %t`).
fn checks_itself(line: &str) -> bool {
    let prepares = line.split_whitespace().rev().nth(1) == Some("-o");
    prepares || CHECKS.iter().any(|mark| line.contains(mark))
}

fn bash(command: &str) -> Result<Output, Failed> {
    Command::new("bash")
        .args(["-o", "pipefail", "-c", command])
        .current_dir(environment::root())
        .env("PATH", environment::path())
        .output()
        .map_err(|error| Failed::from(format!("bash: {error}")))
}

/// How to run a command again by hand.
fn by_hand(command: &str) -> String {
    let quoted = command.replace('\'', "'\\''");
    format!(
        "cd {} && PATH={} bash -o pipefail -c '{quoted}'",
        environment::root().display(),
        environment::path()
    )
}

/// Runs a command that must succeed.
fn check(command: &str) -> Result<(), Failed> {
    let output = bash(command)?;
    if output.status.success() {
        return Ok(());
    }
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    Err(Failed::from(format!(
        "{stdout}{stderr}\nto reproduce: {}",
        by_hand(command)
    )))
}

/// What a command prints, and how it fails if it does, without the names of this machine's folders.
fn output_of(command: &str) -> Result<String, Failed> {
    let output = bash(command)?;
    let mut shown = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let status = output.status.code().unwrap_or(-1);
        shown += &format!(
            "exit: {status}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let shown = changes::of_passes(&shown);
    Ok(shown.replace(&environment::root().display().to_string(), "<root>"))
}

/// Compares with the snapshot beside the file.
fn snapshot(file: &Path, text: &str, command: &str) -> Result<(), Failed> {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(file.parent().unwrap_or(file));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let name = file
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
        settings.bind(|| insta::assert_snapshot!(name, text))
    }));
    outcome.map_err(|_| {
        Failed::from(format!("the output differs from the snapshot; to accept it: cargo insta review\nto reproduce: {}", by_hand(command)))
    })
}
