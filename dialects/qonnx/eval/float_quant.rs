//! `FloatQuant` (spec section 1.4).

use super::{PerElement, mapped, parameters};
use crate::error::EvalError;
use crate::qonnx::op::{FloatQuant, Op};
use crate::tensor::Tensor;
use crate::value::{Operands, TensorType};

/// The number format that `FloatQuant` rounds one element to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Minifloat {
    /// What numbers are divided by before and multiplied by after.
    pub scale: f32,
    /// Bits behind the leading one.
    pub mantissa_bits: f32,
    /// Exponent of the distance of subnormal numbers, the least of all distances.
    pub least_exponent: f32,
    /// The greatest number.
    pub greatest: f32,
}

impl Minifloat {
    /// `x / scale` on the format's grid, continued beyond its range. Infinities become NaN, as in the reference.
    fn on_grid(&self, attributes: &FloatQuant, x: f32) -> f32 {
        let x = x / self.scale;
        let exponent = (binary_exponent(x) - self.mantissa_bits).max(self.least_exponent);
        let distance = f64::from(exponent).exp2() as f32;
        distance * attributes.rounding_mode.apply(x / distance)
    }

    fn apply(&self, attributes: &FloatQuant, x: f32) -> f32 {
        let quantized = self.on_grid(attributes, x);
        let beyond = quantized.abs() > self.greatest;
        let limited = match (beyond, attributes.saturation, attributes.has_inf) {
            (false, _, _) => quantized,
            (true, true, _) => self.greatest.copysign(quantized),
            (true, false, true) => f32::INFINITY.copysign(quantized),
            (true, false, false) => f32::NAN,
        };
        limited * self.scale
    }
}

/// The exponent of the greatest power of two that is not above the magnitude of `x`, taken from its bits; -126 for 0
/// and subnormal numbers, infinite for infinities and NaN.
///
/// The reference takes the logarithm in `f32`, which is too great just below a power of two. That is harmless for
/// the `ROUND` mode; the others then use a grid that is too coarse, which is not followed here.
fn binary_exponent(x: f32) -> f32 {
    match (x.to_bits() >> 23) & 0xff {
        0xff => f32::INFINITY,
        0 => -126.0,
        biased => biased as f32 - 127.0,
    }
}

/// `(X, scale, exponent_bitwidth, mantissa_bitwidth, exponent_bias, max_val)`. Fails if a number is beyond the range
/// and the attributes give it no result.
pub fn eval(
    attributes: &FloatQuant,
    operands: &Operands<'_>,
    ty: &TensorType,
) -> Result<Tensor, EvalError> {
    let formats = formats(attributes, operands)?;
    let result = mapped(&formats, operands, ty, |format, x| {
        format.apply(attributes, x)
    })?;
    if !(attributes.saturation || attributes.has_inf || attributes.has_nan) {
        let beyond = mapped(&formats, operands, ty, |format, x| {
            if format.on_grid(attributes, x).abs() > format.greatest {
                x
            } else {
                0.0
            }
        })?;
        if let Some(x) = beyond.to_f32().into_iter().find(|&x| x != 0.0) {
            let expected =
                "no number beyond the range of a format without saturation, infinity and NaN";
            return Err(EvalError::value(operands.op(), "X", x, expected));
        }
    }
    Ok(result)
}

/// The formats that the parameters make.
pub fn formats(
    attributes: &FloatQuant,
    operands: &Operands<'_>,
) -> Result<PerElement<Minifloat>, EvalError> {
    let names = Op::FloatQuant(*attributes).parameters();
    parameters(
        operands,
        &names,
        |[scale, exponent_bits, mantissa_bits, bias, max_value]| {
            // All codes of the exponent are finite numbers unless `max_val` says otherwise.
            let greatest_exponent = f64::from(exponent_bits).exp2() - 1.0 - f64::from(bias);
            let greatest = (2.0 - f64::from(-mantissa_bits).exp2()) * greatest_exponent.exp2();
            Minifloat {
                scale,
                mantissa_bits,
                least_exponent: 1.0 - bias - mantissa_bits,
                greatest: (greatest as f32).min(max_value),
            }
        },
    )
}
