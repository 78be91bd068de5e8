//! How each elementwise op moves with each of its operands.
//!
//! The claims are about the op as it is evaluated, a function from `f32` to `f32`: rounding to nearest is
//! non-decreasing, so a composition of roundings and monotone steps is monotone, however its rounding errors fall.
//!
//! The C library's functions are not proven monotone themselves, but the `f32` results are: the functions named
//! here are computed with an error of a few units in the last place of `f64`, and their slopes are such that the
//! exact results of neighbouring `f32` operands differ by far more than that wherever a result is near the middle
//! between two `f32` numbers, where alone an error could change the rounding (`f64` has 29 bits more). The
//! tightest place is next to saturation: `tanh` becomes 1 near 9.01, where its slope is 2^-24 and neighbouring
//! operands are 2^-20 apart, so that results differ by 2^-44, some 2^8 units of `f64`.

use super::eval::affine;
use super::op::Op;
use crate::monotone::{Direction, Monotonicity};
use crate::tensor::{Element, Tensor};
use crate::value::ValueInfo;

impl Op {
    /// How the result moves with operand number `operand`, the others being constants, element by element.
    ///
    /// The shape of the answer broadcasts against the result; where it cannot tell, because an operand is absent
    /// or not constant or the op is not elementwise, every direction is [`Direction::Unknown`].
    pub fn monotonicity(&self, operand: usize, inputs: &[Option<ValueInfo<'_>>]) -> Monotonicity {
        let Some(moving) = inputs.get(operand).copied().flatten() else {
            return Monotonicity::unknown();
        };
        let constant = |index: usize| {
            inputs
                .get(index)
                .copied()
                .flatten()
                .and_then(|info| info.value)
        };
        // The other operand of a binary op, with a direction for each of its elements.
        let by_other = |direction: &dyn Fn(f64) -> Direction| match constant(1 - operand.min(1)) {
            Some(other) => Monotonicity {
                shape: other.shape.clone(),
                directions: other.to_f64().into_iter().map(direction).collect(),
            },
            None => Monotonicity::unknown(),
        };
        // Integers wrap around, so that nothing holds for them but what selects among given numbers.
        let wraps = moving.ty.element.is_int();
        match self {
            Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Neg | Self::Abs if wraps => {
                Monotonicity::unknown()
            }
            Self::Add => by_other(&finite),
            Self::Sub if operand == 0 => by_other(&finite),
            Self::Sub => by_other(&|other| finite(other).reversed()),
            Self::Mul => by_other(&Direction::of_factor),
            Self::Div if operand == 0 => by_other(&|divisor| match Direction::of_factor(divisor) {
                Direction::Constant => Direction::Unknown,
                direction => direction,
            }),
            Self::Pow if operand == 0 => by_other(&|exponent| match exponent {
                // Powers of other exponents turn around at 0, or are not known to be computed well enough.
                0.5 | 1.0 => Direction::NonDecreasing,
                _ => Direction::Unknown,
            }),
            Self::Min | Self::Max => {
                let others = (0..inputs.len()).filter(|&index| index != operand);
                let known = others
                    .clone()
                    .all(|index| inputs[index].is_none() || constant(index).is_some());
                let nan = others
                    .filter_map(constant)
                    .any(|other| other.to_f64().iter().any(|x| x.is_nan()));
                uniform_if(known && !nan, Direction::NonDecreasing)
            }
            Self::PRelu if operand == 0 => by_other(&leaky),
            Self::Clip if operand == 0 => {
                let known = [1, 2].into_iter().all(|index| {
                    inputs.get(index).copied().flatten().is_none()
                        || constant(index)
                            .is_some_and(|bound| !bound.to_f64().iter().any(|x| x.is_nan()))
                });
                uniform_if(known, Direction::NonDecreasing)
            }
            Self::BatchNormalization { epsilon } if operand == 0 => {
                let parameters = [1, 2, 3, 4].map(|index| constant(index).and_then(Tensor::as_f32));
                match parameters {
                    [Some(scale), Some(bias), Some(mean), Some(variance)] => {
                        let (factors, addends) = affine(scale, bias, mean, variance, *epsilon);
                        by_channel(moving.ty.rank(), &factors, &addends)
                    }
                    _ => Monotonicity::unknown(),
                }
            }
            Self::Neg => Monotonicity::uniform(Direction::NonIncreasing),
            Self::LeakyRelu { alpha } => Monotonicity::uniform(leaky(f64::from(*alpha))),
            Self::Elu { alpha } => Monotonicity::uniform(leaky(f64::from(*alpha))),
            Self::Selu { alpha, gamma } => {
                let factor = Direction::of_factor(f64::from(*gamma));
                Monotonicity::uniform(leaky(f64::from(*alpha)).then(factor))
            }
            Self::HardSigmoid { alpha, beta } => {
                Monotonicity::uniform(affine_direction(f64::from(*alpha), f64::from(*beta)))
            }
            Self::Sqrt
            | Self::Exp
            | Self::Log
            | Self::Floor
            | Self::Ceil
            | Self::Round
            | Self::Sign
            | Self::Relu
            | Self::Sigmoid
            | Self::Tanh
            | Self::Erf
            | Self::Softplus
            | Self::Identity => Monotonicity::uniform(Direction::NonDecreasing),
            Self::Cast { to } => uniform_if(
                cast_keeps_order(moving.ty.element, *to),
                Direction::NonDecreasing,
            ),
            _ => Monotonicity::unknown(),
        }
    }
}

fn uniform_if(known: bool, direction: Direction) -> Monotonicity {
    Monotonicity::uniform(if known { direction } else { Direction::Unknown })
}

/// Direction of adding `addend`.
fn finite(addend: f64) -> Direction {
    if addend.is_finite() {
        Direction::NonDecreasing
    } else {
        Direction::Unknown
    }
}

/// Direction of `x * factor + addend`.
fn affine_direction(factor: f64, addend: f64) -> Direction {
    if addend.is_finite() {
        Direction::of_factor(factor)
    } else {
        Direction::Unknown
    }
}

/// Direction of a function that is the identity above 0 and `slope` times a non-decreasing function below.
fn leaky(slope: f64) -> Direction {
    if slope >= 0.0 && slope.is_finite() {
        Direction::NonDecreasing
    } else {
        Direction::Unknown
    }
}

/// Directions along dimension 1 of `rank` dimensions.
fn by_channel(rank: usize, factors: &[f32], addends: &[f32]) -> Monotonicity {
    let mut shape = vec![1; rank.saturating_sub(1)];
    if let Some(channels) = shape.first_mut() {
        *channels = factors.len();
    }
    let direction =
        |(&factor, &addend): (&f32, &f32)| affine_direction(factor.into(), addend.into());
    Monotonicity {
        shape,
        directions: factors.iter().zip(addends).map(direction).collect(),
    }
}

/// Whether a conversion keeps the order of numbers: all but those to an integer type that wraps.
fn cast_keeps_order(from: Element, to: Element) -> bool {
    match (from, to) {
        (_, Element::BOOL) => false,
        (
            Element::Int {
                width: from,
                unsigned: false,
            },
            Element::Int {
                width: to,
                unsigned: false,
            },
        )
        | (
            Element::Int {
                width: from,
                unsigned: true,
            },
            Element::Int {
                width: to,
                unsigned: true,
            },
        ) => from <= to,
        (
            Element::Int {
                width: from,
                unsigned: true,
            },
            Element::Int { width: to, .. },
        ) => from < to,
        (Element::Int { .. }, Element::Int { .. }) => false,
        _ => true,
    }
}
