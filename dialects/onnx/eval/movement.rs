//! Ops that move elements without changing them.

use crate::broadcast::{broadcast_strides, walk, walk_broadcast};
use crate::error::EvalError;
use crate::onnx::infer::movement::{padding, permutation, shown_dimensions, slice_axes};
use crate::tensor::{Data, Tensor, strides};
use crate::value::{Operands, TensorType};

/// A tensor of type `ty` with the elements of `data` at `order`.
fn selected(ty: &TensorType, data: &Data, order: &[usize]) -> Tensor {
    Tensor::new(ty.shape.clone(), data.select(order))
}

/// `(data)` of `Transpose`.
pub fn transpose(
    perm: &[i64],
    operands: &Operands<'_>,
    ty: &TensorType,
) -> Result<Tensor, EvalError> {
    let input = operands.tensor(0, "data")?;
    let steps = strides(&input.shape);
    let permuted = permutation(perm, operands)?
        .iter()
        .map(|&axis| steps[axis])
        .collect();
    let mut order = Vec::with_capacity(input.len());
    walk(&ty.shape, &[permuted], |[at]| order.push(at));
    Ok(selected(ty, &input.data, &order))
}

/// `(data)` of `Shape`: known from the operand's type alone.
pub fn shape(start: i64, end: Option<i64>, operands: &Operands<'_>) -> Result<Tensor, EvalError> {
    let shown = shown_dimensions(start, end, operands)?;
    let extents: Vec<_> = operands.get(0, "data")?.shape[shown]
        .iter()
        .map(|&extent| extent as i64)
        .collect();
    Ok(Tensor::i64([extents.len()], extents))
}

/// `(data, indices)` of `Gather`.
pub fn gather(axis: i64, operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
    let input = operands.tensor(0, "data")?;
    let indices = operands.integers(1, "indices")?;
    let axis = operands.axis(axis, input.rank())?;
    let extent = input.shape[axis];
    let outer: usize = input.shape[..axis].iter().product();
    let inner: usize = input.shape[axis + 1..].iter().product();
    let mut order = Vec::with_capacity(ty.shape.iter().product());
    for outer in 0..outer {
        for &index in indices {
            // Inference has checked the range; a negative index counts from the end.
            let at = index.rem_euclid(extent as i64) as usize;
            let first = (outer * extent + at) * inner;
            order.extend(first..first + inner);
        }
    }
    Ok(selected(ty, &input.data, &order))
}

/// `(inputs...)` of `Concat`.
pub fn concat(axis: i64, operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
    let axis = operands.axis(axis, ty.rank())?;
    let parts = (0..operands.len())
        .map(|index| operands.tensor(index, "inputs_n"))
        .collect::<Result<Vec<_>, _>>()?;
    let outer: usize = ty.shape[..axis].iter().product();
    let mut order = Vec::with_capacity(ty.shape.iter().product());
    for outer in 0..outer {
        let mut part_start = 0;
        for part in &parts {
            let run: usize = part.shape[axis..].iter().product();
            let first = part_start + outer * run;
            order.extend(first..first + run);
            part_start += part.len();
        }
    }
    let first = parts[0].element();
    let all = Data::joined(parts.iter().map(|part| &part.data)).ok_or_else(|| {
        EvalError::element(
            operands.op(),
            "inputs_n",
            first,
            "the same for all operands",
        )
    })?;
    Ok(selected(ty, &all, &order))
}

/// `(data, starts, ends, axes?, steps?)` of `Slice`.
pub fn slice(operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
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

/// The linear indices of the elements at the given places of each dimension, in row-major order.
fn order_of(shape: &[usize], places: Vec<Vec<usize>>) -> Vec<usize> {
    let steps = strides(shape);
    places
        .iter()
        .zip(steps)
        .fold(vec![0], |order, (places, step)| {
            order
                .iter()
                .flat_map(|&base| places.iter().map(move |&at| base + at * step))
                .collect()
        })
}

/// `(input)` of `Split`.
pub fn split(
    axis: i64,
    operands: &Operands<'_>,
    types: &[TensorType],
) -> Result<Vec<Tensor>, EvalError> {
    let input = operands.tensor(0, "input")?;
    let axis = operands.axis(axis, input.rank())?;
    let mut start = 0;
    let mut part = |ty: &TensorType| {
        let mut places: Vec<Vec<usize>> = ty
            .shape
            .iter()
            .map(|&extent| (0..extent).collect())
            .collect();
        places[axis].iter_mut().for_each(|at| *at += start);
        start += ty.shape[axis];
        selected(ty, &input.data, &order_of(&input.shape, places))
    };
    Ok(types.iter().map(&mut part).collect())
}

/// `(data, pads, constant_value?, axes?)` of `Pad`.
pub fn pad(operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
    let input = operands.tensor(0, "data")?;
    let fill = match operands.optional(2) {
        Some(_) => operands.tensor(2, "constant_value")?.clone(),
        None => Tensor::of_integers(input.element(), [], vec![0]),
    };
    let padding = padding(operands)?;
    let steps = strides(&input.shape);
    // The fill stands behind the operand's elements.
    let outside = input.len();
    let order = ty
        .shape
        .iter()
        .enumerate()
        .fold(vec![0], |order, (axis, &extent)| {
            let source = |base: usize, at: usize| {
                let at = at as i64 - padding[axis].0;
                let inside = base != outside && (0..input.shape[axis] as i64).contains(&at);
                if inside {
                    base + at as usize * steps[axis]
                } else {
                    outside
                }
            };
            order
                .iter()
                .flat_map(|&base| (0..extent).map(move |at| source(base, at)))
                .collect()
        });
    let all = Data::joined([&input.data, &fill.data]).ok_or_else(|| {
        EvalError::element(
            operands.op(),
            "constant_value",
            fill.element(),
            "that of 'data'",
        )
    })?;
    Ok(selected(ty, &all, &order))
}

/// `(input, shape)` of `Expand`.
pub fn expand(operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
    let input = operands.tensor(0, "input")?;
    let mut order = Vec::with_capacity(ty.shape.iter().product());
    walk_broadcast(&ty.shape, [&input.shape], |[at]| order.push(at));
    Ok(selected(ty, &input.data, &order))
}

/// `(input, repeats)` of `Tile`.
pub fn tile(operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
    let input = operands.tensor(0, "input")?;
    let repeats = operands.integers(1, "repeats")?;
    // Each dimension counts as two: the repetitions, which do not move in the operand, and the elements.
    let doubled: Vec<_> = input
        .shape
        .iter()
        .zip(repeats)
        .flat_map(|(&extent, &repeat)| [repeat as usize, extent])
        .collect();
    let single: Vec<_> = input.shape.iter().flat_map(|&extent| [1, extent]).collect();
    let mut order = Vec::with_capacity(ty.shape.iter().product());
    walk(
        &doubled,
        &[broadcast_strides(&single, doubled.len())],
        |[at]| order.push(at),
    );
    Ok(selected(ty, &input.data, &order))
}
