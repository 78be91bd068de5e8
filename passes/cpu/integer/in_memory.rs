//! Ops on tensors whose channels are innermost in memory: the same op on the tensor as it lies there.

use qonnx_dialects::ir::{self, Val};
use qonnx_dialects::qint;
use qonnx_dialects::tensor::{Element, Tensor};
use qonnx_dialects::upstream::{self, AffineMap, Generic, Slice};
use qonnx_dialects::value::TensorType;

use super::threshold::UNROLLED;
use super::{Literal, Machine, constant, data, lower_qint, nest};
use crate::cpu::Refusal;
use crate::cpu::emit::Emitter;
use crate::cpu::layout::Channels;
use crate::cpu::machine::is_signed;

/// Lowers an op some of whose operands have their channels innermost. `old` are its operands of level 3. `None` if it has
/// to be given the order of level 3.
pub fn lower_in_memory<'c>(
    emit: &Emitter<'c>,
    op: ir::Op<'c>,
    old: &[Val<'c>],
    operands: &[Machine<'c>],
    result: &TensorType,
) -> Result<Option<Machine<'c>>, Refusal> {
    if let Some(op) = qint::Op::read(op) {
        let signed = old.first().is_some_and(|value| is_signed(*value));
        return elementwise(emit, &op, operands, signed, result);
    }
    match upstream::Op::read(op) {
        Some(upstream::Op::Generic(generic)) => generic_nest(emit, &generic, old, operands, result),
        Some(upstream::Op::Transpose(transpose)) => {
            generic_nest(emit, &transpose.generic(), old, operands, result)
        }
        Some(upstream::Op::InsertSlice(slice)) => insert(emit, &slice, old, operands, result),
        Some(upstream::Op::ExtractSlice(slice)) => Ok(extract(emit, &slice, old, operands)),
        Some(upstream::Op::Bitcast) => Ok(operands.first().copied()),
        Some(upstream::Op::Reshape) => {
            let from = old.first().and_then(|value| ir::type_of(*value));
            let first = operands.first().zip(from);
            Ok(first.and_then(|(first, from)| {
                let shapes = (from.shape.as_slice(), result.shape.as_slice());
                let (value, channels) =
                    emit.reshape_channels(first.value, first.channels?, shapes)?;
                Some(Machine {
                    value,
                    channels: Some(channels),
                    ..*first
                })
            }))
        }
        None => Ok(None),
    }
}

/// An elementwise op of `qint`: its parameters follow the channels.
fn elementwise<'c>(
    emit: &Emitter<'c>,
    op: &qint::Op,
    operands: &[Machine<'c>],
    signed: bool,
    result: &TensorType,
) -> Result<Option<Machine<'c>>, Refusal> {
    let [operand] = operands else { return Ok(None) };
    let Some(mut channels) = operand.channels else {
        return Ok(None);
    };
    let shape = &result.shape;
    // A table is read at the position of the channel, and has none for what is nobody's.
    let by_table = match op {
        qint::Op::Threshold(op) => op.thresholds.shape[1] > UNROLLED,
        qint::Op::Lookup(_) => true,
        qint::Op::Requantize(_) | qint::Op::Dequantize(_) | qint::Op::Quantize(_) => false,
        _ => return Ok(None),
    };
    let mut value = operand.value;
    if by_table {
        value = emit.tight(value, channels, shape);
        channels = channels.tight(shape);
    }
    let axis = |axis: usize| channels.place(axis, shape.len());
    let each = |values: &[i64], axis: usize| per_channel(values, axis, channels);
    let op = match op.clone() {
        qint::Op::Threshold(mut op) => {
            op.base = each(&op.base, op.axis);
            op.step = each(&op.step, op.axis);
            op.thresholds = rows(&op.thresholds, op.axis, channels);
            op.axis = axis(op.axis);
            qint::Op::Threshold(op)
        }
        qint::Op::Lookup(mut op) => {
            op.axis = axis(op.axis);
            qint::Op::Lookup(op)
        }
        qint::Op::Requantize(mut op) => {
            op.multiplier = each(&op.multiplier, op.axis);
            op.addend = each(&op.addend, op.axis);
            op.axis = axis(op.axis);
            qint::Op::Requantize(op)
        }
        qint::Op::Quantize(mut op) => {
            op.scale = channels.parameter(&op.scale, shape);
            op.zero_point = channels.parameter(&op.zero_point, shape);
            qint::Op::Quantize(op)
        }
        qint::Op::Dequantize(mut op) => {
            op.scale = channels.parameter(&op.scale, shape);
            qint::Op::Dequantize(op)
        }
        _ => return Ok(None),
    };
    let stored = Machine {
        value,
        channels: None,
        ..*operand
    };
    let lowered = lower_qint(emit, &op, stored, signed, &channels.stored(result))?;
    Ok(Some(Machine {
        channels: Some(channels),
        ..lowered
    }))
}

/// Parameters along an axis; the last one is repeated for what pads the channels.
fn per_channel(values: &[i64], axis: usize, channels: Channels) -> Vec<i64> {
    let mut values = values.to_vec();
    if let Some(&last) = values
        .last()
        .filter(|_| values.len() > 1 && axis == channels.axis)
    {
        values.resize(channels.padded, last);
    }
    values
}

