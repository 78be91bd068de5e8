//! Layers of a hardware network on arrays of exact-width words: level 3 of the hardware backends.

mod estimate;
mod eval;
mod op;
mod types;
mod verify;

pub use estimate::{Cost, cost};
pub use op::*;
pub use types::{Array, array_of};
pub(crate) use verify::verify;
