//! Two operands word by word, and words in other words.

use super::{Layer, check, operands};
use crate::dataflow::estimate::Cost;
use crate::dataflow::{Cast, Elementwise, Link};

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

impl Layer for Elementwise {
    fn infer(&self, links: &[Link], _: &Link) -> Result<Vec<usize>, String> {
        let [a, b] = operands(links)?;
        check(a.shape == b.shape, || {
            format!("reads {a} and {b}, expected one shape")
        })?;
        Ok(a.shape.clone())
    }

    fn eval(&self, operands: &[(&Link, &[i64])], result: &Link) -> Vec<i64> {
        let pairs = operands[0].1.iter().zip(operands[1].1);
        pairs
            .map(|(&a, &b)| result.word.wrap(self.apply(a, b)))
            .collect()
    }

    fn cost(&self, _: &[Link], result: &Link) -> Cost {
        let size = result.size();
        let none = Cost {
            latency: 1,
            interval: 1,
            ..Cost::default()
        };
        match self {
            Self::Add | Self::Sub => Cost {
                additions: size,
                ..none
            },
            Self::Mul => Cost {
                multiplications: size,
                ..none
            },
            Self::Max | Self::Min => Cost {
                comparisons: size,
                ..none
            },
        }
    }
}

impl Layer for Cast {
    fn infer(&self, links: &[Link], _: &Link) -> Result<Vec<usize>, String> {
        let [x] = operands(links)?;
        Ok(x.shape.clone())
    }

    fn eval(&self, operands: &[(&Link, &[i64])], result: &Link) -> Vec<i64> {
        let words = operands[0].1.iter();
        words.map(|&word| result.word.wrap(word)).collect()
    }

    fn cost(&self, _: &[Link], _: &Link) -> Cost {
        Cost::WIRES
    }
}
