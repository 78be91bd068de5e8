//! `qint.lookup`: `table[n - low]`.

use qonnx_dialects::qint::Lookup;
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::upstream::{Convert, Integer, Resize, Scalar};
use qonnx_dialects::value::TensorType;

use super::{Machine, machine_type, width_of};
use crate::cpu::emit::Emitter;
use crate::cpu::machine::{Interval, container};
use qonnx_dialects::upstream::AffineMap;

/// Lowers the op to a load from the table.
pub fn lower<'c>(
    emit: &Emitter<'c>,
    op: &Lookup,
    operand: Machine<'c>,
    signed: bool,
    result: &TensorType,
) -> Machine<'c> {
    let (rows, columns) = (op.table.shape[0], op.table.shape[1]);
    let width = width_of(result);
    let stored = container(width);
    let values = op.table.as_int().unwrap_or_default().to_vec();
    let range = Interval::hull(values.iter().map(|&value| i128::from(value)));
    let table = emit.constant(&Tensor::int(stored, op.table.shape.clone(), values));
    let input = [(operand.value, AffineMap::identity(result.shape.len()))];
    let value = emit.map(&input, &machine_type(result), |scalars, elements| {
        let n = operand.register(elements[0]).read(scalars, signed);
        let (low, last) = (i128::from(op.low), columns as i128 - 1);
        let offsets = n
            .range
            .combine(Interval::new(op.low, op.low), |n, low| n - low);
        let held = n.range.union(offsets).union(Interval {
            lo: low.min(0),
            hi: low.max(last),
        });
        let width = held.signed_container().max(32);
        let constant = |value: i128| scalars.int(value as i64, width);
        let mut offset = scalars.binary(Integer::Sub, n.resize(scalars, width), constant(low));
        // A verified program stays inside of the table; memory is safe in any case.
        if !offsets.within(Interval { lo: 0, hi: last }) {
            offset = scalars.binary(Integer::MaxS, offset, constant(0));
            offset = scalars.binary(Integer::MinS, offset, constant(last));
        }
        let narrow = if width > 64 {
            scalars.convert(Resize::Trunc, offset, Scalar::Int(64))
        } else {
            offset
        };
        let column = scalars.convert(Convert::IndexCast, narrow, Scalar::Index);
        let row = if rows > 1 {
            scalars.loop_index(op.axis)
        } else {
            scalars.index(0)
        };
        scalars.extract(table, &[row, column], Scalar::Int(stored))
    });
    Machine::int(value, width, Some(range))
}
