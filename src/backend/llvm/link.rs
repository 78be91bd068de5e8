//! The system's linker.

use crate::backend::{BackendError, compiler};
use crate::output::Scratch;

/// Links an object file to a shared library with no dependency but the C library.
pub fn shared_library(object: &[u8]) -> Result<Vec<u8>, BackendError> {
    let (from, to) = ("model.o", "libmodel.so");
    let scratch = Scratch::new()?;
    scratch.write(from, object)?;
    let arguments = ["-shared", "-o", to, from, "-lm"];
    compiler::compile(&scratch, &arguments, "link the shared library")?;
    Ok(scratch.read(to)?)
}
