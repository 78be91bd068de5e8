//! Elementwise ops: the nodes of their formulas as ops of `arith` and `math`.
//!
//! A formula is computed in `f64` and rounded once, as evaluation does; in `f32` where that is the same. Transcendental
//! functions are the C library's.

use qonnx_dialects::declare::{Presence, Role};
use qonnx_dialects::formula::{Binary, Comparison, Formula, Node as Step, Unary};
use qonnx_dialects::ir::Val;
use qonnx_dialects::onnx::Op;
use qonnx_dialects::tensor::broadcast_shape;
use qonnx_dialects::upstream::{self, AffineMap, Compare, Scalars};
use qonnx_dialects::value::TensorType;

use super::{Node, narrow, wide};
use crate::cpu::Refusal;

/// Lowers the op.
pub fn lower<'c>(op: &Op, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let declaration = op.declaration();
    let formula = declaration
        .formula
        .as_ref()
        .ok_or("has no formula, so it has no machine code")?;
    let result = node.result()?;
    let attributes = op.numbers();
    if declaration
        .operands
        .iter()
        .any(|operand| operand.presence == Presence::Variadic)
    {
        return fold(formula, &attributes, node);
    }
    let rank = result.shape.len();
    let mut inputs = Vec::new();
    let mut operands = Vec::new();
    for (at, operand) in declaration.operands.iter().enumerate() {
        let absent = !node.has(at);
        operands.push(if absent && operand.role == Role::Bound {
            // Infinities are beyond an absent bound; the upper one is the last operand.
            let upper = at + 1 == declaration.operands.len();
            Given::Number(if upper { f32::MAX } else { f32::MIN }.into())
        } else if let Some(number) = node.constant(at).ok().and_then(|value| value.as_scalar()) {
            Given::Number(number)
        } else if operand.role == Role::Bound {
            // A scalar, or a tensor of one element in old exports.
            let value = node.emit.reshape(node.value(at)?, &[]);
            inputs.push((value, AffineMap::scalar(rank)));
            Given::Element(inputs.len() - 1)
        } else {
            inputs.push(node.broadcast(at, rank)?);
            Given::Element(inputs.len() - 1)
        });
    }
    let value = node.each(&inputs, result, |scalars, elements| {
        Body::new(formula, &attributes, scalars, operands, elements).result()
    });
    Ok(vec![value])
}

/// Any number of operands, from left to right.
fn fold<'c>(
    formula: &Formula,
    attributes: &[f64],
    node: &Node<'c, '_>,
) -> Result<Vec<Val<'c>>, Refusal> {
    let mut shape = node.ty(0)?.shape.clone();
    let mut value = node.value(0)?;
    for index in 1..node.operands.len() {
        let other = &node.ty(index)?.shape;
        let to = broadcast_shape(&shape, other).ok_or("has operands that do not broadcast")?;
        let inputs = [
            (value, AffineMap::broadcast(to.len(), &shape)),
            (node.value(index)?, AffineMap::broadcast(to.len(), other)),
        ];
        value = node.emit.map(
            &inputs,
            &TensorType::f32(to.clone()),
            |scalars, elements| {
                let operands = vec![Given::Element(0), Given::Element(1)];
                Body::new(formula, attributes, scalars, operands, elements).result()
            },
        );
        shape = to;
    }
    Ok(vec![value])
}

/// An operand of a formula.
#[derive(Clone, Copy)]
enum Given {
    /// The same number for all elements.
    Number(f64),
    /// An element of a tensor, by number.
    Element(usize),
}

/// A node of a formula, as far as it has been emitted.
#[derive(Clone, Copy)]
enum Made<'c> {
    Number(f64),
    Known(bool),
    Value(Val<'c>),
}

/// The body of a loop nest that computes a formula.
struct Body<'c, 'a, 'b> {
    formula: &'a Formula,
    attributes: &'a [f64],
    scalars: &'a Scalars<'c, 'b>,
    operands: Vec<Given>,
    elements: &'a [Val<'c>],
    /// Whether nodes are `f32`.
    single: bool,
    made: Vec<Option<Made<'c>>>,
}

