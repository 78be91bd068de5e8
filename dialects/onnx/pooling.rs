//! Pooling.

use super::WindowAxis;
use super::contraction::product_of;
use super::sweep::{sweep, window_elements};
use super::{AveragePool, BYTES, MaxPool, Pooling, batch_channels_spatial};
use crate::error::EvalError;
use crate::tensor::{Element, Tensor, for_each_index};
use crate::value::{Operands, TensorType};

impl Pooling<'_> {
    /// The type of the result.
    pub fn infer(self, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
        match self {
            Self::MaxPool(op) => pool_type(operands, BYTES, |spatial| op.windows(spatial)),
            Self::AveragePool(op) => pool_type(operands, &[], |spatial| op.windows(spatial)),
            Self::GlobalAveragePool => global_pool_type(operands),
        }
    }

    /// The result.
    pub fn eval(self, operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
        match self {
            Self::MaxPool(op) => max_pool(op, operands, ty),
            Self::AveragePool(op) => average_pool(op, operands, ty),
            Self::GlobalAveragePool => global_average_pool(operands, ty),
        }
    }

    /// How many elements each element of the result is made of, where that is not about one of each operand's.
    pub fn terms(self) -> u64 {
        match self {
            Self::MaxPool(op) => product_of(&op.kernel_shape),
            Self::AveragePool(op) => product_of(&op.kernel_shape),
            Self::GlobalAveragePool => 0,
        }
    }
}

/// `(X)` of `MaxPool` and `AveragePool`, of which ONNX defines the one also on `others`.
fn pool_type(
    operands: &Operands<'_>,
    others: &[Element],
    windows: impl FnOnce(&[usize]) -> Result<Vec<WindowAxis>, EvalError>,
) -> Result<TensorType, EvalError> {
    let input = operands.f32_of(others, 0, "X")?;
    let (batch, channels, spatial) = batch_channels_spatial(operands.op(), input)?;
    let windows = windows(spatial)?;
    // Bounds the work, which grows with the kernel even where it is padding.
    operands.result(
        windows.iter().map(|axis| axis.kernel).collect(),
        Element::F32,
    )?;
    let mut shape = vec![batch, channels];
    shape.extend(windows.iter().map(|axis| axis.output));
    operands.result(shape, Element::F32)
}

/// `(X)` of `GlobalAveragePool`.
fn global_pool_type(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.f32(0, "X")?;
    let (batch, channels, spatial) = batch_channels_spatial(operands.op(), input)?;
    let mut shape = vec![batch, channels];
    shape.extend(spatial.iter().map(|_| 1));
    operands.result(shape, Element::F32)
}

/// `(X)` of `MaxPool`. A window of padding only gives minus infinity; NaN wins over everything.
fn max_pool(pool: &MaxPool, operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
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
fn average_pool(
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
fn global_average_pool(operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
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
