//! Ops whose result has the operand's elements in the operand's order, under another shape.

use super::Reshaping;
use crate::error::EvalError;
use crate::monotone::{Direction, Monotonicity};
use crate::tensor::Tensor;
use crate::value::{Operands, TensorType};

impl Reshaping<'_> {
    /// The type of the result.
    pub fn infer(self, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
        match self {
            Self::Identity => operands.get(0, "input").cloned(),
            Self::Reshape(op) => reshape_type(op.allow_zero, operands),
            Self::Flatten(op) => flatten_type(op.axis, operands),
            Self::Squeeze(op) => squeeze_type(op.axes.as_deref(), operands),
            Self::Unsqueeze(op) => unsqueeze_type(&op.axes, operands),
        }
    }

    /// The result.
    pub fn eval(self, operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
        let input = operands.tensor(0, "data")?.clone();
        Ok(input.reshaped(ty.shape.clone()))
    }

    /// How the result moves with the operand.
    pub fn monotonicity(self) -> Monotonicity {
        match self {
            Self::Identity => Monotonicity::uniform(Direction::NonDecreasing),
            Self::Reshape(_) | Self::Flatten(_) | Self::Squeeze(_) | Self::Unsqueeze(_) => {
                Monotonicity::unknown()
            }
        }
    }
}

/// `(data, shape)` of `Reshape`.
fn reshape_type(allow_zero: bool, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.get(0, "data")?;
    let wanted = operands.list(1, "shape")?;
    let elements: usize = input.shape.iter().product();
    let fail = || {
        let expected = format!("a shape of {elements} elements, that of {:?}", input.shape);
        EvalError::value(operands.op(), "shape", wanted, expected)
    };
    let mut shape = Vec::with_capacity(wanted.len());
    let mut inferred = None;
    for (axis, &extent) in wanted.iter().enumerate() {
        shape.push(match extent {
            0 if !allow_zero => *input.shape.get(axis).ok_or_else(fail)?,
            -1 if inferred.is_none() => {
                inferred = Some(axis);
                1
            }
            extent => usize::try_from(extent).map_err(|_| fail())?,
        });
    }
    if let Some(axis) = inferred {
        let others = checked_elements(&shape).ok_or_else(fail)?;
        shape[axis] = elements.checked_div(others).ok_or_else(fail)?;
    }
    if checked_elements(&shape) != Some(elements) {
        return Err(fail());
    }
    operands.result(shape, input.element)
}

fn checked_elements(shape: &[usize]) -> Option<usize> {
    shape
        .iter()
        .try_fold(1usize, |count, &extent| count.checked_mul(extent))
}

/// `(input)` of `Flatten`.
fn flatten_type(axis: i64, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.get(0, "input")?;
    // The axis may be the rank itself, unlike everywhere else.
    let rank = input.rank() as i64;
    let axis = if axis == rank {
        input.rank()
    } else {
        operands.axis(axis, input.rank())?
    };
    let (rows, columns) = input.shape.split_at(axis);
    Ok(TensorType::new(
        [rows.iter().product(), columns.iter().product()],
        input.element,
    ))
}

/// `(data)` of `Squeeze`.
fn squeeze_type(axes: Option<&[i64]>, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.get(0, "data")?;
    let dropped = match axes {
        Some(axes) => operands.axes(axes, input.rank())?,
        None => (0..input.rank())
            .filter(|&axis| input.shape[axis] == 1)
            .collect(),
    };
    if let Some(axis) = dropped.iter().find(|&&axis| input.shape[axis] != 1) {
        let expected = format!("an extent of 1 in dimension {axis}, which is to be dropped");
        return Err(EvalError::shape(
            operands.op(),
            "data",
            &input.shape,
            expected,
        ));
    }
    let kept = input
        .shape
        .iter()
        .enumerate()
        .filter(|(axis, _)| !dropped.contains(axis));
    Ok(TensorType::new(
        kept.map(|(_, &extent)| extent).collect::<Vec<_>>(),
        input.element,
    ))
}

/// `(data)` of `Unsqueeze`; the axes count in the result.
fn unsqueeze_type(axes: &[i64], operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.get(0, "data")?;
    let rank = input.rank() + axes.len();
    let inserted = operands.axes(axes, rank)?;
    let mut kept = input.shape.iter().copied();
    let shape: Vec<_> = (0..rank)
        .map(|axis| {
            if inserted.contains(&axis) {
                1
            } else {
                kept.next().unwrap_or(1)
            }
        })
        .collect();
    Ok(TensorType::new(shape, input.element))
}
