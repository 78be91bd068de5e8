//! `qint.threshold`: `base + step * #{k : n >= thresholds[k]}`.
//!
//! Few steps are counted by one comparison each, which vectorizes well with the thresholds of one step for all
//! channels beside each other. Many steps are found by bisection.

use qonnx_dialects::ir::Val;
use qonnx_dialects::qint::Threshold;
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::upstream::{Compare, Convert, Integer, Resize, Scalar, Scalars};
use qonnx_dialects::value::TensorType;

use super::{Machine, Parameter, Parameters, machine_type, threshold_of_sums, width_of};
use crate::cpu::Refusal;
use crate::cpu::emit::Emitter;
use crate::cpu::machine::{Interval, container};
use crate::cpu::register::Plain;

/// Up to this many steps are compared one by one.
pub const UNROLLED: usize = 16;

/// Lowers the op.
pub fn lower<'c>(
    emit: &Emitter<'c>,
    op: &Threshold,
    operand: Machine<'c>,
    signed: bool,
    result: &TensorType,
) -> Result<Machine<'c>, Refusal> {
    if let Some(machine) = threshold_of_sums::lower(emit, op, operand, signed, result) {
        return Ok(machine);
    }
    let input = operand.number.ok_or("compares floats")?.read_range(signed);
    let levels = Levels::new(op, input, operand.number.map_or(64, |number| number.bits));
    let mut parameters = Parameters::new(operand.value, result.shape.len());
    let (width, stored) = (width_of(result), container(width_of(result)));
    let base = parameters.add_channels(emit, op.base.clone(), stored, op.axis);
    let step = parameters.add_channels(emit, op.step.clone(), stored, op.axis);
    let counter = if levels.steps <= UNROLLED {
        Counter::Unrolled(
            (0..levels.steps)
                .map(|at| parameters.add_channels(emit, levels.column(at), levels.width, op.axis))
                .collect(),
        )
    } else {
        Counter::Bisection(emit.constant(&levels.padded()))
    };

    let value = emit.map(
        &parameters.operands,
        &machine_type(result),
        |scalars, elements| {
            let get = |parameter: &Parameter| parameters.get(scalars, elements, parameter);
            let n = levels.comparable(scalars, operand.register(elements[0]).read(scalars, signed));
            let count = match &counter {
                Counter::Unrolled(thresholds) => {
                    let reached = thresholds.iter().enumerate().map(|(at, threshold)| {
                        // What every input reaches needs no comparison, of which C compilers would warn.
                        if levels.column(at).iter().all(|&level| level == levels.least) {
                            return scalars.int(1, stored);
                        }
                        let reached = scalars.compare(levels.compare, n, get(threshold));
                        scalars.convert(Resize::ExtU, reached, Scalar::Int(stored))
                    });
                    reached.reduce(|a, b| scalars.binary(Integer::Add, a, b))
                }
                Counter::Bisection(table) => {
                    let row = if levels.rows > 1 {
                        scalars.loop_index(op.axis)
                    } else {
                        scalars.index(0)
                    };
                    let count = levels.bisect(scalars, n, *table, row);
                    Some(
                        Plain {
                            value: count,
                            width: 32,
                            range: Interval::new(0, levels.steps as i64),
                        }
                        .resize(scalars, stored),
                    )
                }
            };
            let Some(count) = count else {
                return get(&base);
            };
            let scaled = if op.step.iter().all(|&step| step == 1) {
                count
            } else {
                scalars.binary(Integer::Mul, count, get(&step))
            };
            scalars.binary(Integer::Add, get(&base), scaled)
        },
    );
    let ends = op.base.iter().zip(&op.step).enumerate();
    let ends = ends.flat_map(|(row, (&base, &step))| {
        levels
            .reached(row, input)
            .map(|steps| i128::from(base) + i128::from(step) * steps)
    });
    Ok(Machine::int(value, width, Interval::hull(ends).checked()))
}

