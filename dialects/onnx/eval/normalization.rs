//! Normalizations.

use crate::broadcast::walk_broadcast;
use crate::error::EvalError;
use crate::onnx::op::{LayerNormalization, Softmax};
use crate::tensor::Tensor;
use crate::value::Operands;

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
pub fn batch_normalization(epsilon: f32, operands: &Operands<'_>) -> Result<Tensor, EvalError> {
    let input = operands.tensor(0, "X")?;
    let x = operands.floats(0, "X")?;
    let (scale, bias) = (operands.floats(1, "scale")?, operands.floats(2, "B")?);
    let (mean, variance) = (operands.floats(3, "mean")?, operands.floats(4, "var")?);
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
pub fn layer_normalization(
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
pub fn softmax(
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
