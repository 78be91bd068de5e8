//! The layers of one hardware network: conversion of each integer op.

use melior::Context;
use melior::ir::operation::OperationLike;
use melior::ir::{Location, Type};
use qonnx_dialects::dataflow::{self, Activation, Array, Function};
use qonnx_dialects::ir::{self, BlockHandle, NoElements, Op, Val};
use qonnx_dialects::pass::{PassResult, Reported, fail};
use qonnx_dialects::qint;
use qonnx_dialects::tensor::{Element, Tensor, for_each_index, sign_extend, strides, zero_extend};
use qonnx_dialects::upstream::{self, Slice};
use qonnx_dialects::word::Word;
use std::collections::HashMap;

use super::readers::Readers;

/// The conversion of one stage: a value of the integer level is an array here.
pub struct Layers<'c, 'r> {
    context: &'c Context,
    block: BlockHandle<'c>,
    arrays: HashMap<usize, (Val<'c>, Array)>,
    readers: &'r Readers,
    /// The op that is being converted.
    op: Op<'c>,
}

impl<'c, 'r> Layers<'c, 'r> {
    /// Layers are appended to `block`; the first op that is converted is `first`.
    pub fn new(
        context: &'c Context,
        block: BlockHandle<'c>,
        readers: &'r Readers,
        first: Op<'c>,
    ) -> Self {
        Self {
            context,
            block,
            arrays: HashMap::new(),
            readers,
            op: first,
        }
    }

