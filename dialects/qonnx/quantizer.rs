//! One uniform quantizer with its parameters known: the function of one number that `IntQuant` and `BipolarQuant`
//! apply to each element.

use super::rounding::Rounding;
use crate::monotone::Direction;

/// The greatest magnitude of a quantizer's integer: differences of such integers are exact in float64.
pub const MAX_INTEGER: i64 = 1 << 52;

/// A quantizer with scale, zero point and range resolved. All arithmetic is in `f32`, in the reference's order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantizer {
    /// Distance of neighbouring results; any number, even negative.
    pub scale: f32,
    /// The code of the real number 0; may be fractional.
    pub zero_point: f32,
    /// The codes.
    pub codes: Codes,
}

/// Which codes a quantizer has, and how it chooses among them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Codes {
    /// The integers near `x / scale + zero_point`, limited to `lo..=hi` and then rounded.
    Range {
        /// Lower bound; fractional if the bit width is.
        lo: f32,
        /// Upper bound; fractional if the bit width is.
        hi: f32,
        /// How to round.
        rounding: Rounding,
    },
    /// 1 if `x / scale + zero_point` is at least 0, else -1 (also for NaN): `IntQuant` with one signed bit.
    SignOfCode,
    /// 1 if `x` is at least 0, else -1 (also for NaN): `BipolarQuant`.
    SignOfInput,
}

/// The bounds of `IntQuant` (spec section 1.1), computed in `f32`: exact to 24 bits, beyond which a signed upper
/// bound is rounded up to `2^(bit_width - 1)`. They are fractional if the bit width is.
pub fn bounds(bit_width: f32, signed: bool, narrow: bool) -> (f32, f32) {
    let power = |exponent: f32| f64::from(exponent).exp2() as f32;
    let dropped = f32::from(u8::from(narrow));
    if signed {
        let half = power(bit_width - 1.0);
        (-half + dropped, half - 1.0)
    } else {
        (0.0, power(bit_width) - 1.0 - dropped)
    }
}

impl Quantizer {
    /// The quantizer of `IntQuant` with these parameters.
    pub fn int(
        (scale, zero_point, bit_width): (f32, f32, f32),
        signed: bool,
        narrow: bool,
        rounding: Rounding,
    ) -> Self {
        let codes = if signed && bit_width == 1.0 {
            Codes::SignOfCode
        } else {
            let (lo, hi) = bounds(bit_width, signed, narrow);
            Codes::Range { lo, hi, rounding }
        };
        Self {
            scale,
            zero_point,
            codes,
        }
    }

    /// The quantizer of `BipolarQuant` with this scale.
    pub fn bipolar(scale: f32) -> Self {
        Self {
            scale,
            zero_point: 0.0,
            codes: Codes::SignOfInput,
        }
    }

    /// The code of `x`: an integer as `f32`, or NaN if `x` is NaN and the quantizer not bipolar.
    pub fn quantize(&self, x: f32) -> f32 {
        let sign = |x: f32| if x >= 0.0 { 1.0 } else { -1.0 };
        match self.codes {
            Codes::SignOfInput => sign(x),
            Codes::SignOfCode => sign(x / self.scale + self.zero_point),
            Codes::Range { lo, hi, rounding } => {
                // A division: multiplying by the reciprocal gives other codes at midpoints.
                let code = x / self.scale + self.zero_point;
                let code = if code < lo { lo } else { code };
                let code = if code > hi { hi } else { code };
                rounding.apply(code)
            }
        }
    }

    /// The real number that a code stands for.
    pub fn dequantize(&self, code: f32) -> f32 {
        (code - self.zero_point) * self.scale
    }

    /// The least and the greatest code. Rounding may exceed a fractional bound, so this is the range of the rounded
    /// codes; every mode is monotone, hence it is exact. A bipolar quantizer has these two codes only.
    pub fn code_range(&self) -> (f64, f64) {
        match self.codes {
            Codes::SignOfInput | Codes::SignOfCode => (-1.0, 1.0),
            Codes::Range { lo, hi, rounding } => {
                // Where the bounds cross (less than one bit), the upper one is applied last and wins.
                let lo = if hi < lo { hi } else { lo };
                (f64::from(rounding.apply(lo)), f64::from(rounding.apply(hi)))
            }
        }
    }

    /// The integers `(code - zero_point) * 2^fraction_bits` of the least and the greatest code. `None` if one of them,
    /// or of those between them, is no integer of [`MAX_INTEGER`], so that it is not exact in float64.
    pub fn integer_range(&self, fraction_bits: u32) -> Option<(i64, i64)> {
        let unit = f64::from(fraction_bits).exp2();
        let exact = |value: f64| {
            let scaled = value * unit;
            (scaled.fract() == 0.0 && scaled.abs() <= MAX_INTEGER as f64).then_some(scaled)
        };
        let zero = exact(self.zero_point.into())?;
        let (lo, hi) = self.code_range();
        let integer = |code: f64| {
            let n = exact(code)? - zero;
            (n.abs() <= MAX_INTEGER as f64).then_some(n as i64)
        };
        Some((integer(lo)?, integer(hi)?))
    }

    /// Whether the codes are -1 and 1 only.
    pub fn is_bipolar(&self) -> bool {
        !matches!(self.codes, Codes::Range { .. })
    }

    /// How the code moves with `x`.
    pub fn code_direction(&self) -> Direction {
        match self.codes {
            Codes::SignOfInput => Direction::NonDecreasing,
            _ if self.scale == 0.0 || !self.zero_point.is_finite() => Direction::Unknown,
            _ => Direction::of_factor(self.scale.into()),
        }
    }

