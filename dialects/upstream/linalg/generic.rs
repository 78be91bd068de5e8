//! `linalg.generic` with an integer body, as a Rust value.

use melior::Context;
use melior::ir::attribute::Attribute;
use melior::ir::operation::{Operation, OperationLike};
use melior::ir::{Location, ValueLike};

use super::affine::AffineMap;
use super::nest::Nest;
use crate::ir::{self, Attributes, Val, block_arguments, block_ops, defining_op, single_block};
use crate::tensor::{Element, Sign};
use crate::upstream::arith::{Integer, Resize, Scalar, Scalars};

pub(in crate::upstream) const GENERIC: &str = "linalg.generic";
pub(in crate::upstream) const YIELD: &str = "linalg.yield";

/// The kind of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IteratorKind {
    /// Each iteration writes another element.
    Parallel,
    /// Iterations accumulate.
    Reduction,
}

impl IteratorKind {
    const ALL: [Self; 2] = [Self::Parallel, Self::Reduction];

    const fn text(self) -> &'static str {
        match self {
            Self::Parallel => "#linalg.iterator_type<parallel>",
            Self::Reduction => "#linalg.iterator_type<reduction>",
        }
    }

    /// The MLIR attribute.
    pub(in crate::upstream) fn to_attribute(self, context: &Context) -> Attribute<'_> {
        Attribute::parse(context, self.text()).expect("the text is an attribute of linalg")
    }

    /// Reads an MLIR attribute.
    pub(in crate::upstream) fn read(attribute: Attribute<'_>) -> Option<Self> {
        let text = attribute.to_string();
        Self::ALL.into_iter().find(|kind| kind.text() == text)
    }
}

/// One instruction of a body. Operands are numbers of earlier instructions; results wrap to their width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instr {
    /// The element of an input.
    Input(usize),
    /// The element of the destination.
    Output,
    /// A constant of a width.
    Constant(i64, u32),
    /// Another width.
    Resize(Resize, usize, u32),
    /// Arithmetic of two.
    Integer(Integer, usize, usize),
}

impl Instr {
    /// The numbers of its operands.
    pub fn operands(&self) -> impl Iterator<Item = usize> + use<> {
        let operands = match *self {
            Self::Input(_) | Self::Output | Self::Constant(..) => [None, None],
            Self::Resize(_, a, _) => [Some(a), None],
            Self::Integer(_, a, b) => [Some(a), Some(b)],
        };
        operands.into_iter().flatten()
    }
}

/// The instructions of a body; the last one is yielded.
pub type Body = Vec<Instr>;

/// A loop nest: for each iteration, `output[map(i)] = body(inputs[map(i)]..., output[map(i)])`.
#[derive(Clone, Debug, PartialEq)]
pub struct Generic {
    /// One for each input, then one for the output.
    pub maps: Vec<AffineMap>,
    /// One for each loop.
    pub iterators: Vec<IteratorKind>,
    /// What one iteration computes.
    pub body: Body,
}

impl Generic {
    /// Builds the op; `destination` is the initial value of the result and gives its type.
    pub fn build<'c>(
        &self,
        context: &'c Context,
        inputs: &[Val<'c>],
        destination: Val<'c>,
        location: Location<'c>,
    ) -> Operation<'c> {
        self.nest().build(
            context,
            inputs,
            destination,
            location,
            |scalars, elements| self.build_body(scalars, elements),
        )
    }

    /// The loops without the body.
    pub fn nest(&self) -> Nest {
        Nest {
            maps: self.maps.clone(),
            iterators: self.iterators.clone(),
        }
    }

    fn build_body<'c>(&self, scalars: &Scalars<'c, '_>, elements: &[Val<'c>]) -> Val<'c> {
        let mut values: Vec<Val<'c>> = Vec::with_capacity(self.body.len());
        for instr in &self.body {
            let value = match *instr {
                Instr::Input(at) => elements[at],
                Instr::Output => elements[elements.len() - 1],
                Instr::Constant(value, width) => scalars.int(value, width),
                Instr::Resize(op, from, width) => {
                    scalars.convert(op, values[from], Scalar::Int(width))
                }
                Instr::Integer(op, a, b) => scalars.binary(op, values[a], values[b]),
            };
            values.push(value);
        }
        *values.last().expect("a body yields its last instruction")
    }

    /// Reads an op in place; `None` if it is not a `linalg.generic` with one result and such a body.
    pub fn read(op: ir::Op<'_>) -> Option<Self> {
        if op.result_count() != 1 {
            return None;
        }
        let Nest { maps, iterators } = Nest::read(op)?;
        let body = read_body(single_block(op)?, maps.len())?;
        Some(Self {
            maps,
            iterators,
            body,
        })
    }

    /// The width of each instruction, given the widths of the operands' elements.
    pub fn widths(&self, operands: &[u32]) -> Vec<u32> {
        let mut widths: Vec<u32> = Vec::with_capacity(self.body.len());
        for instr in &self.body {
            widths.push(match *instr {
                Instr::Input(at) => operands[at],
                Instr::Output => operands[operands.len() - 1],
                Instr::Constant(_, width) | Instr::Resize(_, _, width) => width,
                Instr::Integer(_, a, _) => widths[a],
            });
        }
        widths
    }
}

fn read_body(block: ir::BlockHandle<'_>, operands: usize) -> Option<Body> {
    let mut values: Vec<Val<'_>> = block_arguments(block);
    let mut body: Body = (0..operands)
        .map(|at| {
            if at + 1 == operands {
                Instr::Output
            } else {
                Instr::Input(at)
            }
        })
        .collect();
    for op in block_ops(block) {
        let name = ir::op_name(op);
        let number = |at: usize| {
            let operand = ir::val(op.operand(at).ok()?);
            values.iter().position(|value| *value == operand)
        };
        if name == YIELD {
            let result = number(0)?;
            // The yielded instruction must come last; what follows it was dead anyway.
            if result + 1 != body.len() {
                let repeat = body[result];
                match repeat {
                    Instr::Input(_) | Instr::Output | Instr::Constant(..) => body.push(repeat),
                    _ => body.truncate(result + 1),
                }
            }
            return Some(body);
        }
        let result = ir::val(op.result(0).ok()?);
        let width = match ir::element_of(result.r#type())? {
            Element::Int {
                width,
                sign: Sign::Signless,
            } => width,
            _ => return None,
        };
        let instr = if name == crate::upstream::CONSTANT {
            Instr::Constant(Attributes::of(op).int("value")?, width)
        } else if let Some(op) = Resize::named(&name) {
            Instr::Resize(op, number(0)?, width)
        } else {
            Instr::Integer(Integer::named(&name)?, number(0)?, number(1)?)
        };
        debug_assert!(defining_op(result).is_some());
        body.push(instr);
        values.push(result);
    }
    None
}
