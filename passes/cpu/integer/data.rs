//! Constants and slices.

use melior::ir::Attribute;
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, Val};
use qonnx_dialects::packed::Packed;
use qonnx_dialects::tensor::Element;
use qonnx_dialects::upstream::{self, Slice};
use qonnx_dialects::value::TensorType;

use super::{Machine, width_of};
use crate::cpu::Refusal;
use crate::cpu::emit::Emitter;
use crate::cpu::machine::{Declared, Interval, Number, container};

/// A constant of level 3, or its bits.
#[derive(Clone, Copy)]
pub struct Literal<'c> {
    /// Its elements.
    attribute: Attribute<'c>,
    /// Whether its integers are signed numbers. Bits that no type says it of are.
    signed: bool,
}

impl<'c> Literal<'c> {
    /// What a value is, through bitcasts.
    pub fn of(value: Val<'c>) -> Option<Self> {
        let (mut value, mut declared) = (value, None);
        loop {
            declared = declared.or_else(|| Declared::of(value));
            let op = ir::defining_op(value)?;
            if ir::is_constant_value(value) {
                return Some(Self {
                    attribute: ir::constant_attribute(value)?,
                    signed: declared.is_none_or(|declared| declared.signed),
                });
            }
            if !matches!(upstream::Op::read(op), Some(upstream::Op::Bitcast)) {
                return None;
            }
            value = ir::val(op.operand(0).ok()?);
        }
    }

    /// Elements that all are one number, of a type.
    pub fn splat(emit: &Emitter<'c>, number: i64, ty: &TensorType) -> Self {
        Self {
            attribute: ir::splat_attribute(emit.context, number, ty),
            signed: number < 0,
        }
    }

    /// Its integers where their bits are read in one way.
    pub fn read(self, signed: bool) -> Option<Packed> {
        Some(ir::read_packed(self.attribute, signed)?.1)
    }

    /// The one integer that all elements are.
    pub fn only_number(self) -> Option<i64> {
        let numbers = self.read(self.signed)?;
        let first = (!numbers.is_empty()).then(|| numbers.get(0))?;
        (1..numbers.len())
            .all(|at| numbers.get(at) == first)
            .then_some(first)
    }
}

/// A constant. Integers are kept extended by their own sign. Constants of equal elements become fills: they are mostly initial
/// values, which would be copied anyway.
pub fn constant<'c>(emit: &Emitter<'c>, literal: Literal<'c>) -> Result<Machine<'c>, Refusal> {
    let absent = "uses a constant without its elements";
    let r#type = ir::elements_type(literal.attribute).ok_or(absent)?;
    let Element::Int { width, .. } = r#type.element else {
        return Ok(Machine::float(emit.constant_of(literal.attribute)));
    };
    let numbers = literal.read(literal.signed).ok_or(absent)?;
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
    let number = Number {
        width: width_of(result),
        ..part.or(rest)
    };
    Ok(Machine {
        number: Some(number),
        ..Machine::float(value)
    })
}
