//! Matrix products and convolutions.
//!
//! Each result element is an `f64` sum of exact products in ascending order of the summed index (for `Conv`:
//! channel, then kernel position), rounded to `f32` once.

use super::sweep::{sweep, window_elements};
use crate::broadcast::{walk, walk_broadcast};
use crate::error::EvalError;
use crate::onnx::op::{Conv, Gemm};
use crate::tensor::Tensor;
use crate::value::{Operands, TensorType};

/// `(A, B)` of `MatMul`.
pub fn matmul(operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
    let (left, right) = (operands.get(0, "A")?, operands.get(1, "B")?);
    let (a, b) = (operands.floats(0, "A")?, operands.floats(1, "B")?);
    // An operand of rank 1 is a matrix of one row or one column.
    let (left_batch, left_matrix) = left.shape.split_at(left.rank().saturating_sub(2));
    let (right_batch, right_matrix) = right.shape.split_at(right.rank().saturating_sub(2));
    let size = Size {
        rows: if let [rows, _] = left_matrix {
            *rows
        } else {
            1
        },
        depth: right_matrix[0],
        columns: right_matrix.get(1).copied().unwrap_or(1),
    };
    let (left_size, right_size) = (size.rows * size.depth, size.depth * size.columns);

    let batch_rank = left_batch.len().max(right_batch.len());
    let mut result = Vec::with_capacity(ty.shape.iter().product());
    walk_broadcast(
        &ty.shape[..batch_rank],
        [left_batch, right_batch],
        |[left_at, right_at]| {
            let a = &a[left_at * left_size..][..left_size];
            let b = &b[right_at * right_size..][..right_size];
            product(a, b, size, |_, sums| {
                result.extend(sums.iter().map(|&sum| sum as f32))
            });
        },
    );
    Ok(Tensor::f32(ty.shape.clone(), result))
}

/// `(A, B, C?)` of `Gemm`. The product is scaled and `C` added in `f64`, before the rounding.
pub fn gemm(gemm: &Gemm, operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
    let a = matrix(operands, 0, "A", gemm.trans_a)?;
    let b = matrix(operands, 1, "B", gemm.trans_b)?;
    let (rows, columns) = (ty.shape[0], ty.shape[1]);
    let depth = operands.get(0, "A")?.shape[usize::from(!gemm.trans_a)];
    let (alpha, beta) = (f64::from(gemm.alpha), f64::from(gemm.beta));
    let mut addend = vec![0.0; rows * columns];
    if let Some(shape) = operands.optional(2).map(|ty| ty.shape.as_slice()) {
        let c = operands.floats(2, "C")?;
        let mut at = 0;
        walk_broadcast(&ty.shape, [shape], |[source]| {
            addend[at] = beta * f64::from(c[source]);
            at += 1;
        });
    }
    let mut result = Vec::with_capacity(rows * columns);
    product(
        &a,
        &b,
        Size {
            rows,
            depth,
            columns,
        },
        |row, sums| {
            let addend = &addend[row * columns..][..columns];
            let scaled = sums
                .iter()
                .zip(addend)
                .map(|(sum, addend)| (alpha * sum + addend) as f32);
            result.extend(scaled);
        },
    );
    Ok(Tensor::f32(ty.shape.clone(), result))
}

/// A matrix operand in row-major order, transposed if the op says that it is given so.
fn matrix(
    operands: &Operands<'_>,
    index: usize,
    name: &'static str,
    transposed: bool,
) -> Result<Vec<f32>, EvalError> {
    let values = operands.floats(index, name)?;
    if !transposed {
        return Ok(values.to_vec());
    }
    let shape = &operands.get(index, name)?.shape;
    let (rows, columns) = (shape[1], shape[0]);
    let mut result = Vec::with_capacity(values.len());
    walk(&[rows, columns], &[vec![1, rows]], |[at]| {
        result.push(values[at])
    });
    Ok(result)
}

/// Extents of a matrix product.
#[derive(Clone, Copy)]
struct Size {
    rows: usize,
    depth: usize,
    columns: usize,
}

/// Calls `row` with the number and the sums of each row of the product of two row-major matrices. The sums of a row
/// advance together, each in ascending order of the depth.
fn product(a: &[f32], b: &[f32], size: Size, mut row: impl FnMut(usize, &[f64])) {
    let mut sums = vec![0.0; size.columns];
    for number in 0..size.rows {
        sums.fill(0.0);
        for (depth, &x) in a[number * size.depth..][..size.depth].iter().enumerate() {
            let x = f64::from(x);
            let weights = &b[depth * size.columns..][..size.columns];
            for (sum, &weight) in sums.iter_mut().zip(weights) {
                *sum += x * f64::from(weight);
            }
        }
        row(number, &sums);
    }
}

/// `(X, W, B?)` of `Conv`. Padding adds nothing to a sum, whatever the weight.
pub fn conv(conv: &Conv, operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
    let (input, weights) = (&operands.get(0, "X")?.shape, &operands.get(1, "W")?.shape);
    let (x, w) = (operands.floats(0, "X")?, operands.floats(1, "W")?);
    let bias = operands
        .optional(2)
        .map(|_| operands.floats(2, "B"))
        .transpose()?;
    let axes = conv.windows(&input[2..], &weights[2..])?;
    let elements = window_elements(&axes);

    let (channels, filters, group_channels) = (input[1], weights[0], weights[1]);
    let group_filters = filters / conv.group;
    let image: usize = input[2..].iter().product();
    let result_image: usize = ty.shape[2..].iter().product();
    let mut result = Vec::with_capacity(ty.shape.iter().product());
    let mut sums = vec![0.0; result_image];
    for batch in 0..input[0] {
        for filter in 0..filters {
            sums.fill(0.0);
            let first_channel = batch * channels + filter / group_filters * group_channels;
            for channel in 0..group_channels {
                let image = &x[(first_channel + channel) * image..][..image];
                let kernel = (filter * group_channels + channel) * elements.len();
                for (element, &weight) in elements.iter().zip(&w[kernel..]) {
                    let weight = f64::from(weight);
                    sweep(&mut sums, image, &axes, element, &|sum: &mut f64, x| {
                        *sum += weight * f64::from(x);
                    });
                }
            }
            let bias = bias.map_or(0.0, |bias| f64::from(bias[filter]));
            result.extend(sums.iter().map(|&sum| (sum + bias) as f32));
        }
    }
    Ok(Tensor::f32(ty.shape.clone(), result))
}
