//! The one meaning of each op of `qint`.

use super::op::{Dequantize, Lookup, Op, Quantize, Requantize, Threshold};
use crate::error::EvalError;
use crate::qonnx::{Codes, Quantizer, Rounding};
use crate::tensor::{Tensor, broadcast_index, for_each_index};
use crate::value::TensorType;

/// The real number that an integer stands for: `scale * n` in float64, rounded to float32. The scales of a
/// contraction's operands are float32, so `scale` (their product) is exact in float64.
pub fn dequantize(n: i64, scale: f64) -> f32 {
    (n as f64 * scale) as f32
}

impl Op {
    /// The result of the op. `result` is the op's result type, which the verifier has checked.
    pub fn eval(&self, operands: &[&Tensor], result: &TensorType) -> Result<Tensor, EvalError> {
        let types: Vec<_> = operands
            .iter()
            .map(|&operand| TensorType::of(operand))
            .collect();
        self.verify(&types, result)?;
        let input = operands[0];
        match self {
            Self::Quantize(op) => op.eval(input, result),
            Self::Dequantize(op) => op.eval(input),
            Self::Requantize(op) => map_channels(input, result, op.axis, |n, c| op.apply(n, c)),
            Self::Threshold(op) => map_channels(input, result, op.axis, |n, c| op.apply(n, c)),
            Self::Lookup(op) => map_channels(input, result, op.axis, |n, c| op.apply(n, c)),
            _ => self.eval_layer(operands, result),
        }
    }
}

impl Quantize {
    /// The quantizer at a position with this scale and zero point.
    pub fn quantizer(&self, scale: f32, zero_point: f32) -> Quantizer {
        let codes = if self.bipolar {
            Codes::SignOfCode
        } else {
            Codes::Range {
                lo: self.lo,
                hi: self.hi,
                rounding: self.rounding_mode,
            }
        };
        Quantizer {
            scale,
            zero_point,
            codes,
        }
    }

    /// The integer for one real number, with the scale and zero point of its position. NaN becomes 0: no
    /// integer stands for it.
    pub fn apply(&self, x: f32, scale: f32, zero_point: f32) -> i64 {
        let code = self.quantizer(scale, zero_point).quantize(x);
        let fraction = f64::from(1u32 << self.fraction_bits);
        ((f64::from(code) - f64::from(zero_point)) * fraction) as i64
    }

    fn eval(&self, input: &Tensor, result: &TensorType) -> Result<Tensor, EvalError> {
        let (x, scale, zero_point) = (
            input.to_f32(),
            self.scale.to_f32(),
            self.zero_point.to_f32(),
        );
        let mut values = Vec::with_capacity(x.len());
        for_each_index(&input.shape, |index| {
            let scale = scale[broadcast_index(&self.scale.shape, index)];
            let zero_point = zero_point[broadcast_index(&self.zero_point.shape, index)];
            values.push(self.apply(x[values.len()], scale, zero_point));
        });
        integers(result, values)
    }
}

impl Dequantize {
    fn eval(&self, input: &Tensor) -> Result<Tensor, EvalError> {
        let scale = self.scale.to_f64();
        let n = input.as_int().unwrap_or_default();
        let mut values = Vec::with_capacity(n.len());
        for_each_index(&input.shape, |index| {
            values.push(dequantize(
                n[values.len()],
                scale[broadcast_index(&self.scale.shape, index)],
            ));
        });
        Ok(Tensor::f32(input.shape.clone(), values))
    }
}

impl Requantize {
    /// The result for one integer of channel `channel`.
    pub fn apply(&self, n: i64, channel: usize) -> i64 {
        let of = |values: &[i64]| i128::from(values[if values.len() == 1 { 0 } else { channel }]);
        let scaled = i128::from(n) * of(&self.multiplier) + of(&self.addend);
        let rounded = round_shift(scaled, self.shift, self.rounding_mode);
        rounded.clamp(i128::from(self.lo), i128::from(self.hi)) as i64
    }
}

/// `value / 2^shift`, rounded.
fn round_shift(value: i128, shift: u32, rounding: Rounding) -> i128 {
    let floor = value >> shift;
    let rest = value - (floor << shift);
    if rest == 0 {
        return floor;
    }
    let twice = (rest << 1).cmp(&(1 << shift));
    let negative = value < 0;
    let up = match rounding {
        Rounding::Round => twice.is_gt() || twice.is_eq() && floor & 1 != 0,
        Rounding::Ceil => true,
        Rounding::Floor => false,
        Rounding::Up => !negative,
        Rounding::Down => negative,
        Rounding::HalfUp => twice.is_gt() || twice.is_eq() && !negative,
        Rounding::HalfDown => twice.is_gt() || twice.is_eq() && negative,
    };
    floor + i128::from(up)
}

impl Threshold {
    /// The result for one integer of channel `channel`, modulo `2^64`: a result never has more bits than that.
    pub fn apply(&self, n: i64, channel: usize) -> i64 {
        let row = if self.base.len() == 1 { 0 } else { channel };
        let steps = self.thresholds.shape[1];
        let all = self.thresholds.as_int().unwrap_or_default();
        let reached = all[row * steps..(row + 1) * steps].partition_point(|&level| level <= n);
        self.base[row].wrapping_add(self.step[row].wrapping_mul(reached as i64))
    }
}

impl Lookup {
    /// The result for one integer of channel `channel`. Outside of the table its nearest end answers, which
    /// a verified program never asks for.
    pub fn apply(&self, n: i64, channel: usize) -> i64 {
        let (rows, columns) = (self.table.shape[0], self.table.shape[1]);
        let row = if rows == 1 { 0 } else { channel };
        let column = n.saturating_sub(self.low).clamp(0, columns as i64 - 1) as usize;
        self.table
            .as_int()
            .map_or(0, |table| table[row * columns + column])
    }
}

/// A tensor of the result type; numbers are wrapped to its width.
fn integers(result: &TensorType, values: Vec<i64>) -> Result<Tensor, EvalError> {
    if !result.element.is_int() {
        return Err(EvalError::element(
            "qint",
            "result",
            result.element,
            "an integer",
        ));
    }
    Ok(Tensor::of_integers(
        result.element,
        result.shape.clone(),
        values,
    ))
}

fn map_channels(
    input: &Tensor,
    result: &TensorType,
    axis: usize,
    apply: impl Fn(i64, usize) -> i64,
) -> Result<Tensor, EvalError> {
    // A scalar has one channel.
    let inner: usize = input.shape.iter().skip(axis + 1).product();
    let channels = input.shape.get(axis).map_or(1, |&extent| extent.max(1));
    let values = input
        .as_int()
        .unwrap_or_default()
        .iter()
        .enumerate()
        .map(|(at, &n)| apply(n, at / inner.max(1) % channels))
        .collect();
    integers(result, values)
}
