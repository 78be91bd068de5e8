//! Matrix products and convolutions.
//!
//! Each result element is an `f64` sum of exact products in ascending order of the summed index (for `Conv`:
//! channel, then kernel position), rounded to `f32` once.

use super::sweep::{sweep, window_elements};
use super::{Contraction, Conv, Gemm, INTEGERS, batch_channels_spatial};
use crate::broadcast::{walk, walk_broadcast};
use crate::error::EvalError;
use crate::tensor::{Element, Tensor, broadcast_shape};
use crate::value::{Operands, TensorType};

impl Contraction<'_> {
    /// The type of the result.
    pub fn infer(self, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
        match self {
            Self::MatMul => matmul_type(operands),
            Self::Gemm(gemm) => gemm_type(gemm, operands),
            Self::Conv(conv) => conv_type(conv, operands),
        }
    }

    /// The result.
    pub fn eval(self, operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
        match self {
            Self::MatMul => matmul(operands, ty),
            Self::Gemm(gemm_attributes) => gemm(gemm_attributes, operands, ty),
            Self::Conv(conv_attributes) => conv(conv_attributes, operands, ty),
        }
    }

    /// How many products each element of the result sums; of operands that do not fit, anything.
    pub fn terms(self, operands: &[Option<&TensorType>]) -> u64 {
        let shape = |at: usize| {
            let ty = operands.get(at).copied().flatten();
            ty.map(|ty| ty.shape.as_slice())
        };
        let depth = match self {
            Self::MatMul => shape(0).and_then(<[usize]>::last).copied(),
            Self::Gemm(gemm) => {
                shape(0).and_then(|shape| shape.get(usize::from(!gemm.trans_a)).copied())
            }
            Self::Conv(_) => {
                return shape(1)
                    .and_then(|shape| shape.get(1..))
                    .map_or(0, product_of);
            }
        };
        depth.map_or(0, |depth| depth as u64)
    }
}

/// The product of extents; saturates.
pub(super) fn product_of(extents: &[usize]) -> u64 {
    let extents = extents.iter().map(|&extent| extent as u64);
    extents.fold(1, u64::saturating_mul)
}

/// `(A, B)` of numpy's matmul: a rank-1 operand counts as a row (`A`) or a column (`B`) that the result drops.
fn matmul_type(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let left = operands.f32_of(INTEGERS, 0, "A")?;
    let right = operands.f32_of(INTEGERS, 1, "B")?;
    let op = operands.op();
    if left.rank() == 0 || right.rank() == 0 {
        let (name, ty) = if left.rank() == 0 {
            ("A", left)
        } else {
            ("B", right)
        };
        return Err(EvalError::shape(
            op,
            name,
            &ty.shape,
            "at least one dimension",
        ));
    }
    let (left_batch, left_matrix) = left.shape.split_at(left.rank().saturating_sub(2));
    let (right_batch, right_matrix) = right.shape.split_at(right.rank().saturating_sub(2));
    let depth = left_matrix[left_matrix.len() - 1];
    if right_matrix[0] != depth {
        let expected = format!(
            "{depth} rows, as many as 'A' of shape {:?} has columns",
            left.shape
        );
        return Err(EvalError::shape(op, "B", &right.shape, expected));
    }
    let mut shape =
        broadcast_shape(left_batch, right_batch).ok_or_else(|| EvalError::Broadcast {
            op,
            left: left_batch.to_vec(),
            right: right_batch.to_vec(),
        })?;
    shape.extend(left_matrix.len().checked_sub(2).map(|row| left_matrix[row]));
    shape.extend(right_matrix.get(1));
    operands.result(shape, Element::F32)
}

/// `(A, B, C?)` of `Gemm`.
fn gemm_type(gemm: &Gemm, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let op = operands.op();
    let matrix = |index, name, transposed| {
        let ty = operands.f32_of(INTEGERS, index, name)?;
        match (ty.shape.as_slice(), transposed) {
            (&[rows, columns], false) | (&[columns, rows], true) => Ok((rows, columns)),
            _ => Err(EvalError::shape(op, name, &ty.shape, "a matrix")),
        }
    };
    let (rows, depth) = matrix(0, "A", gemm.trans_a)?;
    let (right_depth, columns) = matrix(1, "B", gemm.trans_b)?;
    if depth != right_depth {
        let expected = format!("a depth of {depth}, that of 'A', found {right_depth}");
        return Err(EvalError::shape(
            op,
            "B",
            &operands.get(1, "B")?.shape,
            expected,
        ));
    }
    if let Some(addend) = operands.optional_f32(2, "C")? {
        let target = [rows, columns];
        if broadcast_shape(&target, &addend.shape).as_deref() != Some(&target) {
            let expected = format!("a shape that broadcasts to {target:?}");
            return Err(EvalError::shape(op, "C", &addend.shape, expected));
        }
    }
    operands.result(vec![rows, columns], Element::F32)
}

/// `(X, W, B?)` of `Conv`: X is N x C x spatial, W is M x C/group x kernel, B is M.
fn conv_type(conv: &Conv, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let op = operands.op();
    let (input, weights) = (operands.f32(0, "X")?, operands.f32(1, "W")?);
    let (batch, channels, spatial) = batch_channels_spatial(op, input)?;
    if weights.rank() != input.rank() {
        let expected = format!("{} dimensions, as many as 'X'", input.rank());
        return Err(EvalError::shape(op, "W", &weights.shape, expected));
    }
    let (filters, group) = (weights.shape[0], conv.group);
    if group == 0 || !channels.is_multiple_of(group) || !filters.is_multiple_of(group) {
        let expected = format!("a divisor of the {channels} channels and {filters} filters");
        return Err(EvalError::attribute(op, "group", group, expected));
    }
    if weights.shape[1] != channels / group {
        let expected = format!("{} channels for each filter", channels / group);
        return Err(EvalError::shape(op, "W", &weights.shape, expected));
    }
    let kernel = &weights.shape[2..];
    if let Some(found) = conv.kernel_shape.as_ref().filter(|found| *found != kernel) {
        let expected = format!("{kernel:?}, the kernel of 'W' of shape {:?}", weights.shape);
        return Err(EvalError::attribute(op, "kernel_shape", found, expected));
    }
    if let Some(bias) = operands.optional_f32(2, "B")?
        && bias.shape != [filters]
    {
        return Err(EvalError::shape(
            op,
            "B",
            &bias.shape,
            format!("[{filters}]"),
        ));
    }
    let windows = conv.windows(spatial, kernel)?;
    let mut shape = vec![batch, filters];
    shape.extend(windows.iter().map(|axis| axis.output));
    operands.result(shape, Element::F32)
}

/// `(A, B)` of `MatMul`.
fn matmul(operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
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
fn gemm(gemm: &Gemm, operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
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
fn conv(conv: &Conv, operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
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
