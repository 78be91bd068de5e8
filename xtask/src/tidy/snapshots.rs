//! Every pass and every named pipeline has a snapshot of all that it writes.
//!
//! `FileCheck` says what a pass is for and passes over the rest; a snapshot shows the rest to whoever changes it.

use crate::passes;
use crate::workspace::{exists, files, read};

/// Where the snapshot of a pass lies.
const PASSES: &str = "lit_tests/passes/snapshots";
/// Where the snapshot of a pipeline lies, pass by pass.
const PIPELINES: &str = "lit_tests/pipelines/snapshots";
/// What shows a pipeline pass by pass.
const EACH_PASS: &str = "%each_pass";
/// Most lines of an input, its comments included: what is larger nobody reads the output of.
const MAX_LINES: usize = 18;

/// Checks that there is one of each, and that each is of something.
pub fn check(findings: &mut Vec<String>) -> Result<(), String> {
    let passes: Vec<_> = passes::all()?
        .into_iter()
        .map(|pass| pass.argument)
        .collect();
    let pipelines: Vec<_> = passes::pipelines()?
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    for name in &passes {
        check_one("pass", PASSES, name, &[], findings);
    }
    for name in &pipelines {
        check_one("pipeline", PIPELINES, name, &[EACH_PASS], findings);
    }
    for (folder, names) in [(PASSES, passes), (PIPELINES, pipelines)] {
        let known: Vec<_> = names.iter().map(|name| name.replace('-', "_")).collect();
        for file in files(&[folder], &[".mlir"]) {
            let one_of = |name: &String| file == format!("{folder}/{name}.mlir");
            if !known.iter().any(one_of) {
                findings.push(format!(
                    "{file}: no pass or pipeline of this name, expected one of {}",
                    known.join(", ")
                ));
            }
        }
    }
    // A snapshot whose test is gone is compared with nothing.
    for snapshot in files(&["lit_tests"], &[".snap"]) {
        let stem = snapshot.trim_end_matches(".snap");
        if ![".mlir", ".test"]
            .iter()
            .any(|end| exists(&format!("{stem}{end}")))
        {
            findings.push(format!("{snapshot}: no test of this name"));
        }
    }
    Ok(())
}

/// A test that runs the pass or pipeline and checks nothing itself, and its snapshot.
fn check_one(kind: &str, folder: &str, name: &str, flags: &[&str], findings: &mut Vec<String>) {
    let stem = format!("{folder}/{}", name.replace('-', "_"));
    let test = format!("{stem}.mlir");
    let Ok(text) = read(&test) else {
        findings.push(format!("{kind} '{name}' has no snapshot test {test}"));
        return;
    };
    if !exists(&format!("{stem}.snap")) {
        findings.push(format!(
            "{test}: has no snapshot {stem}.snap; INSTA_UPDATE=always cargo test -p qonnx-tools --test lit writes it"
        ));
    }
    findings.extend(fault(&test, &text, name, flags));
}

/// What is wrong with the text of a test.
fn fault(test: &str, text: &str, name: &str, flags: &[&str]) -> Option<String> {
    let runs: Vec<_> = text.lines().filter(|line| line.contains("RUN:")).collect();
    let [run] = runs.as_slice() else {
        return Some(format!("{test}: {} RUN lines, expected one", runs.len()));
    };
    let wanted = format!("qonnx-opt --{name}");
    // An option of the pass may follow its name.
    let named = run
        .split_once(&wanted)
        .is_some_and(|(_, rest)| rest.starts_with([' ', '=']));
    if !named || run.contains("FileCheck") || flags.iter().any(|flag| !run.contains(flag)) {
        let expected = [&[wanted.as_str()], flags].concat().join(" ... ");
        return Some(format!(
            "{test}: runs '{}', expected '{expected}' and no FileCheck: the whole output is the expectation",
            run.trim()
        ));
    }
    let lines = text.lines().count();
    (lines > MAX_LINES).then(|| {
        format!(
            "{test}: {lines} lines, expected at most {MAX_LINES}; a snapshot is there to be read"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_test_shows_all_that_the_pass_writes() {
        let fault = |text: &str| fault("a.mlir", text, "split-bias", &[]);
        assert_eq!(fault("// RUN: qonnx-opt --split-bias %s\n"), None);
        assert_eq!(fault("// RUN: qonnx-opt --split-bias='a=1' %s\n"), None);
        for wrong in [
            "",
            "// RUN: qonnx-opt --split-bias-more %s\n",
            "// RUN: qonnx-opt --split-bias %s | FileCheck %s\n",
            "// RUN: qonnx-opt --split-bias %s\n// RUN: qonnx-opt --split-bias %s\n",
        ] {
            assert!(fault(wrong).is_some(), "{wrong}");
        }
        let long = "// RUN: qonnx-opt --split-bias %s\n".to_owned() + &"\n".repeat(MAX_LINES);
        assert!(fault(&long).is_some());
    }
}
