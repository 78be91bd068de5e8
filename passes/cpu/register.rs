//! Scalars of a body with what is known about them: the run-time half of [`super::machine`].

use qonnx_dialects::ir::Val;
use qonnx_dialects::upstream::{Bits, Convert, Resize, Scalar, Scalars};

use super::machine::{Interval, Number};

/// A machine integer in a body.
#[derive(Clone, Copy)]
pub struct Register<'c> {
    /// The scalar, of as many bits as `number` is kept in.
    pub value: Val<'c>,
    /// What is known about it.
    pub number: Number,
}

/// A machine integer that holds a known range of numbers as they are, not modulo anything.
#[derive(Clone, Copy)]
pub struct Plain<'c> {
    /// The scalar.
    pub value: Val<'c>,
    /// Its width in bits.
    pub width: u32,
    /// The numbers it may hold; they fit its width as signed numbers, or as unsigned numbers if none is negative.
    pub range: Interval,
}

impl<'c> Register<'c> {
    /// The number that its exact width reads as, still as wide as the container.
    pub fn read(self, scalars: &Scalars<'c, '_>, signed: bool) -> Plain<'c> {
        let width = self.number.bits;
        let range = self.number.read_range(signed);
        let value = if self.number.reads_free(signed) {
            self.value
        } else {
            mask(scalars, self.value, self.number.width, width, signed)
        };
        Plain {
            value,
            width,
            range,
        }
    }
}

/// The low `bits` of a scalar of `width` bits, sign- or zero-extended.
fn mask<'c>(
    scalars: &Scalars<'c, '_>,
    value: Val<'c>,
    bits: u32,
    width: u32,
    signed: bool,
) -> Val<'c> {
    if bits == width {
        return value;
    }
    if signed {
        let distance = scalars.int(i64::from(width - bits), width);
        let high = scalars.binary(Bits::Shl, value, distance);
        return scalars.binary(Bits::ShrS, high, distance);
    }
    scalars.binary(Bits::And, value, scalars.int((1 << bits) - 1, width))
}

impl<'c> Plain<'c> {
    /// The number in another width: extended by its own sign, or cut off, which keeps it modulo `2^width`.
    pub fn resize(self, scalars: &Scalars<'c, '_>, width: u32) -> Val<'c> {
        let op = match width {
            width if width == self.width => return self.value,
            width if width < self.width => Resize::Trunc,
            _ if self.range.lo >= 0 => Resize::ExtU,
            _ => Resize::ExtS,
        };
        scalars.convert(op, self.value, Scalar::Int(width))
    }

    /// The number in a width that holds its range as signed numbers, at least `least` bits.
    pub fn widen(self, scalars: &Scalars<'c, '_>, least: u32) -> Self {
        let width = self.range.signed_container().max(least).max(self.width);
        Self {
            value: self.resize(scalars, width),
            width,
            range: self.range,
        }
    }

    /// The number as `f64`, which is exact up to 2^53 and otherwise rounded to nearest even.
    pub fn to_f64(self, scalars: &Scalars<'c, '_>) -> Val<'c> {
        // 32 bits convert in one vector instruction, 64 only with AVX-512.
        let wide = self.widen(scalars, 32);
        scalars.convert(Convert::SIToFP, wide.value, Scalar::F64)
    }
}
