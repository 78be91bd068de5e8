//! The float regions of level 3: ops of `onnx` and `qonnx` as loop nests, one file for each family.
//!
//! The meaning of each op is its evaluation in the dialect; what is emitted here does the same operations in the
//! same order, so that results agree bit for bit. To add an op, add it to the file of its family; elementwise ops need
//! nothing.

mod contraction;
mod conversion;
mod elementwise;
mod movement;
mod normalization;
mod packed;
mod pooling;
mod quantizer;
mod reduction;
mod search;

use std::cell::Cell;

use qonnx_dialects::declare::Presence;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, NoElements, Val};
use qonnx_dialects::onnx::{Conversion, Family, Normalization};
use qonnx_dialects::tensor::{Element, Tensor};
use qonnx_dialects::upstream::{AffineMap, Convert, Float, Nest, Scalar, Scalars, Slice};
use qonnx_dialects::value::{TensorType, ValueInfo, normalize_axis};

use super::Refusal;
use super::emit::{Emitter, Indexed};
use super::integer::machine_type;
use super::layout::Channels;
use super::machine::container;

/// An operand of a graph op.
#[derive(Clone)]
pub struct Operand<'c> {
    /// The value in the old function.
    pub old: Val<'c>,
    /// Its tensor in the new function; constants of the graph have none.
    pub machine: Option<Val<'c>>,
    /// Its type.
    pub ty: TensorType,
    /// Whether its channels are innermost.
    pub channels: Option<Channels>,
}

/// A graph op to lower.
pub struct Node<'c, 'a> {
    /// Where the ops go.
    pub emit: Emitter<'c>,
    /// The operands; `None` for absent ones.
    pub operands: &'a [Option<Operand<'c>>],
    /// The types of the results.
    pub results: &'a [TensorType],
    /// Features of the processor that kernels may use.
    pub features: &'a str,
    /// Whether the result of an elementwise op gets its channels innermost, as operands have.
    pub channels: Option<Channels>,
    /// Whether the channels of the first result have become innermost.
    pub stored: Cell<Option<Channels>>,
    /// What is said of a contraction: which kernel computes it, or why none does.
    pub said: Cell<Option<String>>,
}

