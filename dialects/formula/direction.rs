//! How a formula moves with one operand, the others being constants, and the interval that it stays in.
//!
//! The claims are about the function as it is evaluated, from `f32` to `f32`: rounding to nearest is non-decreasing,
//! so a composition of roundings and monotone steps is monotone, however its rounding errors fall.
//!
//! The C library's functions are not proven monotone themselves, but the `f32` results are: they are computed with an
//! error of a few units in the last place of `f64`, and their slopes are such that the exact results of neighbouring
//! `f32` operands differ by far more than that wherever a result is near the middle between two `f32` numbers, where
//! alone an error could change the rounding (`f64` has 29 bits more). The tightest place is next to saturation: `tanh`
//! becomes 1 near 9.01, where its slope is 2^-24 and neighbouring operands are 2^-20 apart, so that results differ by
//! 2^-44, some 2^8 units of `f64`. A test looks at neighbouring operands for every formula that is said to be monotone.

use super::{Binary, Comparison, Formula, Node, Unary};
use crate::monotone::Direction::{self, Constant, NonDecreasing, Unknown};

/// Numbers from `low` to `high`; what is NaN is not among them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The least.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

impl Interval {
    /// All numbers and the infinities.
    pub const ALL: Self = Self {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
    };

    /// The finite numbers of `f32`, over which directions are claimed.
    const FINITE: Self = Self {
        low: f32::MIN as f64,
        high: f32::MAX as f64,
    };

    const fn of(value: f64) -> Self {
        Self {
            low: value,
            high: value,
        }
    }

    /// The smallest interval around some numbers; all numbers if one of them is NaN.
    fn around(values: &[f64]) -> Self {
        if values.iter().any(|value| value.is_nan()) {
            return Self::ALL;
        }
        Self {
            low: values.iter().copied().fold(f64::INFINITY, f64::min),
            high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }

    fn hull(self, other: Self) -> Self {
        Self::around(&[self.low, self.high, other.low, other.high])
    }

    /// Of a function that is monotone on it.
    fn map(self, function: impl Fn(f64) -> f64) -> Self {
        Self::around(&[function(self.low), function(self.high)])
    }

    fn pairs(self, other: Self, function: impl Fn(f64, f64) -> f64) -> Self {
        Self::around(&[
            function(self.low, other.low),
            function(self.low, other.high),
            function(self.high, other.low),
            function(self.high, other.high),
        ])
    }
}

/// What is known of a node.
#[derive(Clone, Copy)]
struct Fact {
    /// Its value, if nothing in it moves.
    constant: Option<f64>,
    direction: Direction,
    range: Interval,
}

impl Fact {
    fn constant(value: f64) -> Self {
        let nan = value.is_nan();
        Self {
            constant: Some(value),
            direction: Constant,
            range: if nan {
                Interval::ALL
            } else {
                Interval::of(value)
            },
        }
    }

    fn moving(direction: Direction, range: Interval) -> Self {
        Self {
            constant: None,
            direction,
            range,
        }
    }
}

impl Formula {
    /// How the result moves with operand number `moving`, the others being numbers. Integers wrap around, so that
    /// nothing holds for their arithmetic, only for what selects among given numbers.
    pub fn moves(
        &self,
        moving: usize,
        operands: &[f64],
        attributes: &[f64],
        wraps: bool,
    ) -> Direction {
        if let Some(direction) = self.direction {
            return direction;
        }
        let known = |node: &Node| match *node {
            Node::Operand(at) if at == moving => Fact::moving(NonDecreasing, Interval::FINITE),
            Node::Operand(at) => operands
                .get(at)
                .map_or(Fact::moving(Unknown, Interval::ALL), |&value| {
                    Fact::constant(value)
                }),
            Node::Attribute(at) => Fact::constant(attributes.get(at).copied().unwrap_or(f64::NAN)),
            Node::Number(value) => Fact::constant(value),
            Node::Unary(..) | Node::Binary(..) | Node::Compare(..) | Node::Select(..) => {
                Fact::moving(Unknown, Interval::ALL)
            }
        };
        let mut facts: Vec<Fact> = Vec::with_capacity(self.nodes.len());
        for node in self.nodes {
            let fact = match *node {
                Node::Unary(function, x) => unary(function, facts[x], wraps),
                Node::Binary(function, a, b) => binary(function, facts[a], facts[b], wraps),
                Node::Compare(comparison, a, b) => compare(comparison, facts[a], facts[b]),
                Node::Select(condition, yes, no) => {
                    let at = |value: f64, node: usize| {
                        let mut operands = operands.to_vec();
                        if let Some(place) = operands.get_mut(moving) {
                            *place = value;
                        }
                        self.value_of(node, &operands, attributes)
                    };
                    self.select(moving, condition, yes, no, &facts, &at)
                }
                _ => known(node),
            };
            facts.push(fact);
        }
        match facts.last() {
            // What does not depend on it, or is a condition.
            Some(fact) => fact.direction,
            None => Unknown,
        }
    }

