//! How exact-width integers are kept in machine integers.
//!
//! An integer of `width` bits lives in the narrowest machine integer that holds it, its *container*. Beside the
//! type the compiler keeps the [`Interval`] of a number `v` that the container equals modulo `2^container` and
//! that the level-3 value equals modulo `2^width`. All arithmetic of level 3 is modular, so it can be done on
//! containers without looking at their high bits. Only a reader that extends, compares or converts cares: if the
//! interval lies within the numbers that it reads `width` bits as (signed or unsigned), then the container
//! already holds that number and reading is free; otherwise it masks the high bits first. So nothing depends on
//! a promise that sums do not overflow, and nothing is paid where they provably do not.
//!
//! How an integer is read and what it can be is said by types: those of level 2, which stand at every `tensor.bitcast` of
//! level 3. Bits that were never given such a type are read as the ops of loop nests say.

use qonnx_dialects::ir::{self, Val};
use qonnx_dialects::tensor::Element;
use qonnx_dialects::word::Word;

/// A range of integers, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Least number.
    pub lo: i128,
    /// Greatest number.
    pub hi: i128,
}

/// Bounds beyond this are given up rather than computed with.
const LIMIT: i128 = 1 << 100;

impl Interval {
    /// The interval from `lo` to `hi`.
    pub fn new(lo: impl Into<i128>, hi: impl Into<i128>) -> Self {
        Self {
            lo: lo.into(),
            hi: hi.into(),
        }
    }

    /// The numbers that `width` bits can be read as.
    pub fn of_width(width: u32, signed: bool) -> Self {
        if signed {
            Self {
                lo: -(1 << (width - 1)),
                hi: (1 << (width - 1)) - 1,
            }
        } else {
            Self {
                lo: 0,
                hi: (1 << width) - 1,
            }
        }
    }

    /// The smallest interval that holds all of `values`; 0 alone if there are none.
    pub fn hull(values: impl IntoIterator<Item = i128>) -> Self {
        let mut values = values.into_iter();
        let first = values.next().unwrap_or(0);
        values.fold(
            Self {
                lo: first,
                hi: first,
            },
            |all, value| {
                all.union(Self {
                    lo: value,
                    hi: value,
                })
            },
        )
    }

    /// The smallest interval that holds both.
    pub fn union(self, other: Self) -> Self {
        Self {
            lo: self.lo.min(other.lo),
            hi: self.hi.max(other.hi),
        }
    }

    /// What is in both; `None` if nothing is.
    pub fn common(self, other: Self) -> Option<Self> {
        let (lo, hi) = (self.lo.max(other.lo), self.hi.min(other.hi));
        (lo <= hi).then_some(Self { lo, hi })
    }

    /// Whether every number of this interval is one of `other`.
    pub fn within(self, other: Self) -> bool {
        other.lo <= self.lo && self.hi <= other.hi
    }

    /// The interval with its ends swapped where needed, or nothing if it is too large to compute with.
    pub fn checked(self) -> Option<Self> {
        (self.lo > -LIMIT && self.hi < LIMIT).then_some(self)
    }

    /// What `op`, which is monotone in each operand, makes of the ends.
    pub fn combine(self, other: Self, op: impl Fn(i128, i128) -> i128) -> Self {
        Self::hull([
            op(self.lo, other.lo),
            op(self.lo, other.hi),
            op(self.hi, other.lo),
            op(self.hi, other.hi),
        ])
    }

    /// The narrowest machine integer that holds the interval as signed numbers; 128 at most.
    pub fn signed_container(self) -> u32 {
        [8, 16, 32, 64]
            .into_iter()
            .find(|&width| self.within(Self::of_width(width, true)))
            .unwrap_or(128)
    }
}

/// Number of bits of the machine integer that keeps `width` bits, 1 to 64.
pub fn container(width: u32) -> u32 {
    width.next_power_of_two().max(8)
}

