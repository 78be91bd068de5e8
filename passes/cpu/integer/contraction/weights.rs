//! The weights of a contraction, packed for its kernel.
//!
//! Constant ones are packed here, and what is known of their numbers says how far sums go. Computed ones are packed when the
//! network runs.

use qonnx_dialects::ir::Val;
use qonnx_dialects::packed::Packed;
use qonnx_dialects::tensor::{Element, sign_extend, strides};
use qonnx_dialects::upstream::{AffineMap, Slice};
use qonnx_dialects::value::TensorType;

use super::Site;
use crate::cpu::emit::Emitter;
use crate::cpu::integer::Machine;
use crate::cpu::integer::roles::Roles;
use crate::cpu::kernels::{self, Kernel, Reach};
use crate::cpu::machine::{Interval, Number};

/// Weights as level 3 has them.
pub enum Weights<'c> {
    /// Numbers that are known.
    Constant(Packed, Order),
    /// A tensor of the new function, whose elements are read as signed or not.
    Computed(Machine<'c>, bool),
}

/// Where constant weights lie.
pub struct Order {
    /// How many filters there are, and the step from one to the next; of several batches one after the other.
    filters: Vec<usize>,
    /// The places of the taps of a filter.
    taps: Vec<usize>,
    /// How many channels are added up, and the step from one to the next.
    channels: (usize, usize),
    /// Filters of a batch.
    batch: usize,
}

impl Order {
    /// Of weights of a shape, which the loops of `extents` index by a map.
    pub fn of(roles: &Roles, extents: &[usize], shape: &[usize], map: &AffineMap) -> Self {
        let steps = strides(shape);
        let step = |dim: usize| -> usize {
            let rows = map.coefficients.iter().zip(&steps);
            rows.filter(|(row, _)| row[dim] != 0)
                .map(|(_, step)| step)
                .sum()
        };
        let places = |dims: &[usize]| {
            dims.iter().fold(vec![0], |places, &dim| {
                let along = |place: usize| (0..extents[dim]).map(move |at| place + at * step(dim));
                places.into_iter().flat_map(along).collect()
            })
        };
        let filters = [roles.batches.as_slice(), &[roles.filter]].concat();
        Self {
            filters: places(&filters),
            taps: places(&roles.taps()),
            channels: match roles.channel {
                Some(dim) => (extents[dim], step(dim)),
                None => (1, 0),
            },
            batch: extents[roles.filter],
        }
    }

    /// The weight of a filter, a tap and a channel; 0 for a channel that is nobody's.
    fn weight(&self, numbers: &Packed, filter: usize, tap: usize, channel: usize) -> i64 {
        let (channels, step) = self.channels;
        if channel >= channels {
            return 0;
        }
        let at = self.filters[filter] + self.taps[tap] + channel * step;
        // A splat has one number for all.
        numbers.get(if numbers.len() == 1 { 0 } else { at })
    }

    /// How far sums of these go.
    pub fn reach(&self, numbers: &Packed) -> Reach {
        let mut reach = Reach { pair: 0, all: 0 };
        for filter in 0..self.filters.len() {
            let mut all = (0i128, 0i128);
            for tap in 0..self.taps.len() {
                for channel in (0..self.channels.0).step_by(2) {
                    let pair = [channel, channel + 1]
                        .map(|channel| i128::from(self.weight(numbers, filter, tap, channel)));
                    let (below, above) = (
                        pair[0].min(0) + pair[1].min(0),
                        pair[0].max(0) + pair[1].max(0),
                    );
                    reach.pair = reach.pair.max(above).max(-below);
                    all = (all.0 + below, all.1 + above);
                }
            }
            reach.all = reach.all.max(all.1).max(-all.0);
        }
        reach
    }

    /// How many steps in a row never add up to more than 16 bits hold: each of two sums of a filter gets two products in one,
    /// of numbers from 0 to `greatest`.
    fn steps(&self, numbers: &Packed, greatest: i128, depth: usize) -> usize {
        let groups = self.channels.0.div_ceil(depth);
        let mut steps = kernels::ALL_STEPS;
        for filter in 0..self.filters.len() {
            for half in 0..depth / 2 {
                let pairs = (0..self.taps.len() * groups).map(|step| {
                    let channel = step % groups * depth + 2 * half;
                    let weight = |channel| {
                        greatest * i128::from(self.weight(numbers, filter, step / groups, channel))
                    };
                    let pair = [weight(channel), weight(channel + 1)];
                    (
                        pair[0].min(0) + pair[1].min(0),
                        pair[0].max(0) + pair[1].max(0),
                    )
                });
                steps = steps.min(in_a_row(pairs, Interval::of_width(16, true)));
            }
        }
        steps
    }
}

