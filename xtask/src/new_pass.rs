//! `cargo xtask new pass STAGE NAME`.

use crate::workspace::{exists, read, write};

/// Scaffolds a pass: its file, its registration and its test.
pub fn run(stage: &str, name: &str) -> Result<(), String> {
    let module = name.replace('-', "_");
    let argument = name.replace('_', "-");
    for word in [stage, module.as_str()] {
        let valid = word.starts_with(|c: char| c.is_ascii_lowercase())
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !valid {
            return Err(format!(
                "'{word}' is no name, expected lower-case letters, digits and '_' or '-'"
            ));
        }
    }
    let file = format!("passes/{stage}/{module}.rs");
    let test = format!("lit_tests/passes/{module}.mlir");
    let snapshot = format!("lit_tests/passes/snapshots/{module}.mlir");
    for path in [&file, &test, &snapshot] {
        if exists(path) {
            return Err(format!("{path} exists already"));
        }
    }
    let r#struct = camel_case(&module);
    write(&file, &source(&argument, &r#struct))?;
    write(&test, &lit_test(&argument))?;
    write(&snapshot, &snapshot_test(&argument))?;
    declare_module(stage, &module)?;
    let stage_file = format!("passes/{stage}/mod.rs");
    let entry = format!("    {module}::{},", r#struct);
    let registry = insert_sorted(&read(&stage_file)?, "pass_registry! {", "}", &entry)?;
    write(&stage_file, &registry)?;
    println!(
        "wrote {file}\nwrote {test}\nwrote {snapshot}\nregistered {module}::{} in {stage_file}",
        r#struct
    );
    println!(
        "next: write the example in {test}, then the pass; cargo xtask docs; docs/adding-a-pass.md has the steps"
    );
    Ok(())
}

/// `pub mod NAME;` in the stage's module, which is made if there is none.
fn declare_module(stage: &str, module: &str) -> Result<(), String> {
    let path = format!("passes/{stage}/mod.rs");
    if !exists(&path) {
        write(
            &path,
            &format!("//! The passes of stage `{stage}`.\n\npass_registry! {{\n}}\n"),
        )?;
        let library = insert_module(&read("passes/lib.rs")?, stage);
        let list = format!("    {stage}::PASSES,");
        let open = "const STAGES: &[&[&PassInfo]] = &[";
        write(
            "passes/lib.rs",
            &insert_sorted(&library, open, "];", &list)?,
        )?;
    }
    write(&path, &insert_module(&read(&path)?, module))
}

/// Adds `pub mod NAME;` in the order of names, after the last one that sorts before it.
fn insert_module(text: &str, name: &str) -> String {
    let line = format!("pub mod {name};");
    let mut lines: Vec<&str> = text.lines().collect();
    let public = |line: &&str| line.starts_with("pub mod ");
    let after = lines
        .iter()
        .rposition(|other| public(other) && **other < *line);
    let before = lines
        .iter()
        .position(|other| public(other) && **other > *line);
    let at = after.map(|at| at + 1).or(before).unwrap_or(lines.len());
    lines.insert(at, &line);
    lines.join("\n") + "\n"
}

/// Adds a line between the line `open` and the next line `close`, in sorted order.
fn insert_sorted(text: &str, open: &str, close: &str, line: &str) -> Result<String, String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let missing = || format!("there is no block '{open} ... {close}'");
    let start = lines
        .iter()
        .position(|line| *line == open)
        .ok_or_else(missing)?
        + 1;
    let length = lines[start..]
        .iter()
        .position(|line| *line == close)
        .ok_or_else(missing)?;
    let at = lines[start..start + length]
        .iter()
        .position(|other| *other > line)
        .unwrap_or(length);
    lines.insert(start + at, line);
    Ok(lines.join("\n") + "\n")
}

pub fn camel_case(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or(String::new(), |first| {
            first.to_ascii_uppercase().to_string() + letters.as_str()
        })
    };
    name.split('_').map(capital).collect()
}

fn source(argument: &str, name: &str) -> String {
    format!(
        "//! The pass `{argument}`.

use melior::Context;
use qonnx_dialects::ir::Function;
use qonnx_dialects::pass::PassResult;

declare_pass! {{
    /// One sentence: what the pass does.
    ///
    /// ## What it does
    /// ## Requires
    /// ## Guarantees
    pub struct {name} => \"{argument}\" on Function {{}}
}}

impl {name} {{
    fn run<'c>(&mut self, function: Function<'c>, _: &'c Context) -> PassResult {{
        for op in function.ops() {{
            // Read the op with `onnx::Op::read`, `qint::Op::read` or `GraphOp::read` and change it here.
            let _ = op;
        }}
        Ok(())
    }}
}}
"
    )
}

fn snapshot_test(argument: &str) -> String {
    format!(
        "// RUN: qonnx-opt --{argument} %s

// Say what the whole output shows.
func.func @main(%x: tensor<1x4xf32> {{onnx.name = \"x\"}}) -> (tensor<1x4xf32> {{onnx.name = \"y\"}}) {{
  %0 = onnx.relu %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}}
"
    )
}

fn lit_test(argument: &str) -> String {
    format!(
        "// RUN: qonnx-opt --{argument} %s | FileCheck %s

// Say what this case shows.
// CHECK-LABEL: func.func @main
// CHECK: return
func.func @main(%x: tensor<1x4xf32> {{onnx.name = \"x\"}}) -> (tensor<1x4xf32> {{onnx.name = \"y\"}}) {{
  return %x : tensor<1x4xf32>
}}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_stays_sorted() {
        let text = "pass_registry! {\n    b::B,\n    d::D,\n}\n";
        let changed = insert_sorted(text, "pass_registry! {", "}", "    c::X,");
        assert_eq!(
            changed.as_deref(),
            Ok("pass_registry! {\n    b::B,\n    c::X,\n    d::D,\n}\n")
        );
        assert!(insert_sorted("fn main() {}\n", "pass_registry! {", "}", "    b::x::X,").is_err());
    }

    #[test]
    fn modules_stay_sorted_behind_private_ones() {
        let text = "//! Passes.\n\nmod shared;\n\npub mod a;\npub mod c;\n";
        assert!(insert_module(text, "b").contains("pub mod a;\npub mod b;\npub mod c;\n"));
        assert!(insert_module("//! Passes.\n\n", "b").ends_with("pub mod b;\n"));
    }

    #[test]
    fn a_scaffolded_pass_is_read_like_any_other() {
        let source = source("fold-scales", &camel_case("fold_scales"));
        let block = source
            .split("declare_pass! {\n")
            .nth(1)
            .expect("the source declares a pass");
        let pass = crate::passes::parse("passes/x/fold_scales.rs", block)
            .expect("the declaration is well formed");
        assert_eq!(
            (
                pass.name.as_str(),
                pass.argument.as_str(),
                pass.anchor.as_str()
            ),
            ("FoldScales", "fold-scales", "Function")
        );
        assert!(pass.options.is_empty());
    }
}
