//! Exact-width integer quantization: what level 2 adds to linalg.

mod eval;
mod layer;
mod op;

pub use eval::dequantize;
pub use op::{Conv, Dequantize, Lookup, Op, Pool, Quantize, Requantize, Threshold};
