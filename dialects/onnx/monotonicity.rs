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

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;
    use crate::value::with_infos;

    fn check(op: &Op, moving: usize, x: &Tensor, others: &[&Tensor]) -> Vec<Direction> {
        let mut inputs: Vec<_> = others.iter().map(|&other| Some(other)).collect();
        inputs.insert(moving, Some(x));
        let found = with_infos(&inputs, |infos| op.monotonicity(moving, infos));
        let result = op.eval(&inputs).expect("the operands fit")[0].clone();
        let columns = *result.shape.last().expect("at least one dimension");
        let values = result.to_f64();
        let mut directions = Vec::new();
        crate::broadcast::walk_broadcast(&result.shape, [&found.shape], |[at]| {
            directions.push(found.directions[at]);
        });
        for at in columns..values.len() {
            let (low, high) = (values[at - columns], values[at]);
            // NaN is outside of what a direction speaks about.
            let order = low.partial_cmp(&high);
            let holds = match directions[at] {
                Direction::NonDecreasing => order != Some(Ordering::Greater),
                Direction::NonIncreasing => order != Some(Ordering::Less),
                Direction::Constant => order == Some(Ordering::Equal),
                Direction::Unknown => true,
            };
            assert!(
                holds,
                "{op:?} in operand {moving}, element {at}: {low} then {high}"
            );
        }
        found.directions
    }

    /// Neighbouring `f32` numbers around those places where results saturate, turn or overflow.
    #[test]
    fn library_functions_do_not_step_back() {
        let ops = [
            Op::Sqrt,
            Op::Exp,
            Op::Log,
            Op::Sigmoid,
            Op::Tanh,
            Op::Erf,
            Op::Softplus,
            Op::Round,
            Op::Elu { alpha: 0.7 },
            Op::Selu {
                alpha: 1.67,
                gamma: 1.05,
            },
            Op::LeakyRelu { alpha: 0.1 },
            Op::HardSigmoid {
                alpha: 0.2,
                beta: 0.5,
            },
        ];
        let centres = [
            0.0, 1e-7, 0.3, 0.5, 1.0, 3.83, 9.01, 17.3, 60.0, 88.7, 1e30_f32,
        ];
        let mut x = Vec::new();
        for centre in centres {
            let bits = centre.to_bits().saturating_sub(2000);
            x.extend((bits..bits + 4000).map(f32::from_bits));
        }
        x.extend(x.clone().into_iter().map(|x| -x));
        x.sort_by(f32::total_cmp);
        let x = Tensor::f32([x.len(), 1], x);
        for op in ops {
            assert_eq!(check(&op, 0, &x, &[]), [Direction::NonDecreasing], "{op:?}");
        }
    }

    #[test]
    fn signs_of_constants_decide() {
        use Direction::{Constant, NonDecreasing, NonIncreasing, Unknown};
        let x: Vec<_> = (-300..300).flat_map(|x| [x as f32 * 0.37; 5]).collect();
        let x = Tensor::f32([600, 5], x);
        let by = Tensor::f32([5], vec![0.3, -0.7, 0.0, f32::NAN, f32::INFINITY]);
        let [up, down, zero] = [NonDecreasing, NonIncreasing, Constant];
        let cases = [
            (Op::Add, 0, [up, up, up, Unknown, Unknown]),
            (Op::Sub, 0, [up, up, up, Unknown, Unknown]),
            (Op::Sub, 1, [down, down, down, Unknown, Unknown]),
            (Op::Mul, 1, [up, down, zero, Unknown, Unknown]),
            (Op::Div, 0, [up, down, Unknown, Unknown, Unknown]),
            (Op::PRelu, 0, [up, Unknown, up, Unknown, Unknown]),
        ];
        for (op, moving, expected) in cases {
            assert_eq!(check(&op, moving, &x, &[&by]), expected, "{op:?} {moving}");
        }
        for op in [Op::Max, Op::Min] {
            assert_eq!(check(&op, 1, &x, &[&Tensor::scalar(0.5)]), [up]);
            assert_eq!(check(&op, 1, &x, &[&by]), [Unknown]);
        }
        assert_eq!(check(&Op::Neg, 0, &x, &[]), [down]);
        assert_eq!(check(&Op::Abs, 0, &x, &[]), [Unknown]);
        let bounds = [&Tensor::scalar(-1.0), &Tensor::scalar(6.0)];
        assert_eq!(check(&Op::Clip, 0, &x, &bounds), [up]);

        let parameter = |values: [f32; 5]| Tensor::f32([5], values.to_vec());
        let (scale, mean) = (parameter([0.3, -0.7, 0.0, 1.0, 1.0]), parameter([1.0; 5]));
        let (bias, variance) = (parameter([0.1; 5]), parameter([2.0, 3.0, 1.0, -1.0, 0.0]));
        let norm = Op::BatchNormalization { epsilon: 1e-5 };
        let found = check(&norm, 0, &x, &[&scale, &bias, &mean, &variance]);
        assert_eq!(found, [up, down, zero, Unknown, up]);
    }

    #[test]
    fn nothing_is_claimed_without_constants() {
        let ty = crate::value::TensorType::f32([2]);
        let dynamic = Some(ValueInfo {
            ty: &ty,
            value: None,
        });
        let inputs = [dynamic, dynamic, None];
        for op in [Op::Add, Op::Mul, Op::Min, Op::Clip, Op::MatMul, Op::PRelu] {
            let found = op.monotonicity(0, &inputs).as_uniform();
            assert_eq!(found, Some(Direction::Unknown), "{op:?}");
        }
        assert_eq!(
            Op::Relu.monotonicity(0, &[]).as_uniform(),
            Some(Direction::Unknown)
        );
    }
}
