//! Elements of tensors as numbers, compared without loss: no integer and no float64 goes through float32.

use qonnx_dialects::tensor::{Data, Sign, Tensor};
use serde::{Serialize, Serializer};
use std::fmt;

/// An element of a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Of an integer tensor.
    Integer(i128),
    /// Of a float tensor; every float32 number is one of float64.
    Real(f64),
}

impl Number {
    /// The element of a tensor at a row-major position; the position must exist.
    pub fn at(tensor: &Tensor, at: usize) -> Self {
        match &tensor.data {
            Data::F32(values) => Self::Real(values[at].into()),
            Data::F64(values) => Self::Real(values[at]),
            Data::Int {
                sign: Sign::Unsigned,
                values,
                ..
            } => Self::Integer((values[at] as u64).into()),
            Data::Int { values, .. } => Self::Integer(values[at].into()),
        }
    }

    /// The number in float64: rounded if it is an integer of more than 53 bits.
    pub fn real(self) -> f64 {
        match self {
            Self::Integer(n) => n as f64,
            Self::Real(x) => x,
        }
    }

    /// How far two numbers are apart: exactly 0 only if they are equal, and infinite if either is infinite or NaN
    /// and the other is not the same.
    pub fn distance(self, other: Self) -> f64 {
        if let (Self::Integer(a), Self::Integer(b)) = (self, other) {
            return a.abs_diff(b) as f64;
        }
        let (a, b) = (self.real(), other.real());
        if a == b || a.is_nan() && b.is_nan() {
            return 0.0;
        }
        let distance = (a - b).abs();
        if distance.is_nan() {
            f64::INFINITY
        } else {
            distance
        }
    }

    /// Whether `found` is as near to this number as a tolerance allows, which is relative above 1. An integer is
    /// near only to what it equals. NaN is near to NaN only, and an infinity to itself only. A tolerance that is not
    /// finite allows nothing.
    pub fn is_near(self, found: Self, tolerance: f32) -> bool {
        let distance = self.distance(found);
        if distance == 0.0 {
            return true;
        }
        let integers = matches!(found, Self::Integer(_));
        let wanted = self.real().abs();
        let finite = distance.is_finite() && tolerance.is_finite();
        !integers && finite && distance <= f64::from(tolerance) * wanted.max(1.0)
    }

    /// Whether `found` is within `radius` of this number. A radius that is not finite says nothing, so that only an
    /// equal number is.
    pub fn is_within(self, found: Self, radius: f32) -> bool {
        let distance = self.distance(found);
        let integer = matches!(found, Self::Integer(_));
        distance == 0.0 || !integer && radius.is_finite() && distance <= f64::from(radius)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(n) => write!(formatter, "{n}"),
            Self::Real(x) => write!(formatter, "{x}"),
        }
    }
}

/// JSON has no NaN and no infinities: they are written as text.
impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Integer(n) => serializer.serialize_i128(n),
            Self::Real(x) if x.is_finite() => serializer.serialize_f64(x),
            Self::Real(x) => serializer.serialize_str(&x.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: Number = Number::Real(f64::NAN);
    const INFINITY: Number = Number::Real(f64::INFINITY);
    const ONE: Number = Number::Real(1.0);

    #[test]
    fn nan_and_infinities_are_near_to_themselves_only() {
        assert!(NAN.is_near(NAN, 0.0) && INFINITY.is_near(INFINITY, 0.0));
        for (wanted, found) in [
            (NAN, ONE),
            (ONE, NAN),
            (NAN, INFINITY),
            (INFINITY, NAN),
            (INFINITY, ONE),
            (ONE, INFINITY),
            (INFINITY, Number::Real(f64::NEG_INFINITY)),
            (NAN, Number::Integer(0)),
        ] {
            assert!(!wanted.is_near(found, 1.0), "{wanted} {found}");
            for radius in [1.0, f32::MAX, f32::INFINITY, f32::NAN] {
                assert!(
                    !wanted.is_within(found, radius),
                    "{wanted} {found} {radius}"
                );
            }
        }
        for tolerance in [f32::NAN, f32::INFINITY, -1.0] {
            assert!(!ONE.is_near(Number::Real(1.5), tolerance) && ONE.is_near(ONE, tolerance));
        }
        assert!(!ONE.is_within(Number::Real(2.0), f32::INFINITY));
        assert!(!ONE.is_within(Number::Real(2.0), f32::NAN));
        assert!(ONE.is_within(Number::Real(2.0), 1.0));
    }

    #[test]
    fn integers_are_compared_exactly() {
        let wide = |n: i64| Number::at(&Tensor::i64([1], vec![n]), 0);
        assert!(!wide(16_777_216).is_near(wide(16_777_217), 1.0));
        assert!(!wide(i64::MAX).is_near(wide(i64::MAX - 1), 1.0));
        assert_eq!(wide(i64::MAX).distance(wide(i64::MIN)), 2f64.powi(64));
        let unsigned = Tensor::new(
            vec![1],
            Data::Int {
                width: 64,
                sign: Sign::Unsigned,
                values: vec![-1],
            },
        );
        assert_eq!(Number::at(&unsigned, 0), Number::Integer(u64::MAX.into()));
        // Of different kinds they meet in float64.
        assert!(!wide(16_777_217).is_near(Number::Real(16_777_216.0), 0.0));
        assert!(wide(16_777_217).is_near(Number::Real(16_777_217.0), 0.0));
    }

    #[test]
    fn float64_does_not_go_through_float32() {
        let close = Number::Real(1.0 + 1e-12);
        assert!(!ONE.is_near(close, 0.0));
        assert!(ONE.is_near(close, 1e-5));
    }

    #[test]
    fn a_tolerance_is_relative_above_one() {
        let hundred = Number::Real(100.0);
        assert!(hundred.is_near(Number::Real(100.0009), 1e-5));
        assert!(!hundred.is_near(Number::Real(100.0011), 1e-5));
        assert!(!Number::Real(0.0).is_near(Number::Real(1.1e-5), 1e-5));
    }

    #[test]
    fn json_says_what_is_no_number() {
        let text = |number| serde_json::to_string(&number).expect("it can be written");
        assert_eq!(text(NAN), "\"NaN\"");
        assert_eq!(text(Number::Real(f64::NEG_INFINITY)), "\"-inf\"");
        assert_eq!(
            text(Number::Integer(u64::MAX.into())),
            "18446744073709551615"
        );
        assert_eq!(text(ONE), "1.0");
    }
}
