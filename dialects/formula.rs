//! Functions of numbers as data: the one meaning of an elementwise op.
//!
//! A formula stands in the op's definition as text; the build parses it (`dialects/build/formula.rs`). Its evaluation,
//! how it moves with each operand, its machine code and its C++ are all made of the nodes here.
//!
//! **Meaning.** All nodes are `f64`; the result is rounded to the element type once. For one sum, difference, product,
//! quotient or square root of `f32` operands that is the correctly rounded `f32` operation, because 53 bits are at
//! least twice 24 bits plus two (Figueroa, "When is double rounding innocuous?", 1995). Transcendental functions are
//! the C library's. On integers, sums and products wrap and quotients are truncated toward zero.

mod columns;
mod direction;
mod undefined;

pub use columns::{Column, Number, Undefined};
pub use direction::Interval;

use crate::monotone::Direction;
use crate::tensor::Element;

/// A function.
#[derive(Clone, Copy, Debug)]
pub struct Formula {
    /// Each follows what it refers to; the last one is the result.
    pub nodes: &'static [Node],
    /// Whether integers have the function too.
    pub on_integers: bool,
    /// The integer types for which ONNX defines the function, if they are refused.
    pub refused_on: &'static [Element],
    /// How it moves with its operand, where the nodes do not show it.
    pub direction: Option<Direction>,
}

/// A number or a condition; the indices are those of nodes before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Node {
    /// An operand, by number.
    Operand(usize),
    /// An attribute, by number.
    Attribute(usize),
    /// A constant.
    Number(f64),
    /// A function of one number.
    Unary(Unary, usize),
    /// A function of two numbers.
    Binary(Binary, usize, usize),
    /// A condition; with NaN only `!=` holds.
    Compare(Comparison, usize, usize),
    /// The second where the condition holds, else the third.
    Select(usize, usize, usize),
}

impl Node {
    /// The nodes that it refers to.
    pub fn operands(&self) -> [Option<usize>; 3] {
        match *self {
            Self::Operand(_) | Self::Attribute(_) | Self::Number(_) => [None; 3],
            Self::Unary(_, x) => [Some(x), None, None],
            Self::Binary(_, a, b) | Self::Compare(_, a, b) => [Some(a), Some(b), None],
            Self::Select(condition, yes, no) => [Some(condition), Some(yes), Some(no)],
        }
    }
}

/// Functions of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    /// `-x`.
    Neg,
    /// Magnitude.
    Abs,
    /// Square root.
    Sqrt,
    /// e to the power `x`.
    Exp,
    /// `exp(x) - 1`, without cancellation.
    ExpM1,
    /// Natural logarithm.
    Log,
    /// `log(1 + x)`, without cancellation.
    Log1P,
    /// Greatest integer not above.
    Floor,
    /// Least integer not below.
    Ceil,
    /// Nearest integer, ties to even.
    RoundEven,
    /// Hyperbolic tangent.
    Tanh,
    /// Error function.
    Erf,
}

/// Functions of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// `a + b`.
    Add,
    /// `a - b`.
    Sub,
    /// `a * b`.
    Mul,
    /// `a / b`.
    Div,
    /// `a` to the power `b`, with the special cases of C99.
    Pow,
    /// `a` if it is NaN or `a < b`, else `b`.
    Min,
    /// `a` if it is NaN or `a > b`, else `b`.
    Max,
}

/// Comparisons of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `a == b`.
    Equal,
    /// `a != b`.
    NotEqual,
    /// `a < b`.
    Less,
    /// `a <= b`.
    LessOrEqual,
    /// `a > b`.
    Greater,
    /// `a >= b`.
    GreaterOrEqual,
}

impl Comparison {
    /// Whether it holds.
    pub fn holds<T: PartialOrd>(self, a: T, b: T) -> bool {
        match self {
            Self::Equal => a == b,
            Self::NotEqual => a != b,
            Self::Less => a < b,
            Self::LessOrEqual => a <= b,
            Self::Greater => a > b,
            Self::GreaterOrEqual => a >= b,
        }
    }
}

impl Formula {
    /// Whether the result is a truth value.
    pub fn is_condition(&self) -> bool {
        matches!(self.nodes.last(), Some(Node::Compare(..)))
    }

