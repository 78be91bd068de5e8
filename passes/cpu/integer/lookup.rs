//! `qint.lookup`: `table[n - low]`.
//!
//! Memory is safe whatever the types promise: the table has an entry for all bits that a narrow integer may have, and of a
//! wide one the place in the table is limited.

use qonnx_dialects::ir::Val;
use qonnx_dialects::qint::Lookup;
use qonnx_dialects::tensor::{Tensor, sign_extend};
use qonnx_dialects::upstream::{AffineMap, Bits, Convert, Integer, Resize, Scalar, Scalars};
use qonnx_dialects::value::TensorType;

use super::{Machine, machine_type, width_of};
use crate::cpu::emit::Emitter;
use crate::cpu::machine::{Interval, container};
use crate::cpu::register::Register;

/// A table may have so many entries, whatever the entries are that are meant to be used.
const SMALL: usize = 256;

/// Lowers the op to a load from the table.
pub fn lower<'c>(
    emit: &Emitter<'c>,
    op: &Lookup,
    operand: Machine<'c>,
    signed: bool,
    result: &TensorType,
) -> Machine<'c> {
    let rows = op.table.shape[0];
    let (width, bits) = (
        width_of(result),
        operand.number.map_or(64, |number| number.width),
    );
    let stored = container(width);
    let values = op.table.as_int().unwrap_or_default();
    let range = Interval::hull(values.iter().map(|&value| i128::from(value)));
    let by_bits = by_bits(op, bits, signed);
    let columns = by_bits.as_ref().map_or(op.table.shape[1], |_| 1 << bits);
    let values = by_bits.clone().unwrap_or_else(|| values.to_vec());
    let table = emit.constant(&Tensor::int(stored, [rows, columns], values));
    let input = [(operand.value, AffineMap::identity(result.shape.len()))];
    let value = emit.map(&input, &machine_type(result), |scalars, elements| {
        let n = operand.register(elements[0]);
        let column = match by_bits {
            Some(_) => low_bits(scalars, n),
            None => place(scalars, n, signed, (op.low, columns)),
        };
        let row = if rows > 1 {
            scalars.loop_index(op.axis)
        } else {
            scalars.index(0)
        };
        scalars.extract(table, &[row, column], Scalar::Int(stored))
    });
    Machine::int(value, width, Some(range))
}

/// The table with an entry for all that `width` bits can be; beyond the values it repeats the nearest. `None` if it would be
/// much larger.
fn by_bits(op: &Lookup, width: u32, signed: bool) -> Option<Vec<i64>> {
    let columns = op.table.shape[1];
    let all = 1usize.checked_shl(width).filter(|_| width < 32)?;
    if all > SMALL.max(4 * columns) {
        return None;
    }
    let number = |bits: usize| match signed {
        true => sign_extend(bits as i64, width),
        false => bits as i64,
    };
    let column = |bits: usize| {
        let place = i128::from(number(bits)) - i128::from(op.low);
        place.clamp(0, columns as i128 - 1) as usize
    };
    let rows = op.table.as_int().unwrap_or_default().chunks(columns);
    let all = rows.flat_map(|row| (0..all).map(move |bits| row[column(bits)]));
    Some(all.collect())
}

/// The exact width of a number as an index.
fn low_bits<'c>(scalars: &Scalars<'c, '_>, n: Register<'c>) -> Val<'c> {
    let (width, bits) = (n.number.width, n.number.bits);
    let mut value = n.value;
    if width < bits {
        value = scalars.binary(Bits::And, value, scalars.int((1 << width) - 1, bits));
    }
    if bits < 32 {
        value = scalars.convert(Resize::ExtU, value, Scalar::Int(32));
    }
    scalars.convert(Convert::IndexCast, value, Scalar::Index)
}

/// The place of a number in a table that begins at a number and has some columns, within the table.
fn place<'c>(
    scalars: &Scalars<'c, '_>,
    n: Register<'c>,
    signed: bool,
    (low, columns): (i64, usize),
) -> Val<'c> {
    let n = n.read(scalars, signed);
    let (low, last) = (i128::from(low), columns as i128 - 1);
    let offsets = n
        .range
        .combine(Interval { lo: low, hi: low }, |n, low| n - low);
    let held = n.range.union(offsets).union(Interval {
        lo: low.min(0),
        hi: low.max(last),
    });
    let width = held.signed_container().max(32);
    let constant = |value: i128| scalars.int(value as i64, width);
    let mut offset = scalars.binary(Integer::Sub, n.resize(scalars, width), constant(low));
    offset = scalars.binary(Integer::MaxS, offset, constant(0));
    offset = scalars.binary(Integer::MinS, offset, constant(last));
    if width > 64 {
        offset = scalars.convert(Resize::Trunc, offset, Scalar::Int(64));
    }
    scalars.convert(Convert::IndexCast, offset, Scalar::Index)
}
