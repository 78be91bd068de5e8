//! In which order a tensor's elements lie in memory.
//!
//! Level 3 has channels in front of positions, as ONNX does. Kernels work on channels that are neighbours in memory, so
//! the tensors between them keep the channels innermost ([`Channels`]), and what is made of them element by element follows.
//! Whatever wants the order of level 3 gets it by a copy.

use qonnx_dialects::ir::Val;
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::upstream::{AffineMap, Slice};
use qonnx_dialects::value::TensorType;

use super::emit::Emitter;

/// A tensor whose channels are innermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channels {
    /// The dimension of level 3 that is moved to the end.
    pub axis: usize,
    /// Elements along the innermost dimension in memory: those behind the last channel are nobody's.
    pub padded: usize,
    /// The dimension of level 3 that is moved to the end in front of it: that of groups of channels.
    pub outer: Option<usize>,
}

impl Channels {
    /// The dimension of level 3 for each dimension in memory.
    pub fn order(self, rank: usize) -> Vec<usize> {
        (0..rank)
            .filter(|dim| *dim != self.axis && Some(*dim) != self.outer)
            .chain(self.outer)
            .chain([self.axis])
            .collect()
    }

    /// The dimension in memory of a dimension of level 3.
    pub fn place(self, dim: usize, rank: usize) -> usize {
        let order = self.order(rank);
        order.iter().position(|&at| at == dim).unwrap_or(dim)
    }

    /// The type in memory.
    pub fn stored(self, ty: &TensorType) -> TensorType {
        let mut shape: Vec<_> = self
            .order(ty.rank())
            .iter()
            .map(|&dim| ty.shape[dim])
            .collect();
        if let Some(last) = shape.last_mut() {
            *last = self.padded;
        }
        TensorType::new(shape, ty.element)
    }

    /// The same order without padding.
    pub fn tight(self, shape: &[usize]) -> Self {
        let padded = shape.get(self.axis).copied().unwrap_or(self.padded);
        Self { padded, ..self }
    }

    /// The channels in a shape where one dimension of them has become groups and channels, or these one.
    fn regrouped(self, from: &[usize], to: &[usize]) -> Option<Self> {
        // The shape with two dimensions, and the first of them.
        let joined = |shape: &[usize], at: usize| -> Option<Vec<usize>> {
            let mut joined = shape.to_vec();
            let channels = (at + 1 < joined.len()).then(|| joined.remove(at + 1))?;
            joined[at] *= channels;
            Some(joined)
        };
        let (axis, outer) = match self.outer {
            Some(outer) => {
                let whole = self.axis == outer + 1 && joined(from, outer)? == to;
                whole.then_some((outer, None))?
            }
            None => {
                let at = self.axis;
                let split = to.len() == from.len() + 1 && joined(to, at)? == from;
                let both = split && to[at] > 1 && to[at + 1] > 1;
                both.then_some((at + 1, Some(at)))?
            }
        };
        Some(Self {
            axis,
            padded: to[axis],
            outer,
        })
    }

    /// The rows of a map to level 3 in the order of memory.
    pub fn map(self, map: &AffineMap) -> AffineMap {
        let order = self.order(map.coefficients.len());
        AffineMap {
            dims: map.dims,
            coefficients: order
                .iter()
                .map(|&row| map.coefficients[row].clone())
                .collect(),
            constants: order.iter().map(|&row| map.constants[row]).collect(),
        }
    }

    /// A part in the order of memory; all channels with what pads them, if `whole`.
    pub fn slice(self, slice: &Slice, whole: bool) -> Slice {
        let order = self.order(slice.sizes.len());
        let pick = |values: &[usize]| order.iter().map(|&dim| values[dim]).collect::<Vec<_>>();
        let mut stored = Slice {
            offsets: pick(&slice.offsets),
            sizes: pick(&slice.sizes),
            strides: pick(&slice.strides),
        };
        if let Some(last) = stored.sizes.last_mut().filter(|_| whole) {
            *last = self.padded;
        }
        stored
    }

    /// A parameter that broadcasts against a tensor of level 3 of `shape`, as one that broadcasts against the tensor in
    /// memory. The last channel is repeated in what pads it.
    pub fn parameter(self, value: &Tensor, shape: &[usize]) -> Tensor {
        let rank = shape.len();
        let mut full = vec![1; rank - value.rank()];
        full.extend(&value.shape);
        let order = self.order(rank);
        let mut stored: Vec<_> = order.iter().map(|&dim| full[dim]).collect();
        let last = stored.last().copied().unwrap_or(1);
        if last > 1 {
            stored[rank - 1] = self.padded;
        }
        let strides = qonnx_dialects::tensor::strides(&full);
        value.gather(&stored, |index| {
            index
                .iter()
                .zip(&order)
                .enumerate()
                .map(|(place, (&at, &dim))| {
                    // The last channel once more: what is computed of it is nobody's.
                    let at = if place + 1 == rank {
                        at.min(last - 1)
                    } else {
                        at
                    };
                    at * strides[dim]
                })
                .sum()
        })
    }
}