/// How many pairs of sums below and above 0 that follow each other stay within a range wherever they begin.
fn in_a_row(pairs: impl Iterator<Item = (i128, i128)>, range: Interval) -> usize {
    let mut window = std::collections::VecDeque::new();
    let (mut below, mut above) = (0, 0);
    let mut least = kernels::ALL_STEPS;
    for pair in pairs {
        window.push_back(pair);
        (below, above) = (below + pair.0, above + pair.1);
        while below < range.lo || above > range.hi {
            least = least.min(window.len() - 1);
            let Some(first) = window.pop_front() else {
                break;
            };
            (below, above) = (below - first.0, above - first.1);
        }
    }
    least
}

/// Weights in the order of a kernel, and what is known of each filter.
pub struct PackedWeights<'c> {
    /// The tensor.
    pub value: Val<'c>,
    /// What sums begin with so that the offset of the input cancels: one for each filter of each batch.
    pub begins: Vec<i64>,
    /// All sums of all filters.
    pub sums: Interval,
    /// How many steps a sum of 16 bits may take.
    pub steps: usize,
}

impl<'c> Site<'_, 'c> {
    /// The weights of `shape` in the order in which the kernel reads them, where the input has `padded` channels; those that
    /// are nobody's are 0.
    pub fn pack(
        &self,
        weights: &Weights<'c>,
        (map, ty): (&AffineMap, &TensorType),
        padded: usize,
        shape: &[usize],
    ) -> PackedWeights<'c> {
        match weights {
            Weights::Constant(numbers, order) => self.pack_known(numbers, order, padded, shape),
            Weights::Computed(machine, signed) => {
                let value = self.pack_computed(*machine, *signed, (map, ty), padded, shape);
                let count: usize = self
                    .roles
                    .summed
                    .iter()
                    .map(|&dim| self.extents[dim])
                    .product();
                let number = machine.number.unwrap_or(Number::new(64, None));
                let product = self.range.combine(number.read_range(*signed), |x, w| x * w);
                let (count, start) = (count as i128, i128::from(self.start));
                let batches: usize = self
                    .roles
                    .batches
                    .iter()
                    .map(|&dim| self.extents[dim])
                    .product();
                PackedWeights {
                    value,
                    begins: vec![self.start; batches * self.blocks(padded) * self.kernel().lanes],
                    sums: Interval {
                        lo: start + count * product.lo,
                        hi: start + count * product.hi,
                    },
                    steps: self.choice.steps,
                }
            }
        }
    }

    fn pack_known(
        &self,
        weights: &Packed,
        order: &Order,
        padded: usize,
        shape: &[usize],
    ) -> PackedWeights<'c> {
        let Kernel { lanes, depth, .. } = *self.kernel();
        let (blocks, group) = (self.blocks(padded), depth.max(1));
        let groups = match self.roles.channel {
            Some(_) => padded / group,
            None => 1,
        };
        let batches = order.filters.len() / order.batch.max(1);
        let (lo, hi) = weights.range();
        let taps = order.taps.len();
        let count = batches * blocks * lanes * taps * groups * group;
        let mut numbers = Packed::with_capacity(lo, hi, count);
        let mut sums = vec![(0i128, 0i128, 0i128); batches * blocks * lanes];
        for block in 0..batches * blocks {
            for tap in 0..taps {
                for first in 0..groups {
                    for lane in 0..lanes {
                        let within = block % blocks * lanes + lane;
                        let filter = block / blocks * order.batch + within;
                        for channel in first * group..(first + 1) * group {
                            let w = match within < order.batch {
                                true => order.weight(weights, filter, tap, channel),
                                false => 0,
                            };
                            numbers.push(w);
                            let w = i128::from(w);
                            let (a, b) = (w * self.range.lo, w * self.range.hi);
                            let (sum, lo, hi) = sums[block * lanes + lane];
                            sums[block * lanes + lane] = (sum + w, lo + a.min(b), hi + a.max(b));
                        }
                    }
                }
            }
        }
        let (start, offset) = (i128::from(self.start), i128::from(self.choice.offset));
        let begin =
            |&(sum, _, _): &(i128, i128, i128)| sign_extend((start - sum * offset) as i64, 32);
        let ends = sums
            .iter()
            .flat_map(|&(_, lo, hi)| [lo + start, hi + start]);
        let steps = match self.kernel().step {
            kernels::Step::PairsOfBytes => order.steps(weights, self.range.hi + offset, depth),
            _ => self.choice.steps,
        };
        let element = Element::int(self.kernel().bits.1);
        let value =
            qonnx_dialects::ir::packed_attribute(self.emit.context, &numbers, element, shape);
        PackedWeights {
            value: self.emit.constant_of(value),
            begins: sums.iter().map(begin).collect(),
            sums: Interval::hull(ends),
            steps: steps.max(self.choice.steps),
        }
    }

    /// Likewise, of numbers that are known when the network runs.
    fn pack_computed(
        &self,
        machine: Machine<'c>,
        signed: bool,
        (map, ty): (&AffineMap, &TensorType),
        padded: usize,
        shape: &[usize],
    ) -> Val<'c> {
        let emit = self.emit;
        let Kernel { lanes, depth, .. } = *self.kernel();
        let bits = self.kernel().bits.1;
        let machine = Machine {
            value: emit.in_order(machine.value, machine.channels, &ty.shape),
            channels: None,
            ..machine
        };
        let value = in_bits(emit, machine, signed, bits);
        // Rows of filters and channels as long as the kernel reads them.
        let loops = map.loops();
        let extent = |row: usize| match loops[row] {
            Some(dim) if dim == self.roles.filter => self.blocks(padded) * lanes,
            Some(dim) if Some(dim) == self.roles.channel => padded,
            _ => ty.shape[row],
        };
        let whole: Vec<_> = (0..ty.rank()).map(extent).collect();
        let value = match whole == ty.shape {
            true => value,
            false => {
                let frame = TensorType::new(whole, Element::int(bits));
                let frame = emit.fill(&frame, |scalars| scalars.int(0, bits));
                let part = Slice::contiguous(vec![0; ty.rank()], ty.shape.clone());
                emit.insert(&part, value, frame)
            }
        };
        // Loops over the result: batches, vectors of filters, taps, groups of channels, filters, channels of a group.
        let (batches, taps) = (&self.roles.batches, self.roles.taps());
        let block = batches.len();
        let group = block + 1 + taps.len();
        let place = |of: &[usize], dim: usize| of.iter().position(|&at| at == dim);
        let rows = (0..ty.rank()).fold(
            AffineMap::select(group + 3, &vec![0; ty.rank()]),
            |rows, row| {
                let dim = loops[row].unwrap_or(0);
                let terms = if dim == self.roles.filter {
                    vec![(block, lanes as i64), (group + 1, 1)]
                } else if let Some(at) = place(batches, dim) {
                    vec![(at, 1)]
                } else if let Some(at) = place(&taps, dim) {
                    vec![(block + 1 + at, 1)]
                } else {
                    vec![(group, depth as i64), (group + 2, 1)]
                };
                rows.with_sum(row, &terms)
            },
        );
        let packed = TensorType::new(shape, Element::int(bits));
        emit.map(&[(value, rows)], &packed, |_, elements| elements[0])
    }
}

/// Numbers in a machine integer that holds them.
fn in_bits<'c>(emit: &Emitter<'c>, machine: Machine<'c>, signed: bool, bits: u32) -> Val<'c> {
    let free = |number: Number| number.bits == bits && number.reads_free(signed);
    if machine.number.is_some_and(free) {
        return machine.value;
    }
    let mut ty = emit.type_of(machine.value);
    ty.element = Element::int(bits);
    let map = AffineMap::identity(ty.rank());
    emit.map(&[(machine.value, map)], &ty, |scalars, elements| {
        let register = machine.register(elements[0]);
        register.read(scalars, signed).resize(scalars, bits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_as_long_as_their_sums_fit() {
        let range = Interval::new(-10, 10);
        let run = |pairs: &[(i128, i128)]| in_a_row(pairs.iter().copied(), range);
        assert_eq!(run(&[]), kernels::ALL_STEPS);
        assert_eq!(run(&[(-10, 10)]), kernels::ALL_STEPS);
        assert_eq!(run(&[(0, 4); 3]), 2);
        assert_eq!(run(&[(0, 4), (-4, 0), (0, 4), (-4, 0), (-3, 0)]), 3);
        assert_eq!(run(&[(0, 1), (0, 11)]), 0);
    }
}