    /// How the result moves with `x`.
    pub fn direction(&self) -> Direction {
        self.code_direction()
            .then(Direction::of_factor(self.scale.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_of_the_spec() {
        let cases = [
            ((8.0, true, false), (-128.0, 127.0)),
            ((8.0, true, true), (-127.0, 127.0)),
            ((8.0, false, false), (0.0, 255.0)),
            ((8.0, false, true), (0.0, 254.0)),
            ((1.0, false, true), (0.0, 0.0)),
            ((24.0, true, false), (-8_388_608.0, 8_388_607.0)),
            // f32 has no 2^31 - 1.
            ((32.0, true, false), (-2_147_483_648.0, 2_147_483_648.0)),
        ];
        for ((bit_width, signed, narrow), expected) in cases {
            assert_eq!(
                bounds(bit_width, signed, narrow),
                expected,
                "{bit_width} {signed} {narrow}"
            );
        }
    }

    #[test]
    fn rounding_may_exceed_a_fractional_bound() {
        let range = |bit_width, signed, rounding| {
            Quantizer::int((1.0, 0.0, bit_width), signed, false, rounding).code_range()
        };
        assert_eq!(range(2.5, true, Rounding::Round), (-3.0, 2.0));
        assert_eq!(range(2.5, true, Rounding::Ceil), (-2.0, 2.0));
        assert_eq!(range(2.5, true, Rounding::Floor), (-3.0, 1.0));
        assert_eq!(range(3.3, false, Rounding::Round), (0.0, 9.0));
        let quantizer = Quantizer::int((1.0, 0.0, 2.5), true, false, Rounding::Round);
        assert_eq!([-9.0, 9.0].map(|x| quantizer.quantize(x)), [-3.0, 2.0]);
    }

    #[test]
    fn integers_are_exact_or_none() {
        let range = |zero_point, bits, fraction_bits| {
            Quantizer::int((1.0, zero_point, bits), false, false, Rounding::Round)
                .integer_range(fraction_bits)
        };
        assert_eq!(range(3.0, 4.0, 0), Some((-3, 12)));
        assert_eq!(range(0.5, 4.0, 1), Some((-1, 29)));
        assert_eq!(range(0.5, 4.0, 0), None);
        assert_eq!(
            range(-2f32.powi(51), 50.0, 0),
            Some((1 << 51, (1 << 51) + (1 << 50)))
        );
        assert_eq!(range(2f32.powi(53), 4.0, 0), None);
        assert_eq!(range(-2f32.powi(52), 4.0, 0), None);
        assert_eq!(range(1.0, 40.0, 20), None);
        for zero_point in [1e38, -1e38, f32::INFINITY, f32::NAN] {
            assert_eq!(range(zero_point, 4.0, 0), None, "{zero_point}");
        }
        for bits in [54.0, 1e30] {
            assert_eq!(range(0.0, bits, 0), None, "{bits}");
        }
        assert_eq!(
            Quantizer::bipolar(0.5).integer_range(24),
            Some((-1 << 24, 1 << 24))
        );
    }

    #[test]
    fn nan_zeros_and_infinities() {
        let int = Quantizer::int((0.5, 0.0, 4.0), true, false, Rounding::Round);
        assert!(int.quantize(f32::NAN).is_nan());
        assert_eq!(
            [f32::NEG_INFINITY, f32::INFINITY].map(|x| int.quantize(x)),
            [-8.0, 7.0]
        );
        let one_bit = Quantizer::int((2.0, 0.5, 1.0), true, true, Rounding::Floor);
        assert_eq!(
            [f32::NAN, -1.0, -1.1].map(|x| one_bit.quantize(x)),
            [-1.0, 1.0, -1.0]
        );
        assert_eq!(
            [-1.0, 1.0].map(|code| one_bit.dequantize(code)),
            [-3.0, 1.0]
        );
        let bipolar = Quantizer::bipolar(-0.25);
        assert_eq!(
            [0.0, -0.0, f32::NAN].map(|x| bipolar.quantize(x)),
            [1.0, 1.0, -1.0]
        );
        assert_eq!(bipolar.dequantize(1.0), -0.25);
    }

    #[test]
    fn codes_are_found_by_division() {
        let scale = 0.011_764_7_f32;
        let quantizer = Quantizer::int((scale, 0.0, 8.0), false, false, Rounding::Round);
        let midpoints = (0..256).map(|code| (code as f32 + 0.5) * scale);
        let reciprocal = |x: f32| (x * (1.0 / scale)).clamp(0.0, 255.0).round_ties_even();
        let differing = midpoints
            .filter(|&x| quantizer.quantize(x) != reciprocal(x))
            .count();
        assert_eq!(
            differing, 8,
            "midpoints that a reciprocal moves, as numpy counts them"
        );
    }

    #[test]
    fn directions() {
        let direction = |scale| {
            let quantizer = Quantizer::int((scale, 0.0, 4.0), true, false, Rounding::Round);
            (quantizer.code_direction(), quantizer.direction())
        };
        assert_eq!(
            direction(0.5),
            (Direction::NonDecreasing, Direction::NonDecreasing)
        );
        assert_eq!(
            direction(-0.5),
            (Direction::NonIncreasing, Direction::NonDecreasing)
        );
        assert_eq!(direction(0.0).0, Direction::Unknown);
        assert_eq!(
            Quantizer::bipolar(-1.0).direction(),
            Direction::NonIncreasing
        );
        assert_eq!(Quantizer::bipolar(0.0).direction(), Direction::Constant);
    }
}
