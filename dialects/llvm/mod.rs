//! From functions on tensors to native code: MLIR's pipelines, the translation to LLVM IR, LLVM's optimizer and
//! code generator, and running the result in this process.
//!
//! [`compile`] owns the whole way, so that what [`Code`] says about its entry function is true by construction
//! and [`Program`] can call it safely.

mod codegen;
mod globals;
mod jit;
mod target;

pub use codegen::{Artifacts, Code, Text, compile, to_llvm_ir};
pub use globals::flatten_globals;
pub use jit::Program;
pub use target::{Level, Target, expected_processor, is_feature, is_processor};

/// Why there is no native code, or why it cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// A pass failed; why has been reported in the context.
    #[error("a pass of the cpu pipeline failed")]
    Reported,
    /// The module has no network, or one with values that C has no buffers for.
    #[error("{0}")]
    Signature(String),
    /// The module is for a target that cannot be written down.
    #[error("{0}")]
    Target(String),
    /// LLVM does not know the processor or refuses the code.
    #[error("llvm: {0}")]
    Llvm(String),
    /// A run got operands of other types.
    #[error("input {index} has type {found}, expected {expected}")]
    Input {
        /// Its number.
        index: usize,
        /// What was given.
        found: String,
        /// What the network takes.
        expected: String,
    },
    /// A run got another number of operands.
    #[error("the network takes {expected} inputs, found {found}")]
    InputCount {
        /// What was given.
        found: usize,
        /// What the network takes.
        expected: usize,
    },
}