/// How reached thresholds are counted.
enum Counter<'c> {
    /// One parameter for each step.
    Unrolled(Vec<Parameter>),
    /// In a table of one row for each channel or for all.
    Bisection(Val<'c>),
}

/// The thresholds, limited to what the input can reach or just not reach.
struct Levels {
    rows: usize,
    steps: usize,
    values: Vec<i64>,
    /// The least input.
    least: i64,
    /// More than every input.
    never: i64,
    /// Bits of the comparison.
    width: u32,
    compare: Compare,
}

impl Levels {
    fn new(op: &Threshold, input: Interval, input_width: u32) -> Self {
        let (rows, steps) = (op.thresholds.shape[0], op.thresholds.shape[1]);
        let limit = |level: i64| i128::from(level).clamp(input.lo, input.hi + 1) as i64;
        let values: Vec<i64> = op
            .thresholds
            .as_int()
            .unwrap_or_default()
            .iter()
            .map(|&level| limit(level))
            .collect();
        let never = (input.hi + 1) as i64;
        let padding = (steps > UNROLLED).then_some(i128::from(never));
        let levels = values.iter().map(|&level| i128::from(level)).chain(padding);
        let all = levels.fold(input, |all, level| {
            all.union(Interval {
                lo: level,
                hi: level,
            })
        });
        let unsigned = all.within(Interval::of_width(input_width, false));
        let signed = all.within(Interval::of_width(input_width, true));
        let (width, compare) = if signed || !unsigned {
            (
                all.signed_container().max(input_width),
                Compare::GreaterEqualS,
            )
        } else {
            (input_width, Compare::GreaterEqualU)
        };
        Self {
            rows,
            steps,
            values,
            least: input.lo as i64,
            never,
            width,
            compare,
        }
    }

    /// How many thresholds of a row the least and the greatest input reach.
    fn reached(&self, row: usize, input: Interval) -> [i128; 2] {
        let levels = &self.values[row * self.steps..(row + 1) * self.steps];
        [input.lo, input.hi].map(|n| {
            let reached = levels.iter().filter(|&&level| i128::from(level) <= n);
            reached.count() as i128
        })
    }

    /// The threshold number `at` of each row.
    fn column(&self, at: usize) -> Vec<i64> {
        self.values
            .iter()
            .skip(at)
            .step_by(self.steps.max(1))
            .copied()
            .collect()
    }

    /// Number of columns of a table that bisection never leaves: one less than a power of two.
    fn columns(&self) -> usize {
        (self.steps + 1).next_power_of_two() - 1
    }

    /// The table with columns that are never reached at the end of each row.
    fn padded(&self) -> Tensor {
        let columns = self.columns();
        let padding = std::iter::repeat_n(self.never, columns - self.steps);
        let values = self
            .values
            .chunks(self.steps)
            .flat_map(|row| row.iter().copied().chain(padding.clone()));
        Tensor::int(self.width, [self.rows, columns], values.collect())
    }

    /// The input in the type of the comparison.
    fn comparable<'c>(&self, scalars: &Scalars<'c, '_>, n: Plain<'c>) -> Val<'c> {
        n.resize(scalars, self.width)
    }

    /// How many thresholds of a row `n` reaches, as 32 bits.
    fn bisect<'c>(
        &self,
        scalars: &Scalars<'c, '_>,
        n: Val<'c>,
        table: Val<'c>,
        row: Val<'c>,
    ) -> Val<'c> {
        let mut count = scalars.int(0, 32);
        let mut half = self.columns().div_ceil(2);
        while half > 0 {
            let next = scalars.binary(Integer::Add, count, scalars.int(half as i64, 32));
            let at = scalars.binary(Integer::Sub, next, scalars.int(1, 32));
            let column = scalars.convert(Convert::IndexCast, at, Scalar::Index);
            let level = scalars.extract(table, &[row, column], Scalar::Int(self.width));
            let reached = scalars.compare(self.compare, n, level);
            count = scalars.select(reached, next, count);
            half /= 2;
        }
        count
    }
}
