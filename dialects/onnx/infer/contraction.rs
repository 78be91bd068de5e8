//! Result types of products, convolutions and pooling.

use super::INTEGERS;
use crate::error::EvalError;
use crate::onnx::op::{Conv, Gemm};
use crate::onnx::window::WindowAxis;
use crate::tensor::{Element, broadcast_shape};
use crate::value::{Operands, TensorType};

/// `(A, B)` of numpy's matmul: a rank-1 operand counts as a row (`A`) or a column (`B`) that the result drops.
pub fn matmul(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
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
pub fn gemm(gemm: &Gemm, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
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
pub fn conv(conv: &Conv, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
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
    if !conv.kernel_shape.is_empty() && conv.kernel_shape != kernel {
        let expected = format!("{kernel:?}, the kernel of 'W' of shape {:?}", weights.shape);
        let found = &conv.kernel_shape;
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

/// `(X)` of `MaxPool` and `AveragePool`, of which ONNX defines the one also on `others`.
pub fn pool(
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
pub fn global_pool(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.f32(0, "X")?;
    let (batch, channels, spatial) = batch_channels_spatial(operands.op(), input)?;
    let mut shape = vec![batch, channels];
    shape.extend(spatial.iter().map(|_| 1));
    operands.result(shape, Element::F32)
}

fn batch_channels_spatial<'a>(
    op: &'static str,
    input: &'a TensorType,
) -> Result<(usize, usize, &'a [usize]), EvalError> {
    match input.shape.as_slice() {
        [batch, channels, spatial @ ..] if !spatial.is_empty() => Ok((*batch, *channels, spatial)),
        shape => {
            let expected = "a batch, a channel and at least one spatial dimension";
            Err(EvalError::shape(op, "X", shape, expected))
        }
    }
}
