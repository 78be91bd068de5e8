//! Words of hardware: integers of exact width that say whether they are signed.
//!
//! The rules for results of arithmetic are those of the `ap_int` types of high-level synthesis: a result is as
//! wide as every possible value needs, given the operands' widths alone.

use melior::Context;
use melior::ir::r#type::IntegerType;
use melior::ir::{Type, TypeLike};
use std::fmt;

use crate::tensor::{Element, Sign, sign_extend, zero_extend};

/// The type of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Word {
    /// Number of bits, at least 1.
    pub bits: u32,
    /// Whether the bits are a two's complement number.
    pub signed: bool,
}

impl Word {
    /// The narrowest word that holds every integer of `lo..=hi`; unsigned unless `lo` is negative.
    pub fn of_range(lo: i64, hi: i64) -> Self {
        let magnitude = |value: i64| 64 - (if value < 0 { !value } else { value }).leading_zeros();
        let bits = magnitude(lo).max(magnitude(hi));
        if lo < 0 {
            Self {
                bits: bits + 1,
                signed: true,
            }
        } else {
            Self {
                bits: bits.max(1),
                signed: false,
            }
        }
    }

    /// The narrowest word that holds all of `values`.
    pub fn of_values(values: impl IntoIterator<Item = i64>) -> Self {
        let (lo, hi) = values
            .into_iter()
            .fold((0, 0), |(lo, hi): (i64, i64), n| (lo.min(n), hi.max(n)));
        Self::of_range(lo, hi)
    }

    /// The least and the greatest number that a word of at most 63 bits holds.
    pub fn range(self) -> (i64, i64) {
        match (self.signed, self.bits) {
            (true, 64..) => (i64::MIN, i64::MAX),
            (false, 63..) => (0, i64::MAX),
            (true, bits) => (-1 << (bits - 1), (1 << (bits - 1)) - 1),
            (false, bits) => (0, (1 << bits) - 1),
        }
    }

    /// The number that a word holds after `value` was stored in it. The word has at most 64 bits.
    pub fn wrap(self, value: i64) -> i64 {
        if self.bits >= 64 {
            value
        } else if self.signed {
            sign_extend(value, self.bits)
        } else {
            zero_extend(value, self.bits)
        }
    }

    /// Whether the word holds every value of `other`.
    pub fn holds(self, other: Self) -> bool {
        match (self.signed, other.signed) {
            (true, false) => self.bits > other.bits,
            (false, true) => false,
            _ => self.bits >= other.bits,
        }
    }

    /// The word of a sum.
    pub fn sum(self, other: Self) -> Self {
        let joined = self.joined(other);
        Self {
            bits: joined.bits + 1,
            ..joined
        }
    }

    /// The word of a difference: always signed.
    pub fn difference(self, other: Self) -> Self {
        Self {
            bits: self.joined(other).bits + 1,
            signed: true,
        }
    }

    /// The word of a product.
    pub fn product(self, other: Self) -> Self {
        Self {
            bits: self.bits + other.bits,
            signed: self.signed || other.signed,
        }
    }

    /// The narrowest word that holds every value of both.
    pub fn joined(self, other: Self) -> Self {
        let signed = self.signed || other.signed;
        let needed = |word: Self| word.bits + u32::from(signed && !word.signed);
        Self {
            bits: needed(self).max(needed(other)),
            signed,
        }
    }

    /// The word of a signed or unsigned integer; `None` for a signless integer and for floats.
    pub fn of_element(element: Element) -> Option<Self> {
        match element {
            Element::Int { width, sign } if sign != Sign::Signless => Some(Self {
                bits: width,
                signed: sign == Sign::Signed,
            }),
            _ => None,
        }
    }

    /// The type of elements that are such words.
    pub fn element(self) -> Element {
        match self.signed {
            true => Element::sint(self.bits),
            false => Element::uint(self.bits),
        }
    }

    /// The MLIR type, `si5` or `ui5`.
    pub fn to_type(self, context: &Context) -> Type<'_> {
        if self.signed {
            IntegerType::signed(context, self.bits).into()
        } else {
            IntegerType::unsigned(context, self.bits).into()
        }
    }

    /// The word that an MLIR type stands for; `None` for a signless integer and everything else.
    pub fn read(r#type: Type<'_>) -> Option<Self> {
        if !r#type.is_integer() {
            return None;
        }
        let integer = IntegerType::try_from(r#type).ok()?;
        (!integer.is_signless()).then(|| Self {
            bits: integer.width(),
            signed: integer.is_signed(),
        })
    }
}

impl fmt::Display for Word {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}{}",
            if self.signed { "si" } else { "ui" },
            self.bits
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(bits: u32) -> Word {
        Word { bits, signed: true }
    }

    const fn u(bits: u32) -> Word {
        Word {
            bits,
            signed: false,
        }
    }

    #[test]
    fn ranges_need_these_words() {
        let cases = [
            ((0, 0), u(1)),
            ((0, 1), u(1)),
            ((0, 255), u(8)),
            ((-1, 0), s(1)),
            ((-1, 1), s(2)),
            ((-2, 1), s(2)),
            ((-3, 1), s(3)),
            ((0, 3), u(2)),
            ((0, 4), u(3)),
            ((-1, 128), s(9)),
            ((-128, 127), s(8)),
            ((-129, 0), s(9)),
            ((i64::MIN, i64::MAX), s(64)),
        ];
        for ((lo, hi), word) in cases {
            assert_eq!(Word::of_range(lo, hi), word, "{lo}..={hi}");
        }
    }

    #[test]
    fn results_hold_every_value() {
        for a in [s(1), s(3), u(1), u(3)] {
            for b in [s(1), s(4), u(1), u(4)] {
                for x in values(a) {
                    for y in values(b) {
                        for (word, value) in [
                            (a.sum(b), x + y),
                            (a.difference(b), x - y),
                            (a.product(b), x * y),
                        ] {
                            assert_eq!(word.wrap(value), value, "{a} {x}, {b} {y}, {word}");
                        }
                        assert_eq!(a.joined(b).wrap(x), x);
                    }
                }
            }
        }
    }

    fn values(word: Word) -> impl Iterator<Item = i64> {
        (0..1 << word.bits).map(move |bits| word.wrap(bits))
    }
}
