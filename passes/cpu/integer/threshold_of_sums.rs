//! `qint.threshold` of the sums that a kernel has in registers.
//!
//! Vectors are counted in the width that they are compared in, and made narrow once; a comparison is one that processors
//! have, which is `greater` and not `at least`. A decreasing function counts what is not reached: `n < t` is `!n > !t`.

use qonnx_dialects::qint::Threshold;
use qonnx_dialects::upstream::{Bits, Compare, Integer, Resize, Scalar};
use qonnx_dialects::value::TensorType;

use super::threshold::UNROLLED;
use super::{Machine, Parameter, Parameters, machine_type, width_of};
use crate::cpu::emit::Emitter;
use crate::cpu::machine::{Interval, container};
use crate::cpu::register::Plain;

/// Lowers the op where its operand is kept in more bits than its container; `None` where that or the numbers do not allow it.
pub fn lower<'c>(
    emit: &Emitter<'c>,
    op: &Threshold,
    operand: Machine<'c>,
    signed: bool,
    result: &TensorType,
) -> Option<Machine<'c>> {
    let number = operand.number?;
    let steps = op.thresholds.shape[1];
    let size = op.step.iter().map(|step| step.unsigned_abs()).max()?;
    let alike = op.step.iter().all(|step| step.unsigned_abs() == size);
    if number.bits == container(number.width) || steps == 0 || steps > UNROLLED || !alike {
        return None;
    }
    if container(width_of(result)) > number.bits {
        return None;
    }
    let input = number.read_range(signed);
    let width = number.bits;
    // What is compared: numbers, levels, one less than these, and the complements of all.
    let compared = Interval::new(input.lo - 1, input.hi + 1);
    let compared = compared.union(Interval::new(-input.hi - 2, -input.lo));
    let size = i64::try_from(size).ok()?;
    let most = i128::from(size) * i128::try_from(steps).ok()?;
    let all = Interval::of_width(width, true);
    if !compared.within(all) || !Interval::new(0, most).within(all) {
        return None;
    }
    let falls = |row: usize| op.step[row] < 0;
    let rows = op.step.len();
    let levels = op.thresholds.as_int()?;
    let column = |at: usize| -> Vec<i64> {
        let level = |row: usize| {
            let level = i128::from(levels[row * steps + at]).clamp(input.lo, input.hi + 1) as i64;
            if falls(row) { !level } else { level - 1 }
        };
        (0..rows).map(level).collect()
    };
    let ends = (0..rows).flat_map(|row| {
        let levels = &levels[row * steps..(row + 1) * steps];
        [input.lo, input.hi].map(|n| {
            let reached = levels.iter().filter(|&&level| i128::from(level) <= n);
            i128::from(op.base[row]) + i128::from(op.step[row]) * reached.count() as i128
        })
    });
    let ends = Interval::hull(ends).checked();

    let mut parameters = Parameters::new(operand.value, result.shape.len());
    let mut add = |values: Vec<i64>| parameters.add_channels(emit, values, width, op.axis);
    let thresholds: Vec<Parameter> = (0..steps).map(|at| add(column(at))).collect();
    // Beginning with what a falling row has when all is below its thresholds.
    let begin = |row: usize| match falls(row) {
        true => op.base[row].wrapping_sub(size.wrapping_mul(steps as i64)),
        false => op.base[row],
    };
    let base = add((0..rows).map(begin).collect());
    let flips = (0..rows).any(falls);
    let flip = add((0..rows).map(|row| -i64::from(falls(row))).collect());

    let value = emit.map(
        &parameters.operands,
        &machine_type(result),
        |scalars, elements| {
            let get = |parameter: &Parameter| parameters.get(scalars, elements, parameter);
            let n = operand.register(elements[0]).read(scalars, signed);
            let mut n = n.resize(scalars, width);
            if flips {
                n = scalars.binary(Bits::Xor, n, get(&flip));
            }
            let mut count = None;
            for threshold in &thresholds {
                let greater = scalars.compare(Compare::GreaterS, n, get(threshold));
                let one = scalars.convert(Resize::ExtU, greater, Scalar::Int(width));
                count = Some(match count {
                    Some(count) => scalars.binary(Integer::Add, count, one),
                    None => one,
                });
            }
            let mut y = count.expect("there is a threshold at least");
            if size != 1 {
                y = scalars.binary(Integer::Mul, y, scalars.int(size, width));
            }
            let value = scalars.binary(Integer::Add, y, get(&base));
            let plain = Plain {
                value,
                width,
                range: Interval::of_width(width, true),
            };
            plain.resize(scalars, container(width_of(result)))
        },
    );
    Some(Machine::int(value, width_of(result), ends))
}
