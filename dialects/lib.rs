//! The dialects of qonnx-mlir.
//!
//! This crate is the only home of op and attribute names, op semantics, C++ and `unsafe`. Each dialect is
//! one folder: its ODS definition, the C++ that ODS needs, the typed view of its ops in Rust, and their one
//! evaluation.

#[path = "shim/ffi.rs"]
mod ffi;
mod verify;

pub mod broadcast;
pub mod dataflow;
pub mod declare;
pub mod docs;
pub mod error;
pub mod file;
pub mod formula;
pub mod graph;
pub mod hls;
pub mod ir;
pub mod llvm;
mod lsp;
pub mod memory;
pub mod monotone;
pub mod onnx;
pub mod packed;
pub mod pass;
pub mod qint;
pub mod qonnx;
pub mod signature;
pub mod tensor;
pub mod text;
pub mod tools;
pub mod upstream;
pub mod value;
pub mod values;
pub mod word;
