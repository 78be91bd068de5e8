//! `linalg.generic` with an integer body.

use qonnx_dialects::ir::Val;
use qonnx_dialects::upstream::{Generic, Instr, Integer, Resize, Scalar, Scalars};
use qonnx_dialects::value::TensorType;

use super::{Machine, machine_type, width_of};
use crate::cpu::Refusal;
use crate::cpu::emit::Emitter;
use crate::cpu::machine::{Interval, Number, container};
use crate::cpu::register::Register;

/// Lowers the op: the same loops, the body on containers.
pub fn lower<'c>(
    emit: &Emitter<'c>,
    generic: &Generic,
    operands: &[Machine<'c>],
    result: &TensorType,
) -> Result<Machine<'c>, Refusal> {
    let numbers = operands
        .iter()
        .map(|operand| {
            operand
                .number
                .ok_or("a loop nest mixes integers and floats".to_owned())
        })
        .collect::<Result<Vec<_>, _>>()?;
    let Some((destination, inputs)) = operands.split_last() else {
        return Err("a loop nest has no destination".to_owned());
    };
    let widths: Vec<u32> = numbers.iter().map(|number| number.width).collect();
    let body = Body {
        instrs: &generic.body,
        widths: generic.widths(&widths),
        numbers: &numbers,
        repeats: repeats(emit, generic, operands),
    };
    let output = body.invariant();
    let mut range = body.ranges(output).last().copied().flatten();
    if body.accumulates() {
        range = output;
    }
    let values: Vec<_> = inputs.iter().map(|operand| operand.value).collect();
    debug_assert_eq!(emit.type_of(destination.value), machine_type(result));
    let value = emit.nest(
        &generic.nest(),
        &values,
        destination.value,
        |scalars, elements| body.emit(scalars, elements, output).value,
    );
    Ok(Machine::int(value, width_of(result), range))
}

/// How many iterations of a nest may write one element of its result.
fn repeats<'c>(emit: &Emitter<'c>, generic: &Generic, operands: &[Machine<'c>]) -> Option<i128> {
    let types: Vec<_> = operands
        .iter()
        .map(|operand| emit.type_of(operand.value))
        .collect();
    let shapes: Vec<_> = types.iter().map(|ty| ty.shape.as_slice()).collect();
    let extents = generic.nest().extents(&shapes)?;
    let own = generic.maps.last()?.loops();
    let others = (0..extents.len()).filter(|dim| !own.contains(&Some(*dim)));
    let extents = others.map(|dim| extents[dim]);
    i128::try_from(extents.fold(1, usize::saturating_mul)).ok()
}

/// A body with what is known about its operands.
struct Body<'a> {
    instrs: &'a [Instr],
    /// One for each instruction.
    widths: Vec<u32>,
    /// One for each operand of the nest, the destination last.
    numbers: &'a [Number],
    /// See [`repeats`].
    repeats: Option<i128>,
}

