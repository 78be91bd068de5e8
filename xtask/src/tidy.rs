//! `cargo xtask tidy`: the conventions that no other tool checks.

use crate::passes;
use crate::workspace::{exists, files, read};

/// Longest source file, in lines.
const MAX_LINES: usize = 600;
/// Files that may be longer, and why.
const LONG: [(&str, &str); 0] = [];
/// Dialects whose op names are written in `dialects/` only.
const DIALECTS: [&str; 14] = [
    "onnx", "qonnx", "qint", "dataflow", "hls", "rtl", "arith", "linalg", "tensor", "func", "llvm",
    "memref", "scf", "math",
];

/// What follows the dot in ONNX domains that begin like a dialect.
const DOMAINS: [&str; 2] = ["brevitas", "custom_op"];

/// Checks everything and lists all that is wrong.
pub fn run() -> Result<(), String> {
    let mut findings = Vec::new();
    let sources = files(
        &[
            "dialects",
            "passes",
            "src",
            "tools",
            "xtask",
            "lit_tests",
            "benches",
        ],
        &[".rs"],
    );
    for file in &sources {
        check_source(file, &read(file)?, &mut findings);
    }
    for file in files(&["dialects"], &[".td", ".cpp", ".h"]) {
        check_length(&file, &read(&file)?, &mut findings);
    }
    check_passes(&mut findings)?;
    for file in files(
        &["."],
        &[".rs", ".md", ".toml", ".sh", ".py", ".mlir", ".td", ".cpp"],
    ) {
        let text = read(&file)?;
        for needle in [concat!("/wo", "rk/"), concat!("/ro", "ot/")] {
            if text.contains(needle) {
                findings.push(format!("{file}: names the machine's path {needle}"));
            }
        }
    }
    if findings.is_empty() {
        return Ok(());
    }
    for finding in &findings {
        println!("{finding}");
    }
    Err(format!("{} findings", findings.len()))
}

fn check_source(file: &str, text: &str, findings: &mut Vec<String>) {
    if !text.starts_with("//!") {
        findings.push(format!(
            "{file}: does not begin with a //! comment that says what it is for"
        ));
    }
    check_length(file, text, findings);
    let in_dialects = file.starts_with("dialects/");
    let in_xtask = file.starts_with("xtask/");
    for (number, line) in text.lines().enumerate() {
        let place = format!("{file}:{}", number + 1);
        let code = line.split("//").next().unwrap_or("");
        for stub in ["todo!(", "unimplemented!("] {
            if code.contains(stub) && !in_xtask {
                findings.push(format!("{place}: {stub}...)"));
            }
        }
        if line.contains(concat!("FIX", "ME")) || line.contains(concat!("TO", "DO")) {
            findings.push(format!(
                "{place}: unfinished work belongs into the issue tracker"
            ));
        }
        if in_dialects || in_xtask {
            continue;
        }
        if code.contains("unsafe ") {
            findings.push(format!("{place}: unsafe outside of dialects/"));
        }
        for dialect in DIALECTS {
            let quoted = format!("\"{dialect}.");
            let rest = code.split(&quoted).nth(1).unwrap_or("");
            let name: String = rest
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                .collect();
            // A pass pipeline names its anchor; ONNX domains look like op names.
            let other = rest[name.len()..].starts_with('(') || DOMAINS.contains(&name.as_str());
            if !name.is_empty() && !other {
                findings.push(format!(
                    "{place}: an op name of '{dialect}' as a string outside of dialects/"
                ));
            }
        }
    }
}

fn check_length(file: &str, text: &str, findings: &mut Vec<String>) {
    let lines = text.lines().count();
    if lines > MAX_LINES && !LONG.iter().any(|(long, _)| *long == file) {
        findings.push(format!(
            "{file}: {lines} lines, expected at most {MAX_LINES}; split it by concept"
        ));
    }
}

/// Every pass is registered, named like its file, and tested.
fn check_passes(findings: &mut Vec<String>) -> Result<(), String> {
    let registry = read("passes/lib.rs")?;
    for pass in passes::all()? {
        let module = pass.argument.replace('-', "_");
        if !pass.file.ends_with(&format!("/{module}.rs")) {
            findings.push(format!(
                "{}: declares '{}', expected the file {module}.rs",
                pass.file, pass.argument
            ));
        }
        if !registry.contains(&format!("::{module}::{},", pass.name)) {
            findings.push(format!(
                "{}: '{}' is not in pass_registry! of passes/lib.rs",
                pass.file, pass.argument
            ));
        }
        let test = format!("lit_tests/passes/{module}.mlir");
        if !exists(&test) {
            findings.push(format!(
                "{}: '{}' has no test {test}",
                pass.file, pass.argument
            ));
        }
    }
    Ok(())
}
