//! Elementwise ops: the nodes of their formulas as ops of `arith` and `math`.
//!
//! A formula is computed in `f64` and rounded once, as evaluation does; in `f32` where that is the same. Transcendental
//! functions are the C library's. Of integers it is computed in 64 bits, which wrap, and cut off once.

use qonnx_dialects::declare::{Presence, Role};
use qonnx_dialects::formula::{Binary, Comparison, Formula, Node as Step, Unary};
use qonnx_dialects::ir::Val;
use qonnx_dialects::onnx::Op;
use qonnx_dialects::tensor::{Element, broadcast_shape};
use qonnx_dialects::upstream::{
    self, AffineMap, Compare, Convert, Integer, Resize, Scalar, Scalars,
};
use qonnx_dialects::value::TensorType;

use super::{Node, narrow, scalar, wide};
use crate::cpu::Refusal;
use crate::cpu::integer::machine_type;
use crate::cpu::machine::container;

/// Lowers the op.
pub fn lower<'c>(op: &Op, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let declaration = op.declaration();
    let formula = declaration
        .formula
        .as_ref()
        .ok_or("has no formula, so it has no machine code")?;
    let attributes = op.numbers();
    let role = |at: usize| declaration.operands.get(at).map(|operand| operand.role);
    let like = (0..node.operands.len()).find(|&at| node.has(at) && role(at) == Some(Role::Like));
    let numbers = Numbers::of(formula, node.ty(like.unwrap_or(0))?.element)?;
    let result = node.machine_result(0)?;
    if declaration
        .operands
        .iter()
        .any(|operand| operand.presence == Presence::Variadic)
    {
        return fold(formula, &attributes, numbers, node);
    }
    let rank = result.shape.len();
    let mut inputs = Vec::new();
    let mut operands = Vec::new();
    for (at, operand) in declaration.operands.iter().enumerate() {
        let known = || node.constant(at).ok().and_then(|value| value.as_scalar());
        operands.push(if !node.has(at) && operand.role == Role::Bound {
            // What is beyond an absent bound is beyond all numbers; the upper one is the last operand.
            Given::Absent {
                upper: at + 1 == declaration.operands.len(),
            }
        } else if let Some(number) = known().filter(|_| numbers.are_floats()) {
            Given::Number(number)
        } else {
            let element = node.ty(at)?.element;
            let input = match operand.role {
                // A scalar, or a tensor of one element in old exports.
                Role::Bound => {
                    let value = node.emit.reshape(node.tensor(at)?, &[]);
                    (value, AffineMap::scalar(rank))
                }
                _ => (node.tensor(at)?, node.indices(at, rank)?),
            };
            inputs.push(input);
            Given::Element(inputs.len() - 1, element)
        });
    }
    let value = node.each(&inputs, &result, |scalars, elements| {
        Body::new(formula, &attributes, numbers, scalars, operands, elements).result(&result)
    });
    Ok(vec![value])
}

/// Any number of operands, from left to right.
fn fold<'c>(
    formula: &Formula,
    attributes: &[f64],
    numbers: Numbers,
    node: &Node<'c, '_>,
) -> Result<Vec<Val<'c>>, Refusal> {
    let element = node.ty(0)?.element;
    let mut shape = node.ty(0)?.shape.clone();
    let mut value = node.tensor(0)?;
    for index in 1..node.operands.len() {
        let other = &node.ty(index)?.shape;
        let to = broadcast_shape(&shape, other).ok_or("has operands that do not broadcast")?;
        let inputs = [
            (value, AffineMap::broadcast(to.len(), &shape)),
            (node.tensor(index)?, AffineMap::broadcast(to.len(), other)),
        ];
        let result = machine_type(&TensorType::new(to.clone(), element));
        value = node.emit.map(&inputs, &result, |scalars, elements| {
            let operands = vec![Given::Element(0, element), Given::Element(1, element)];
            Body::new(formula, attributes, numbers, scalars, operands, elements).result(&result)
        });
        shape = to;
    }
    Ok(vec![value])
}

/// What the nodes of a formula are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbers {
    /// `f32`, where that gives what `f64` rounded once gives.
    Single,
    /// `f64`; `least` is the least number of the carrier.
    Double {
        /// Whether the carrier is `f32`.
        of_single: bool,
    },
    /// Integers of 64 bits, which wrap.
    Integers {
        /// Whether they are signed.
        signed: bool,
    },
}

