//! The standard ONNX operators: level 0 and 1.

mod convert;
mod eval;
mod infer;
mod monotonicity;
mod op;
mod undefined;
mod window;

pub(crate) use convert::CONSTANT;
pub use convert::{constant, is_constant, is_none, none};
pub use eval::affine;
pub(crate) use infer::NUMBERS;
pub use op::*;
pub use window::WindowAxis;

/// The typed wrappers that melior generates from `Onnx.td`.
#[allow(missing_docs, clippy::all, reason = "generated")]
pub(crate) mod ods {
    melior::dialect! {
        name: "onnx",
        files: ["onnx/Onnx.td"],
        include_directory_env_vars: ["CARGO_MANIFEST_DIR"],
    }
    pub use onnx::*;
}
