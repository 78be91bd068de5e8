//! A module after each pass of a pipeline that changed it, as files: for development by snapshots.

use melior::Context;
use melior::ir::Module;
use qonnx_dialects::ir::{self, Diagnostic};
use qonnx_dialects::text::shown_path;
use qonnx_passes::pipelines;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::driver::{self, DriverError, LoadOptions};
use crate::output::OutputFile;

/// The file that lists the passes.
const INDEX: &str = "index.txt";

/// What is traced.
#[derive(Clone, Debug)]
pub struct TraceOptions {
    /// How the model is read.
    pub load: LoadOptions,
    /// The passes, as in a pipeline on the module; names of pipelines stand for their passes.
    pub passes: String,
    /// Leave out the elements of long attributes.
    pub elide: bool,
}

/// Runs the passes one by one. The first file is the module as it was read; then comes one for each pass that changed
/// it, numbered as the pass is; the last is the index, with how many lines of the module went and came and what the
/// pass said. Fails where a pass does.
pub fn trace(path: &Path, options: &TraceOptions) -> Result<Vec<OutputFile>, DriverError> {
    let context = ir::session();
    let loaded = driver::load(&context, path, &options.load)?;
    let mut module = loaded.module;
    let file = shown_path(path);
    let passes = pipelines::expanded(&options.passes);
    let digits = passes.len().to_string().len().max(2);
    let mut text = ir::print_module(&module, options.elide, false);
    let mut files = vec![snapshot(&format!("{:0digits$}-input", 0), &text)];
    let mut index = entry(&format!("{:0digits$} input", 0), "", &loaded.remarks);
    for (at, pass) in passes.iter().enumerate() {
        let (number, name) = (at + 1, pipelines::name_of(pass));
        let said = run(&context, &mut module, &file, pass)?;
        let after = ir::print_module(&module, options.elide, false);
        let change = if after == text {
            "unchanged".to_owned()
        } else {
            files.push(snapshot(&format!("{number:0digits$}-{name}"), &after));
            let (went, came) = changes(&text, &after);
            format!("-{went} +{came}")
        };
        index += &entry(&format!("{number:0digits$} {name}"), &change, &said);
        text = after;
    }
    files.push(OutputFile::new(INDEX, index));
    Ok(files)
}

fn run<'c>(
    context: &'c Context,
    module: &mut Module<'c>,
    file: &str,
    pass: &str,
) -> Result<Vec<Diagnostic>, DriverError> {
    driver::run(context, module, file, &format!("the pass '{pass}'"), pass)
}

fn snapshot(name: &str, text: &str) -> OutputFile {
    OutputFile::new(format!("{name}.mlir"), text)
}

/// A line of the index, and those of what was said, indented.
fn entry(pass: &str, change: &str, said: &[Diagnostic]) -> String {
    let mut text = format!("{pass} {change}").trim_end().to_owned() + "\n";
    for diagnostic in said {
        for line in diagnostic.to_string().lines() {
            writeln!(text, "    {line}").expect("a String takes everything");
        }
    }
    text
}

/// How many lines went and how many came. Values are renumbered all the time, so their names do not count.
fn changes(before: &str, after: &str) -> (usize, usize) {
    let mut lines: BTreeMap<String, isize> = BTreeMap::new();
    for line in before.lines() {
        *lines.entry(nameless(line)).or_default() -= 1;
    }
    for line in after.lines() {
        *lines.entry(nameless(line)).or_default() += 1;
    }
    let count = |wanted: fn(isize) -> bool| {
        let counts = lines.values().filter(|&&count| wanted(count));
        counts.map(|count| count.unsigned_abs()).sum()
    };
    (count(|count| count < 0), count(|count| count > 0))
}

/// A line without the names of values.
fn nameless(line: &str) -> String {
    let mut parts = line.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let in_name = |letter: char| letter.is_ascii_alphanumeric() || "_$.-".contains(letter);
        text.push('%');
        text += part.trim_start_matches(in_name);
    }
    text
}

/// The files that a folder does not have, or has otherwise, and the snapshots in it that there should not be; each with
/// what is wrong. Fails if the folder cannot be read.
pub fn differences(files: &[OutputFile], folder: &Path) -> std::io::Result<Vec<String>> {
    let mut found = Vec::new();
    for file in files {
        match fs::read(folder.join(&file.path)) {
            Ok(bytes) if bytes == file.bytes => {}
            Ok(bytes) => found.push(format!("{}: {}", file.path, first(&bytes, &file.bytes))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                found.push(format!("{}: is missing", file.path));
            }
            Err(error) => return Err(error),
        }
    }
    let mut others = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".mlir") && !files.iter().any(|file| file.path == name) {
            others.push(format!("{name}: no pass makes it"));
        }
    }
    others.sort();
    found.extend(others);
    Ok(found)
}

/// Where two texts first differ.
fn first(old: &[u8], new: &[u8]) -> String {
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    let (mut old, mut new) = (old.lines(), new.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (old.next(), new.next()) {
            (Some(old), Some(new)) if old == new => {}
            (None, None) => return "differs in its line ends".to_owned(),
            (old, new) => {
                let shown = |line: Option<&str>| line.map_or("nothing", str::trim).to_owned();
                return format!(
                    "line {number} is '{}', expected '{}'",
                    shown(new),
                    shown(old)
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renumbered_values_are_no_change() {
        let before = "%0 = a\n%1 = b %0\nreturn %1";
        let after = "%cst = c\n%2 = b %cst\nreturn %2";
        assert_eq!(changes(before, after), (1, 1));
        assert_eq!(changes(before, before), (0, 0));
    }

    #[test]
    fn differences_name_the_file_and_the_line() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let put = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).expect("writable");
        };
        put("00-input.mlir", "a\nb\n");
        put("02-cse.mlir", "a\n");
        put("07-gone.mlir", "a\n");
        put("notes", "mine");
        let files = [
            OutputFile::new("00-input.mlir", "a\nc\n"),
            OutputFile::new("01-canonicalize.mlir", "a\n"),
            OutputFile::new("02-cse.mlir", "a\n"),
        ];
        let found = differences(&files, folder.path()).expect("readable");
        let expected = [
            "00-input.mlir: line 2 is 'c', expected 'b'",
            "01-canonicalize.mlir: is missing",
            "07-gone.mlir: no pass makes it",
        ];
        assert_eq!(found, expected);
    }
}