impl Numbers {
    /// Those of a formula whose operands have these elements.
    fn of(formula: &Formula, element: Element) -> Result<Self, Refusal> {
        Ok(match element {
            Element::F32 if formula.is_single() => Self::Single,
            Element::F32 => Self::Double { of_single: true },
            Element::F64 => Self::Double { of_single: false },
            Element::Int { sign, .. } => {
                for step in formula.nodes {
                    match step {
                        Step::Binary(Binary::Div | Binary::Pow, ..) => {
                            return Err("divides integers, for which there is no code".to_owned());
                        }
                        Step::Unary(Unary::Neg | Unary::Abs, _) => {}
                        Step::Unary(..) => {
                            return Err(
                                "has a function of integers, for which there is no code".to_owned()
                            );
                        }
                        _ => {}
                    }
                }
                Self::Integers {
                    signed: !sign.is_unsigned(),
                }
            }
        })
    }

    fn are_floats(self) -> bool {
        !matches!(self, Self::Integers { .. })
    }
}

/// An operand of a formula.
#[derive(Clone, Copy)]
enum Given {
    /// The same number for all elements.
    Number(f64),
    /// An element of a tensor, by number, and of which type it is.
    Element(usize, Element),
    /// A bound that is left out.
    Absent {
        /// Which bound.
        upper: bool,
    },
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
    numbers: Numbers,
    scalars: &'a Scalars<'c, 'b>,
    operands: Vec<Given>,
    elements: &'a [Val<'c>],
    made: Vec<Option<Made<'c>>>,
}

