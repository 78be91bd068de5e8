//! The ONNX front end: QONNX files to the `onnx` and `qonnx` dialects.
//!
//! The file is read whole and decoded without copying weights ([`load`]), checked as a graph ([`graph`]), and
//! each node is translated to one op in the dialect's single form ([`ops`]). One run reports all nodes
//! that cannot be translated.

mod build;
mod constants;
mod error;
mod external;
mod graph;
mod inputs;
mod load;
mod node;
mod ops;
mod opset;
pub mod proto;
mod schema;
mod tensor;

pub use build::{ImportOptions, import, import_bytes};
pub use error::{ImportErrors, Problem};

#[cfg(test)]
mod tests;
