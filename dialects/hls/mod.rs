//! C++ for high-level synthesis, one op for each construct: level 4 of the HLS backend.

mod builder;
mod op;
mod types;
mod verify;

pub use builder::Builder;
pub use op::*;
pub use types::{Memory, Scalar, memory_of};
pub(crate) use verify::verify;
