//! `Slice`: what ONNX takes from each dimension.

use super::movement::{order_of, selected};
use crate::error::EvalError;
use crate::tensor::Tensor;
use crate::value::{Operands, TensorType};

/// What `Slice` takes from one dimension: `extent` elements from `start` on, `step` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceAxis {
    /// First element.
    pub start: usize,
    /// Distance of the elements; negative to go backward.
    pub step: i64,
    /// Number of elements.
    pub extent: usize,
}

/// What `Slice` takes from each dimension: `(data, starts, ends, axes?, steps?)`.
pub fn slice_axes(operands: &Operands<'_>) -> Result<Vec<SliceAxis>, EvalError> {
    let input = operands.get(0, "data")?;
    let (starts, ends) = (operands.list(1, "starts")?, operands.list(2, "ends")?);
    let axes = match operands.optional_list(3, "axes")? {
        Some(axes) => operands.axes(axes, input.rank())?,
        None => (0..starts.len().min(input.rank())).collect(),
    };
    let steps = operands.optional_list(4, "steps")?;
    let counts = [
        ends.len(),
        axes.len(),
        steps.map_or(starts.len(), <[i64]>::len),
    ];
    if counts.iter().any(|&count| count != starts.len()) {
        let expected = format!("as many numbers as 'ends' and the axes and steps ({counts:?})");
        return Err(EvalError::value(operands.op(), "starts", starts, expected));
    }
    let mut plan: Vec<_> = input
        .shape
        .iter()
        .map(|&extent| SliceAxis {
            start: 0,
            step: 1,
            extent,
        })
        .collect();
    for (at, &axis) in axes.iter().enumerate() {
        let step = steps.map_or(1, |steps| steps[at]);
        plan[axis] = slice_axis(starts[at], ends[at], step, input.shape[axis])
            .ok_or_else(|| EvalError::value(operands.op(), "steps", step, "a step other than 0"))?;
    }
    Ok(plan)
}

/// ONNX's rule for `start:end:step`: Python's, but that a start before the first element is the first element also
/// when going backward. `None` if the step is 0.
fn slice_axis(start: i64, end: i64, step: i64, extent: usize) -> Option<SliceAxis> {
    let count = i64::try_from(extent).ok()?;
    if step == 0 {
        return None;
    }
    if count == 0 {
        return Some(SliceAxis {
            start: 0,
            step,
            extent: 0,
        });
    }
    let from_front = |at: i64| if at < 0 { at.saturating_add(count) } else { at };
    let (start, distance) = if step > 0 {
        let start = from_front(start).clamp(0, count);
        (start, from_front(end).clamp(0, count) - start)
    } else {
        let start = from_front(start).clamp(0, count - 1);
        (start, start - from_front(end).clamp(-1, count - 1))
    };
    let taken = (distance.max(0) as u64).div_ceil(step.unsigned_abs());
    Some(SliceAxis {
        start: start as usize,
        step,
        extent: taken as usize,
    })
}

/// `(data, starts, ends, axes?, steps?)` of `Slice`.
pub fn infer(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let shape = slice_axes(operands)?
        .iter()
        .map(|axis| axis.extent)
        .collect();
    operands.result(shape, operands.get(0, "data")?.element)
}

/// `(data, starts, ends, axes?, steps?)` of `Slice`.
pub fn eval(operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
    let input = operands.tensor(0, "data")?;
    let axes = slice_axes(operands)?;
    let sources = axes.iter().map(|axis| {
        // The product cannot wrap: an extent of at least 2 bounds the step by the operand's extent.
        let offset = |number: usize| (number as isize).wrapping_mul(axis.step as isize);
        (0..axis.extent)
            .map(|number| axis.start.wrapping_add_signed(offset(number)))
            .collect()
    });
    let order = order_of(&input.shape, sources.collect());
    Ok(selected(ty, &input.data, &order))
}
