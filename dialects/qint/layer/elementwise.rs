//! Two operands element by element.

use super::exact::numbers;
use crate::broadcast::{broadcast_strides, walk};
use crate::qint::Elementwise;
use crate::tensor::Tensor;
use crate::value::TensorType;

impl Elementwise {
    /// The result for two numbers of at most 64 bits, signed or not.
    pub fn apply(self, a: i128, b: i128) -> i128 {
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            // Beyond 127 bits is beyond every type.
            Self::Mul => a.saturating_mul(b),
            Self::Max => a.max(b),
            Self::Min => a.min(b),
        }
    }

    /// All results, both operands broadcast.
    pub fn combined(self, operands: &[&Tensor], result: &TensorType) -> Vec<i128> {
        let numbers = |at: usize| numbers(operands[at]).collect::<Vec<_>>();
        let (a, b) = (numbers(0), numbers(1));
        let strides = [0, 1].map(|at: usize| broadcast_strides(&operands[at].shape, result.rank()));
        let mut values = Vec::with_capacity(result.shape.iter().product());
        walk(&result.shape, &strides, |[at, to]| {
            values.push(self.apply(a[at], b[to]))
        });
        values
    }
}