    /// Says which array holds a value of the integer level.
    pub fn bind(&mut self, value: Val<'c>, array: Val<'c>, r#type: Array) {
        self.arrays.insert(ir::value_key(value), (array, r#type));
    }

    /// Appends a layer. Fails if hardware has no array of that type.
    pub fn append(
        &mut self,
        layer: &dataflow::Op,
        operands: &[Val<'c>],
        result: Array,
        location: Location<'c>,
    ) -> Result<(Val<'c>, Array), Reported> {
        let r#type = type_of_array(result, self.context, self.op)?;
        let op = ir::build_op(
            self.block,
            None,
            layer.build(self.context, operands, r#type, location),
        );
        let value = ir::val(op.result(0).expect("a layer has one result"));
        Ok((value, result))
    }

    /// The location of a layer whose result is no tensor of the integer level.
    pub fn nameless(&self) -> Location<'c> {
        Location::unknown(self.context)
    }

    /// The array of a value, its bits read as signed or unsigned numbers, or as its producer left them.
    pub fn array(
        &mut self,
        value: Val<'c>,
        signed: Option<bool>,
        user: Op<'c>,
    ) -> Result<(Val<'c>, Array), Reported> {
        let location = self.nameless();
        let (array, r#type) = match self.arrays.get(&ir::value_key(value)) {
            Some(found) => *found,
            None => self.constant(value, signed, user)?,
        };
        self.read_as((array, r#type), signed, location)
    }

    /// The same bits under another signedness.
    pub fn read_as(
        &mut self,
        (array, r#type): (Val<'c>, Array),
        signed: Option<bool>,
        location: Location<'c>,
    ) -> Result<(Val<'c>, Array), Reported> {
        match signed {
            Some(signed) if signed != r#type.word.signed => {
                let result = Array {
                    word: Word {
                        signed,
                        ..r#type.word
                    },
                    ..r#type
                };
                self.append(&dataflow::Op::Cast, &[array], result, location)
            }
            _ => Ok((array, r#type)),
        }
    }

    fn constant(
        &mut self,
        value: Val<'c>,
        signed: Option<bool>,
        user: Op<'c>,
    ) -> Result<(Val<'c>, Array), Reported> {
        let empty = ir::defining_op(value).is_some_and(upstream::is_empty);
        let tensor = match ir::type_of(value) {
            Some(r#type) if empty => {
                let count = r#type.shape.iter().product();
                Some(Tensor::of_integers(
                    r#type.element,
                    r#type.shape,
                    vec![0; count],
                ))
            }
            _ => match ir::constant_elements(value) {
                Err(NoElements::TooLarge(reason)) => {
                    return fail(user, format!("a constant operand {reason}"));
                }
                value => value.ok(),
            },
        };
        let Some((width, tensor)) = tensor.and_then(|tensor| match tensor.element() {
            Element::Int { width, .. } if !tensor.is_empty() => Some((width, tensor)),
            _ => None,
        }) else {
            return fail(
                user,
                "an operand is neither computed in hardware nor an integer constant",
            );
        };
        let word = Word {
            bits: width,
            signed: signed.unwrap_or(true),
        };
        let extend = if word.signed {
            sign_extend
        } else {
            zero_extend
        };
        let values: Vec<i64> = tensor
            .as_int()
            .unwrap_or_default()
            .iter()
            .map(|&value| extend(value, width))
            .collect();
        let size = values.len();
        let layer = dataflow::Op::Constant(dataflow::Constant {
            value: Tensor::i64([size], values),
        });
        let location = self.nameless();
        self.append(&layer, &[], Array { size, word }, location)
    }

    /// Converts one op of the integer level.
    pub fn convert(&mut self, op: Op<'c>) -> PassResult {
        self.op = op;
        let operand = |at: usize| match op.operand(at) {
            Ok(value) => Ok(ir::val(value)),
            Err(_) => fail(op, format!("operand {at} is missing")),
        };
        let Some(result) = op.result(0).ok().map(ir::val) else {
            return fail(op, "the op has no result");
        };
        let Some(result_type) = ir::type_of(result) else {
            return fail(op, "the shape of the result is not known");
        };
        let Element::Int { width, .. } = result_type.element else {
            return fail(
                op,
                format!(
                    "the result has elements {}, expected integers",
                    result_type.element
                ),
            );
        };
        let typed = Word::of_element(result_type.element);
        let of_type = typed.unwrap_or(Word {
            bits: width,
            signed: self.readers.signed(result),
        });
        let made = match (qint::Op::read(op), upstream::Op::read(op)) {
            (Some(function), _) => {
                let x = operand(0)?;
                let shape = ir::type_of(x)
                    .map(|r#type| r#type.shape)
                    .unwrap_or_default();
                let Some(activation) = activation(function, &shape) else {
                    return fail(op, "the op does not stay within the integers");
                };
                let (x, array) = self.array(x, None, op)?;
                let result = Array {
                    size: array.size,
                    word: of_type,
                };
                self.append(&activation.into(), &[x], result, op.location())?
            }
            (None, Some(upstream::Op::Reshape)) => self.array(operand(0)?, None, op)?,
            (None, Some(upstream::Op::Bitcast)) => {
                let signed = typed.map(|word| word.signed);
                self.array(operand(0)?, signed, op)?
            }
            (None, Some(upstream::Op::Generic(generic))) => {
                let word = of_type;
                if generic
                    .iterators
                    .contains(&upstream::IteratorKind::Reduction)
                {
                    self.contraction(op, &generic, word)?
                } else {
                    self.elementwise(op, &generic, word)?
                }
            }
            (None, Some(upstream::Op::ExtractSlice(slice))) => {
                let x = operand(0)?;
                let shape = ir::type_of(x)
                    .map(|r#type| r#type.shape)
                    .unwrap_or_default();
                let order = slice_order(&slice, &shape);
                let operand = self.array(x, None, op)?;
                self.gather(&[operand], order, op.location())?
            }
            (None, Some(upstream::Op::InsertSlice(slice))) => {
                let destination = operand(1)?;
                let shape = ir::type_of(destination)
                    .map(|r#type| r#type.shape)
                    .unwrap_or_default();
                let source = self.array(operand(0)?, None, op)?;
                let destination = self.array(destination, Some(source.1.word.signed), op)?;
                let mut order: Vec<usize> = (0..destination.1.size).collect();
                for (at, to) in slice_order(&slice, &shape).into_iter().enumerate() {
                    order[to] = destination.1.size + at;
                }
                self.gather(&[destination, source], order, op.location())?
            }
            (None, None) => return fail(op, unsupported(op)),
        };
        self.arrays.insert(ir::value_key(result), made);
        Ok(())
    }

    /// Wires; none if every word stays where it is.
    pub fn gather(
        &mut self,
        operands: &[(Val<'c>, Array)],
        order: Vec<usize>,
        location: Location<'c>,
    ) -> Result<(Val<'c>, Array), Reported> {
        let (first, array) = operands[0];
        if order.len() == array.size && order.iter().enumerate().all(|(at, &from)| at == from) {
            return Ok((first, array));
        }
        let result = Array {
            size: order.len(),
            word: array.word,
        };
        let values: Vec<_> = operands.iter().map(|(value, _)| *value).collect();
        self.append(
            &dataflow::Op::Gather(dataflow::Gather { order }),
            &values,
            result,
            location,
        )
    }
}

/// The type of an array that an op needs. Fails if hardware has none.
pub fn type_of_array<'c>(
    array: Array,
    context: &'c Context,
    op: Op<'c>,
) -> Result<Type<'c>, Reported> {
    match array.to_type(context) {
        Some(r#type) => Ok(r#type),
        None if array.size == 0 => fail(
            op,
            "an operand or the result holds no elements, which is not supported in hardware; expected extents of at \
             least 1",
        ),
        None => fail(
            op,
            format!(
                "it needs words of {} bits, which is not supported in hardware: arrays have words of 1 to 63 bits",
                array.word.bits
            ),
        ),
    }
}

/// The refusal of an op that has no layer.
pub fn unsupported(op: Op<'_>) -> String {
    format!(
        "'{}' is not supported by the hls backend, which has no streaming layer for it yet; compile this model for the cpu",
        ir::op_name(op)
    )
}

/// The layer of an integer activation.
fn activation(function: qint::Op, shape: &[usize]) -> Option<Activation> {
    let (function, axis) = match function {
        qint::Op::Threshold(op) => {
            let axis = op.axis;
            (Function::Threshold(qint::Threshold { axis: 0, ..op }), axis)
        }
        qint::Op::Requantize(op) => {
            let axis = op.axis;
            (
                Function::Requantize(qint::Requantize { axis: 0, ..op }),
                axis,
            )
        }
        qint::Op::Lookup(op) => {
            let axis = op.axis;
            (Function::Lookup(qint::Lookup { axis: 0, ..op }), axis)
        }
        qint::Op::Quantize(_)
        | qint::Op::Dequantize(_)
        | qint::Op::MatMul
        | qint::Op::Conv(_)
        | qint::Op::MaxPool(_)
        | qint::Op::MinPool(_)
        | qint::Op::Add
        | qint::Op::Sub
        | qint::Op::Cast => return None,
    };
    // One function for all channels does not care where they are.
    let inner = if function.channels() == 1 {
        1
    } else {
        shape.get(axis + 1..)?.iter().product()
    };
    Some(Activation { function, inner })
}

/// Linear index in the larger tensor, of extents `shape`, of each element of a slice.
fn slice_order(slice: &Slice, shape: &[usize]) -> Vec<usize> {
    let steps = strides(shape);
    let mut order = Vec::with_capacity(slice.sizes.iter().product());
    for_each_index(&slice.sizes, |index| {
        let along =
            |axis: usize| (slice.offsets[axis] + index[axis] * slice.strides[axis]) * steps[axis];
        order.push((0..index.len()).map(along).sum());
    });
    order
}
