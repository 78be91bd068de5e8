//! C++ for high-level synthesis, one op for each construct: level 4 of the HLS backend.

mod builder;
mod convert;
mod op;
mod types;
mod verify;

pub use builder::Builder;
pub use op::{Binary, FunctionHead, Op};
pub use types::{Memory, Scalar, memory_of};
pub(crate) use verify::verify;

/// The typed wrappers that melior generates from `Hls.td`.
#[allow(missing_docs, clippy::all, reason = "generated")]
pub(crate) mod ods {
    melior::dialect! {
        name: "hls",
        files: ["hls/Hls.td"],
        include_directory_env_vars: ["CARGO_MANIFEST_DIR"],
    }
    pub use hls::*;
}
