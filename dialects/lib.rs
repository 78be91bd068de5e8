//! The dialects of qonnx-mlir.
//!
//! This crate is the only home of op and attribute names, op semantics, C++ and `unsafe`.
#![deny(unsafe_op_in_unsafe_fn)]

pub mod tensor;
