//! Pooling.

use super::sweep::{sweep, window_elements};
use crate::error::EvalError;
use crate::onnx::op::{AveragePool, MaxPool};
use crate::tensor::{Tensor, for_each_index};
use crate::value::{Operands, TensorType};

/// `(X)` of `MaxPool`. A window of padding only gives minus infinity; NaN wins over everything.
pub fn max_pool(
    pool: &MaxPool,
    operands: &Operands<'_>,
    ty: &TensorType,
) -> Result<Tensor, EvalError> {
    let input = &operands.get(0, "X")?.shape;
    let x = operands.floats(0, "X")?;
    let axes = pool.windows(&input[2..])?;
    let elements = window_elements(&axes);
    let image: usize = input[2..].iter().product();
    let result_image: usize = ty.shape[2..].iter().product();
    let mut result = vec![f32::NEG_INFINITY; ty.shape.iter().product()];
    for (channel, greatest) in x
        .chunks_exact(image)
        .zip(result.chunks_exact_mut(result_image))
    {
        for element in &elements {
            sweep(
                greatest,
                channel,
                &axes,
                element,
                &|greatest: &mut f32, x| {
                    if x > *greatest || x.is_nan() {
                        *greatest = x;
                    }
                },
            );
        }
    }
    Ok(Tensor::f32(ty.shape.clone(), result))
}

/// `(X)` of `AveragePool`. The sum is divided in `f64` and rounded once; a window of padding only gives NaN unless
/// padding counts.
pub fn average_pool(
    pool: &AveragePool,
    operands: &Operands<'_>,
    ty: &TensorType,
) -> Result<Tensor, EvalError> {
    let input = &operands.get(0, "X")?.shape;
    let x = operands.floats(0, "X")?;
    let axes = pool.windows(&input[2..])?;
    let elements = window_elements(&axes);
    let mut counts = Vec::new();
    for_each_index(&ty.shape[2..], |window| {
        let counted = axes
            .iter()
            .zip(window)
            .map(|(axis, &window)| match pool.count_include_pad {
                true => axis.elements_padded(window),
                false => axis.elements_inside(window),
            });
        counts.push(counted.product::<usize>() as f64);
    });

    let image: usize = input[2..].iter().product();
    let mut result = Vec::with_capacity(ty.shape.iter().product());
    let mut sums = vec![0.0; counts.len()];
    for channel in x.chunks_exact(image) {
        sums.fill(0.0);
        for element in &elements {
            sweep(&mut sums, channel, &axes, element, &|sum: &mut f64, x| {
                *sum += f64::from(x)
            });
        }
        result.extend(
            sums.iter()
                .zip(&counts)
                .map(|(sum, count)| (sum / count) as f32),
        );
    }
    Ok(Tensor::f32(ty.shape.clone(), result))
}

/// `(X)` of `GlobalAveragePool`.
pub fn global_average_pool(operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
    let input = &operands.get(0, "X")?.shape;
    let x = operands.floats(0, "X")?;
    let image: usize = input[2..].iter().product();
    let channels = input[0] * input[1];
    let mean = |channel: usize| {
        let sum: f64 = x[channel * image..][..image]
            .iter()
            .map(|&x| f64::from(x))
            .sum();
        (sum / image as f64) as f32
    };
    Ok(Tensor::f32(
        ty.shape.clone(),
        (0..channels).map(mean).collect(),
    ))
}
