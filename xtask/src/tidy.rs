//! `cargo xtask tidy`: the conventions that no other tool checks.

mod snapshots;

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

/// Where text from outside may be used as it is: it is data there, part of no language.
const VERBATIM: [&str; 9] = [
    "passes/cleanup/quantize_inputs.rs",
    "src/backend/hls/project.rs",
    "src/backend/llvm/mod.rs",
    "src/backend/mod.rs",
    "src/frontend/",
    "src/npz/",
    "src/samples/",
    "src/verify/",
    "tools/commands.rs",
];

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
            "fuzz",
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
    snapshots::check(&mut findings)?;
    check_dialects(&mut findings)?;
    for file in files(
        &["."],
        &[
            ".rs", ".md", ".toml", ".sh", ".py", ".mlir", ".td", ".cpp", ".snap", ".test", ".txt",
        ],
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
        let tested = file.starts_with("lit_tests/") || file.contains("test");
        if code.contains(concat!(".display", "()")) && !tested {
            findings.push(format!(
                "{place}: a path is printed raw, expected text::shown_path"
            ));
        }
        let data = VERBATIM.iter().any(|known| file.starts_with(known));
        if code.contains(concat!(".verbatim", "()")) && !tested && !data {
            findings.push(format!(
                "{place}: text from outside is used as it is; print it by a function of dialects/text.rs"
            ));
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
            // A pass pipeline names its anchor, a test writes a program; ONNX domains look like op names.
            let after = &rest[name.len()..];
            let other = after.starts_with('(')
                || after.starts_with(" @")
                || DOMAINS.contains(&name.as_str());
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
    for pass in passes::all()? {
        let module = pass.argument.replace('-', "_");
        if !pass.file.ends_with(&format!("/{module}.rs")) {
            findings.push(format!(
                "{}: declares '{}', expected the file {module}.rs",
                pass.file, pass.argument
            ));
        }
        let stage = pass.file.rsplit_once('/').map_or("", |(stage, _)| stage);
        let registry = read(&format!("{stage}/mod.rs"))?;
        if !registry.contains(&format!("    {module}::{},\n", pass.name)) {
            findings.push(format!(
                "{}: '{}' is not in pass_registry! of its stage's mod.rs",
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

/// Every op of every dialect is read and printed in a test, and every dialect's messages are tested.
fn check_dialects(findings: &mut Vec<String>) -> Result<(), String> {
    for definition in files(&["dialects"], &[".td"]) {
        let mut parts = definition.split('/');
        let (Some(_), Some(dialect), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let folder = format!("lit_tests/dialects/{dialect}");
        if !exists(&format!("{folder}/invalid.mlir")) {
            findings.push(format!(
                "{definition}: no test {folder}/invalid.mlir of what its verifiers say"
            ));
        }
        let mut tests = String::new();
        // What is only refused has not been read and printed.
        for test in files(&[&folder], &[".mlir"])
            .into_iter()
            .filter(|test| !test.ends_with("/invalid.mlir"))
        {
            tests += &read(&test)?;
        }
        for mnemonic in mnemonics(&read(&definition)?) {
            // A space ends the name, so that `trunc` is not found in `trunc_v1`.
            if !tests.lines().any(|line| {
                line.contains(&format!("{dialect}.{mnemonic} "))
                    || line.ends_with(&format!("{dialect}.{mnemonic}"))
            }) {
                findings.push(format!(
                    "{definition}: '{dialect}.{mnemonic}' is in no test of {folder}"
                ));
            }
        }
    }
    Ok(())
}

/// The mnemonics of the ops that a definition file defines: the first string of each `def ..Op : ...`.
fn mnemonics(definition: &str) -> Vec<&str> {
    let ops = definition
        .lines()
        .filter(|line| line.starts_with("def ") && line.contains("Op : "));
    ops.filter_map(|line| line.split('"').nth(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(file: &str, text: &str) -> Vec<String> {
        let mut findings = Vec::new();
        check_source(file, text, &mut findings);
        findings
    }

    #[test]
    fn op_names_are_found_where_they_do_not_belong() {
        let text = concat!("//! Doc.\nlet a = \"onnx", ".relu\";\n");
        assert_eq!(findings("passes/a.rs", text).len(), 1);
        assert!(findings("dialects/a.rs", text).is_empty());
        // A pipeline's anchor and a domain of ONNX look alike and are not.
        let text = concat!(
            "//! Doc.\nlet a = [\"func",
            ".func(cse)\", \"onnx",
            ".brevitas\"];\n"
        );
        assert!(findings("passes/a.rs", text).is_empty());
    }

    #[test]
    fn unsafe_code_and_missing_documentation_are_found() {
        assert_eq!(
            findings("src/a.rs", "//! Doc.\nunsafe { call() }\n").len(),
            1
        );
        assert!(findings("src/a.rs", "//! Doc.\n// unsafe to call\n").is_empty());
        assert_eq!(findings("src/a.rs", "fn main() {}\n").len(), 1);
        assert_eq!(
            findings(
                "src/a.rs",
                &("//! Doc.\n".to_owned() + &"\n".repeat(MAX_LINES))
            )
            .len(),
            1
        );
    }

    #[test]
    fn mnemonics_are_read_from_definitions() {
        let text = "def Onnx_Dialect : Dialect {\ndef Onnx_ReluOp : Onnx_UnaryOp<\"relu\", \"max(x, 0)\">;\n";
        assert_eq!(mnemonics(text), ["relu"]);
    }
}
