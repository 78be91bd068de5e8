//! `linalg.generic` with an integer body, as a Rust value.

use melior::Context;
use melior::ir::attribute::{ArrayAttribute, Attribute, DenseI32ArrayAttribute, IntegerAttribute};
use melior::ir::operation::{OperationBuilder, OperationLike, OperationResult};
use melior::ir::r#type::{IntegerType, RankedTensorType};
use melior::ir::{
    Block, BlockLike, Identifier, Location, Region, RegionLike, ShapedTypeLike, Type, ValueLike,
    operation::Operation,
};

use super::affine::AffineMap;
use super::with_destination;
use crate::ir::{self, Attributes, Val, block_arguments, block_ops, build_op_raw, defining_op, single_block};
use crate::tensor::Element;

const GENERIC: &str = "linalg.generic";
const YIELD: &str = "linalg.yield";

/// The kind of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IteratorKind {
    /// Each iteration writes another element.
    Parallel,
    /// Iterations accumulate.
    Reduction,
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

/// The names of the two-operand instructions.
const BINARY: [(&str, fn(usize, usize) -> Instr); 7] = [
    ("arith.addi", Instr::Add),
    ("arith.subi", Instr::Sub),
    ("arith.muli", Instr::Mul),
    ("arith.maxsi", Instr::MaxS),
    ("arith.maxui", Instr::MaxU),
    ("arith.minsi", Instr::MinS),
    ("arith.minui", Instr::MinU),
];

/// The names of the width-changing instructions.
const RESIZE: [(&str, fn(usize, u32) -> Instr); 3] =
    [("arith.extsi", Instr::ExtS), ("arith.extui", Instr::ExtU), ("arith.trunci", Instr::Trunc)];

