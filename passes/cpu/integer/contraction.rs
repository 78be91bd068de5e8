//! Contractions that a kernel of the table computes: products of an input with constant weights, added up.
//!
//! The nest of level 3 becomes one on packed operands: the channels of the input are innermost, in groups of as many as
//! a step multiplies, and the weights lie in the order in which the kernel reads them. The nest is what it says, and computed as
//! any other where no tile is made of it; the kernel that it was packed for is an attribute.

use qonnx_dialects::ir::{self, Val};
use qonnx_dialects::packed::Packed;
use qonnx_dialects::tensor::{Element, Tensor, strides};
use qonnx_dialects::upstream::{
    self, AffineMap, Generic, Integer, IteratorKind, Nest, Resize, Scalar, Slice,
};
use qonnx_dialects::value::TensorType;

use super::roles::Roles;
use super::{Literal, Machine, width_of};
use crate::cpu::emit::Emitter;
use crate::cpu::kernels::{self, Choice, Kernel, Wanted};
use crate::cpu::layout::Channels;
use crate::cpu::machine::{Interval, Number};

/// Lowers a nest if some kernel for `features` computes it. `old` are its operands of level 3, and `input` gives the tensor
/// of one.
pub fn contraction<'c>(
    emit: &Emitter<'c>,
    features: &str,
    generic: &Generic,
    old: &[Val<'c>],
    result: &TensorType,
    input: impl FnOnce(Val<'c>) -> Option<Machine<'c>>,
) -> Option<Machine<'c>> {
    let [left, right, start] = *old else {
        return None;
    };
    if width_of(result) > 32 {
        return None;
    }
    let signed = factors(generic)?;
    let (x_at, w_at, weights) = match (Literal::of(left), Literal::of(right)) {
        (None, Some(weights)) => (0, 1, weights),
        (Some(weights), None) => (1, 0, weights),
        _ => return None,
    };
    let start = Literal::of(start)?.only_number()?;
    let types = old
        .iter()
        .map(|value| ir::type_of(*value))
        .collect::<Option<Vec<_>>>()?;
    let shapes: Vec<_> = types.iter().map(|ty| ty.shape.as_slice()).collect();
    let extents = generic.nest().extents(&shapes)?;
    let maps = [&generic.maps[x_at], &generic.maps[w_at], &generic.maps[2]];
    let roles = Roles::of(maps, &extents)?;
    let numbers = weights.read(signed[w_at])?;
    let machine = input(old[x_at])?;
    let number = machine.number?;
    let products = roles.summed.iter().map(|&dim| extents[dim]).product();
    let range = number.read_range(signed[x_at]);
    let (lo, hi) = numbers.range();
    let wanted = Wanted {
        x: range,
        w: Interval::new(lo, hi),
        own: roles.channel.is_none(),
        filters: extents[roles.filter],
        products,
    };
    let choice = kernels::choose(features, wanted)?;
    let site = Site {
        emit,
        roles,
        extents,
        choice,
        range,
        signed: signed[x_at],
        start,
        result,
    };
    let weights = Weights {
        numbers,
        shape: types[w_at].shape.clone(),
        map: generic.maps[w_at].clone(),
    };
    Some(site.lower(machine, &types[x_at], &weights, &generic.maps[x_at]))
}

/// Whether each input of a nest that adds up products is read as a signed number.
fn factors(generic: &Generic) -> Option<[bool; 2]> {
    let [a, b] = generic.product()?;
    let signed = [a.signed()?, b.signed()?];
    match (a.input, b.input) {
        (0, 1) => Some(signed),
        (1, 0) => Some([signed[1], signed[0]]),
        _ => None,
    }
}

/// Constant weights as level 3 has them.
struct Weights {
    numbers: Packed,
    shape: Vec<usize>,
    map: AffineMap,
}

/// A contraction with the kernel that was chosen for it.
struct Site<'e, 'c> {
    emit: &'e Emitter<'c>,
    roles: Roles,
    extents: Vec<usize>,
    choice: Choice,
    /// The numbers of the input.
    range: Interval,
    /// Whether its elements are read as signed.
    signed: bool,
    /// What each sum begins with.
    start: i64,
    result: &'e TensorType,
}

/// Weights in the order of a kernel, and what is known of each filter.
struct PackedWeights {
    numbers: Packed,
    /// What its sums begin with so that the offset of the input cancels.
    begins: Vec<i64>,
    /// All sums of all filters.
    sums: Interval,
    /// All sums of some of the products of a filter, of the input as it is packed.
    parts: Interval,
}

