//! `Trunc`, versions 1 and 2 (spec section 1.3).

use super::{mapped, parameters};
use crate::error::EvalError;
use crate::qonnx::op::{Op, Trunc, TruncV1};
use crate::qonnx::quantizer::bounds;
use crate::qonnx::rounding::Rounding;
use crate::tensor::Tensor;
use crate::value::{Operands, TensorType};

/// One element's parameters.
struct Truncation {
    scale: f32,
    zero_point: f32,
    /// The power of two that codes are divided by.
    divisor: f32,
    out_scale: f32,
    out_zero_point: f32,
    limits: Option<(f32, f32)>,
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

/// `(X, scale, zeropt, in_bitwidth, out_bitwidth)`: neither limited nor rescaled. A greater `out_bitwidth` multiplies.
pub fn v1(
    rounding: Rounding,
    operands: &Operands<'_>,
    ty: &TensorType,
) -> Result<Tensor, EvalError> {
    let names = Op::TruncV1(TruncV1 {
        rounding_mode: rounding,
    })
    .parameters();
    let truncations = parameters(operands, &names, |[scale, zero_point, from, to]| {
        Truncation {
            scale,
            zero_point,
            divisor: f64::from(from - to).exp2() as f32,
            out_scale: scale,
            out_zero_point: zero_point,
            limits: None,
        }
    })?;
    mapped(&truncations, operands, ty, |truncation, x| {
        truncation.apply(rounding, x)
    })
}

/// `(X, scale, zeropt, in_bitwidth, out_scale, out_bitwidth)`: codes are divided by the power of two nearest to
/// `out_scale / scale`, limited, rounded, and multiplied by `out_scale` as it is. `in_bitwidth` has no effect, and one
/// signed bit is not bipolar.
pub fn v2(
    attributes: &Trunc,
    operands: &Operands<'_>,
    ty: &TensorType,
) -> Result<Tensor, EvalError> {
    let Trunc {
        is_signed: signed,
        narrow,
        rounding_mode: rounding,
    } = *attributes;
    let names = Op::Trunc(*attributes).parameters();
    let truncations = parameters(operands, &names, |[scale, zero_point, _, out_scale, to]| {
        let divisor = f64::from(out_scale / scale).log2().round_ties_even().exp2() as f32;
        Truncation {
            scale,
            zero_point,
            divisor,
            out_scale,
            out_zero_point: zero_point / divisor,
            limits: Some(bounds(to, signed, narrow)),
        }
    })?;
    mapped(&truncations, operands, ty, |truncation, x| {
        truncation.apply(rounding, x)
    })
}
