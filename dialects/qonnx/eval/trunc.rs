//! `Trunc`, versions 1 and 2 (spec section 1.3).

use super::{PerElement, mapped, parameters};
use crate::error::EvalError;
use crate::qonnx::op::{Op, Trunc, TruncV1};
use crate::qonnx::quantizer::bounds;
use crate::qonnx::rounding::Rounding;
use crate::tensor::Tensor;
use crate::value::{Operands, TensorType};

/// What a `Trunc` does to one element: `(round(limit(round(x / scale + zero_point) / divisor)) - out_zero_point) * out_scale`,
/// where the inner rounding is to nearest even.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Truncation {
    /// Distance of neighbouring numbers before.
    pub scale: f32,
    /// The code of 0 before.
    pub zero_point: f32,
    /// The power of two that codes are divided by.
    pub divisor: f32,
    /// Distance of neighbouring numbers after.
    pub out_scale: f32,
    /// The code of 0 after.
    pub out_zero_point: f32,
    /// The least and greatest code, of which the greatest is applied first; version 1 has none.
    pub limits: Option<(f32, f32)>,
}

impl Truncation {
    fn apply(&self, rounding: Rounding, x: f32) -> f32 {
        let code = (x / self.scale + self.zero_point).round_ties_even() / self.divisor;
        let code = match self.limits {
            Some((_, hi)) if code > hi => hi,
            Some((lo, hi)) if code < lo => lo.min(hi),
            _ => code,
        };
        (rounding.apply(code) - self.out_zero_point) * self.out_scale
    }
}

/// The truncation that the parameters of an op make, and how it rounds; `None` for other ops.
pub fn truncations(
    op: &Op,
    operands: &Operands<'_>,
) -> Result<Option<(PerElement<Truncation>, Rounding)>, EvalError> {
    Ok(match op {
        Op::TruncV1(op) => Some((v1(op, operands)?, op.rounding_mode)),
        Op::Trunc(op) => Some((v2(op, operands)?, op.rounding_mode)),
        _ => None,
    })
}

/// The result.
pub fn eval(
    truncations: &PerElement<Truncation>,
    rounding: Rounding,
    operands: &Operands<'_>,
    ty: &TensorType,
) -> Result<Tensor, EvalError> {
    mapped(truncations, operands, ty, |truncation, x| {
        truncation.apply(rounding, x)
    })
}

/// `(X, scale, zeropt, in_bitwidth, out_bitwidth)`: neither limited nor rescaled. A greater `out_bitwidth` multiplies.
fn v1(op: &TruncV1, operands: &Operands<'_>) -> Result<PerElement<Truncation>, EvalError> {
    let names = Op::TruncV1(*op).parameters();
    parameters(operands, &names, |[scale, zero_point, from, to]| {
        Truncation {
            scale,
            zero_point,
            divisor: f64::from(from - to).exp2() as f32,
            out_scale: scale,
            out_zero_point: zero_point,
            limits: None,
        }
    })
}

/// `(X, scale, zeropt, in_bitwidth, out_scale, out_bitwidth)`: codes are divided by the power of two nearest to
/// `out_scale / scale`, limited, rounded, and multiplied by `out_scale` as it is. `in_bitwidth` has no effect, and one
/// signed bit is not bipolar.
fn v2(op: &Trunc, operands: &Operands<'_>) -> Result<PerElement<Truncation>, EvalError> {
    let names = Op::Trunc(*op).parameters();
    parameters(operands, &names, |[scale, zero_point, _, out_scale, to]| {
        let divisor = f64::from(out_scale / scale).log2().round_ties_even().exp2() as f32;
        Truncation {
            scale,
            zero_point,
            divisor,
            out_scale,
            out_zero_point: zero_point / divisor,
            limits: Some(bounds(to, op.is_signed, op.narrow)),
        }
    })
}
