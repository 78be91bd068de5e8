//! Conversions between element types.

use super::Conversion;
use crate::error::EvalError;
use crate::monotone::{Direction, Monotonicity};
use crate::tensor::{Data, Element, Sign, Tensor, wrap};
use crate::value::{Operands, TensorType, ValueInfo};

impl Conversion<'_> {
    /// The type of the result.
    pub fn infer(self, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
        let Self::Cast(cast) = self;
        let input = operands.get(0, "input")?;
        Ok(TensorType::new(input.shape.clone(), cast.to))
    }

    /// The result.
    pub fn eval(self, operands: &Operands<'_>) -> Result<Tensor, EvalError> {
        let Self::Cast(attributes) = self;
        Ok(cast(operands.tensor(0, "input")?, attributes.to))
    }

    /// How the result moves with the operand.
    pub fn monotonicity(self, moving: ValueInfo<'_>) -> Monotonicity {
        let Self::Cast(cast) = self;
        Monotonicity::uniform(match keeps_order(moving.ty.element, cast.to) {
            true => Direction::NonDecreasing,
            false => Direction::Unknown,
        })
    }
}

/// The same numbers in another element type.
fn cast(input: &Tensor, to: Element) -> Tensor {
    let data = match (&input.data, to) {
        (_, Element::F32) => Data::F32(input.to_f32()),
        (_, Element::F64) => Data::F64(input.to_f64()),
        (Data::Int { values, .. }, Element::BOOL) => {
            let values = values.iter().map(|&value| i64::from(value != 0)).collect();
            Data::Int {
                width: 1,
                sign: Sign::Unsigned,
                values,
            }
        }
        (Data::Int { values, .. }, Element::Int { width, sign }) => {
            let values = values
                .iter()
                .map(|&value| wrap(value, width, sign))
                .collect();
            Data::Int {
                width,
                sign,
                values,
            }
        }
        (_, Element::Int { width, sign }) => {
            let values = input.to_f64();
            let values = values
                .iter()
                .map(|&value| float_to_int(value, width, sign))
                .collect();
            Data::Int {
                width,
                sign,
                values,
            }
        }
    };
    Tensor::new(input.shape.clone(), data)
}

fn float_to_int(value: f64, width: u32, sign: Sign) -> i64 {
    match (width, sign.is_unsigned()) {
        (1, true) => i64::from(value != 0.0),
        // Rust's conversion saturates at the type's limits, and so must the narrower types.
        (width, true) => (value as u64).min(u64::MAX >> (64 - width)) as i64,
        (width, false) => {
            let highest = i64::MAX >> (64 - width);
            (value as i64).clamp(-highest - 1, highest)
        }
    }
}

/// Whether a conversion keeps the order of numbers: all but those to an integer type that wraps.
fn keeps_order(from: Element, to: Element) -> bool {
    match (from, to) {
        (_, Element::BOOL) => false,
        (
            Element::Int {
                width: from,
                sign: Sign::Signless,
            },
            Element::Int {
                width: to,
                sign: Sign::Signless,
            },
        )
        | (
            Element::Int {
                width: from,
                sign: Sign::Unsigned,
            },
            Element::Int {
                width: to,
                sign: Sign::Unsigned,
            },
        ) => from <= to,
        (
            Element::Int {
                width: from,
                sign: Sign::Unsigned,
            },
            Element::Int { width: to, .. },
        ) => from < to,
        (Element::Int { .. }, Element::Int { .. }) => false,
        _ => true,
    }
}