impl<'c> Node<'c, '_> {
    /// Says something of the op instead of what was said before.
    fn say(&self, said: String) {
        self.said.set(Some(said));
    }

    fn operand(&self, index: usize) -> Result<&Operand<'c>, Refusal> {
        self.operands
            .get(index)
            .and_then(Option::as_ref)
            .ok_or_else(|| format!("has no operand {index}"))
    }

    /// Whether the operand is there.
    fn has(&self, index: usize) -> bool {
        self.operands.get(index).is_some_and(Option::is_some)
    }

    /// The type of an operand.
    fn ty(&self, index: usize) -> Result<&TensorType, Refusal> {
        self.operand(index).map(|operand| &operand.ty)
    }

    /// The tensor of an `f32` operand.
    fn value(&self, index: usize) -> Result<Val<'c>, Refusal> {
        let operand = self.operand(index)?;
        if operand.ty.element != Element::F32 {
            return Err(format!(
                "has operand {index} of element type {}, only f32 has code",
                operand.ty.element
            ));
        }
        match operand.machine {
            Some(value) => Ok(value),
            None => self
                .constant(index)
                .map(|tensor| self.emit.constant(&tensor)),
        }
    }

    /// The tensor of an operand of any numbers, integers as machine integers.
    fn tensor(&self, index: usize) -> Result<Val<'c>, Refusal> {
        let operand = self.operand(index)?;
        check_element(operand.ty.element)
            .map_err(|found| format!("has operand {index} of element type {found}"))?;
        if let Some(value) = operand.machine {
            return Ok(value);
        }
        let tensor = self.constant(index)?;
        Ok(self
            .emit
            .constant(&match (tensor.as_int(), operand.ty.element) {
                (Some(values), Element::Int { width, .. }) => {
                    let element = Element::int(container(width));
                    Tensor::of_integers(element, tensor.shape.clone(), values.to_vec())
                }
                _ => tensor,
            }))
    }

    /// The type of the tensor that keeps a result of any numbers.
    fn machine_result(&self, index: usize) -> Result<TensorType, Refusal> {
        let result = self.results.get(index).ok_or("has no result")?;
        check_element(result.element).map_err(|found| format!("has results of type {found}"))?;
        Ok(machine_type(result))
    }

    /// The value of an operand that must be known.
    fn constant(&self, index: usize) -> Result<Tensor, Refusal> {
        self.known(index, self.operand(index)?)?
            .ok_or_else(|| format!("has operand {index} that is not a constant"))
    }

    /// The value of an operand, if it is known.
    fn known(&self, index: usize, operand: &Operand<'c>) -> Result<Option<Tensor>, Refusal> {
        match ir::constant_elements(operand.old) {
            Ok(value) => Ok(Some(value)),
            Err(NoElements::Absent) => Ok(None),
            Err(reason) => Err(format!("has a constant operand {index} that {reason}")),
        }
    }

    /// The integers of an operand that must be known.
    fn integers(&self, index: usize) -> Result<Vec<i64>, Refusal> {
        let tensor = self.constant(index)?;
        tensor
            .as_int()
            .map(<[i64]>::to_vec)
            .ok_or_else(|| format!("has operand {index} that is not of integers"))
    }

    /// The type of the first result.
    fn result(&self) -> Result<&TensorType, Refusal> {
        let result = self.results.first().ok_or("has no result")?;
        if result.element == Element::F32 {
            Ok(result)
        } else {
            Err(format!(
                "has results of element type {}, only f32 has code",
                result.element
            ))
        }
    }

    /// An axis of an operand counted from the front.
    fn axis(&self, axis: i64, rank: usize) -> Result<usize, Refusal> {
        normalize_axis(axis, rank)
            .ok_or_else(|| format!("has axis {axis}, expected one of {rank} dimensions"))
    }

    /// An operand indexed as broadcasting to the result does.
    fn broadcast(&self, index: usize, rank: usize) -> Result<Indexed<'c>, Refusal> {
        Ok((self.value(index)?, self.indices(index, rank)?))
    }

    /// How broadcasting to the result indexes an operand, as it lies in memory.
    fn indices(&self, index: usize, rank: usize) -> Result<AffineMap, Refusal> {
        let map = AffineMap::broadcast(rank, &self.ty(index)?.shape);
        Ok(match self.operand(index)?.channels {
            Some(channels) => channels.map(&map),
            None => map,
        })
    }

    /// A tensor of which each element is `body` of the inputs' elements, in the order of memory that the operands have.
    fn each(
        &self,
        inputs: &[Indexed<'c>],
        result: &TensorType,
        body: impl FnOnce(&Scalars<'c, '_>, &[Val<'c>]) -> Val<'c>,
    ) -> Val<'c> {
        let Some(channels) = self.channels else {
            return self.emit.map(inputs, result, body);
        };
        let order = channels.order(result.rank());
        let inputs: Vec<_> = inputs
            .iter()
            .map(|(value, map)| (*value, map.permuted(&order)))
            .collect();
        self.stored.set(Some(channels));
        self.emit.map(&inputs, &channels.stored(result), body)
    }

    /// Types and values of the operands, for what the dialect computes from constants; runs `with` on them.
    fn with_infos<R>(
        &self,
        with: impl FnOnce(&[Option<ValueInfo<'_>>]) -> R,
    ) -> Result<R, Refusal> {
        let mut known = Vec::with_capacity(self.operands.len());
        for (index, operand) in self.operands.iter().enumerate() {
            known.push(match operand {
                Some(operand) => Some((&operand.ty, self.known(index, operand)?)),
                None => None,
            });
        }
        let infos: Vec<_> = known
            .iter()
            .map(|entry| {
                entry.as_ref().map(|(ty, value)| ValueInfo {
                    ty,
                    value: value.as_ref(),
                })
            })
            .collect();
        Ok(with(&infos))
    }
}

/// Sums in `f64`: a nest over an `f64` tensor that starts as `start`, and what it adds.
fn accumulate<'c>(
    emit: &Emitter<'c>,
    nest: &Nest,
    inputs: &[Val<'c>],
    shape: &[usize],
    start: f64,
    body: impl FnOnce(&Scalars<'c, '_>, &[Val<'c>]) -> Val<'c>,
) -> Val<'c> {
    let start = emit.fill(&TensorType::new(shape, Element::F64), |scalars| {
        scalars.f64(start)
    });
    emit.nest(nest, inputs, start, body)
}

/// Elements that have machine code: floats, and integers that fill their container, or are truth values.
fn check_element(element: Element) -> Result<(), Element> {
    match element {
        Element::Int { width, .. } if width != container(width) && element != Element::BOOL => {
            Err(element)
        }
        _ => Ok(()),
    }
}

/// The scalar that an element is in a body.
fn scalar(element: Element) -> Scalar {
    match element {
        Element::F32 => Scalar::F32,
        Element::F64 => Scalar::F64,
        Element::Int { width, .. } => Scalar::Int(container(width)),
    }
}

/// Adds the product of the first two elements, `f64` and `f32`, to the third.
fn multiply_add_wide<'c>(scalars: &Scalars<'c, '_>, elements: &[Val<'c>]) -> Val<'c> {
    let product = scalars.binary(Float::Mul, elements[0], wide(scalars, elements[1]));
    scalars.binary(Float::Add, elements[2], product)
}

/// `x` as `f64`.
fn wide<'c>(scalars: &Scalars<'c, '_>, x: Val<'c>) -> Val<'c> {
    scalars.convert(Convert::ExtF, x, Scalar::F64)
}

