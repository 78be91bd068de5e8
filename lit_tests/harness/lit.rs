//! Files with `RUN:` lines.
//!
//! `%s` is the file, `%S` its folder, `%t` a temporary path. A line is run by a shell with this build's tools and
//! LLVM's on the path, and must succeed. A line without `FileCheck` and without `--verify-diagnostics` has its output
//! (and its exit status and messages, if it fails) compared with the snapshot beside the file; `cargo insta review`
//! is the way to change one. `REQUIRES:` names features without which the file is skipped.

use libtest_mimic::{Failed, Trial};
use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::environment;

/// One trial for each file.
pub fn trials() -> Vec<Trial> {
    let folder = environment::lit_folder();
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let name = file.strip_prefix(&folder).unwrap_or(&file).display().to_string();
            let text = fs::read_to_string(&file).unwrap_or_default();
            let skipped = directives(&text, "REQUIRES:")
                .iter()
                .flat_map(|line| line.split(','))
                .any(|feature| !environment::has(feature.trim()));
            Trial::test(name, move || run(&file, &text)).with_ignored_flag(skipped)
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "mlir" || extension == "test") {
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
        let (part, more) = rest.strip_suffix('\\').map_or((rest, false), |part| (part.trim(), true));
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
    for line in &lines {
        let command = line
            .replace("%S", &file.parent().unwrap_or(file).display().to_string())
            .replace("%s", &file.display().to_string())
            .replace("%t", &temporary.path().join("t").display().to_string());
        run_line(file, &command)?;
    }
    Ok(())
}

fn run_line(file: &Path, command: &str) -> Result<(), Failed> {
    let output = Command::new("bash")
        .args(["-o", "pipefail", "-c", command])
        .current_dir(environment::root())
        .env("PATH", environment::path())
        .output()
        .map_err(|error| Failed::from(format!("bash: {error}")))?;
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let checked = command.contains("FileCheck") || command.contains("--verify-diagnostics") || command.contains("diff ");
    if checked {
        if output.status.success() {
            return Ok(());
        }
        return Err(Failed::from(format!("{stdout}{stderr}\nto reproduce: PATH={} bash -o pipefail -c '{command}'", environment::path())));
    }
    let mut shown = stdout.into_owned();
    if !output.status.success() {
        shown += &format!("exit: {}\n{stderr}", output.status.code().unwrap_or(-1));
    }
    let root = environment::root().display().to_string();
    snapshot(file, &shown.replace(&root, "<root>"), command)
}

/// Compares with the snapshot beside the file.
fn snapshot(file: &Path, text: &str, command: &str) -> Result<(), Failed> {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(file.parent().unwrap_or(file));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| settings.bind(|| insta::assert_snapshot!(name, text))));
    outcome.map_err(|_| {
        Failed::from(format!("the output differs from the snapshot\nto reproduce: {command}\nto accept: cargo insta review"))
    })
}
