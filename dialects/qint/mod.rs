//! Exact-width integer quantization: what level 2 adds to linalg.

mod eval;
mod op;

pub use eval::dequantize;
pub use op::{Dequantize, Lookup, Op, Quantize, Requantize, Threshold};