impl<'c> Site<'_, 'c> {
    fn kernel(&self) -> &'static Kernel {
        self.choice.kernel
    }

    /// Vectors of filters, where the input has `padded` channels.
    fn blocks(&self, padded: usize) -> usize {
        match self.roles.channel {
            Some(_) => self.extents[self.roles.filter].div_ceil(self.kernel().lanes),
            None => padded / self.kernel().lanes,
        }
    }

    fn lower(
        &self,
        machine: Machine<'c>,
        x_type: &TensorType,
        weights: &Weights,
        x_map: &AffineMap,
    ) -> Machine<'c> {
        let emit = self.emit;
        let Kernel { lanes, depth, .. } = *self.kernel();
        let multiple = if depth == 0 { lanes } else { depth };
        let (x, unsigned) = self.input(machine, x_type, multiple);
        let x_shape = emit.type_of(x).shape;
        let padded = x_shape.last().copied().unwrap_or(1);
        let packed = self.pack(weights, padded);
        let taps = self.roles.taps();

        // Loops: positions, vectors of filters, taps, groups of channels, filters of a vector, channels of a group.
        let (pixels, blocks) = (self.roles.pixels.len(), self.blocks(padded));
        let block = pixels;
        let first_tap = block + 1;
        let group = first_tap + taps.len();
        let lane = group + usize::from(depth > 0);
        let loops = lane + 1 + usize::from(depth > 0);
        let mut new = vec![None; self.extents.len()];
        for (at, &dim) in self.roles.pixels.iter().enumerate() {
            new[dim] = Some(at);
        }
        for (at, &dim) in taps.iter().enumerate() {
            new[dim] = Some(first_tap + at);
        }
        let split = |shape: &[usize], parts: usize| {
            let (&last, outer) = shape.split_last().unwrap_or((&1, &[]));
            [outer, &[last / parts, parts]].concat()
        };
        let x = emit.reshape(x, &split(&x_shape, multiple));
        let outer = (0..x_type.rank()).filter(|row| *row != self.roles.channel_axis);
        let inner = if depth == 0 {
            [block, lane]
        } else {
            [group, lane + 1]
        };
        let rank = x_type.rank() + 1;
        let mut x_rows = AffineMap::select(loops, &vec![0; rank]);
        for (at, row) in outer.enumerate() {
            let terms: Vec<_> = x_map.coefficients[row]
                .iter()
                .enumerate()
                .filter_map(|(dim, &factor)| Some((new[dim]?, factor)))
                .collect();
            x_rows = x_rows.with_sum(at, &terms);
        }
        for (at, dim) in inner.into_iter().enumerate() {
            x_rows = x_rows.with_sum(rank - 2 + at, &[(dim, 1)]);
        }
        let places: Vec<usize> = (0..pixels).collect();
        let sums = [places.as_slice(), &[block, lane]].concat();
        let nest = Nest {
            maps: vec![
                x_rows,
                AffineMap::select(loops, &(block..loops).collect::<Vec<_>>()),
                AffineMap::select(loops, &sums),
            ],
            iterators: (0..loops)
                .map(|dim| match sums.contains(&dim) {
                    true => IteratorKind::Parallel,
                    false => IteratorKind::Reduction,
                })
                .collect(),
        };
        let tap_shape: Vec<_> = taps.iter().map(|&dim| self.extents[dim]).collect();
        // Groups of channels, where they are added up.
        let inner = match padded.checked_div(depth) {
            Some(groups) => vec![groups, lanes, depth],
            None => vec![lanes],
        };
        let w_shape = [&[blocks], tap_shape.as_slice(), inner.as_slice()].concat();
        let w_type = Element::int(self.kernel().bits.1);
        let w = ir::packed_attribute(emit.context, &packed.numbers, w_type, &w_shape);
        let w = emit.constant_of(w);

        let outer: Vec<_> = self
            .roles
            .pixels
            .iter()
            .map(|&dim| self.extents[dim])
            .collect();
        let out_shape = [outer.as_slice(), &[blocks, lanes]].concat();
        let begins = self.begins(&packed.begins, &out_shape);
        let value = emit.nest(&nest, &[x, w], begins, |scalars, elements| {
            let wide = |op: Resize, element| scalars.convert(op, element, Scalar::Int(32));
            let x = wide(
                if unsigned { Resize::ExtU } else { Resize::ExtS },
                elements[0],
            );
            let product = scalars.binary(Integer::Mul, x, wide(Resize::ExtS, elements[1]));
            scalars.binary(Integer::Add, elements[2], product)
        });
        if let Some(op) = ir::defining_op(value) {
            // What is known of the weights themselves may allow more.
            let steps = match packed.parts.within(Interval::of_width(16, true)) {
                true => kernels::ALL_STEPS,
                false => self.choice.steps,
            };
            upstream::mark_kernel(emit.context, op, self.kernel().name, steps);
        }
        let value = emit.reshape(value, &[outer.as_slice(), &[blocks * lanes]].concat());
        let number = Number {
            bits: 32,
            ..Number::new(width_of(self.result), packed.sums.checked())
        };
        Machine {
            value,
            number: Some(number),
            channels: Some(Channels {
                axis: self.roles.filter_axis,
                padded: blocks * lanes,
            }),
        }
    }

    /// The tensor that sums begin with.
    fn begins(&self, begins: &[i64], shape: &[usize]) -> Val<'c> {
        let ty = TensorType::new(shape, Element::int(32));
        if begins.windows(2).all(|pair| pair[0] == pair[1]) {
            let value = begins.first().copied().unwrap_or(0);
            return self.emit.fill(&ty, |scalars| scalars.int(value, 32));
        }
        let rank = shape.len();
        let value = Tensor::int(32, &shape[rank - 2..], begins.to_vec());
        let map = AffineMap::select(rank, &[rank - 2, rank - 1]);
        self.emit
            .map(&[(self.emit.constant(&value), map)], &ty, |_, elements| {
                elements[0]
            })
    }

    /// The input with its channels innermost, as many as a multiple of `multiple`, as the kernel reads them; and whether
    /// they are unsigned.
    fn input(&self, machine: Machine<'c>, ty: &TensorType, multiple: usize) -> (Val<'c>, bool) {
        let emit = self.emit;
        let number = machine.number.unwrap_or(Number::new(64, None));
        let wanted = Channels {
            axis: self.roles.channel_axis,
            padded: ty.shape[self.roles.channel_axis],
        };
        let bits = self.kernel().bits.0;
        // Where each channel has a filter of its own, numbers of either sign are widened.
        let either = self.kernel().depth == 0;
        let bits_fit = number.bits == bits || either && number.bits < bits;
        let as_it_is = self.choice.offset == 0 && bits_fit && number.reads_free(self.signed);
        let unsigned = match either && as_it_is {
            true => !self.signed,
            false => bits == 8,
        };
        let convert = |value: Val<'c>, map: AffineMap, shape: &[usize]| {
            let stored = TensorType::new(
                shape,
                Element::int(if as_it_is { number.bits } else { bits }),
            );
            emit.map(&[(value, map)], &stored, |scalars, elements| {
                if as_it_is {
                    return elements[0];
                }
                let plain = machine.register(elements[0]).read(scalars, self.signed);
                let offset = self.choice.offset;
                let value = plain.resize(scalars, bits);
                if offset == 0 {
                    return value;
                }
                scalars.binary(Integer::Add, value, scalars.int(offset, bits))
            })
        };
        // In the same order but for extents of 1?
        let rank = ty.rank();
        let wide = |order: &[usize]| -> Vec<usize> {
            order
                .iter()
                .copied()
                .filter(|&dim| ty.shape[dim] != 1)
                .collect()
        };
        let order = machine
            .channels
            .map_or((0..rank).collect(), |channels| channels.order(rank));
        let last = wanted.axis;
        let innermost = order.last() == Some(&last) || ty.shape[last] > 1;
        let (value, padded) = if innermost && wide(&order) == wide(&wanted.order(rank)) {
            let stored = emit.type_of(machine.value).shape;
            let padded = if order.last() == Some(&last) {
                stored.last().copied().unwrap_or(1)
            } else {
                wanted.padded
            };
            let mut value = machine.value;
            if !as_it_is {
                value = convert(value, AffineMap::identity(stored.len()), &stored);
            }
            let shape = Channels { padded, ..wanted }.stored(ty).shape;
            (emit.reshape(value, &shape), padded)
        } else {
            let value = match machine.channels {
                Some(channels) => emit.tight(machine.value, channels, &ty.shape),
                None => machine.value,
            };
            // Loops over the result in memory.
            let order = wanted.order(rank);
            let level3 = AffineMap::select(
                rank,
                &(0..rank)
                    .map(|dim| order.iter().position(|&at| at == dim).unwrap_or(dim))
                    .collect::<Vec<_>>(),
            );
            let map = match machine.channels {
                Some(channels) => channels.map(&level3),
                None => level3,
            };
            (convert(value, map, &wanted.stored(ty).shape), wanted.padded)
        };
        if padded.is_multiple_of(multiple) {
            return (value, unsigned);
        }
        let part = emit.type_of(value);
        let mut whole = part.clone();
        if let Some(last) = whole.shape.last_mut() {
            *last = last.next_multiple_of(multiple);
        }
        let width = width_of(&whole);
        let frame = emit.fill(&whole, |scalars| scalars.int(0, width));
        let slice = Slice::contiguous(vec![0; part.rank()], part.shape);
        (emit.insert(&slice, value, frame), unsigned)
    }

    /// The weights in the order in which the kernel reads them, where the input has `padded` channels; those that are
    /// nobody's are 0.
    fn pack(&self, weights: &Weights, padded: usize) -> PackedWeights {
        let Kernel { lanes, depth, .. } = *self.kernel();
        let steps = strides(&weights.shape);
        let step = |dim: usize| -> usize {
            let rows = weights.map.coefficients.iter().zip(&steps);
            rows.filter(|(row, _)| row[dim] != 0)
                .map(|(_, step)| step)
                .sum()
        };
        let taps: Vec<_> = self
            .roles
            .taps()
            .iter()
            .map(|&dim| (self.extents[dim], step(dim)))
            .collect();
        let mut places = vec![0];
        for (extent, step) in taps {
            places = places
                .iter()
                .flat_map(|&place| (0..extent).map(move |at| place + at * step))
                .collect();
        }
        let filters = self.extents[self.roles.filter];
        let filter_step = step(self.roles.filter);
        let (channels, channel_step) = match self.roles.channel {
            Some(dim) => (self.extents[dim], step(dim)),
            None => (1, 0),
        };
        // A splat has one number for all.
        let same = (weights.numbers.len() == 1).then(|| weights.numbers.get(0));
        let number = |filter: usize, place: usize, channel: usize| {
            if filter >= filters || channel >= channels {
                return 0;
            }
            let at = filter * filter_step + place + channel * channel_step;
            same.unwrap_or_else(|| weights.numbers.get(at))
        };
        let (blocks, depth) = (self.blocks(padded), depth.max(1));
        let groups = match self.roles.channel {
            Some(_) => padded / depth,
            None => 1,
        };
        let (lo, hi) = weights.numbers.range();
        let count = blocks * lanes * places.len() * groups * depth;
        let mut numbers = Packed::with_capacity(lo, hi, count);
        let mut sums = vec![(0i128, 0i128, 0i128); blocks * lanes];
        // Of the weights above and below 0.
        let mut bounds = vec![(0i128, 0i128); blocks * lanes];
        for block in 0..blocks {
            for &place in &places {
                for group in 0..groups {
                    for lane in 0..lanes {
                        let filter = block * lanes + lane;
                        for channel in group * depth..(group + 1) * depth {
                            let w = number(filter, place, channel);
                            numbers.push(w);
                            let (a, b) =
                                (i128::from(w) * self.range.lo, i128::from(w) * self.range.hi);
                            let (sum, lo, hi) = sums[filter];
                            sums[filter] = (sum + i128::from(w), lo + a.min(b), hi + a.max(b));
                            let (below, above) = bounds[filter];
                            let w = i128::from(w);
                            bounds[filter] = (below + w.min(0), above + w.max(0));
                        }
                    }
                }
            }
        }
        let start = i128::from(self.start);
        let begins = sums.iter().map(|&(sum, _, _)| {
            let begin = start - sum * i128::from(self.choice.offset);
            qonnx_dialects::tensor::sign_extend(begin as i64, 32)
        });
        let begins = begins.collect();
        let ends = sums
            .iter()
            .flat_map(|&(_, lo, hi)| [lo + start, hi + start]);
        let offset = i128::from(self.choice.offset);
        let (least, greatest) = (self.range.lo + offset, self.range.hi + offset);
        let parts = bounds.iter().flat_map(|&(below, above)| {
            [
                below * greatest + above * least.min(0),
                above * greatest + below * least.min(0),
            ]
        });
        PackedWeights {
            numbers,
            begins,
            parts: Interval::hull(parts),
            sums: Interval::hull(ends),
        }
    }
}
