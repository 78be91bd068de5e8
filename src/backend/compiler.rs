//! The system's C compiler.

use std::io;
use std::process::Command;

use super::BackendError;
use crate::output::Scratch;

/// Compilers, in order of preference; that of the variable `CC` comes before them.
const COMPILERS: [&str; 4] = ["cc", "clang-22", "clang", "gcc"];

/// Runs the compiler in a scratch folder, with arguments that all of them understand. The error says what the compiler was
/// to do, as in "cannot link".
pub fn compile(scratch: &Scratch, arguments: &[&str], what: &str) -> Result<(), BackendError> {
    let chosen = std::env::var("CC")
        .ok()
        .filter(|compiler| !compiler.trim().is_empty());
    for compiler in chosen.as_deref().into_iter().chain(COMPILERS) {
        let failed = |message: String| BackendError::Tool {
            tool: compiler.to_owned(),
            message,
        };
        let mut command = Command::new(compiler);
        command.args(arguments).current_dir(scratch.path());
        match scratch.run(&mut command) {
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => {
                let messages = String::from_utf8_lossy(&output.stderr);
                let first: Vec<_> = messages.trim().lines().take(20).collect();
                return Err(failed(format!("cannot {what}: {}", first.join("\n"))));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error.to_string())),
        }
    }
    Err(BackendError::Tool {
        tool: "cc".to_owned(),
        message:
            "not found; install a C compiler, such as the package 'clang-22', or name one in CC"
                .to_owned(),
    })
}
