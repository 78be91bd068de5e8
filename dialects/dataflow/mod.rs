//! Layers of a hardware network between arrays or streams of exact-width words: level 3 of the hardware backends.

mod estimate;
mod layers;
mod op;
mod types;
mod verify;

pub use estimate::Cost;
pub use layers::{Copy, Dimension, Function, Layer, Wires};
pub use op::*;
pub use types::{Link, link_of};
pub(crate) use verify::verify;