    /// The value of a node.
    fn value_of(&self, node: usize, operands: &[f64], attributes: &[f64]) -> f64 {
        let until = Self {
            nodes: &self.nodes[..=node],
            ..*self
        };
        until.at(operands, attributes)
    }

    /// A step at a number: what is below it and what is above it must fit together there.
    fn select(
        &self,
        moving: usize,
        condition: usize,
        yes: usize,
        no: usize,
        facts: &[Fact],
        at: &dyn Fn(f64, usize) -> f64,
    ) -> Fact {
        let (first, second) = (facts[yes], facts[no]);
        match facts[condition].constant {
            Some(holds) if holds != 0.0 => return first,
            Some(_) => return second,
            None => {}
        }
        let range = first.range.hull(second.range);
        let unknown = Fact::moving(Unknown, range);
        let Node::Compare(comparison, a, b) = self.nodes[condition] else {
            return unknown;
        };
        let Some(bound) = facts[b].constant else {
            return unknown;
        };
        let (below, above) = match comparison {
            Comparison::Less | Comparison::LessOrEqual => (yes, no),
            Comparison::Greater | Comparison::GreaterOrEqual => (no, yes),
            Comparison::Equal | Comparison::NotEqual => return unknown,
        };
        // The number itself, or the bound that it is beyond.
        let limits = |kept: usize, other: usize| kept == a && facts[other].constant == Some(bound);
        if limits(below, above) || limits(above, below) {
            let low_stays = below == a;
            let limit = |x: f64| {
                if low_stays {
                    x.min(bound)
                } else {
                    x.max(bound)
                }
            };
            return Fact::moving(facts[a].direction, facts[a].range.map(limit));
        }
        if self.nodes[a] != Node::Operand(moving) {
            return unknown;
        }
        let (lower, upper) = (facts[below], facts[above]);
        let (end, start) = (at(bound, below), at(bound, above));
        let both = |wanted: Direction| {
            [lower, upper]
                .iter()
                .all(|fact| [wanted, Constant].contains(&fact.direction))
        };
        let direction = if both(NonDecreasing) && end <= start {
            NonDecreasing
        } else if both(Direction::NonIncreasing) && end >= start {
            Direction::NonIncreasing
        } else {
            Unknown
        };
        Fact::moving(direction, range)
    }
}

fn unary(function: Unary, x: Fact, wraps: bool) -> Fact {
    use super::columns::Number;
    let apply = |x: f64| f64::unary(function, x).unwrap_or(f64::NAN);
    if let Some(value) = x.constant {
        return Fact::constant(apply(value));
    }
    match function {
        Unary::Neg | Unary::Abs if wraps => Fact::moving(Unknown, Interval::ALL),
        Unary::Neg => Fact::moving(x.direction.reversed(), x.range.map(apply)),
        Unary::Abs if x.range.low >= 0.0 => x,
        Unary::Abs => {
            let high = x.range.low.abs().max(x.range.high.abs());
            Fact::moving(Unknown, Interval { low: 0.0, high })
        }
        // Nothing is claimed of the numbers that have no result.
        Unary::Sqrt | Unary::Exp => {
            let high = apply(x.range.high);
            let high = if high.is_nan() { f64::INFINITY } else { high };
            Fact::moving(x.direction, Interval { low: 0.0, high })
        }
        Unary::ExpM1
        | Unary::Log
        | Unary::Log1P
        | Unary::Floor
        | Unary::Ceil
        | Unary::RoundEven
        | Unary::Tanh
        | Unary::Erf => Fact::moving(x.direction, x.range.map(apply)),
    }
}

fn binary(function: Binary, a: Fact, b: Fact, wraps: bool) -> Fact {
    use super::columns::Number;
    let apply = |a: f64, b: f64| f64::binary(function, a, b).unwrap_or(f64::NAN);
    if let (Some(a), Some(b)) = (a.constant, b.constant) {
        return Fact::constant(apply(a, b));
    }
    let arithmetic = !matches!(function, Binary::Min | Binary::Max);
    if arithmetic && wraps {
        return Fact::moving(Unknown, Interval::ALL);
    }
    let direction = match function {
        Binary::Add => sum(a, b),
        Binary::Sub => {
            let b = Fact {
                direction: b.direction.reversed(),
                ..b
            };
            sum(a, b)
        }
        Binary::Mul => match (a.constant, b.constant) {
            (None, Some(factor)) => a.direction.then(Direction::of_factor(factor)),
            (Some(factor), None) => b.direction.then(Direction::of_factor(factor)),
            _ => Unknown,
        },
        Binary::Div => quotient(a, b),
        Binary::Pow if b.constant == Some(1.0) => a.direction,
        // Powers of other exponents turn around at 0, or are not known to be computed well enough.
        Binary::Pow => Unknown,
        Binary::Min | Binary::Max => {
            let nan = [a, b]
                .iter()
                .any(|fact| fact.constant.is_some_and(f64::is_nan));
            if nan {
                Unknown
            } else {
                together(a.direction, b.direction)
            }
        }
    };
    let range = match function {
        Binary::Add | Binary::Sub | Binary::Mul | Binary::Min | Binary::Max => {
            a.range.pairs(b.range, apply)
        }
        Binary::Div if b.range.low > 0.0 => a.range.pairs(b.range, apply),
        Binary::Div | Binary::Pow => Interval::ALL,
    };
    Fact::moving(direction, range)
}

/// The direction of both, if they move alike.
fn together(a: Direction, b: Direction) -> Direction {
    match (a, b) {
        (Constant, other) | (other, Constant) => other,
        (a, b) if a == b => a,
        _ => Unknown,
    }
}

fn sum(a: Fact, b: Fact) -> Direction {
    let finite = |fact: Fact| fact.constant.is_none_or(f64::is_finite);
    if finite(a) && finite(b) {
        together(a.direction, b.direction)
    } else {
        Unknown
    }
}

fn quotient(a: Fact, b: Fact) -> Direction {
    match (a.constant, b.constant) {
        (None, Some(divisor)) => match Direction::of_factor(divisor) {
            Constant => Unknown,
            direction => a.direction.then(direction),
        },
        // The reciprocal of what keeps its sign.
        (Some(dividend), None) if b.range.low > 0.0 => {
            b.direction.reversed().then(Direction::of_factor(dividend))
        }
        _ => Unknown,
    }
}

fn compare(comparison: Comparison, a: Fact, b: Fact) -> Fact {
    let truth = |holds: bool| Fact::constant(f64::from(u8::from(holds)));
    if let (Some(a), Some(b)) = (a.constant, b.constant) {
        return truth(comparison.holds(a, b));
    }
    let (below, above) = (a.range.high < b.range.low, a.range.low > b.range.high);
    let nan = [a, b]
        .iter()
        .any(|fact| fact.constant.is_some_and(f64::is_nan));
    match comparison {
        _ if nan => truth(comparison == Comparison::NotEqual),
        Comparison::Equal if below || above => truth(false),
        Comparison::NotEqual if below || above => truth(true),
        Comparison::Less | Comparison::LessOrEqual if below || above => truth(below),
        Comparison::Greater | Comparison::GreaterOrEqual if below || above => truth(above),
        Comparison::Equal
        | Comparison::NotEqual
        | Comparison::Less
        | Comparison::LessOrEqual
        | Comparison::Greater
        | Comparison::GreaterOrEqual => Fact::moving(
            Unknown,
            Interval {
                low: 0.0,
                high: 1.0,
            },
        ),
    }
}
