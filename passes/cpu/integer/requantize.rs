//! `qint.requantize`: `clamp(round((n * multiplier + addend) / 2^shift), lo, hi)`.
//!
//! Computed in the narrowest machine integer, of 32 bits at least, that provably holds every intermediate result.

use qonnx_dialects::qint::Requantize;
use qonnx_dialects::upstream::{Integer, Resize, Scalar};
use qonnx_dialects::value::TensorType;

use super::{Machine, Parameter, Parameters, machine_type, width_of};
use crate::cpu::Refusal;
use crate::cpu::emit::Emitter;
use crate::cpu::machine::{Interval, container};
use crate::cpu::register::Plain;
use crate::cpu::rounding::round_shift;

/// Lowers the op.
pub fn lower<'c>(
    emit: &Emitter<'c>,
    op: &Requantize,
    operand: Machine<'c>,
    signed: bool,
    result: &TensorType,
) -> Result<Machine<'c>, Refusal> {
    let input = operand.number.ok_or("rescales floats")?.read_range(signed);
    let plan = Plan::new(op, input);
    let mut parameters = Parameters::new(operand.value, result.shape.len());
    // Attributes have 64 bits; wider arithmetic extends them.
    let stored = plan.width.min(64);
    let multiplier = parameters.add_channels(emit, op.multiplier.clone(), stored, op.axis);
    let addend = parameters.add_channels(emit, op.addend.clone(), stored, op.axis);
    let width = width_of(result);

    let value = emit.map(
        &parameters.operands,
        &machine_type(result),
        |scalars, elements| {
            let get = |parameter: &Parameter| {
                let value = parameters.get(scalars, elements, parameter);
                if stored == plan.width {
                    return value;
                }
                scalars.convert(Resize::ExtS, value, Scalar::Int(plan.width))
            };
            let n = operand.register(elements[0]).read(scalars, signed);
            let product = scalars.binary(
                Integer::Mul,
                n.resize(scalars, plan.width),
                get(&multiplier),
            );
            let sum = scalars.binary(Integer::Add, product, get(&addend));
            let mut value = round_shift(scalars, sum, plan.width, op.shift, op.rounding_mode);
            if plan.clamps {
                value = scalars.binary(Integer::MaxS, value, scalars.int(op.lo, plan.width));
                value = scalars.binary(Integer::MinS, value, scalars.int(op.hi, plan.width));
            }
            Plain {
                value,
                width: plan.width,
                range: plan.range,
            }
            .resize(scalars, container(width))
        },
    );
    Ok(Machine::int(value, width, Some(plan.range)))
}

/// How wide the arithmetic is and what comes out.
struct Plan {
    /// Bits of the arithmetic: 32, 64 or 128.
    width: u32,
    /// Whether the bounds can be exceeded.
    clamps: bool,
    /// The results.
    range: Interval,
}

impl Plan {
    fn new(op: &Requantize, input: Interval) -> Self {
        let channels = op.multiplier.len().max(op.addend.len());
        let of = |values: &[i64], channel: usize| i128::from(values[channel.min(values.len() - 1)]);
        let sums = (0..channels).map(|channel| {
            let ends = [input.lo, input.hi]
                .map(|n| n * of(&op.multiplier, channel) + of(&op.addend, channel));
            Interval::hull(ends)
        });
        let sums = sums.reduce(Interval::union).unwrap_or(input);
        // What rounding adds before the shift is at most this.
        let bias = (1i128 << op.shift) - 1;
        let biased = Interval {
            lo: sums.lo,
            hi: sums.hi + bias,
        };
        let rounded = Interval {
            lo: sums.lo >> op.shift,
            hi: biased.hi >> op.shift,
        };
        let bounds = Interval::new(op.lo, op.hi);
        let clamps = !rounded.within(bounds);
        let constants = op
            .multiplier
            .iter()
            .chain(&op.addend)
            .map(|&value| i128::from(value));
        let mut held = biased
            .union(input)
            .union(Interval::hull(constants))
            .union(Interval::new(0, bias));
        if clamps {
            held = held.union(bounds);
        }
        let clamp = |value: i128| value.clamp(bounds.lo, bounds.hi);
        let range = Interval {
            lo: clamp(rounded.lo),
            hi: clamp(rounded.hi),
        };
        Self {
            width: held.signed_container().max(32),
            clamps,
            range,
        }
    }
}