impl<'c, 'a, 'b> Body<'c, 'a, 'b> {
    fn new(
        formula: &'a Formula,
        attributes: &'a [f64],
        scalars: &'a Scalars<'c, 'b>,
        operands: Vec<Given>,
        elements: &'a [Val<'c>],
    ) -> Self {
        Self {
            formula,
            attributes,
            scalars,
            operands,
            elements,
            single: formula.is_single(),
            made: vec![None; formula.nodes.len()],
        }
    }

    fn result(mut self) -> Val<'c> {
        let last = self.formula.nodes.len() - 1;
        let value = self.value(last);
        if self.single {
            value
        } else {
            narrow(self.scalars, value)
        }
    }

    fn number(&self, value: f64) -> Val<'c> {
        if self.single {
            self.scalars.f32(value as f32)
        } else {
            self.scalars.f64(value)
        }
    }

    /// A node as a value.
    fn value(&mut self, at: usize) -> Val<'c> {
        match self.node(at) {
            Made::Value(value) => value,
            Made::Number(value) => self.number(value),
            Made::Known(holds) => self.number(f64::from(u8::from(holds))),
        }
    }

    /// A node, emitted when something first needs it: what only an impossible case needs is left out.
    fn node(&mut self, at: usize) -> Made<'c> {
        if let Some(made) = self.made[at] {
            return made;
        }
        let made = match self.formula.nodes[at] {
            Step::Operand(operand) => match self.operands[operand] {
                Given::Number(value) => Made::Number(value),
                Given::Element(element) => {
                    let element = self.elements[element];
                    Made::Value(if self.single {
                        element
                    } else {
                        wide(self.scalars, element)
                    })
                }
            },
            Step::Attribute(attribute) => Made::Number(self.attributes[attribute]),
            Step::Number(value) => Made::Number(value),
            Step::Unary(function, x) => {
                let x = self.value(x);
                Made::Value(self.scalars.unary(unary(function), x))
            }
            Step::Binary(function, a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                Made::Value(self.binary(function, a, b))
            }
            Step::Compare(comparison, a, b) => match (self.node(a), self.node(b)) {
                (Made::Number(a), Made::Number(b)) => Made::Known(comparison.holds(a, b)),
                _ => {
                    let (a, b) = (self.value(a), self.value(b));
                    Made::Value(self.scalars.compare(predicate(comparison), a, b))
                }
            },
            Step::Select(condition, yes, no) => match self.node(condition) {
                Made::Known(true) => self.node(yes),
                Made::Known(false) => self.node(no),
                Made::Value(condition) => {
                    let (yes, no) = (self.value(yes), self.value(no));
                    Made::Value(self.scalars.select(condition, yes, no))
                }
                Made::Number(_) => unreachable!("a condition is a comparison"),
            },
        };
        self.made[at] = Some(made);
        made
    }

    fn binary(&self, function: Binary, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        let op = match function {
            Binary::Add => upstream::Float::Add,
            Binary::Sub => upstream::Float::Sub,
            Binary::Mul => upstream::Float::Mul,
            Binary::Div => upstream::Float::Div,
            Binary::Pow => upstream::Float::Pow,
            Binary::Min => return prefer(self.scalars, Compare::OrderedLess, a, b),
            Binary::Max => return prefer(self.scalars, Compare::OrderedGreater, a, b),
        };
        self.scalars.binary(op, a, b)
    }
}

/// `a` if it is NaN or `a compare b` holds, else `b`.
pub fn prefer<'c>(scalars: &Scalars<'c, '_>, compare: Compare, a: Val<'c>, b: Val<'c>) -> Val<'c> {
    let rest = scalars.select(scalars.compare(compare, a, b), a, b);
    scalars.select(scalars.compare(Compare::Unordered, a, a), a, rest)
}

fn unary(function: Unary) -> upstream::Unary {
    match function {
        Unary::Neg => upstream::Unary::NegF,
        Unary::Abs => upstream::Unary::AbsF,
        Unary::Sqrt => upstream::Unary::Sqrt,
        Unary::Exp => upstream::Unary::Exp,
        Unary::ExpM1 => upstream::Unary::ExpM1,
        Unary::Log => upstream::Unary::Log,
        Unary::Log1P => upstream::Unary::Log1P,
        Unary::Floor => upstream::Unary::Floor,
        Unary::Ceil => upstream::Unary::Ceil,
        Unary::RoundEven => upstream::Unary::RoundEven,
        Unary::Tanh => upstream::Unary::Tanh,
        Unary::Erf => upstream::Unary::Erf,
    }
}

fn predicate(comparison: Comparison) -> Compare {
    match comparison {
        Comparison::Equal => Compare::OrderedEqual,
        Comparison::NotEqual => Compare::UnorderedNotEqual,
        Comparison::Less => Compare::OrderedLess,
        Comparison::LessOrEqual => Compare::OrderedLessEqual,
        Comparison::Greater => Compare::OrderedGreater,
        Comparison::GreaterOrEqual => Compare::OrderedGreaterEqual,
    }
}
