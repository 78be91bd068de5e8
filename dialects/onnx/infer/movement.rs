//! Result types of ops that move elements without changing them, and the plans that evaluation shares.

use std::ops::Range;

use crate::error::EvalError;
use crate::onnx::op::SplitParts;
use crate::tensor::{Tensor, broadcast_shape};
use crate::value::{Operands, TensorType};

/// `(data, shape)` of `Reshape`.
pub fn reshape(allow_zero: bool, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
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
pub fn flatten(axis: i64, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
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

/// The order of dimensions that `perm` stands for. Unlike axes, its numbers count from the front only.
pub fn permutation(perm: &[i64], operands: &Operands<'_>) -> Result<Vec<usize>, EvalError> {
    let rank = operands.get(0, "data")?.rank();
    if perm.is_empty() {
        return Ok((0..rank).rev().collect());
    }
    let order: Option<Vec<usize>> = perm
        .iter()
        .map(|&axis| usize::try_from(axis).ok())
        .collect();
    let once = |order: &Vec<usize>| (0..rank).all(|axis| order.contains(&axis));
    order
        .filter(|order| order.len() == rank && once(order))
        .ok_or_else(|| {
            let expected = format!("each dimension of 0..{rank} once");
            EvalError::attribute(operands.op(), "perm", perm, expected)
        })
}

/// `(data)` of `Transpose`.
pub fn transpose(perm: &[i64], operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.get(0, "data")?;
    let order = permutation(perm, operands)?;
    let shape: Vec<_> = order.iter().map(|&axis| input.shape[axis]).collect();
    Ok(TensorType::new(shape, input.element))
}

/// The dimensions that `Shape` shows.
pub fn shown_dimensions(
    start: i64,
    end: Option<i64>,
    operands: &Operands<'_>,
) -> Result<Range<usize>, EvalError> {
    let rank = operands.get(0, "data")?.rank() as i64;
    let clamp =
        |at: i64| (if at < 0 { at.saturating_add(rank) } else { at }).clamp(0, rank) as usize;
    let start = clamp(start);
    Ok(start..clamp(end.unwrap_or(rank)).max(start))
}

/// `(data, indices)` of `Gather`.
pub fn gather(axis: i64, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let (input, indices) = (operands.get(0, "data")?, operands.get(1, "indices")?);
    let axis = operands.axis(axis, input.rank())?;
    if !indices.element.is_int() {
        let expected = "an integer type";
        return Err(EvalError::element(
            operands.op(),
            "indices",
            indices.element,
            expected,
        ));
    }
    if let Some(values) = operands.value(1).and_then(Tensor::as_int) {
        let extent = input.shape[axis] as i64;
        if let Some(outside) = values
            .iter()
            .find(|value| !(-extent..extent).contains(value))
        {
            let expected = format!("indices in {}..{extent}", -extent);
            return Err(EvalError::value(
                operands.op(),
                "indices",
                outside,
                expected,
            ));
        }
    }
    let shape = [
        &input.shape[..axis],
        &indices.shape,
        &input.shape[axis + 1..],
    ]
    .concat();
    operands.result(shape, input.element)
}

/// `(data)` of `Unsqueeze`; the axes count in the result.
pub fn unsqueeze(axes: &[i64], operands: &Operands<'_>) -> Result<TensorType, EvalError> {
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

/// `(data)` of `Squeeze`.
pub fn squeeze(axes: Option<&[i64]>, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
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

/// `(inputs...)` of `Concat`.
pub fn concat(axis: i64, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let first = operands.get(0, "inputs_0")?;
    let axis = operands.axis(axis, first.rank())?;
    let mut shape = first.shape.clone();
    for index in 1..operands.len() {
        operands.same_element((0, "inputs_0"), (index, "inputs_n"))?;
        let next = operands.get(index, "inputs_n")?;
        let agrees = next.rank() == first.rank()
            && (0..first.rank()).all(|at| at == axis || next.shape[at] == first.shape[at]);
        if !agrees {
            let expected = format!("that of {:?} but for dimension {axis}", first.shape);
            return Err(EvalError::shape(
                operands.op(),
                "inputs_n",
                &next.shape,
                expected,
            ));
        }
        shape[axis] = shape[axis].saturating_add(next.shape[axis]);
    }
    operands.result(shape, first.element)
}

/// `(input)` of `ConstantOfShape`.
pub fn constant_of_shape(value: &Tensor, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    if value.len() != 1 {
        return Err(EvalError::attribute(
            operands.op(),
            "value",
            &value.shape,
            "one element",
        ));
    }
    operands.result(extents(operands, 0, "input")?, value.element())
}

/// An operand that holds extents.
fn extents(
    operands: &Operands<'_>,
    index: usize,
    operand: &'static str,
) -> Result<Vec<usize>, EvalError> {
    let values = operands.list(index, operand)?;
    let extents: Result<_, _> = values
        .iter()
        .map(|&extent| usize::try_from(extent))
        .collect();
    extents.map_err(|_| EvalError::value(operands.op(), operand, values, "no negative number"))
}

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
pub fn slice(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let shape = slice_axes(operands)?
        .iter()
        .map(|axis| axis.extent)
        .collect();
    operands.result(shape, operands.get(0, "data")?.element)
}

/// `(input)` of `Split`.
pub fn split(
    axis: i64,
    parts: &SplitParts,
    operands: &Operands<'_>,
) -> Result<Vec<TensorType>, EvalError> {
    let input = operands.get(0, "input")?;
    let axis = operands.axis(axis, input.rank())?;
    let extent = input.shape[axis];
    let sizes = match parts {
        SplitParts::Sizes(sizes) => {
            let sum = sizes
                .iter()
                .try_fold(0usize, |sum, &size| sum.checked_add(size));
            if sum != Some(extent) {
                let expected =
                    format!("sizes that sum to {extent}, the extent of dimension {axis}");
                return Err(EvalError::attribute(
                    operands.op(),
                    "split",
                    sizes,
                    expected,
                ));
            }
            sizes.clone()
        }
        SplitParts::Count(count) => {
            if !(1..=extent.max(1)).contains(count) {
                let expected = format!("a number of parts in 1..={}", extent.max(1));
                return Err(EvalError::attribute(
                    operands.op(),
                    "num_outputs",
                    count,
                    expected,
                ));
            }
            let size = extent.div_ceil(*count);
            (0..*count)
                .map(|part| extent.saturating_sub(part * size).min(size))
                .collect()
        }
    };
    let part = |size| {
        let mut shape = input.shape.clone();
        shape[axis] = size;
        TensorType::new(shape, input.element)
    };
    Ok(sizes.into_iter().map(part).collect())
}

/// Padding before and after each dimension, negative to crop: `(data, pads, constant_value?, axes?)` of `Pad`.
pub fn padding(operands: &Operands<'_>) -> Result<Vec<(i64, i64)>, EvalError> {
    let input = operands.get(0, "data")?;
    let pads = operands.list(1, "pads")?;
    let axes = match operands.optional_list(3, "axes")? {
        Some(axes) => operands.axes(axes, input.rank())?,
        None => (0..input.rank()).collect(),
    };
    if pads.len() != 2 * axes.len() {
        let expected = format!("{} numbers, all begins, then all ends", 2 * axes.len());
        return Err(EvalError::value(operands.op(), "pads", pads, expected));
    }
    let mut padding = vec![(0, 0); input.rank()];
    for (at, &axis) in axes.iter().enumerate() {
        padding[axis] = (pads[at], pads[axes.len() + at]);
    }
    Ok(padding)
}

/// `(data, pads, constant_value?, axes?)` of `Pad`.
pub fn pad(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.get(0, "data")?;
    if let Some(value) = operands.optional(2) {
        operands.same_element((0, "data"), (2, "constant_value"))?;
        if value.shape.iter().any(|&extent| extent != 1) {
            let expected = "one element";
            return Err(EvalError::shape(
                operands.op(),
                "constant_value",
                &value.shape,
                expected,
            ));
        }
    }
    let padding = padding(operands)?;
    let padded = |(&extent, (before, after)): (&usize, (i64, i64))| {
        let sum = i64::try_from(extent)
            .ok()?
            .checked_add(before)?
            .checked_add(after)?;
        usize::try_from(sum).ok()
    };
    let shape: Option<Vec<_>> = input.shape.iter().zip(padding).map(padded).collect();
    let Some(shape) = shape else {
        let expected = format!("no more cropping than {:?} has elements", input.shape);
        let pads = operands.list(1, "pads")?;
        return Err(EvalError::value(operands.op(), "pads", pads, expected));
    };
    operands.result(shape, input.element)
}

/// `(input, shape)` of `Expand`.
pub fn expand(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.get(0, "input")?;
    let wanted = extents(operands, 1, "shape")?;
    let shape = broadcast_shape(&input.shape, &wanted).ok_or_else(|| EvalError::Broadcast {
        op: operands.op(),
        left: input.shape.clone(),
        right: wanted,
    })?;
    operands.result(shape, input.element)
}

/// `(input, repeats)` of `Tile`.
pub fn tile(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.get(0, "input")?;
    let repeats = extents(operands, 1, "repeats")?;
    if repeats.len() != input.rank() {
        let expected = format!("{} numbers, one for each dimension", input.rank());
        return Err(EvalError::value(
            operands.op(),
            "repeats",
            repeats,
            expected,
        ));
    }
    let shape = input
        .shape
        .iter()
        .zip(&repeats)
        .map(|(&extent, &count)| extent.saturating_mul(count));
    operands.result(shape.collect(), input.element)
}
