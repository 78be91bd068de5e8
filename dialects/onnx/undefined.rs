//! Which ops make NaN of finite numbers because of their constants.
//!
//! No integer stands for NaN, so what such an op gives must not be quantized to integers. An infinite addend or bound is
//! harmless: it is the infinite factor that makes NaN, of a 0. NaN that comes of the data alone (the root of a
//! negative number, an overflow) is not looked for here.

use super::normalization::affine;
use super::{Contraction, Family, Normalization, Op};
use crate::tensor::Tensor;
use crate::value::ValueInfo;

/// The numbers that can make NaN.
const SPECIAL: [f64; 4] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0];

impl Op {
    /// Whether the op may give NaN on finite operands because of an operand that is constant, or of an attribute. An
    /// upper bound: a constant may be such that no element is affected.
    pub fn makes_nan(&self, inputs: &[Option<ValueInfo<'_>>]) -> bool {
        let constant = |at: usize| inputs.get(at).copied().flatten()?.value;
        let any = |at: usize, wrong: fn(f64) -> bool| {
            constant(at).is_some_and(|value| value.has_float(wrong))
        };
        let infinite = |x: f64| !x.is_finite();
        match self.family() {
            Family::Elementwise(op) => elementwise(op, inputs),
            Family::Contraction(Contraction::MatMul | Contraction::Conv(_)) => {
                any(0, infinite) || any(1, infinite) || any(2, f64::is_nan)
            }
            Family::Contraction(Contraction::Gemm(gemm)) => {
                let factors = [gemm.alpha, gemm.beta];
                factors.iter().any(|factor| !factor.is_finite())
                    || any(0, infinite)
                    || any(1, infinite)
                    || any(2, f64::is_nan)
            }
            Family::Normalization(Normalization::BatchNormalization(op)) => {
                let parameters = [1, 2, 3, 4].map(|at| constant(at).and_then(Tensor::as_f32));
                let [Some(scale), Some(bias), Some(mean), Some(variance)] = parameters else {
                    return false;
                };
                let (factors, addends) = affine(scale, bias, mean, variance, op.epsilon);
                !factors.iter().all(|factor| factor.is_finite())
                    || addends.iter().any(|addend| addend.is_nan())
            }
            Family::Normalization(Normalization::LayerNormalization(layer)) => {
                !layer.epsilon.is_finite() || any(1, infinite) || any(2, f64::is_nan)
            }
            // They make none, but pass on what they are given.
            Family::Normalization(Normalization::Softmax(_) | Normalization::LogSoftmax(_))
            | Family::Pooling(_)
            | Family::Reduction(_)
            | Family::Conversion(_)
            | Family::Reshaping(_)
            | Family::Movement(_) => (0..inputs.len()).any(|at| any(at, f64::is_nan)),
        }
    }
}

/// A constant is looked at with nothing known of the other operands, but for bounds that are left out.
fn elementwise(op: &Op, inputs: &[Option<ValueInfo<'_>>]) -> bool {
    let Some(formula) = &op.declaration().formula else {
        return false;
    };
    let attributes = op.numbers();
    let variadic = op.arity().1 == usize::MAX;
    let with = |at: usize, value: Option<f64>| {
        let count = op.declaration().operands.len().max(inputs.len());
        let mut operands = vec![None; count];
        operands[if variadic { 0 } else { at }] = value;
        formula.makes_nan(&operands, &attributes)
    };
    with(0, None)
        || inputs.iter().enumerate().any(|(at, info)| {
            let Some(value) = info.and_then(|info| info.value) else {
                return false;
            };
            let held = |special: &f64| {
                value.has_float(|x| x == *special || x.is_nan() && special.is_nan())
            };
            SPECIAL
                .iter()
                .any(|special| held(special) && with(at, Some(*special)))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::*;
    use crate::value::with_infos;

    const X: [f32; 5] = [-3.0, -0.5, 0.0, 0.5, 3.0];

    /// What is said about an op on `X` and constants, and whether it does give NaN.
    fn said_and_found(op: &Op, constants: &[&Tensor]) -> (bool, bool) {
        let x = Tensor::f32([5, 1], X.to_vec());
        let operands: Vec<_> = [&x].iter().chain(constants).map(|&at| Some(at)).collect();
        let said = with_infos(&operands, |infos| {
            let mut infos = infos.to_vec();
            if let Some(moving) = infos[0].as_mut() {
                moving.value = None;
            }
            op.makes_nan(&infos)
        });
        let results = op.eval(&operands).expect("the operands fit");
        (said, results[0].has_float(f64::is_nan))
    }

    #[test]
    fn what_gives_nan_is_known() {
        let (nan, inf) = (f32::NAN, f32::INFINITY);
        let binary = [
            Op::Add,
            Op::Sub,
            Op::Mul,
            Op::Div,
            Op::Pow,
            Op::Min,
            Op::Max,
            Op::PRelu,
        ];
        let constants = [1.5, 0.0, -inf, inf, nan];
        for op in binary {
            for constant in constants {
                let (said, found) = said_and_found(&op, &[&Tensor::scalar(constant)]);
                // Powers of negative numbers are NaN because of the data.
                assert!(said || !found || op == Op::Pow, "{op:?} {constant}");
            }
        }
        for value in constants {
            let unary = [
                Op::LeakyRelu(LeakyRelu { alpha: value }),
                Op::Elu(Elu { alpha: value }),
                Op::Selu(Selu {
                    alpha: 1.0,
                    gamma: value,
                }),
                Op::Selu(Selu {
                    alpha: value,
                    gamma: 1.0,
                }),
                Op::HardSigmoid(HardSigmoid {
                    alpha: value,
                    beta: 0.5,
                }),
                Op::HardSigmoid(HardSigmoid {
                    alpha: 0.2,
                    beta: value,
                }),
            ];
            for op in unary {
                let (said, found) = said_and_found(&op, &[]);
                assert!(said || !found, "{op:?}");
            }
            for at in 0..4 {
                let mut parameters =
                    [1.0, 0.5, 0.25, 2.0].map(|value| Tensor::f32([1], vec![value]));
                parameters[at] = Tensor::f32([1], vec![value]);
                let op = Op::BatchNormalization(BatchNormalization { epsilon: 1e-5 });
                let (said, found) = said_and_found(&op, &parameters.each_ref());
                assert!(said || !found, "parameter {at} {value}");
            }
            let (said, found) = said_and_found(&Op::MatMul, &[&Tensor::f32([1, 1], vec![value])]);
            assert!(said || !found, "{value}");
        }
    }

    /// A mask of minus infinity before a softmax is common, and so is a bound of infinity.
    #[test]
    fn what_stays_defined_is_known() {
        let inf = Tensor::scalar(f32::INFINITY);
        for (op, constants) in [
            (Op::Add, vec![&inf]),
            (Op::Max, vec![&inf]),
            (Op::Clip, vec![&inf, &inf]),
        ] {
            assert_eq!(said_and_found(&op, &constants), (false, false), "{op:?}");
        }
    }
}