impl Body<'_> {
    /// Whether the result depends on the element of the destination.
    fn accumulates(&self) -> bool {
        let is_output = |at: &usize| matches!(self.instrs[*at], Instr::Output);
        let last = self.instrs.len() - 1;
        is_output(&last)
            || self
                .instrs
                .iter()
                .any(|instr| instr.operands().any(|at| is_output(&at)))
    }

    /// A range that the destination's elements keep from their initial values on, iteration by iteration.
    fn invariant(&self) -> Option<Interval> {
        let destination = *self.numbers.last()?;
        let start = destination.range?;
        if !self.accumulates() {
            return Some(start);
        }
        // Of all numbers at hand: what a maximum keeps.
        let hull = self
            .numbers
            .iter()
            .try_fold(start, |all, number| Some(all.union(number.range?)));
        let all = |signed| Some(Interval::of_width(destination.width, signed));
        if let Some(sums) = self.sums(start) {
            return Some(sums);
        }
        [hull, all(true), all(false)]
            .into_iter()
            .flatten()
            .find(|&range| {
                let after = self.ranges(Some(range)).last().copied().flatten();
                start.within(range) && after.is_some_and(|after| after.within(range))
            })
    }

    /// What sums are, from their initial values to their last, if the body adds to the element of the destination.
    fn sums(&self, start: Interval) -> Option<Interval> {
        let &Instr::Integer(Integer::Add, left, right) = self.instrs.last()? else {
            return None;
        };
        let term = match (self.instrs.get(left)?, self.instrs.get(right)?) {
            (Instr::Output, Instr::Output) => return None,
            (Instr::Output, _) => right,
            (_, Instr::Output) => left,
            _ => return None,
        };
        // What is added must not follow from what was.
        let uses = |instr: &Instr| {
            instr
                .operands()
                .filter(|&at| matches!(self.instrs[at], Instr::Output))
                .count()
        };
        if self.instrs.iter().map(uses).sum::<usize>() != 1 {
            return None;
        }
        let term: Interval = self.ranges(None)[term]?;
        let repeats = self.repeats.filter(|repeats| *repeats < 1 << 62)?;
        let small = Interval::of_width(62, true);
        (term.within(small) && start.within(small))
            .then(|| Interval {
                lo: start.lo + (term.lo * repeats).min(0),
                hi: start.hi + (term.hi * repeats).max(0),
            })?
            .checked()
    }

    /// The range of each instruction's result, given that of the destination's element.
    fn ranges(&self, output: Option<Interval>) -> Vec<Option<Interval>> {
        let mut ranges: Vec<Option<Interval>> = Vec::with_capacity(self.instrs.len());
        for instr in self.instrs {
            let read =
                |at: usize, signed| Number::new(self.widths[at], ranges[at]).read_range(signed);
            let modular = |a: usize, b: usize, op: fn(i128, i128) -> i128| {
                let (a, b): (Interval, Interval) = (ranges[a]?, ranges[b]?);
                // Bounded by `checked` so far, products fit 128 bits only if their factors are small.
                let small = Interval::of_width(62, true);
                (a.within(small) && b.within(small))
                    .then(|| a.combine(b, op))?
                    .checked()
            };
            let choose = |a: usize, b: usize, signed, op: fn(i128, i128) -> i128| {
                let (a, b) = (read(a, signed), read(b, signed));
                Some(Interval {
                    lo: op(a.lo, b.lo),
                    hi: op(a.hi, b.hi),
                })
            };
            ranges.push(match *instr {
                Instr::Input(at) => self.numbers[at].range,
                Instr::Output => output,
                Instr::Constant(value, _) => Some(Interval::new(value, value)),
                Instr::Resize(Resize::ExtS, a, _) => Some(read(a, true)),
                Instr::Resize(Resize::ExtU, a, _) => Some(read(a, false)),
                Instr::Resize(Resize::Trunc, a, _) => ranges[a],
                Instr::Integer(op, a, b) => match op {
                    Integer::Add => modular(a, b, |a, b| a + b),
                    Integer::Sub => modular(a, b, |a, b| a - b),
                    Integer::Mul => modular(a, b, |a, b| a * b),
                    Integer::MaxS => choose(a, b, true, i128::max),
                    Integer::MinS => choose(a, b, true, i128::min),
                    Integer::MaxU => choose(a, b, false, i128::max),
                    Integer::MinU => choose(a, b, false, i128::min),
                },
            });
        }
        ranges
    }

    /// Appends the machine body and returns its result.
    fn emit<'c>(
        &self,
        scalars: &Scalars<'c, '_>,
        elements: &[Val<'c>],
        output: Option<Interval>,
    ) -> Register<'c> {
        let ranges = self.ranges(output);
        let mut registers: Vec<Register<'c>> = Vec::with_capacity(self.instrs.len());
        for (at, instr) in self.instrs.iter().enumerate() {
            let number = Number::new(self.widths[at], ranges[at]);
            let to = container(number.width);
            let value = match *instr {
                Instr::Input(at) if self.numbers[at].bits > to => {
                    scalars.convert(Resize::Trunc, elements[at], Scalar::Int(to))
                }
                Instr::Input(at) => elements[at],
                Instr::Output => elements[elements.len() - 1],
                Instr::Constant(value, _) => scalars.int(value, to),
                Instr::Resize(Resize::ExtS, a, _) => {
                    registers[a].read(scalars, true).resize(scalars, to)
                }
                Instr::Resize(Resize::ExtU, a, _) => {
                    registers[a].read(scalars, false).resize(scalars, to)
                }
                Instr::Resize(Resize::Trunc, a, _) if container(self.widths[a]) == to => {
                    registers[a].value
                }
                Instr::Resize(op @ Resize::Trunc, a, _) => {
                    scalars.convert(op, registers[a].value, Scalar::Int(to))
                }
                Instr::Integer(op, a, b) => {
                    let operand = |at: usize| match op {
                        Integer::Add | Integer::Sub | Integer::Mul => registers[at].value,
                        Integer::MaxS | Integer::MinS => registers[at].read(scalars, true).value,
                        Integer::MaxU | Integer::MinU => registers[at].read(scalars, false).value,
                    };
                    scalars.binary(op, operand(a), operand(b))
                }
            };
            registers.push(Register { value, number });
        }
        *registers
            .last()
            .expect("a body yields its last instruction")
    }
}