/// Values in the order of level 3, and back.
impl<'c> Emitter<'c> {
    /// The elements of a tensor in memory in the order of level 3, where its shape is `shape`.
    pub fn in_order(&self, value: Val<'c>, channels: Option<Channels>, shape: &[usize]) -> Val<'c> {
        let Some(channels) = channels else {
            return value;
        };
        let value = self.tight(value, channels, shape);
        let rank = shape.len();
        let order = channels.order(rank);
        let moved: Vec<_> = order.iter().filter(|&&dim| shape[dim] != 1).collect();
        if moved.is_sorted() {
            return self.reshape(value, shape);
        }
        let ty = TensorType::new(shape, self.type_of(value).element);
        let map = channels.map(&AffineMap::identity(rank));
        self.map(&[(value, map)], &ty, |_, elements| elements[0])
    }

    /// The tensor in a shape that differs in extents of 1 only, or that has the channels in groups or no longer, and its
    /// channels there; `None` for other shapes.
    pub fn reshape_channels(
        &self,
        value: Val<'c>,
        channels: Channels,
        (from, to): (&[usize], &[usize]),
    ) -> Option<(Val<'c>, Channels)> {
        if let Some(regrouped) = channels.regrouped(from, to) {
            // Between groups nothing may be nobody's.
            let value = self.tight(value, channels, from);
            let element = self.type_of(value).element;
            let stored = regrouped.stored(&TensorType::new(to, element)).shape;
            return Some((self.reshape(value, &stored), regrouped));
        }
        if channels.outer.is_some() {
            return None;
        }
        let wide = |shape: &[usize]| -> Vec<usize> {
            (0..shape.len()).filter(|&dim| shape[dim] != 1).collect()
        };
        let (old, new) = (wide(from), wide(to));
        let at = old.iter().position(|&dim| dim == channels.axis)?;
        let same = old.len() == new.len()
            && old
                .iter()
                .zip(&new)
                .all(|(&old, &new)| from[old] == to[new]);
        if !same {
            return None;
        }
        let channels = Channels {
            axis: new[at],
            ..channels
        };
        let element = self.type_of(value).element;
        let stored = channels.stored(&TensorType::new(to, element)).shape;
        Some((self.reshape(value, &stored), channels))
    }

    /// The tensor without what pads its channels.
    pub fn tight(&self, value: Val<'c>, channels: Channels, shape: &[usize]) -> Val<'c> {
        let stored = self.type_of(value);
        let tight = channels.tight(shape);
        if tight == channels {
            return value;
        }
        let sizes = tight.stored(&TensorType::new(shape, stored.element)).shape;
        let part = Slice::contiguous(vec![0; sizes.len()], sizes);
        self.extract(&part, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qonnx_dialects::tensor::Element;

    #[test]
    fn channels_go_to_the_end() {
        let channels = Channels {
            axis: 1,
            padded: 8,
            outer: None,
        };
        assert_eq!(channels.order(4), [0, 2, 3, 1]);
        assert_eq!(channels.place(1, 4), 3);
        assert_eq!(channels.place(3, 4), 2);
        let ty = TensorType::new([1, 5, 2, 3], Element::F32);
        assert_eq!(channels.stored(&ty).shape, [1, 2, 3, 8]);
        assert_eq!(channels.tight(&ty.shape).stored(&ty).shape, [1, 2, 3, 5]);
        let scales = Tensor::f32([5, 1, 1], vec![1.0, 2.0, 3.0, 4.0, 5.0]);
        let stored = channels.parameter(&scales, &ty.shape);
        assert_eq!(stored.shape, [1, 1, 1, 8]);
        assert_eq!(
            stored.to_f32(),
            [1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 5.0, 5.0],
            "the last one is repeated"
        );
    }

    #[test]
    fn groups_of_channels_go_to_the_end() {
        let channels = Channels {
            axis: 1,
            padded: 6,
            outer: None,
        };
        let grouped = channels
            .regrouped(&[1, 6, 4, 4], &[1, 2, 3, 4, 4])
            .expect("groups");
        assert_eq!(
            (grouped.axis, grouped.outer, grouped.padded),
            (2, Some(1), 3)
        );
        assert_eq!(grouped.order(5), [0, 3, 4, 1, 2]);
        let padded = Channels {
            padded: 8,
            ..grouped
        };
        assert_eq!(
            padded.regrouped(&[1, 2, 3, 4, 4], &[1, 6, 4, 4]),
            Some(channels)
        );
        assert_eq!(channels.regrouped(&[1, 6, 4], &[1, 2, 3, 2, 2]), None);
        assert_eq!(channels.regrouped(&[1, 6], &[6]), None);
    }
}
