//! The layers, one file for each kind: what a layer is, in all respects that do not depend on a backend.

mod dense;
mod elementwise;
mod function;
mod pool;
mod wires;

pub use function::Function;
pub(super) use wires::permuted;
pub use wires::{Copy, Dimension, Wires};

use super::estimate::Cost;
use super::op::Op;
use super::types::Link;

/// A kind of layer. To add one: its definition in `Dataflow.td`, this trait for it in a file here, what becomes one in
/// `passes/dataflow/kinds.rs`, and its C++ in `passes/hls/functions.rs`.
pub trait Layer {
    /// The shape that the result must have. `result` is the declared one, for layers whose operands do not say. Fails with
    /// what is wrong, a predicate about the op.
    fn infer(&self, operands: &[Link], result: &Link) -> Result<Vec<usize>, String>;

    /// The numbers of the result, given those of the operands, in row-major order. The layer has been verified.
    fn eval(&self, operands: &[(&Link, &[i64])], result: &Link) -> Vec<i64>;

    /// What it costs as arrays, from its constants alone.
    fn cost(&self, operands: &[Link], result: &Link) -> Cost;

    /// The wires, if it is nothing else.
    fn wires(&self, _: &[Link], _: &Link) -> Option<Wires> {
        None
    }
}

impl Op {
    /// The function of each word, if the layer is one.
    pub fn function(&self) -> Option<&dyn Function> {
        match self {
            Self::Threshold(op) => Some(op),
            Self::Requantize(op) => Some(op),
            Self::Lookup(op) => Some(op),
            _ => None,
        }
    }

    /// The wires, if the layer is nothing else. It has been verified.
    pub fn wires(&self, operands: &[Link], result: &Link) -> Option<Wires> {
        self.layer().wires(operands, result)
    }

    /// The numbers of the result, given those of the operands, in row-major order. The layer has been verified.
    pub fn eval(&self, operands: &[(&Link, &[i64])], result: &Link) -> Vec<i64> {
        self.layer().eval(operands, result)
    }

    /// What the layer costs as arrays, from its constants alone: before any synthesis, and not in place of one.
    pub fn cost(&self, operands: &[Link], result: &Link) -> Cost {
        self.layer().cost(operands, result)
    }
}

/// Fails with `message` where something does not hold.
fn check(holds: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message()) }
}

/// The operands of a layer with `N` of them, whose number the definition guarantees.
fn operands<const N: usize>(operands: &[Link]) -> Result<&[Link; N], String> {
    operands
        .try_into()
        .map_err(|_| format!("has {} operands, expected {N}", operands.len()))
}