/// `x` rounded to `f32`.
fn narrow<'c>(scalars: &Scalars<'c, '_>, x: Val<'c>) -> Val<'c> {
    scalars.convert(Convert::TruncF, x, Scalar::F32)
}

/// `value` in the middle of a tensor of `shape` that is `fill` elsewhere, or `value` itself if nothing is added.
fn padded<'c>(
    emit: &Emitter<'c>,
    value: Val<'c>,
    before: &[usize],
    shape: &[usize],
    fill: f32,
) -> Val<'c> {
    let ty = emit.type_of(value);
    if ty.shape == shape {
        return value;
    }
    let whole = emit.fill(&TensorType::f32(shape), |scalars| scalars.f32(fill));
    emit.insert(&Slice::contiguous(before.to_vec(), ty.shape), value, whole)
}

/// Whether an op computes element by element and may do so in any order.
pub fn keeps_channels(op: &GraphOp) -> bool {
    match op {
        GraphOp::Onnx(op) => match op.family() {
            Family::Elementwise(op) => {
                let mut operands = op.declaration().operands.iter();
                operands.all(|operand| operand.presence != Presence::Variadic)
            }
            Family::Normalization(Normalization::BatchNormalization(_)) => true,
            _ => false,
        },
        GraphOp::Qonnx(_) => false,
    }
}

/// Lowers a graph op; returns its results.
pub fn lower<'c>(op: &GraphOp, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let op = match op {
        GraphOp::Onnx(op) => op,
        GraphOp::Qonnx(op) => return quantizer::lower(op, node),
    };
    match op.family() {
        Family::Elementwise(op) => elementwise::lower(op, node),
        Family::Contraction(op) => contraction::lower(op, node),
        Family::Pooling(op) => pooling::lower(op, node),
        Family::Normalization(op) => normalization::lower(op, node),
        Family::Reduction(op) => reduction::lower(op, node),
        Family::Conversion(Conversion::Cast(_)) => conversion::cast(node),
        Family::Reshaping(_) => movement::reshape(node),
        Family::Movement(op) => movement::lower(op, node),
    }
}
