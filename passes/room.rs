//! What a pass may still take of memory and time for constants that it computes.

use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::memory::{self, Budget, TooLarge};
use qonnx_dialects::value::TensorType;

/// What is left for further constants.
pub struct Room {
    budget: Budget,
    work: u64,
}

impl Room {
    /// The memory that `--memory` allows, and so many multiplications, comparisons and copies of elements.
    pub fn new(work: u64) -> Self {
        Self {
            budget: Budget::default(),
            work,
        }
    }

    /// Takes what the results of an op need; false, with nothing taken, if that is too much work. Fails if it is too
    /// much memory.
    pub fn take(
        &mut self,
        graph: &GraphOp,
        operands: &[Option<&TensorType>],
        results: &[TensorType],
    ) -> Result<bool, TooLarge> {
        let Some(work) = self.work.checked_sub(graph.work(operands, results)) else {
            return Ok(false);
        };
        let bytes = results.iter().map(memory::bytes_of);
        self.budget.take_bytes(bytes.fold(0, u64::saturating_add))?;
        self.work = work;
        Ok(true)
    }
}