/// The element type of a machine tensor for level-3 elements: integers become containers, floats stay.
pub fn machine_element(element: Element) -> Element {
    match element {
        Element::Int { width, .. } => Element::int(container(width)),
        float => float,
    }
}

/// What the type of a value says of its integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Whether their bits are read as signed numbers.
    pub signed: bool,
    /// What they can be.
    pub values: Interval,
}

impl Declared {
    /// What the type of a value says; `None` for bits and floats.
    pub fn of(value: Val<'_>) -> Option<Self> {
        let word = ir::type_of(value).and_then(|ty| Word::of_element(ty.element))?;
        let values = match ir::values_of(value) {
            Some(values) => Interval::new(values.lo(), values.hi()),
            None => Interval::of_width(word.bits, word.signed),
        };
        Some(Self {
            signed: word.signed,
            values,
        })
    }

    /// What is said of either of two.
    fn union(self, other: Self) -> Option<Self> {
        (self.signed == other.signed).then(|| Self {
            values: self.values.union(other.values),
            ..self
        })
    }
}

/// Whether the type of a value says that its integers are signed.
pub fn is_signed(value: Val<'_>) -> bool {
    Declared::of(value).is_some_and(|declared| declared.signed)
}

/// What is known about the integers of one tensor beside their container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// Exact width at level 3.
    pub width: u32,
    /// See the module documentation; `None` if nothing is known.
    pub range: Option<Interval>,
    /// What a type says that they are, once read.
    pub declared: Option<Declared>,
    /// Bits of the machine integer: those of its container, or more where a kernel leaves its sums.
    pub bits: u32,
}

impl Number {
    /// A number in its container.
    pub fn new(width: u32, range: Option<Interval>) -> Self {
        Self {
            width,
            range,
            declared: None,
            bits: container(width),
        }
    }

    /// The same number where a type says what it is. The container holds what it held: what is not read free is not by
    /// being said.
    #[must_use]
    pub fn declared(self, declared: Declared) -> Self {
        let range = match self.range {
            Some(range) if self.reads_free(declared.signed) => {
                Some(range.common(declared.values).unwrap_or(range))
            }
            range => range,
        };
        Self {
            range,
            declared: Some(declared),
            ..self
        }
    }

    /// What is known of numbers each of which is one of two, in containers of the same width.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let both = self.range.zip(other.range);
        let declared = self.declared.zip(other.declared);
        Self {
            range: both.map(|(a, b)| a.union(b)),
            declared: declared.and_then(|(a, b)| a.union(b)),
            ..self
        }
    }

    /// Whether the container holds what `width` bits read as, without masking.
    pub fn reads_free(self, signed: bool) -> bool {
        self.range
            .is_some_and(|range| range.within(Interval::of_width(self.width, signed)))
    }

    /// The numbers that a reader gets.
    pub fn read_range(self, signed: bool) -> Interval {
        let all = Interval::of_width(self.width, signed);
        let declared = self.declared.filter(|declared| declared.signed == signed);
        self.range
            .filter(|range| range.within(all))
            .or(declared.map(|declared| declared.values))
            .unwrap_or(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_say_more_than_containers() {
        let declared = Declared {
            signed: true,
            values: Interval::new(-3, 5),
        };
        let wraps = Number::new(4, Some(Interval::new(-20, 20))).declared(declared);
        assert!(!wraps.reads_free(true), "its high bits are anything");
        assert_eq!(wraps.read_range(true), declared.values);
        assert_eq!(wraps.read_range(false), Interval::new(0, 15));
        let fits = Number::new(4, Some(Interval::new(-8, 4))).declared(declared);
        assert!(fits.reads_free(true));
        assert_eq!(fits.read_range(true), Interval::new(-3, 4));
        let broken = Number::new(4, Some(Interval::new(6, 7))).declared(declared);
        assert_eq!(broken.read_range(true), Interval::new(6, 7));
        assert_eq!(fits.or(wraps).read_range(true), declared.values);
    }
}
