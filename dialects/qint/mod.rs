//! Exact-width integer quantization: what level 2 adds to linalg.

mod eval;
mod fold;
mod layer;
mod op;
mod values;

pub use eval::dequantize;
pub use layer::Placed;
pub use op::{
    Conv, ConvTranspose, Dequantize, Elementwise, Lookup, Op, Pool, Quantize, Requantize, Threshold,
};
pub use values::check_products;
pub(crate) use values::check_values;
