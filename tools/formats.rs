//! What is written under which name: the extension decides, and what cannot be written is an error.

use melior::ir::Module;
use qonnx_dialects::ir;
use qonnx_mlir::output::{Form, Output, OutputError};
use std::ffi::OsStr;
use std::path::Path;

/// Extensions of modules.
pub const MODULE: &[&str] = &["mlir", "mlirbc"];
/// Extensions of modules as text.
pub const TEXT: &[&str] = &["mlir"];
/// Extensions of LLVM IR.
pub const LLVM_IR: &[&str] = &["ll"];
/// Extensions of C++.
pub const CPP: &[&str] = &["cpp", "cc", "cxx", "h", "hpp"];
/// Extensions of arrays.
const NPZ: &[&str] = &["npz"];
/// Extensions that promise something, whoever reads the file.
const KNOWN: &[&str] = &[
    "onnx", "mlir", "mlirbc", "ll", "bc", "s", "o", "so", "a", "c", "cpp", "cc", "cxx", "h", "hpp",
    "npz", "npy", "json",
];

/// The output of a command that writes to standard output unless told otherwise.
pub fn output(path: Option<&Path>, force: bool) -> Output {
    Output::new(path.unwrap_or(Path::new("-"))).forced(force)
}

fn one_of(extensions: &[&str]) -> String {
    let dotted: Vec<_> = extensions.iter().map(|name| format!(".{name}")).collect();
    dotted.join(", ")
}

/// Checks that a text can be written there, and that its name does not promise something else than `extensions`. A name
/// that promises nothing will do.
pub fn check_text(output: &Output, extensions: &[&str]) -> Result<(), OutputError> {
    match output.check_file()? {
        Form::Named(found) if promises(&found, KNOWN) && !promises(&found, extensions) => {
            Err(wrong(output, &found, extensions))
        }
        _ => Ok(()),
    }
}

/// Checks that an archive of arrays can be written there.
pub fn check_npz(output: &Output) -> Result<(), OutputError> {
    match output.check_file()? {
        Form::Named(found) if !promises(&found, NPZ) => Err(wrong(output, &found, NPZ)),
        _ => Ok(()),
    }
}

fn promises(found: &OsStr, extensions: &[&str]) -> bool {
    extensions.iter().any(|extension| found == *extension)
}

fn wrong(output: &Output, found: &OsStr, extensions: &[&str]) -> OutputError {
    let expected = one_of(extensions);
    let message = match found.to_str() {
        Some("") => format!("has no extension, expected {expected}"),
        Some("onnx") => format!("writing ONNX is not supported here, expected {expected}"),
        _ => format!("has an extension that is not written here, expected {expected}"),
    };
    OutputError::new(output.path(), message)
}

/// How a module is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleFormat {
    /// Text.
    Text,
    /// MLIR's bytecode.
    Bytecode,
}

impl ModuleFormat {
    /// What the name of an output says; streams get text.
    pub fn of(output: &Output) -> Result<Self, OutputError> {
        match output.check_file()? {
            Form::Stream => Ok(Self::Text),
            Form::Named(found) => match found.to_str() {
                Some("mlir") => Ok(Self::Text),
                Some("mlirbc") => Ok(Self::Bytecode),
                _ => Err(wrong(output, &found, MODULE)),
            },
        }
    }

    /// A module in this format. `elide` leaves out the elements of long attributes, which is possible in text only.
    pub fn bytes(
        self,
        module: &Module<'_>,
        elide: bool,
        output: &Output,
    ) -> Result<Vec<u8>, OutputError> {
        match self {
            Self::Text => Ok(ir::print_module(module, elide, true).into_bytes()),
            Self::Bytecode if elide => Err(OutputError::new(
                output.path(),
                "bytecode has all constants, expected .mlir with --elide-constants",
            )),
            Self::Bytecode => Ok(ir::module_bytecode(module)),
        }
    }
}
