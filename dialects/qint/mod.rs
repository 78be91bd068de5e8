//! Exact-width integer quantization: what level 2 adds to linalg.

mod convert;
mod eval;
mod op;

pub use eval::dequantize;
pub(crate) use eval::read;
pub use op::{Dequantize, Lookup, Op, Quantize, Requantize, Threshold};

/// The typed wrappers that melior generates from `Qint.td`.
#[allow(missing_docs, clippy::all, reason = "generated")]
pub(crate) mod ods {
    melior::dialect! {
        name: "qint",
        files: ["qint/Qint.td"],
        include_directory_env_vars: ["CARGO_MANIFEST_DIR"],
    }
    pub use qint::*;
}
