//! Functions of each word, with parameters for each channel.

use super::{Layer, check, operands};
use crate::dataflow::Link;
use crate::dataflow::estimate::{Cost, depth};
use crate::qint::{Lookup, Requantize, Threshold};

/// A function of one word, which the position along a channel axis chooses.
pub trait Function {
    /// The result for one number of a channel.
    fn of(&self, n: i64, channel: usize) -> i64;

    /// The axis.
    fn axis(&self) -> usize;

    /// Number of channels that the parameters tell apart: 1 if one function serves all.
    fn channels(&self) -> usize;

    /// Fails with what is wrong about the parameters for such an operand.
    fn check(&self, operand: &Link) -> Result<(), String>;

    /// What it costs for one word; the latency and the bits of constants are those of all.
    fn word_cost(&self, operand: &Link, result: &Link) -> Cost;

    /// Number of neighbouring words that belong to one channel of a link that has the axis.
    fn inner(&self, link: &Link) -> usize {
        match self.channels() {
            1 => 1,
            _ => link.shape.iter().skip(self.axis() + 1).product(),
        }
    }
}

impl<F: Function> Layer for F {
    fn infer(&self, links: &[Link], _: &Link) -> Result<Vec<usize>, String> {
        let [x] = operands(links)?;
        let (axis, channels) = (self.axis(), self.channels());
        let extent = x.shape.get(axis).copied();
        check(channels == 1 || extent == Some(channels), || {
            format!("has {channels} channels, expected 1 or the extent of axis {axis} of {x}")
        })?;
        self.check(x)?;
        Ok(x.shape.clone())
    }

    fn eval(&self, operands: &[(&Link, &[i64])], result: &Link) -> Vec<i64> {
        let (x, words) = operands[0];
        let (inner, channels) = (self.inner(x), self.channels().max(1));
        let words = words.iter().enumerate();
        words
            .map(|(at, &n)| result.word.wrap(self.of(n, at / inner % channels)))
            .collect()
    }

    fn cost(&self, operands: &[Link], result: &Link) -> Cost {
        let Some(x) = operands.first() else {
            return Cost::default();
        };
        let word = self.word_cost(x, result);
        let size = result.size();
        Cost {
            multiplications: word.multiplications * size,
            additions: word.additions * size,
            comparisons: word.comparisons * size,
            interval: 1,
            ..word
        }
    }
}

impl Function for Threshold {
    fn of(&self, n: i64, channel: usize) -> i64 {
        self.apply(n, channel)
    }

    fn axis(&self) -> usize {
        self.axis
    }

    fn channels(&self) -> usize {
        self.base.len()
    }

    fn check(&self, _: &Link) -> Result<(), String> {
        let (levels, channels) = (&self.thresholds, self.channels());
        let fits = levels.rank() == 2 && levels.shape[0] == channels && self.step.len() == channels;
        check(fits && levels.as_int().is_some(), || {
            "needs thresholds, bases and steps for the same channels".to_owned()
        })?;
        let values = levels.as_int().unwrap_or_default();
        let mut rows = values.chunks(levels.shape[1].max(1));
        check(rows.all(|row| row.is_sorted()), || {
            "has thresholds out of order".to_owned()
        })
    }

    fn word_cost(&self, operand: &Link, _: &Link) -> Cost {
        let levels = self.thresholds.shape.get(1).copied().unwrap_or(0);
        Cost {
            comparisons: levels,
            additions: levels,
            constant_bits: levels * self.channels() * operand.word.bits as usize,
            latency: 1 + depth(levels),
            ..Cost::default()
        }
    }
}

impl Function for Requantize {
    fn of(&self, n: i64, channel: usize) -> i64 {
        self.apply(n, channel)
    }

    fn axis(&self) -> usize {
        self.axis
    }

    fn channels(&self) -> usize {
        self.multiplier.len().max(self.addend.len())
    }

    fn check(&self, _: &Link) -> Result<(), String> {
        let channels = self.channels();
        let each = |values: &[i64]| values.len() == 1 || values.len() == channels;
        check(each(&self.multiplier) && each(&self.addend), || {
            "needs one multiplier and addend, or one for each channel".to_owned()
        })?;
        check(self.shift <= 62 && self.lo <= self.hi, || {
            "needs a shift of 0 to 62 and lo at most hi".to_owned()
        })
    }

    fn word_cost(&self, _: &Link, _: &Link) -> Cost {
        Cost {
            multiplications: 1,
            additions: 2,
            comparisons: 2,
            latency: 4,
            ..Cost::default()
        }
    }
}

impl Function for Lookup {
    fn of(&self, n: i64, channel: usize) -> i64 {
        self.apply(n, channel)
    }

    fn axis(&self) -> usize {
        self.axis
    }

    fn channels(&self) -> usize {
        self.table.shape.first().copied().unwrap_or(0)
    }

    fn check(&self, operand: &Link) -> Result<(), String> {
        let table = &self.table;
        let fits = table.rank() == 2 && table.shape[1] > 0 && table.as_int().is_some();
        check(fits, || {
            format!(
                "has a table of shape {:?}, expected channels x domain",
                table.shape
            )
        })?;
        // What lies beyond a table is no wire.
        let (lo, hi) = operand.word.range();
        let last = i128::from(self.low) + table.shape[1] as i128 - 1;
        check(lo >= self.low && i128::from(hi) <= last, || {
            let low = self.low;
            format!("has a table for {low} to {last}, expected one for all words of {operand}")
        })
    }

    fn word_cost(&self, _: &Link, result: &Link) -> Cost {
        Cost {
            constant_bits: self.table.len() * result.word.bits as usize,
            latency: 1,
            ..Cost::default()
        }
    }
}
