//! `linalg.generic` with an integer body, as a Rust value.

use melior::Context;
use melior::ir::attribute::Attribute;
use melior::ir::operation::{Operation, OperationLike};
use melior::ir::{Location, ValueLike};

use super::affine::AffineMap;
use super::nest::Nest;
use crate::ir::{self, Attributes, Val, block_arguments, block_ops, defining_op, single_block};
use crate::tensor::Element;
use crate::upstream::arith::{Binary, Convert, Scalar, Scalars};

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
    /// `arith.extsi` to a width.
    ExtS(usize, u32),
    /// `arith.extui` to a width.
    ExtU(usize, u32),
    /// `arith.trunci` to a width.
    Trunc(usize, u32),
    /// `arith.addi`.
    Add(usize, usize),
    /// `arith.subi`.
    Sub(usize, usize),
    /// `arith.muli`.
    Mul(usize, usize),
    /// `arith.maxsi`.
    MaxS(usize, usize),
    /// `arith.maxui`.
    MaxU(usize, usize),
    /// `arith.minsi`.
    MinS(usize, usize),
    /// `arith.minui`.
    MinU(usize, usize),
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

/// Makes an instruction from the numbers of its operands.
type MakeBinary = fn(usize, usize) -> Instr;
/// Makes an instruction from the number of its operand and a width.
type MakeResize = fn(usize, u32) -> Instr;

/// The two-operand instructions.
const BINARY: [(Binary, MakeBinary); 7] = [
    (Binary::AddI, Instr::Add),
    (Binary::SubI, Instr::Sub),
    (Binary::MulI, Instr::Mul),
    (Binary::MaxSI, Instr::MaxS),
    (Binary::MaxUI, Instr::MaxU),
    (Binary::MinSI, Instr::MinS),
    (Binary::MinUI, Instr::MinU),
];

/// The width-changing instructions.
const RESIZE: [(Convert, MakeResize); 3] = [
    (Convert::ExtSI, Instr::ExtS),
    (Convert::ExtUI, Instr::ExtU),
    (Convert::TruncI, Instr::Trunc),
];

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
                Instr::ExtS(from, width) | Instr::ExtU(from, width) | Instr::Trunc(from, width) => {
                    let op = kind_of(&RESIZE, |make| make(from, width) == *instr);
                    scalars.convert(op, values[from], Scalar::Int(width))
                }
                Instr::Add(a, b)
                | Instr::Sub(a, b)
                | Instr::Mul(a, b)
                | Instr::MaxS(a, b)
                | Instr::MaxU(a, b)
                | Instr::MinS(a, b)
                | Instr::MinU(a, b) => scalars.binary(
                    kind_of(&BINARY, |make| make(a, b) == *instr),
                    values[a],
                    values[b],
                ),
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
                Instr::Constant(_, width)
                | Instr::ExtS(_, width)
                | Instr::ExtU(_, width)
                | Instr::Trunc(_, width) => width,
                Instr::Add(a, _)
                | Instr::Sub(a, _)
                | Instr::Mul(a, _)
                | Instr::MaxS(a, _)
                | Instr::MaxU(a, _)
                | Instr::MinS(a, _)
                | Instr::MinU(a, _) => widths[a],
            });
        }
        widths
    }
}

fn kind_of<K: Copy, T: Copy>(table: &[(K, T)], is: impl Fn(T) -> bool) -> K {
    table
        .iter()
        .find(|(_, make)| is(*make))
        .map(|(kind, _)| *kind)
        .expect("the table lists every kind")
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
                unsigned: false,
            } => width,
            _ => return None,
        };
        let instr = if name == crate::upstream::CONSTANT {
            Instr::Constant(Attributes::of(op).int("value")?, width)
        } else if let Some((_, make)) = RESIZE.iter().find(|(known, _)| known.name() == name) {
            make(number(0)?, width)
        } else {
            let (_, make) = BINARY.iter().find(|(known, _)| known.name() == name)?;
            make(number(0)?, number(1)?)
        };
        debug_assert!(defining_op(result).is_some());
        body.push(instr);
        values.push(result);
    }
    None
}
