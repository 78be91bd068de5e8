//! Integers of one tensor in as few bytes each as their range needs: weights on their way through the lowering.
//!
//! A run-time [`Tensor`] keeps every integer in 64 bits, which is eight times what the weights of most networks need.

use crate::broadcast::walk;
use crate::tensor::{Data, Sign, Tensor, zero_extend};

/// Integers in row-major order, each in 1, 2, 4 or 8 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packed {
    /// Of at most 8 bits, as signed numbers.
    I8(Vec<i8>),
    /// Of at most 16 bits.
    I16(Vec<i16>),
    /// Of at most 32 bits.
    I32(Vec<i32>),
    /// All others.
    I64(Vec<i64>),
}

/// Runs an expression for whichever vector it is.
macro_rules! each {
    ($packed:expr, $values:ident => $body:expr) => {
        match $packed {
            Packed::I8($values) => $body,
            Packed::I16($values) => $body,
            Packed::I32($values) => $body,
            Packed::I64($values) => $body,
        }
    };
}

#[expect(
    clippy::useless_conversion,
    reason = "one of the kinds of numbers is what the others become"
)]
impl Packed {
    /// Room for `capacity` integers of `lo..=hi`.
    pub fn with_capacity(lo: i64, hi: i64, capacity: usize) -> Self {
        let fits = |least: i64, greatest: i64| least <= lo && hi <= greatest;
        if fits(i8::MIN.into(), i8::MAX.into()) {
            Self::I8(Vec::with_capacity(capacity))
        } else if fits(i16::MIN.into(), i16::MAX.into()) {
            Self::I16(Vec::with_capacity(capacity))
        } else if fits(i32::MIN.into(), i32::MAX.into()) {
            Self::I32(Vec::with_capacity(capacity))
        } else {
            Self::I64(Vec::with_capacity(capacity))
        }
    }

    /// The integers of a slice.
    pub fn of(values: &[i64]) -> Self {
        let (lo, hi) = values
            .iter()
            .fold((0, 0), |(lo, hi): (i64, i64), &n| (lo.min(n), hi.max(n)));
        let mut packed = Self::with_capacity(lo, hi, values.len());
        packed.extend(values.iter().copied());
        packed
    }

    /// Appends an integer, which is within the range that room was made for.
    pub fn push(&mut self, value: i64) {
        each!(self, values => {
            values.push(value as _);
            debug_assert_eq!(values.last().map(|&kept| kept.into()), Some(value));
        });
    }

    /// Appends integers, likewise; what is above the bits that are kept is dropped.
    pub fn extend(&mut self, integers: impl Iterator<Item = i64>) {
        match self {
            Self::I8(values) => values.extend(integers.map(|value| value as i8)),
            Self::I16(values) => values.extend(integers.map(|value| value as i16)),
            Self::I32(values) => values.extend(integers.map(|value| value as i32)),
            Self::I64(values) => values.extend(integers),
        }
    }

    /// Number of integers.
    pub fn len(&self) -> usize {
        each!(self, values => values.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The integer at a place. Panics beyond the end.
    pub fn get(&self, at: usize) -> i64 {
        each!(self, values => values[at].into())
    }

    /// Visits the integers of a part in order. Panics if the part reaches beyond the end.
    pub fn visit(&self, part: std::ops::Range<usize>, mut visit: impl FnMut(i64)) {
        each!(self, values => values[part].iter().for_each(|&value| visit(value.into())));
    }

    /// Least and greatest integer, and 0.
    pub fn range(&self) -> (i64, i64) {
        let (mut lo, mut hi) = (0, 0);
        self.visit(0..self.len(), |value| {
            (lo, hi) = (lo.min(value), hi.max(value))
        });
        (lo, hi)
    }

    /// The integers of a tensor of `shape` whose element at each position is this one's at the sum of the position's
    /// coordinates times `steps`. Panics if that is beyond the end.
    pub fn strided(&self, shape: &[usize], steps: Vec<usize>) -> Self {
        macro_rules! gathered {
            ($kind:ident, $values:ident) => {{
                let mut gathered = Vec::with_capacity($values.len());
                walk(shape, &[steps], |[at]| gathered.push($values[at]));
                Self::$kind(gathered)
            }};
        }
        match self {
            Self::I8(values) => gathered!(I8, values),
            Self::I16(values) => gathered!(I16, values),
            Self::I32(values) => gathered!(I32, values),
            Self::I64(values) => gathered!(I64, values),
        }
    }

    /// Every integer's low `bits` bits, the others 0, as little-endian numbers of as many bytes as they need.
    pub fn little_endian(&self, bits: u32) -> Vec<u8> {
        let size = bits.div_ceil(8) as usize;
        let mut bytes = Vec::with_capacity(self.len() * size);
        self.visit(0..self.len(), |value| {
            bytes.extend_from_slice(&zero_extend(value, bits).to_le_bytes()[..size]);
        });
        bytes
    }

    /// As a run-time tensor of signless `bits`-bit integers.
    pub fn to_tensor(&self, bits: u32, shape: &[usize]) -> Tensor {
        let values = each!(self, values => values.iter().map(|&value| value.into()).collect());
        Tensor::new(
            shape.to_vec(),
            Data::Int {
                width: bits,
                sign: Sign::Signless,
                values,
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_take_what_their_range_needs() {
        for (values, size) in [
            (vec![-128, 127, 0], 1),
            (vec![128], 2),
            (vec![-32769, 5], 4),
            (vec![1 << 31], 8),
        ] {
            let packed = Packed::of(&values);
            let found = each!(&packed, values => size_of_val(&values[0]));
            assert_eq!(found, size, "{values:?}");
            let all: Vec<i64> = (0..packed.len()).map(|at| packed.get(at)).collect();
            assert_eq!(all, values);
        }
    }

    #[test]
    fn bytes_are_masked() {
        let packed = Packed::of(&[-1, 3, -4]);
        assert_eq!(packed.little_endian(3), [7, 3, 4]);
        assert_eq!(packed.little_endian(12), [255, 15, 3, 0, 252, 15]);
        assert_eq!(packed.range(), (-4, 3));
        let matrix = Packed::of(&[1, 2, 3, 4, 5, 6]);
        let transposed = matrix.strided(&[3, 2], vec![1, 3]);
        assert_eq!(transposed, Packed::of(&[1, 4, 2, 5, 3, 6]));
    }
}
