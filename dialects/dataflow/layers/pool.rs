//! Neighbouring words become one.

use super::{Layer, check, operands};
use crate::dataflow::estimate::{Cost, depth};
use crate::dataflow::{Link, Pool};

impl Pool {
    /// Number of words that become one. The layer has been verified.
    pub fn window(operand: &Link, result: &Link) -> usize {
        operand.row() / result.row().max(1)
    }

    fn choose(self, a: i64, b: i64) -> i64 {
        match self {
            Self::MaxPool => a.max(b),
            Self::MinPool => a.min(b),
            Self::SumPool => a.wrapping_add(b),
        }
    }
}

impl Layer for Pool {
    fn infer(&self, links: &[Link], result: &Link) -> Result<Vec<usize>, String> {
        let [x] = operands(links)?;
        let row = result.row();
        let fits = !x.shape.is_empty() && row > 0 && x.row().is_multiple_of(row);
        check(fits, || {
            format!("makes {result} of {x}, expected rows of a divisor of its last extent")
        })?;
        let mut shape = x.shape.clone();
        shape.pop();
        shape.push(row);
        Ok(shape)
    }

    fn eval(&self, operands: &[(&Link, &[i64])], result: &Link) -> Vec<i64> {
        let (x, words) = operands[0];
        let windows = words.chunks(Self::window(x, result).max(1));
        let chosen = windows.map(|window| {
            let chosen = window.iter().copied().reduce(|a, b| self.choose(a, b));
            result.word.wrap(chosen.unwrap_or(0))
        });
        chosen.collect()
    }

    fn cost(&self, operands: &[Link], result: &Link) -> Cost {
        let window = operands.first().map_or(1, |x| Self::window(x, result));
        let choices = result.size() * window.saturating_sub(1);
        let (additions, comparisons) = match self {
            Self::SumPool => (choices, 0),
            Self::MaxPool | Self::MinPool => (0, choices),
        };
        Cost {
            additions,
            comparisons,
            latency: depth(window),
            interval: 1,
            ..Cost::default()
        }
    }
}
