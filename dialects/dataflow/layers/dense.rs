//! Products with constant matrices.

use super::{Layer, check, operands};
use crate::dataflow::estimate::{Cost, depth};
use crate::dataflow::{Dense, Link};
use crate::word::Word;

impl Dense {
    /// Number of inputs of each output.
    pub fn inputs(&self) -> usize {
        self.weights.shape.first().copied().unwrap_or(0)
    }

    /// Number of outputs of one row.
    pub fn outputs(&self) -> usize {
        self.weights.shape.get(1).copied().unwrap_or(0)
    }

    /// Number of outputs of each group. The layer has been verified.
    pub fn group_outputs(&self) -> usize {
        self.outputs() / self.group.max(1)
    }

    /// The weights as numbers, row-major inputs x outputs.
    pub fn weight_numbers(&self) -> &[i64] {
        self.weights.as_int().unwrap_or_default()
    }
}

impl Layer for Dense {
    fn infer(&self, links: &[Link], _: &Link) -> Result<Vec<usize>, String> {
        let [x] = operands(links)?;
        let (inputs, outputs, group) = (self.inputs(), self.outputs(), self.group);
        let word = Word::of_element(self.weights.element());
        check(self.weights.rank() == 2 && word.is_some(), || {
            format!(
                "has weights of shape {:?} and type {}, expected signed or unsigned integers, inputs x outputs",
                self.weights.shape,
                self.weights.element()
            )
        })?;
        check(self.reuse_factor >= 1, || {
            "has the reuse factor 0, expected at least 1".to_owned()
        })?;
        check(group >= 1 && outputs.is_multiple_of(group), || {
            format!("has {group} groups, expected a divisor of the {outputs} outputs")
        })?;
        let row = inputs.checked_mul(group);
        check(!x.shape.is_empty() && row == Some(x.row()), || {
            format!("reads {x}, expected rows of {inputs} words for each of {group} groups")
        })?;
        let mut shape = x.shape.clone();
        shape.pop();
        shape.push(outputs);
        Ok(shape)
    }

    fn eval(&self, operands: &[(&Link, &[i64])], result: &Link) -> Vec<i64> {
        let (inputs, outputs, each) = (self.inputs(), self.outputs(), self.group_outputs());
        let weights = self.weight_numbers();
        let (_, x) = operands[0];
        let mut values = Vec::with_capacity(result.size());
        for row in x.chunks((inputs * self.group).max(1)) {
            let mut sums = vec![0i64; outputs];
            let groups = row.chunks(inputs.max(1)).enumerate();
            for (group, words) in groups {
                let own = group * each..(group + 1) * each;
                for (&x, weights) in words.iter().zip(weights.chunks(outputs.max(1))) {
                    for (sum, &weight) in sums[own.clone()].iter_mut().zip(&weights[own.clone()]) {
                        // Modulo 2^64, which wrapping to the word ignores.
                        *sum = sum.wrapping_add(x.wrapping_mul(weight));
                    }
                }
            }
            values.extend(sums.into_iter().map(|sum| result.word.wrap(sum)));
        }
        values
    }

    fn cost(&self, _: &[Link], result: &Link) -> Cost {
        let weights = self.weight_numbers();
        let rows = result.size() / self.outputs().max(1);
        let is_real = |weight: &&i64| **weight != 0 && !weight.unsigned_abs().is_power_of_two();
        let terms = weights.iter().filter(|&&weight| weight != 0).count();
        let mut longest = vec![0usize; self.outputs()];
        for row in weights.chunks(self.outputs().max(1)) {
            for (count, &weight) in longest.iter_mut().zip(row) {
                *count += usize::from(weight != 0);
            }
        }
        let bits = self.weights.element().width() as usize;
        Cost {
            multiplications: rows * weights.iter().filter(is_real).count(),
            additions: rows * terms.saturating_sub(self.outputs()),
            comparisons: 0,
            constant_bits: weights.len() * bits,
            latency: self.reuse_factor + depth(longest.into_iter().max().unwrap_or(0)),
            interval: self.reuse_factor,
        }
    }
}
