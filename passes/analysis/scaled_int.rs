//! Scaled integers: the abstract values of the lowering to integers.
//!
//! A tensor is a scaled integer if every element is `scale * n` with an integer `n` in a proven range. Scale
//! and range are known for each position along one axis (the channel axis), or once for the whole tensor.
//! Zero points do not appear: a quantizer with zero point `z` yields `n = code - z`, so `n = 0` is the real
//! number 0 and zero padding needs no care.

use qonnx_dialects::packed::Packed;
use qonnx_dialects::tensor::{Tensor, least_exponent};
use qonnx_dialects::values::Values;
use qonnx_dialects::word::Word;

/// What is known of one channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Channel {
    /// The real number that `n = 1` stands for; finite, not 0, of either sign.
    pub scale: f64,
    /// What `n` can be.
    pub values: Values,
}

/// What is known of a tensor of scaled integers.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaledInt {
    /// The axis that `channels` runs along. Meaningless for a single channel.
    pub axis: usize,
    /// One for each position along the axis, or one for all.
    pub channels: Vec<Channel>,
}

impl ScaledInt {
    /// The same scale and range everywhere.
    pub fn uniform(channel: Channel) -> Self {
        Self {
            axis: 0,
            channels: vec![channel],
        }
    }

    /// The channel of a position along the axis.
    pub fn channel(&self, at: usize) -> Channel {
        if self.channels.len() == 1 {
            self.channels[0]
        } else {
            self.channels[at]
        }
    }

    /// What the integers of all channels can be; 0 where there is no channel.
    pub fn values(&self) -> Values {
        let values = self.channels.iter().map(|channel| channel.values);
        values.reduce(Values::union).unwrap_or(Values::one(0))
    }

    /// The word that all channels fit in, exactly as wide as their ranges need.
    pub fn word(&self) -> Word {
        self.values().word()
    }

    /// The scale, if it is the same in all channels.
    pub fn uniform_scale(&self) -> Option<f64> {
        let scale = self.channels.first()?.scale;
        self.channels
            .iter()
            .all(|channel| channel.scale == scale)
            .then_some(scale)
    }

    /// The same facts with one channel for the whole tensor; `None` if scales differ. Ranges are joined.
    pub fn joined(&self) -> Option<Self> {
        let scale = self.uniform_scale()?;
        let values = self.values();
        Some(Self::uniform(Channel { scale, values }))
    }

    /// The f64 scales as a tensor that broadcasts against a value of `rank` dimensions.
    pub fn scale_tensor(&self, rank: usize) -> Tensor {
        use qonnx_dialects::tensor::Data;
        if let Some(scale) = self.uniform_scale() {
            return Tensor::new(Vec::new(), Data::F64(vec![scale]));
        }
        let mut shape = vec![1; rank];
        shape[self.axis] = self.channels.len();
        Tensor::new(
            shape,
            Data::F64(self.channels.iter().map(|channel| channel.scale).collect()),
        )
    }
}

/// A constant tensor of scaled integers: weights.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaledConstant {
    /// The integers.
    pub n: Packed,
    /// Their shape.
    pub shape: Vec<usize>,
    /// The scales, f64, of the rank of `n`, broadcasting against it.
    pub scale: Tensor,
}

impl ScaledConstant {
    /// The axis that the scale varies along; `None` for a single scale. Fails if there are several.
    pub fn scale_axis(&self) -> Result<Option<usize>, SeveralAxes> {
        varying_axis(&self.scale.shape)
    }

    /// A float constant whose elements all are small multiples of one power of two, such as weights that
    /// were quantized before export. `None` if more than `bits` bits would be needed.
    pub fn of_float(value: &Tensor, bits: u32) -> Option<Self> {
        let values = value.as_f32()?;
        let mut exponent = i32::MAX;
        for &x in values {
            if !x.is_finite() {
                return None;
            }
            if x != 0.0 {
                exponent = exponent.min(least_exponent(x));
            }
        }
        let exponent = if exponent == i32::MAX { 0 } else { exponent };
        let unit = f64::powi(2.0, exponent);
        let limit = f64::powi(2.0, bits as i32);
        let most = (1 << bits.min(62)) - 1;
        let mut n = Packed::with_capacity(-most, most, values.len());
        for &x in values {
            let scaled = f64::from(x) / unit;
            if scaled.abs() >= limit {
                return None;
            }
            n.push(scaled as i64);
        }
        let scale = Tensor::new(
            vec![1; value.rank()],
            qonnx_dialects::tensor::Data::F64(vec![unit]),
        );
        Some(Self {
            n,
            shape: value.shape.clone(),
            scale,
        })
    }
}

/// A tensor varies along more than one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeveralAxes;

/// The only axis of a broadcastable shape that has an extent other than 1. Fails if there are several.
pub fn varying_axis(shape: &[usize]) -> Result<Option<usize>, SeveralAxes> {
    let mut axes = (0..shape.len()).filter(|&axis| shape[axis] != 1);
    let first = axes.next();
    if axes.next().is_some() {
        Err(SeveralAxes)
    } else {
        Ok(first)
    }
}

/// `shape` with leading ones up to `rank`.
pub fn with_rank(shape: &[usize], rank: usize) -> Vec<usize> {
    let missing = rank.saturating_sub(shape.len());
    std::iter::repeat_n(1, missing)
        .chain(shape.iter().copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn float_constants_on_a_grid_become_integers() {
        let value = Tensor::f32([4], vec![0.75, -0.25, 0.0, 1.0]);
        let constant = ScaledConstant::of_float(&value, 8).expect("quarters");
        let n: Vec<i64> = (0..4).map(|at| constant.n.get(at)).collect();
        assert_eq!(n, [3, -1, 0, 4]);
        assert_eq!(constant.scale.as_scalar(), Some(0.25));
        assert_eq!(
            ScaledConstant::of_float(&Tensor::f32([1], vec![0.1]), 8),
            None
        );
        assert_eq!(
            ScaledConstant::of_float(&Tensor::f32([1], vec![f32::NAN]), 8),
            None
        );
    }
}