    /// Whether each node may be computed in `f32`, on operands and constants of `f32`, to the same result: at most one
    /// operation that rounds lies on each way through the formula.
    pub fn is_single(&self) -> bool {
        let mut rounded: Vec<bool> = Vec::with_capacity(self.nodes.len());
        for node in self.nodes {
            let of = |at: usize| rounded.get(at).copied().unwrap_or(true);
            rounded.push(match *node {
                Node::Operand(_) | Node::Attribute(_) => false,
                Node::Number(value) => {
                    if f64::from(value as f32) != value {
                        return false;
                    }
                    false
                }
                Node::Unary(Unary::Neg | Unary::Abs, x) => of(x),
                Node::Unary(Unary::Floor | Unary::Ceil | Unary::RoundEven, x) if !of(x) => false,
                Node::Unary(Unary::Sqrt, x) if !of(x) => true,
                Node::Binary(Binary::Add | Binary::Sub | Binary::Mul | Binary::Div, a, b)
                    if !of(a) && !of(b) =>
                {
                    true
                }
                Node::Binary(Binary::Min | Binary::Max, a, b) if !of(a) && !of(b) => false,
                Node::Compare(_, a, b) if !of(a) && !of(b) => false,
                Node::Select(_, yes, no) => of(yes) || of(no),
                Node::Unary(..) | Node::Binary(..) | Node::Compare(..) => return false,
            });
        }
        true
    }

    /// Whether the result is one of the operands or a small whole number, and so never rounded.
    pub fn never_rounds(&self) -> bool {
        self.nodes.iter().enumerate().all(|(at, node)| match *node {
            Node::Operand(_) | Node::Compare(..) | Node::Select(..) => true,
            // What is not a result by itself does not matter.
            Node::Number(value) => value.fract() == 0.0 || !self.is_result(at),
            Node::Attribute(_) => !self.is_result(at),
            Node::Unary(function, _) => matches!(
                function,
                Unary::Neg | Unary::Abs | Unary::Floor | Unary::Ceil | Unary::RoundEven
            ),
            Node::Binary(Binary::Min | Binary::Max, ..) => true,
            // Nothing but the sign of a zero, or NaN.
            Node::Binary(Binary::Mul, a, b) => {
                [a, b].iter().any(|&at| self.nodes[at] == Node::Number(0.0))
            }
            Node::Binary(Binary::Add | Binary::Sub | Binary::Div | Binary::Pow, ..) => false,
        })
    }

    /// Whether the result may be that of a node.
    fn is_result(&self, node: usize) -> bool {
        let last = self.nodes.len() - 1;
        node == last
            || self
                .nodes
                .iter()
                .enumerate()
                .any(|(at, other)| match *other {
                    Node::Select(_, yes, no) => (yes == node || no == node) && self.is_result(at),
                    Node::Binary(Binary::Min | Binary::Max, a, b) => {
                        (a == node || b == node) && self.is_result(at)
                    }
                    _ => false,
                })
    }

    /// Whether the result changes by steps as an operand moves: it is a truth value, is made of roundings to integers, or
    /// of parts that do not meet.
    pub fn has_steps(&self, attributes: &[f64]) -> bool {
        let rounds = |node: &Node| {
            matches!(
                node,
                Node::Unary(Unary::Floor | Unary::Ceil | Unary::RoundEven, _)
            )
        };
        self.is_condition()
            || self.nodes.iter().any(rounds)
            || self.nodes.iter().any(|node| match *node {
                Node::Select(condition, yes, no) => {
                    self.parts_meet(condition, yes, no, attributes) == Some(false)
                }
                _ => false,
            })
    }

    /// Whether two parts have one value where an operand passes the number that divides them; `None` if it is none.
    fn parts_meet(
        &self,
        condition: usize,
        yes: usize,
        no: usize,
        attributes: &[f64],
    ) -> Option<bool> {
        let Node::Compare(comparison, x, bound) = self.nodes[condition] else {
            return None;
        };
        let (Node::Operand(operand), Node::Number(bound)) = (self.nodes[x], self.nodes[bound])
        else {
            return None;
        };
        if matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
            return None;
        }
        // The others are any numbers.
        let mut operands = vec![1.0; operand + 3];
        operands[operand] = bound;
        let value = |node: usize| {
            let nodes = &self.nodes[..=node];
            Self { nodes, ..*self }.at(&operands, attributes)
        };
        Some(value(yes) == value(no))
    }

    /// The result for one number of each operand.
    pub fn at(&self, operands: &[f64], attributes: &[f64]) -> f64 {
        let columns: Vec<_> = operands.iter().map(|&x| Column::Same(x)).collect();
        let mut result = [0.0];
        // Only quotients of integers are undefined.
        let _ = self.column(&columns, attributes, &mut result);
        result[0]
    }
}
