//! Constants and slices.

use qonnx_dialects::ir::Val;
use qonnx_dialects::tensor::{Data, Tensor, sign_extend, zero_extend};
use qonnx_dialects::upstream::Slice;
use qonnx_dialects::value::TensorType;

use super::{Machine, width_of};
use crate::cpu::Refusal;
use crate::cpu::emit::Emitter;
use crate::cpu::machine::{Interval, container};

/// A constant of level 2. Integers are kept sign-extended, or zero-extended where all readers read unsigned.
/// Constants of equal elements become fills: they are mostly initial values, which would be copied anyway.
pub fn constant<'c>(emit: &Emitter<'c>, value: &Tensor, signed: bool) -> Machine<'c> {
    let Data::Int { width, values, .. } = &value.data else {
        return Machine::float(emit.constant(value));
    };
    let extend = |value: i64| {
        if signed {
            sign_extend(value, *width)
        } else {
            zero_extend(value, *width)
        }
    };
    let numbers: Vec<i64> = values.iter().map(|&value| extend(value)).collect();
    let range = Interval::hull(numbers.iter().copied().map(i128::from));
    let machine = Tensor::int(container(*width), value.shape.clone(), numbers);
    let tensor = if range.lo == range.hi && value.rank() > 0 {
        fill(emit, &TensorType::of(&machine), range.lo as i64)
    } else {
        emit.constant(&machine)
    };
    Machine::int(tensor, *width, Some(range))
}

fn fill<'c>(emit: &Emitter<'c>, r#type: &TensorType, value: i64) -> Val<'c> {
    let width = width_of(r#type);
    emit.fill(r#type, |scalars| scalars.int(value, width))
}

/// `tensor.insert_slice`.
pub fn insert<'c>(
    emit: &Emitter<'c>,
    slice: &Slice,
    operands: &[Machine<'c>],
    result: &TensorType,
) -> Result<Machine<'c>, Refusal> {
    let [source, destination] = operands else {
        return Err("'tensor.insert_slice' needs a source and a destination".to_owned());
    };
    let value = emit.insert(slice, source.value, destination.value);
    let (Some(part), Some(rest)) = (source.number, destination.number) else {
        return Ok(Machine::float(value));
    };
    let range = part
        .range
        .zip(rest.range)
        .map(|(part, rest)| part.union(rest));
    Ok(Machine::int(value, width_of(result), range))
}
