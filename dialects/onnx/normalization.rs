//! Normalizations.

use super::{LayerNormalization, Normalization, Softmax};
use crate::broadcast::walk_broadcast;
use crate::error::EvalError;
use crate::monotone::{Direction, Monotonicity};
use crate::tensor::{Tensor, broadcast_shape};
use crate::value::{Operands, TensorType, ValueInfo};

impl Normalization<'_> {
    /// The type of the result.
    pub fn infer(self, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
        match self {
            Self::BatchNormalization(_) => batch_normalization_type(operands),
            Self::LayerNormalization(layer) => layer_normalization_type(layer, operands),
            Self::Softmax(op) | Self::LogSoftmax(op) => softmax_type(op, operands),
        }
    }

    /// The result.
    pub fn eval(self, operands: &Operands<'_>) -> Result<Tensor, EvalError> {
        match self {
            Self::BatchNormalization(op) => batch_normalization(op.epsilon, operands),
            Self::LayerNormalization(layer) => layer_normalization(layer, operands),
            Self::Softmax(op) => softmax(op, operands, false),
            Self::LogSoftmax(op) => softmax(op, operands, true),
        }
    }

    /// How the result moves with the first operand, the others being constants.
    pub fn monotonicity(self, inputs: &[Option<ValueInfo<'_>>]) -> Monotonicity {
        match self {
            Self::BatchNormalization(op) => {
                let constant = |at: usize| inputs.get(at).copied().flatten()?.value?.as_f32();
                let moving = inputs.first().copied().flatten();
                match (moving, constant(1), constant(2), constant(3), constant(4)) {
                    (Some(moving), Some(scale), Some(bias), Some(mean), Some(variance)) => {
                        let (factors, addends) = affine(scale, bias, mean, variance, op.epsilon);
                        by_channel(moving.ty.rank(), &factors, &addends)
                    }
                    _ => Monotonicity::unknown(),
                }
            }
            Self::LayerNormalization(_) | Self::Softmax(_) | Self::LogSoftmax(_) => {
                Monotonicity::unknown()
            }
        }
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

/// `(X, scale, B, mean, var)` of `BatchNormalization`; the parameters have one element for each channel.
fn batch_normalization_type(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.f32(0, "X")?;
    let Some(&channels) = input.shape.get(1) else {
        let expected = "a batch and a channel dimension";
        return Err(EvalError::shape(operands.op(), "X", &input.shape, expected));
    };
    for (index, name) in [(1, "scale"), (2, "B"), (3, "input_mean"), (4, "input_var")] {
        let parameter = operands.f32(index, name)?;
        if parameter.shape != [channels] {
            let expected = format!("[{channels}], one for each channel");
            return Err(EvalError::shape(
                operands.op(),
                name,
                &parameter.shape,
                expected,
            ));
        }
    }
    Ok(input.clone())
}

/// `(X, Scale, B?)` of `LayerNormalization`; the parameters broadcast to the normalized dimensions.
fn layer_normalization_type(
    layer: &LayerNormalization,
    operands: &Operands<'_>,
) -> Result<TensorType, EvalError> {
    let input = operands.f32(0, "X")?;
    let axis = operands.axis(layer.axis, input.rank())?;
    let normalized = &input.shape[axis..];
    let scale = operands.f32(1, "Scale")?;
    let bias = operands.optional_f32(2, "B")?;
    for (name, ty) in [("Scale", Some(scale)), ("B", bias)] {
        let Some(ty) = ty else { continue };
        if broadcast_shape(normalized, &ty.shape).as_deref() != Some(normalized) {
            let expected = format!("a shape that broadcasts to {normalized:?}");
            return Err(EvalError::shape(operands.op(), name, &ty.shape, expected));
        }
    }
    Ok(input.clone())
}

/// `(input)` of `Softmax` and `LogSoftmax`.
fn softmax_type(softmax: &Softmax, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.f32(0, "input")?;
    operands.axis(softmax.axis, input.rank())?;
    Ok(input.clone())
}

/// The factor and the addend of each channel that inference-time batch normalization comes down to,
/// `y = x * factor + addend`. Every operation is rounded to `f32`, in the order of onnxruntime's CPU kernel, which
/// made the reference outputs that this compiler is measured against.
///
/// The slices have one element for each channel; the results are as long as the shortest.
pub fn affine(
    scale: &[f32],
    bias: &[f32],
    mean: &[f32],
    variance: &[f32],
    epsilon: f32,
) -> (Vec<f32>, Vec<f32>) {
    let parameters = scale.iter().zip(bias).zip(mean.iter().zip(variance));
    parameters
        .map(|((scale, bias), (mean, variance))| {
            let factor = (1.0 / (variance + epsilon).sqrt()) * scale;
            (factor, bias - mean * factor)
        })
        .unzip()
}

/// `(X, scale, B, mean, var)` of `BatchNormalization`; see [`affine`].
fn batch_normalization(epsilon: f32, operands: &Operands<'_>) -> Result<Tensor, EvalError> {
    let input = operands.tensor(0, "X")?;
    let x = operands.floats(0, "X")?;
    let (scale, bias) = (operands.floats(1, "scale")?, operands.floats(2, "B")?);
    let (mean, variance) = (
        operands.floats(3, "input_mean")?,
        operands.floats(4, "input_var")?,
    );
    let (factors, addends) = affine(scale, bias, mean, variance, epsilon);
    let image: usize = input.shape[2..].iter().product();
    let parameters = factors.iter().zip(&addends).cycle();
    let mut result = Vec::with_capacity(x.len());
    for (image, (factor, addend)) in x.chunks_exact(image.max(1)).zip(parameters) {
        result.extend(image.iter().map(|x| x * factor + addend));
    }
    Ok(Tensor::f32(input.shape.clone(), result))
}

/// `(X, Scale, B?)` of `LayerNormalization`: mean, variance and result in `f64`, rounded once.
fn layer_normalization(
    layer: &LayerNormalization,
    operands: &Operands<'_>,
) -> Result<Tensor, EvalError> {
    let input = operands.tensor(0, "X")?;
    let x = operands.floats(0, "X")?;
    let axis = operands.axis(layer.axis, input.rank())?;
    let normalized = &input.shape[axis..];
    let count: usize = normalized.iter().product();
    let scale = expanded(
        operands.floats(1, "Scale")?,
        &operands.get(1, "Scale")?.shape,
        normalized,
    );
    let bias = match operands.optional(2) {
        Some(ty) => expanded(operands.floats(2, "B")?, &ty.shape, normalized),
        None => vec![0.0; count],
    };
    let mut result = Vec::with_capacity(x.len());
    for row in x.chunks_exact(count.max(1)) {
        let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / count as f64;
        let squares = row.iter().map(|&x| (f64::from(x) - mean).powi(2));
        let variance = squares.sum::<f64>() / count as f64;
        let deviation = (variance + f64::from(layer.epsilon)).sqrt();
        let parameters = scale.iter().zip(&bias);
        result.extend(
            row.iter().zip(parameters).map(|(&x, (scale, bias))| {
                ((f64::from(x) - mean) / deviation * scale + bias) as f32
            }),
        );
    }
    Ok(Tensor::f32(input.shape.clone(), result))
}

/// Values of `shape` broadcast to `result`, as `f64`.
fn expanded(values: &[f32], shape: &[usize], result: &[usize]) -> Vec<f64> {
    let mut all = Vec::with_capacity(result.iter().product());
    walk_broadcast(result, [shape], |[at]| all.push(f64::from(values[at])));
    all
}

/// `(input)` of `Softmax` or `LogSoftmax`: the difference to the greatest element in `f32`, the rest in `f64`.
fn softmax(
    softmax: &Softmax,
    operands: &Operands<'_>,
    logarithm: bool,
) -> Result<Tensor, EvalError> {
    let input = operands.tensor(0, "input")?;
    let x = operands.floats(0, "input")?;
    let axis = operands.axis(softmax.axis, input.rank())?;
    let outer: usize = input.shape[..axis].iter().product();
    let (extent, inner) = match softmax.flatten {
        true => (input.shape[axis..].iter().product(), 1),
        false => (input.shape[axis], input.shape[axis + 1..].iter().product()),
    };
    let mut result = vec![0.0; x.len()];
    for lane in 0..outer * inner {
        let first = lane / inner * extent * inner + lane % inner;
        let places = (0..extent).map(|at| first + at * inner);
        let greatest = places
            .clone()
            .map(|at| x[at])
            .fold(f32::NEG_INFINITY, f32::max);
        let shifted = places.clone().map(|at| f64::from(x[at] - greatest));
        let sum: f64 = shifted.clone().map(f64::exp).sum();
        for (at, shifted) in places.zip(shifted) {
            result[at] = if logarithm {
                shifted - sum.ln()
            } else {
                shifted.exp() / sum
            } as f32;
        }
    }
    Ok(Tensor::f32(input.shape.clone(), result))
}
