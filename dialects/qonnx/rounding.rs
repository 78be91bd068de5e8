//! The rounding modes of QONNX (spec section 1.1), as the reference computes them.

use std::fmt;
use std::str::FromStr;

/// How a quantizer turns a number into an integer. Every mode is non-decreasing and keeps integers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// To nearest, ties to even: `ROUND`, also called `HALF_EVEN`.
    #[default]
    Round,
    /// Toward plus infinity.
    Ceil,
    /// Toward minus infinity.
    Floor,
    /// Away from zero.
    Up,
    /// Toward zero: `DOWN`; Brevitas also writes `ROUND_TO_ZERO`.
    Down,
    /// To nearest, ties away from zero.
    HalfUp,
    /// To nearest, ties toward zero.
    HalfDown,
}

impl Rounding {
    /// All modes.
    pub const ALL: [Self; 7] = [
        Self::Round,
        Self::Ceil,
        Self::Floor,
        Self::Up,
        Self::Down,
        Self::HalfUp,
        Self::HalfDown,
    ];

    /// The mode as QONNX spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Round => "ROUND",
            Self::Ceil => "CEIL",
            Self::Floor => "FLOOR",
            Self::Up => "UP",
            Self::Down => "DOWN",
            Self::HalfUp => "HALF_UP",
            Self::HalfDown => "HALF_DOWN",
        }
    }

    /// The rounded number; NaN stays NaN.
    ///
    /// The half modes add or subtract one half in `f32`, as the reference does. The sum is rounded itself, so that
    /// `HALF_UP` sends 0.49999997 to 1 and odd numbers beyond 2^23 to a neighbour.
    pub fn apply(self, x: f32) -> f32 {
        match self {
            Self::Round => x.round_ties_even(),
            Self::Ceil => x.ceil(),
            Self::Floor => x.floor(),
            Self::Up => x.abs().ceil().copysign(x),
            Self::Down => x.trunc(),
            Self::HalfUp => (x.abs() + 0.5).floor().copysign(x),
            Self::HalfDown => (x.abs() - 0.5).ceil().copysign(x),
        }
    }

    /// The rounded number, computed in `f64`; NaN stays NaN.
    pub fn apply_f64(self, x: f64) -> f64 {
        match self {
            Self::Round => x.round_ties_even(),
            Self::Ceil => x.ceil(),
            Self::Floor => x.floor(),
            Self::Up => x.abs().ceil().copysign(x),
            Self::Down => x.trunc(),
            Self::HalfUp => (x.abs() + 0.5).floor().copysign(x),
            Self::HalfDown => (x.abs() - 0.5).ceil().copysign(x),
        }
    }
}

impl fmt::Display for Rounding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The text is not a rounding mode of QONNX.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown rounding mode '{0}', expected ROUND, HALF_EVEN, CEIL, FLOOR, UP, DOWN, ROUND_TO_ZERO, \
     HALF_UP or HALF_DOWN"
)]
pub struct UnknownRounding(String);

impl FromStr for Rounding {
    type Err = UnknownRounding;

    /// Accepts any case, and the other names of `ROUND` and `DOWN`.
    fn from_str(text: &str) -> Result<Self, UnknownRounding> {
        let upper = text.to_ascii_uppercase();
        match upper.as_str() {
            "HALF_EVEN" => Ok(Self::Round),
            "ROUND_TO_ZERO" => Ok(Self::Down),
            name => Self::ALL
                .into_iter()
                .find(|mode| mode.name() == name)
                .ok_or_else(|| UnknownRounding(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of spec section 1.1.
    #[test]
    fn table() {
        let numbers = [5.5, 2.5, 1.6, 1.1, 1.0, -1.0, -1.1, -1.6, -2.5, -5.5];
        let table = [
            ("ROUND", [6, 2, 2, 1, 1, -1, -1, -2, -2, -6]),
            ("half_even", [6, 2, 2, 1, 1, -1, -1, -2, -2, -6]),
            ("ceil", [6, 3, 2, 2, 1, -1, -1, -1, -2, -5]),
            ("FLOOR", [5, 2, 1, 1, 1, -1, -2, -2, -3, -6]),
            ("UP", [6, 3, 2, 2, 1, -1, -2, -2, -3, -6]),
            ("DOWN", [5, 2, 1, 1, 1, -1, -1, -1, -2, -5]),
            ("round_to_zero", [5, 2, 1, 1, 1, -1, -1, -1, -2, -5]),
            ("HALF_UP", [6, 3, 2, 1, 1, -1, -1, -2, -3, -6]),
            ("Half_Down", [5, 2, 2, 1, 1, -1, -1, -2, -2, -5]),
        ];
        for (name, expected) in table {
            let mode: Rounding = name.parse().expect("a mode of the table");
            let rounded = numbers.map(|x: f32| mode.apply(x) as i32);
            assert_eq!(rounded, expected, "{name}");
            assert_eq!(
                numbers.map(|x| mode.apply_f64(f64::from(x)) as i32),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn names_round_trip_and_others_are_refused() {
        for mode in Rounding::ALL {
            assert_eq!(mode.name().parse(), Ok(mode));
        }
        for name in ["", "DPU", "STOCHASTIC_ROUND", "LEARNED_ROUND", "HALF UP"] {
            assert_eq!(
                name.parse::<Rounding>(),
                Err(UnknownRounding(name.to_owned()))
            );
        }
    }

    #[test]
    fn half_modes_round_their_sum_in_f32() {
        assert_eq!(Rounding::HalfUp.apply(0.499_999_97), 1.0);
        assert_eq!(Rounding::HalfUp.apply(8_388_609.0), 8_388_610.0);
        assert_eq!(Rounding::HalfUp.apply(16_777_215.0), 16_777_216.0);
        assert_eq!(Rounding::HalfDown.apply(16_777_215.0), 16_777_214.0);
        for mode in Rounding::ALL {
            assert_eq!(mode.apply(0.0), 0.0);
            assert!(mode.apply(f32::NAN).is_nan());
            assert_eq!(mode.apply(f32::NEG_INFINITY), f32::NEG_INFINITY);
        }
    }
}
