//! The input of a contraction, packed for its kernel.

use qonnx_dialects::ir::Val;
use qonnx_dialects::tensor::Element;
use qonnx_dialects::upstream::{AffineMap, Integer, Slice};
use qonnx_dialects::value::TensorType;

use super::Site;
use crate::cpu::integer::{Machine, width_of};
use crate::cpu::layout::Channels;
use crate::cpu::machine::Number;

impl<'c> Site<'_, 'c> {
    /// The order that the input of level 3 is wanted in.
    pub fn wanted_channels(&self, ty: &TensorType) -> Channels {
        Channels {
            axis: self.roles.channel_axis,
            padded: ty.shape[self.roles.channel_axis],
            outer: self.outer.map(|outer| outer.x),
        }
    }

    /// The input with its channels innermost, as many as a multiple of `multiple`, as the kernel reads them; and whether
    /// they are unsigned.
    pub fn input(&self, machine: Machine<'c>, ty: &TensorType, multiple: usize) -> (Val<'c>, bool) {
        let emit = self.emit;
        let number = machine.number.unwrap_or(Number::new(64, None));
        let wanted = self.wanted_channels(ty);
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
}
