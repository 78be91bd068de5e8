//! The quantizers of QONNX: level 0 and 1.

mod eval;
mod infer;
mod op;
mod quantizer;
mod rounding;

pub use eval::{Minifloat, PerElement, Truncation};
pub use op::*;
pub use quantizer::{Codes, MAX_INTEGER, Quantizer, bounds};
pub use rounding::{Rounding, UnknownRounding};
