//! Which constants make NaN of finite numbers.

use super::columns::Number;
use super::{Binary, Comparison, Formula, Node};

/// What is known of a node.
#[derive(Clone, Copy)]
enum Known {
    /// Its value, NaN included.
    Constant(f64),
    /// It depends on finite numbers that are not known, and may be NaN because of a constant or not.
    Moving { undefined: bool },
}

impl Known {
    fn may_be_nan(self) -> bool {
        match self {
            Self::Constant(value) => value.is_nan(),
            Self::Moving { undefined } => undefined,
        }
    }

    fn is(self, wrong: impl Fn(f64) -> bool) -> bool {
        matches!(self, Self::Constant(value) if wrong(value))
    }
}

impl Formula {
    /// Whether the result may be NaN because of an attribute or of an operand that is known (`Some`), the others being
    /// any finite numbers. An upper bound. NaN that comes of those numbers alone (the root of a negative one, an
    /// overflow) is not looked for.
    pub fn makes_nan(&self, operands: &[Option<f64>], attributes: &[f64]) -> bool {
        let mut known: Vec<Known> = Vec::with_capacity(self.nodes.len());
        let moving = |undefined| Known::Moving { undefined };
        for node in self.nodes {
            let next = match *node {
                Node::Operand(at) => match operands.get(at).copied().flatten() {
                    Some(value) => Known::Constant(value),
                    None => moving(false),
                },
                Node::Attribute(at) => {
                    Known::Constant(attributes.get(at).copied().unwrap_or(f64::NAN))
                }
                Node::Number(value) => Known::Constant(value),
                Node::Unary(function, x) => match known[x] {
                    Known::Constant(x) => {
                        Known::Constant(f64::unary(function, x).unwrap_or(f64::NAN))
                    }
                    of @ Known::Moving { .. } => of,
                },
                Node::Binary(function, a, b) => binary(function, known[a], known[b]),
                // As a number a condition is 0 or 1.
                Node::Compare(comparison, a, b) => match (known[a], known[b]) {
                    (Known::Constant(a), Known::Constant(b)) => {
                        Known::Constant(f64::from(u8::from(comparison.holds(a, b))))
                    }
                    (a, b) if a.is(f64::is_nan) || b.is(f64::is_nan) => {
                        let holds = comparison == Comparison::NotEqual;
                        Known::Constant(f64::from(u8::from(holds)))
                    }
                    _ => moving(false),
                },
                Node::Select(condition, yes, no) => match known[condition] {
                    Known::Constant(holds) if holds != 0.0 => known[yes],
                    Known::Constant(_) => known[no],
                    Known::Moving { .. } => {
                        moving(known[yes].may_be_nan() || known[no].may_be_nan())
                    }
                },
            };
            known.push(next);
        }
        known.last().is_some_and(|last| last.may_be_nan())
    }
}

fn binary(function: Binary, a: Known, b: Known) -> Known {
    if let (Known::Constant(a), Known::Constant(b)) = (a, b) {
        return Known::Constant(f64::binary(function, a, b).unwrap_or(f64::NAN));
    }
    let infinite = |known: Known| known.is(f64::is_infinite);
    let zero = |known: Known| known.is(|value| value == 0.0);
    // An infinite addend or bound is harmless: it is the infinite factor that makes NaN, of a 0.
    let own = match function {
        Binary::Mul => infinite(a) || infinite(b),
        Binary::Div => zero(a) || zero(b),
        Binary::Add | Binary::Sub | Binary::Pow | Binary::Min | Binary::Max => false,
    };
    Known::Moving {
        undefined: own || a.may_be_nan() || b.may_be_nan(),
    }
}
