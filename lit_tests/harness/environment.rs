//! Where things are, and what this machine has.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the workspace.
pub fn root() -> PathBuf {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR"));
    tools
        .parent()
        .expect("the package lies in the workspace")
        .to_path_buf()
}

/// The folder of the lit tests.
pub fn lit_folder() -> PathBuf {
    root().join("lit_tests")
}

/// Models with inputs and reference outputs beside the workspace, if they are there.
pub fn models() -> Option<PathBuf> {
    let folder = root().join("../shared/models");
    folder.is_dir().then_some(folder)
}

/// Small models of the kinds that users report trouble with beside the workspace, if they are there.
pub fn cases() -> Option<PathBuf> {
    let folder = root().join("../shared/cases");
    folder.is_dir().then_some(folder)
}

/// The tools of this build by name.
pub const TOOLS: [(&str, &str); 4] = [
    ("qonnx-opt", env!("CARGO_BIN_EXE_qonnx-opt")),
    ("qonnx-translate", env!("CARGO_BIN_EXE_qonnx-translate")),
    ("qonnxc", env!("CARGO_BIN_EXE_qonnxc")),
    ("qonnx-lsp-server", env!("CARGO_BIN_EXE_qonnx-lsp-server")),
];

/// A command that runs `qonnxc` in the root of the workspace.
pub fn qonnxc() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qonnxc"));
    command.current_dir(root());
    command
}

/// `PATH` with this build's tools and LLVM's in front.
pub fn path() -> String {
    let llvm =
        std::env::var("MLIR_SYS_220_PREFIX").unwrap_or_else(|_| "/usr/lib/llvm-22".to_owned());
    let tools = Path::new(TOOLS[0].1).parent().unwrap_or(Path::new("."));
    let old = std::env::var("PATH").unwrap_or_default();
    format!("{}:{llvm}/bin:{old}", tools.display())
}

/// Whether a feature that a test requires is there.
pub fn has(feature: &str) -> bool {
    match feature {
        "models" => models().is_some(),
        "ap_types" => root().join(".venv/ap_types/ap_int.h").exists(),
        "g++" | "cc" => Command::new(feature)
            .arg("--version")
            .output()
            .is_ok_and(|output| output.status.success()),
        _ => false,
    }
}