impl Generic {
    /// Builds the op; `destination` is the initial value of the result and gives its type.
    pub fn build<'c>(
        &self,
        context: &'c Context,
        inputs: &[Val<'c>],
        destination: Val<'c>,
        location: Location<'c>,
    ) -> Operation<'c> {
        let maps: Vec<_> = self.maps.iter().map(|map| map.to_attribute(context)).collect();
        let iterators: Vec<_> = self
            .iterators
            .iter()
            .map(|kind| match kind {
                IteratorKind::Parallel => "#linalg.iterator_type<parallel>",
                IteratorKind::Reduction => "#linalg.iterator_type<reduction>",
            })
            .map(|text| Attribute::parse(context, text).expect("an attribute of linalg"))
            .collect();
        let segments = DenseI32ArrayAttribute::new(context, &[inputs.len() as i32, 1]);
        let attributes: Vec<(Identifier<'c>, Attribute<'c>)> = vec![
            (Identifier::new(context, "indexing_maps"), ArrayAttribute::new(context, &maps).into()),
            (Identifier::new(context, "iterator_types"), ArrayAttribute::new(context, &iterators).into()),
            (Identifier::new(context, "operandSegmentSizes"), segments.into()),
        ];
        let operands = with_destination(inputs, destination);
        let elements: Vec<_> =
            operands.iter().map(|value| (element_type(*value), location)).collect();
        let block = Block::new(&elements);
        self.build_body(context, &block, location);
        let region = Region::new();
        region.append_block(block);
        OperationBuilder::new(GENERIC, location)
            .add_operands(&operands)
            .add_attributes(&attributes)
            .add_results(&[destination.r#type()])
            .add_regions([region])
            .build()
            .expect("an op with explicit result types can always be created")
    }

    fn build_body<'c>(&self, context: &'c Context, block: &Block<'c>, location: Location<'c>) {
        let mut values: Vec<Val<'c>> = Vec::with_capacity(self.body.len());
        let argument = |at: usize| ir::val(block.argument(at).expect("one argument for each operand"));
        let append = |operation: Operation<'c>| -> Val<'c> {
            let op = block.append_operation(operation);
            ir::val(OperationResult::from(op.result(0).expect("the op has one result")))
        };
        let integer = |width: u32| -> Type<'c> { IntegerType::new(context, width).into() };
        for instr in &self.body {
            let value = match *instr {
                Instr::Input(at) => argument(at),
                Instr::Output => argument(self.maps.len() - 1),
                Instr::Constant(value, width) => {
                    let attribute = IntegerAttribute::new(integer(width), value).into();
                    let attributes = [("value", attribute)];
                    append(build_op_raw(context, super::CONSTANT, &[], &attributes, &[integer(width)], location))
                }
                Instr::ExtS(from, width) | Instr::ExtU(from, width) | Instr::Trunc(from, width) => {
                    let name = name_of(&RESIZE, |make| make(from, width) == *instr);
                    append(build_op_raw(context, name, &[values[from]], &[], &[integer(width)], location))
                }
                Instr::Add(a, b)
                | Instr::Sub(a, b)
                | Instr::Mul(a, b)
                | Instr::MaxS(a, b)
                | Instr::MaxU(a, b)
                | Instr::MinS(a, b)
                | Instr::MinU(a, b) => {
                    let name = name_of(&BINARY, |make| make(a, b) == *instr);
                    let operands = [values[a], values[b]];
                    append(build_op_raw(context, name, &operands, &[], &[operands[0].r#type()], location))
                }
            };
            values.push(value);
        }
        let result = *values.last().expect("a body yields its last instruction");
        block.append_operation(build_op_raw(context, YIELD, &[result], &[], &[], location));
    }

    /// Reads an op in place; `None` if it is not a `linalg.generic` with one result and such a body.
    pub fn read(op: ir::Op<'_>) -> Option<Self> {
        if ir::op_name(op) != GENERIC || op.result_count() != 1 {
            return None;
        }
        let at = Attributes::of(op);
        let maps = ArrayAttribute::try_from(at.any("indexing_maps")?).ok()?;
        let maps = (0..maps.len())
            .map(|index| AffineMap::read(maps.element(index).ok()?))
            .collect::<Option<Vec<_>>>()?;
        let iterators = ArrayAttribute::try_from(at.any("iterator_types")?).ok()?;
        let iterators = (0..iterators.len())
            .map(|index| match iterators.element(index).ok()?.to_string().as_str() {
                "#linalg.iterator_type<parallel>" => Some(IteratorKind::Parallel),
                "#linalg.iterator_type<reduction>" => Some(IteratorKind::Reduction),
                _ => None,
            })
            .collect::<Option<Vec<_>>>()?;
        let body = read_body(single_block(op)?, maps.len())?;
        Some(Self { maps, iterators, body })
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

fn name_of<T: Copy>(table: &[(&'static str, T)], is: impl Fn(T) -> bool) -> &'static str {
    table.iter().find(|(_, make)| is(*make)).map(|(name, _)| *name).expect("the table lists every kind")
}

fn element_type<'c>(value: Val<'c>) -> Type<'c> {
    RankedTensorType::try_from(value.r#type()).map_or(value.r#type(), |tensor| tensor.element())
}

fn read_body(block: ir::BlockHandle<'_>, operands: usize) -> Option<Body> {
    let mut values: Vec<Val<'_>> = block_arguments(block);
    let mut body: Body =
        (0..operands).map(|at| if at + 1 == operands { Instr::Output } else { Instr::Input(at) }).collect();
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
            Element::Int { width, unsigned: false } => width,
            _ => return None,
        };
        let instr = if name == super::CONSTANT {
            Instr::Constant(Attributes::of(op).int("value")?, width)
        } else if let Some((_, make)) = RESIZE.iter().find(|(known, _)| *known == name) {
            make(number(0)?, width)
        } else {
            let (_, make) = BINARY.iter().find(|(known, _)| *known == name)?;
            make(number(0)?, number(1)?)
        };
        debug_assert!(defining_op(result).is_some());
        body.push(instr);
        values.push(result);
    }
    None
}
