//! `qonnx-lsp-server` around `MlirLspServerMain`.

use qonnx_dialects::text::shown_path;
use qonnx_dialects::tools;
use std::ffi::OsString;
use std::path::Path;

use crate::USAGE;

/// Flags of MLIR's server and those that every tool of LLVM has. With any other the server would end with status 1.
const FLAGS: [&str; 9] = [
    "help",
    "help-hidden",
    "help-list",
    "help-list-hidden",
    "input-style",
    "lit-test",
    "log",
    "pretty",
    "color",
];

/// Runs the server and returns its exit status.
pub fn main(arguments: &[OsString]) -> i32 {
    if arguments.iter().any(|argument| argument == "--version") {
        let version = format!("qonnx-lsp-server {}\n", crate::version());
        return i32::from(crate::print(&version).is_err());
    }
    if let Some(argument) = unknown(arguments) {
        let argument = shown_path(Path::new(argument));
        eprintln!("error: unknown argument '{argument}'; --help lists what there is");
        return i32::from(USAGE);
    }
    tools::lsp_main(arguments)
}

/// The first argument that is no flag of the server, with one dash or two, nor the value of the flag before it.
fn unknown(arguments: &[OsString]) -> Option<&OsString> {
    let flag = |argument: &OsString| {
        let text = argument.to_str()?.strip_prefix('-')?;
        let text = text.strip_prefix('-').unwrap_or(text);
        let (name, value) = text
            .split_once('=')
            .map_or((text, None), |(name, value)| (name, Some(value)));
        let known = FLAGS.iter().find(|known| **known == name)?;
        Some((*known, value.is_some()))
    };
    let takes_value = |argument| matches!(flag(argument), Some(("log" | "input-style", false)));
    arguments.windows(2).find_map(|pair| {
        let known = flag(&pair[1]).is_some() || takes_value(&pair[0]);
        (!known).then_some(&pair[1])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_the_server_are_known() {
        let of = |texts: &[&str]| {
            let all = ["tool"].iter().chain(texts).map(OsString::from);
            unknown(&all.collect::<Vec<_>>()).cloned()
        };
        assert_eq!(of(&["--log=verbose", "-pretty", "--log", "info"]), None);
        for (texts, expected) in [
            (&["--frobnicate"][..], "--frobnicate"),
            (&["--pretty", "file.mlir"], "file.mlir"),
            (&["--log", "info", "info"], "info"),
        ] {
            assert_eq!(of(texts), Some(OsString::from(expected)));
        }
    }
}
