//! Constants and slices.

use melior::ir::Attribute;
use qonnx_dialects::ir::{self, Val};
use qonnx_dialects::tensor::Element;
use qonnx_dialects::upstream::Slice;
use qonnx_dialects::value::TensorType;

use super::{Machine, width_of};
use crate::cpu::Refusal;
use crate::cpu::emit::Emitter;
use crate::cpu::machine::{Interval, container};

/// A constant of level 3. Integers are kept sign-extended, or zero-extended where all readers read unsigned.
/// Constants of equal elements become fills: they are mostly initial values, which would be copied anyway.
pub fn constant<'c>(
    emit: &Emitter<'c>,
    value: Attribute<'c>,
    signed: bool,
) -> Result<Machine<'c>, Refusal> {
    let r#type = ir::elements_type(value).ok_or("uses a constant without its elements")?;
    let Element::Int { width, .. } = r#type.element else {
        return Ok(Machine::float(emit.constant_of(value)));
    };
    let (_, numbers) =
        ir::read_packed(value, signed).ok_or("uses a constant without its elements")?;
    let first = if numbers.is_empty() {
        0
    } else {
        numbers.get(0)
    };
    let (mut lo, mut hi) = (first, first);
    numbers.visit(0..numbers.len(), |n| (lo, hi) = (lo.min(n), hi.max(n)));
    let range = Interval::new(lo, hi);
    let machine = TensorType {
        shape: r#type.shape.clone(),
        element: Element::int(container(width)),
    };
    let tensor = if lo == hi && r#type.rank() > 0 {
        fill(emit, &machine, lo)
    } else {
        let attribute =
            ir::packed_attribute(emit.context, &numbers, machine.element, &r#type.shape);
        emit.constant_of(attribute)
    };
    Ok(Machine::int(tensor, width, Some(range)))
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
