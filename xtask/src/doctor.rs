//! `cargo xtask doctor`: what the build, the tests and the documentation need.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::workspace::exists;

/// Where LLVM and MLIR are installed.
pub fn prefix() -> PathBuf {
    PathBuf::from(
        std::env::var("MLIR_SYS_220_PREFIX").unwrap_or_else(|_| "/usr/lib/llvm-22".to_owned()),
    )
}

/// Says of each tool whether it is there.
pub fn run() -> Result<(), String> {
    let llvm = prefix();
    let in_llvm = |name: &str| llvm.join(name);
    let files: [(&str, PathBuf, &str); 5] = [
        (
            "MLIR libraries",
            in_llvm("lib/libMLIRIR.a"),
            "libmlir-22-dev",
        ),
        ("mlir-tblgen", in_llvm("bin/mlir-tblgen"), "mlir-22-tools"),
        ("FileCheck", in_llvm("bin/FileCheck"), "llvm-22-tools"),
        ("libclang", in_llvm("lib/libclang.so"), "libclang-22-dev"),
        ("Polly", in_llvm("lib/libPolly.a"), "libpolly-22-dev"),
    ];
    let programs = [
        ("clang-22", "clang-22"),
        ("ld.lld-22", "lld-22"),
        ("g++", "g++"),
        ("make", "make"),
    ];
    let mut missing = 0;
    let mut say = |name: &str, found: bool, package: &str| {
        missing += usize::from(!found);
        let verdict = if found {
            "found".to_owned()
        } else {
            format!("missing: install {package}, or run make setup")
        };
        println!("{name:16} {verdict}");
    };
    for (name, path, package) in &files {
        say(name, Path::exists(path), package);
    }
    for (name, package) in programs {
        say(name, runs(name), package);
    }
    let headers = exists(".venv/ap_types/ap_int.h");
    say(
        "ap_types",
        headers,
        "the hls4ml wheel into .venv (its headers are used for C simulation)",
    );
    if missing == 0 {
        Ok(())
    } else {
        Err(format!("{missing} of the tools are missing"))
    }
}

fn runs(program: &str) -> bool {
    let status = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}