/// Likewise, rows.
fn rows(table: &Tensor, axis: usize, channels: Channels) -> Tensor {
    let (rows, columns) = (table.shape[0], table.shape[1]);
    if rows == 1 || axis != channels.axis {
        return table.clone();
    }
    table.gather(&[channels.padded, columns], |at| {
        at[0].min(rows - 1) * columns + at[1]
    })
}

/// What a destination holds whose elements are all alike or nobody's, of a type in memory; `None` for others.
fn destination<'c>(
    emit: &Emitter<'c>,
    old: Val<'c>,
    stored: &TensorType,
) -> Result<Option<Machine<'c>>, Refusal> {
    let Element::Int { width, .. } = stored.element else {
        return Ok(None);
    };
    if ir::defining_op(old).is_some_and(upstream::is_empty) {
        let value = emit.empty(&super::machine_type(stored));
        return Ok(Some(Machine::int(value, width, None)));
    }
    let Some(number) = Literal::of(old).and_then(Literal::only_number) else {
        return Ok(None);
    };
    let ty = TensorType::new(stored.shape.clone(), Element::int(width));
    constant(emit, Literal::splat(emit, number, &ty)).map(Some)
}

/// A loop nest on operands of any order: their maps follow.
fn generic_nest<'c>(
    emit: &Emitter<'c>,
    generic: &Generic,
    old: &[Val<'c>],
    operands: &[Machine<'c>],
    result: &TensorType,
) -> Result<Option<Machine<'c>>, Refusal> {
    let Some((_, inputs)) = operands.split_last() else {
        return Ok(None);
    };
    let Some(&start) = old.last() else {
        return Ok(None);
    };
    let types: Option<Vec<_>> = old.iter().map(|value| ir::type_of(*value)).collect();
    let Some(types) = types else {
        return Ok(None);
    };
    let rank = result.rank();
    let candidate = inputs
        .iter()
        .zip(&types)
        .filter(|(_, ty)| ty.rank() == rank)
        .find_map(|(input, _)| input.channels);
    let Some(channels) = candidate else {
        return Ok(None);
    };
    // Element by element, what pads the channels may as well be computed.
    let identity = AffineMap::identity(rank);
    let whole = generic.maps.iter().all(|map| *map == identity)
        && inputs.iter().all(|input| input.channels == Some(channels));
    let channels = if whole {
        channels
    } else {
        channels.tight(&result.shape)
    };
    let stored = channels.stored(result);
    let Some(destination) = destination(emit, start, &stored)? else {
        return Ok(None);
    };
    let mut maps = Vec::with_capacity(operands.len());
    let mut values = Vec::with_capacity(operands.len());
    for ((input, map), ty) in inputs.iter().zip(&generic.maps).zip(&types) {
        let Some(order) = input.channels else {
            maps.push(map.clone());
            values.push(*input);
            continue;
        };
        maps.push(order.map(map));
        let value = if whole {
            input.value
        } else {
            emit.tight(input.value, order, &ty.shape)
        };
        values.push(Machine {
            value,
            channels: None,
            ..*input
        });
    }
    let Some(output) = generic.maps.last() else {
        return Ok(None);
    };
    maps.push(channels.map(output));
    values.push(destination);
    let generic = Generic {
        maps,
        ..generic.clone()
    };
    let lowered = nest::lower(emit, &generic, &values, &stored)?;
    Ok(Some(Machine {
        channels: Some(channels),
        ..lowered
    }))
}

/// A tensor within a frame.
fn insert<'c>(
    emit: &Emitter<'c>,
    slice: &Slice,
    old: &[Val<'c>],
    operands: &[Machine<'c>],
    result: &TensorType,
) -> Result<Option<Machine<'c>>, Refusal> {
    let ([part, frame], [_, old_frame]) = (operands, old) else {
        return Ok(None);
    };
    let Some(channels) = part.channels else {
        return Ok(None);
    };
    let part = part.narrow(emit);
    let whole = slice.sizes[channels.axis] == result.shape[channels.axis];
    let order = if whole {
        channels
    } else {
        channels.tight(&result.shape)
    };
    let frame = match frame.channels {
        Some(other) if other == order => Some(frame.narrow(emit)),
        Some(_) => None,
        None => destination(emit, *old_frame, &order.stored(result))?,
    };
    let Some(frame) = frame else {
        return Ok(None);
    };
    let value = if whole {
        part.value
    } else {
        emit.tight(part.value, channels, &slice.sizes)
    };
    let parts = [
        Machine {
            value,
            channels: None,
            ..part
        },
        frame,
    ];
    let stored = order.slice(slice, whole);
    let lowered = data::insert(emit, &stored, &parts, result)?;
    Ok(Some(Machine {
        channels: Some(order),
        ..lowered
    }))
}

/// A part of a tensor.
fn extract<'c>(
    emit: &Emitter<'c>,
    slice: &Slice,
    old: &[Val<'c>],
    operands: &[Machine<'c>],
) -> Option<Machine<'c>> {
    let (operand, ty) = (operands.first()?, ir::type_of(*old.first()?)?);
    let channels = operand.channels?;
    let whole = slice.sizes[channels.axis] == ty.shape[channels.axis];
    let (value, order) = if whole {
        (operand.value, channels)
    } else {
        let value = emit.tight(operand.value, channels, &ty.shape);
        (value, channels.tight(&slice.sizes))
    };
    Some(Machine {
        value: emit.extract(&order.slice(slice, whole), value),
        channels: Some(order),
        ..*operand
    })
}