impl<'c, 'a, 'b> Body<'c, 'a, 'b> {
    fn new(
        formula: &'a Formula,
        attributes: &'a [f64],
        numbers: Numbers,
        scalars: &'a Scalars<'c, 'b>,
        operands: Vec<Given>,
        elements: &'a [Val<'c>],
    ) -> Self {
        Self {
            formula,
            attributes,
            numbers,
            scalars,
            operands,
            elements,
            made: vec![None; formula.nodes.len()],
        }
    }

    /// The last node as an element of the result.
    fn result(mut self, result: &TensorType) -> Val<'c> {
        let last = self.formula.nodes.len() - 1;
        let to = scalar(result.element);
        if self.formula.is_condition() {
            let holds = self.condition(last);
            return self.scalars.convert(Resize::ExtU, holds, to);
        }
        let value = self.value(last);
        match (self.numbers, to) {
            (Numbers::Double { .. }, Scalar::F32) => narrow(self.scalars, value),
            (Numbers::Integers { .. }, Scalar::Int(width)) if width < 64 => {
                self.scalars.convert(Resize::Trunc, value, to)
            }
            _ => value,
        }
    }

    fn number(&self, value: f64) -> Val<'c> {
        match self.numbers {
            Numbers::Single => self.scalars.f32(value as f32),
            Numbers::Double { .. } => self.scalars.f64(value),
            Numbers::Integers { .. } => self.scalars.int(value as i64, 64),
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

    /// A node as a truth value.
    fn condition(&mut self, at: usize) -> Val<'c> {
        match self.node(at) {
            Made::Value(value) => value,
            Made::Number(value) => self.scalars.int(i64::from(value != 0.0), 1),
            Made::Known(holds) => self.scalars.int(i64::from(holds), 1),
        }
    }

    /// An element of an operand as a node.
    fn element(&self, operand: usize, at: usize, element: Element) -> Val<'c> {
        let value = self.elements[at];
        let scalars = self.scalars;
        let is_condition = self.formula.nodes.iter().any(|step| {
            matches!(step, Step::Select(condition, ..)
                if matches!(self.formula.nodes[*condition], Step::Operand(of) if of == operand))
        });
        let Element::Int { width, sign } = element else {
            return match (element, self.numbers) {
                (Element::F32, Numbers::Double { .. }) => wide(scalars, value),
                _ => value,
            };
        };
        if is_condition {
            let zero = scalars.int(0, container(width));
            return scalars.compare(Compare::NotEqual, value, zero);
        }
        let (extend, to_float) = match sign.is_unsigned() {
            true => (Resize::ExtU, Convert::UIToFP),
            false => (Resize::ExtS, Convert::SIToFP),
        };
        match self.numbers {
            Numbers::Integers { .. } if container(width) < 64 => {
                scalars.convert(extend, value, Scalar::Int(64))
            }
            Numbers::Integers { .. } => value,
            Numbers::Single => scalars.convert(to_float, value, Scalar::F32),
            Numbers::Double { .. } => scalars.convert(to_float, value, Scalar::F64),
        }
    }

    /// A bound that is beyond all numbers.
    fn absent(&self, upper: bool) -> Made<'c> {
        let greatest = match self.numbers {
            Numbers::Single | Numbers::Double { of_single: true } => f64::from(f32::MAX),
            Numbers::Double { of_single: false } => f64::MAX,
            Numbers::Integers { signed } => {
                let bound = match (signed, upper) {
                    (true, true) => i64::MAX,
                    (true, false) => i64::MIN,
                    (false, true) => -1,
                    (false, false) => 0,
                };
                return Made::Value(self.scalars.int(bound, 64));
            }
        };
        Made::Number(if upper { greatest } else { -greatest })
    }

    /// A node, emitted when something first needs it: what only an impossible case needs is left out.
    fn node(&mut self, at: usize) -> Made<'c> {
        if let Some(made) = self.made[at] {
            return made;
        }
        let made = match self.formula.nodes[at] {
            Step::Operand(operand) => match self.operands[operand] {
                Given::Number(value) => Made::Number(value),
                Given::Element(element, ty) => Made::Value(self.element(operand, element, ty)),
                Given::Absent { upper } => self.absent(upper),
            },
            Step::Attribute(attribute) => Made::Number(self.attributes[attribute]),
            Step::Number(value) => Made::Number(value),
            Step::Unary(function, x) => {
                let x = self.value(x);
                Made::Value(self.unary(function, x))
            }
            Step::Binary(function, a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                Made::Value(self.binary(function, a, b))
            }
            Step::Compare(comparison, a, b) => match (self.node(a), self.node(b)) {
                (Made::Number(a), Made::Number(b)) => Made::Known(comparison.holds(a, b)),
                _ => {
                    let (a, b) = (self.value(a), self.value(b));
                    Made::Value(
                        self.scalars
                            .compare(predicate(comparison, self.numbers), a, b),
                    )
                }
            },
            Step::Select(condition, yes, no) => match self.node(condition) {
                Made::Known(true) => self.node(yes),
                Made::Known(false) => self.node(no),
                Made::Number(number) if number != 0.0 => self.node(yes),
                Made::Number(_) => self.node(no),
                Made::Value(condition) => {
                    let (yes, no) = (self.value(yes), self.value(no));
                    Made::Value(self.scalars.select(condition, yes, no))
                }
            },
        };
        self.made[at] = Some(made);
        made
    }

    fn unary(&self, function: Unary, x: Val<'c>) -> Val<'c> {
        if self.numbers.are_floats() {
            return self.scalars.unary(unary(function), x);
        }
        let zero = self.scalars.int(0, 64);
        let negative = self.scalars.binary(Integer::Sub, zero, x);
        match (function, self.numbers) {
            (Unary::Abs, Numbers::Integers { signed: true }) => {
                let below = self.scalars.compare(Compare::LessS, x, zero);
                self.scalars.select(below, negative, x)
            }
            (Unary::Abs, _) => x,
            _ => negative,
        }
    }

    fn binary(&self, function: Binary, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        if let Numbers::Integers { signed } = self.numbers {
            let op = match (function, signed) {
                (Binary::Sub, _) => Integer::Sub,
                (Binary::Mul, _) => Integer::Mul,
                (Binary::Min, true) => Integer::MinS,
                (Binary::Min, false) => Integer::MinU,
                (Binary::Max, true) => Integer::MaxS,
                (Binary::Max, false) => Integer::MaxU,
                _ => Integer::Add,
            };
            return self.scalars.binary(op, a, b);
        }
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

fn predicate(comparison: Comparison, numbers: Numbers) -> Compare {
    let (floats, signed, unsigned) = match comparison {
        Comparison::Equal => (Compare::OrderedEqual, Compare::Equal, Compare::Equal),
        Comparison::NotEqual => (
            Compare::UnorderedNotEqual,
            Compare::NotEqual,
            Compare::NotEqual,
        ),
        Comparison::Less => (Compare::OrderedLess, Compare::LessS, Compare::LessU),
        Comparison::LessOrEqual => (
            Compare::OrderedLessEqual,
            Compare::LessEqualS,
            Compare::LessEqualU,
        ),
        Comparison::Greater => (
            Compare::OrderedGreater,
            Compare::GreaterS,
            Compare::GreaterU,
        ),
        Comparison::GreaterOrEqual => (
            Compare::OrderedGreaterEqual,
            Compare::GreaterEqualS,
            Compare::GreaterEqualU,
        ),
    };
    match numbers {
        Numbers::Integers { signed: true } => signed,
        Numbers::Integers { signed: false } => unsigned,
        _ => floats,
    }
}
