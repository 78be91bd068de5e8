//! Backends: what turns level 2 into something that runs elsewhere.

use melior::Context;
use melior::ir::Module;
use qonnx_dialects::tensor::Tensor;

use crate::samples::Sample;

/// Runs samples through a backend.
pub fn run(name: &str, _: &Context, _: Module<'_>, _: &[Sample]) -> Result<Vec<Vec<Tensor>>, String> {
    Err(format!("'{name}' is not available in this build"))
}

/// Compiles a module of level 2 into a folder and says what was made.
pub fn compile(
    name: &str,
    _: &Context,
    _: Module<'_>,
    _: &str,
    _: &std::path::Path,
) -> Result<String, String> {
    Err(format!("'{name}' is not available in this build"))
}

/// Prints a module of an exit dialect.
pub fn translate(name: &str, _: &Module<'_>) -> Result<String, String> {
    Err(format!("'{name}' is not available in this build"))
}
