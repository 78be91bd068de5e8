//! qonnx-mlir: a multi-level compiler for arbitrary-precision quantized neural networks.

pub mod backend;
pub mod driver;
pub mod frontend;
pub mod integers;
pub mod interp;
pub mod npz;
pub mod output;
pub mod random_graph;
pub mod reduce;
pub mod report;
pub mod samples;
pub mod source;
#[cfg(test)]
mod testing;
pub mod trace;
pub mod verify;
