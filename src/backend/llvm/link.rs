//! The system's linker.

use std::io;
use std::process::Command;

use crate::backend::BackendError;
use crate::output::Scratch;

/// Compiler drivers that can link, in order of preference; `CC` comes before them.
const DRIVERS: [&str; 4] = ["cc", "clang-22", "clang", "gcc"];

/// Links an object file to a shared library with no dependency but the C library.
pub fn shared_library(object: &[u8]) -> Result<Vec<u8>, BackendError> {
    let (from, to) = ("model.o", "libmodel.so");
    let scratch = Scratch::new()?;
    scratch.write(from, object)?;
    let chosen = std::env::var("CC")
        .ok()
        .filter(|driver| !driver.trim().is_empty());
    for driver in chosen.as_deref().into_iter().chain(DRIVERS) {
        let mut command = Command::new(driver);
        command
            .arg("-shared")
            .arg("-o")
            .arg(scratch.path().join(to))
            .arg(scratch.path().join(from))
            .arg("-lm");
        match scratch.run(&mut command) {
            Ok(output) if output.status.success() => return Ok(scratch.read(to)?),
            Ok(output) => {
                return Err(BackendError::Tool {
                    tool: driver.to_owned(),
                    message: format!(
                        "cannot link the shared library: {}",
                        String::from_utf8_lossy(&output.stderr).trim()
                    ),
                });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(BackendError::Tool {
                    tool: driver.to_owned(),
                    message: error.to_string(),
                });
            }
        }
    }
    Err(BackendError::Tool {
        tool: "cc".to_owned(),
        message:
            "not found; install a C compiler, such as the package 'clang-22', or name one in CC"
                .to_owned(),
    })
}
