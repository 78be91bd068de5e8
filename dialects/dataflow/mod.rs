//! Layers of a hardware network on arrays of exact-width words: level 3 of the hardware backends.

mod convert;
mod estimate;
mod eval;
mod op;
mod types;

pub(crate) use convert::verify;
pub use convert::{Run, is_run, run};
pub use estimate::{Cost, cost};
pub use op::{Activation, Dense, Elementwise, Function, Op};
pub use types::{Array, array_of};

/// The typed wrappers that melior generates from `Dataflow.td`.
#[allow(missing_docs, clippy::all, reason = "generated")]
pub(crate) mod ods {
    melior::dialect! {
        name: "dataflow",
        files: ["dataflow/Dataflow.td"],
        include_directory_env_vars: ["CARGO_MANIFEST_DIR"],
    }
    pub use dataflow::*;
}
