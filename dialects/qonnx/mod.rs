//! The quantizers of QONNX: level 0 and 1.

mod convert;
mod eval;
mod infer;
mod op;
mod quantizer;
mod rounding;

pub use eval::PerElement;
pub use op::*;
pub use quantizer::{Codes, MAX_INTEGER, Quantizer, bounds};
pub use rounding::{Rounding, UnknownRounding};

/// The typed wrappers that melior generates from `Qonnx.td`.
#[allow(missing_docs, clippy::all, reason = "generated")]
pub(crate) mod ods {
    melior::dialect! {
        name: "qonnx",
        files: ["qonnx/Qonnx.td"],
        include_directory_env_vars: ["CARGO_MANIFEST_DIR"],
    }
    pub use qonnx::*;
}
