//! The Makefile of a project: C simulation from whatever folder Make is called in.

use qonnx_dialects::text::make_value;
use std::path::Path;

/// The text. `sources` are the files that the program is made of besides its test bench, relative to the project, and
/// `ap_types` is the folder of the headers where this compiler found one.
pub fn makefile(name: &str, sources: &[&str], ap_types: Option<&Path>) -> String {
    // Make's user may say otherwise. The shell gets the path as a variable of its environment, so that it need not be
    // quoted for both languages.
    let found = ap_types.and_then(make_value).unwrap_or_default();
    let test_bench = format!("{name}_test.cpp");
    let all = || sources.iter().copied().chain([test_bench.as_str()]);
    let with = |ending: &str| -> String {
        let files: Vec<&str> = all().filter(|path| path.ends_with(ending)).collect();
        files.join(" \\\n    ")
    };
    TEMPLATE
        .replace("@NAME@", name)
        .replace("@HOST@", &with(".c"))
        .replace("@SOURCES@", &with(".cpp"))
        .replace("@HEADERS@", &with(".h"))
        // Last: a path may hold anything.
        .replace("@FOUND@", &found)
}

const TEMPLATE: &str = include_str!("runtime/project.mk");
