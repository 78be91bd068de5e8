//! The one meaning of each layer.

use super::op::{Dense, Elementwise, Op};
use super::types::Array;

impl Op {
    /// The numbers of the result, given those of the operands. The layer has been verified against the types.
    pub fn eval(&self, operands: &[&[i64]], result: Array) -> Vec<i64> {
        let operand = |at: usize| operands.get(at).copied().unwrap_or_default();
        let x = operand(0);
        let wrapped = |value: i64| result.word.wrap(value);
        match self {
            Self::Dense(dense) => dense.eval(x).into_iter().map(wrapped).collect(),
            Self::Threshold(_) | Self::Requantize(_) | Self::Lookup(_) => {
                let Some(activation) = self.activation() else {
                    return Vec::new();
                };
                let apply = |at, n| activation.function.apply(n, activation.channel(at));
                let words = x.iter().enumerate();
                words.map(|(at, &n)| wrapped(apply(at, n))).collect()
            }
            Self::Elementwise(kind) => x
                .iter()
                .zip(operand(1))
                .map(|(&a, &b)| wrapped(kind.apply(a, b)))
                .collect(),
            Self::Cast => x.iter().map(|&value| wrapped(value)).collect(),
            Self::Constant(op) => op.value.as_int().unwrap_or_default().to_vec(),
            Self::Gather(gather) => {
                let all = operands.concat();
                gather.order.iter().map(|&at| all[at]).collect()
            }
        }
    }
}

impl Elementwise {
    /// The result before it is wrapped to its word; modulo 2^64, which wrapping ignores.
    pub fn apply(self, a: i64, b: i64) -> i64 {
        match self {
            Self::Add => a.wrapping_add(b),
            Self::Sub => a.wrapping_sub(b),
            Self::Mul => a.wrapping_mul(b),
            Self::Max => a.max(b),
            Self::Min => a.min(b),
        }
    }
}

impl Dense {
    /// The weights as numbers, row-major inputs x outputs.
    pub fn weight_numbers(&self) -> &[i64] {
        self.weights.as_int().unwrap_or_default()
    }

    fn eval(&self, x: &[i64]) -> Vec<i64> {
        let (inputs, outputs) = (self.inputs(), self.outputs());
        let weights = self.weight_numbers();
        let mut result = Vec::with_capacity(self.rows * outputs);
        for row in x.chunks(inputs.max(1)) {
            let mut sums = if self.bias.is_empty() {
                vec![0; outputs]
            } else {
                self.bias.clone()
            };
            for (&x, weights) in row.iter().zip(weights.chunks(outputs.max(1))) {
                for (sum, &weight) in sums.iter_mut().zip(weights) {
                    *sum = sum.wrapping_add(x.wrapping_mul(weight));
                }
            }
            result.extend(sums);
        }
        result
    }
}
