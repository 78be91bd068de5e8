//! Ops that move elements without changing them.

use std::ops::Range;

use super::{Movement, Split, slice};
use crate::broadcast::{broadcast_strides, walk, walk_broadcast};
use crate::error::EvalError;
use crate::tensor::{Data, Element, Tensor, broadcast_shape, strides};
use crate::value::{Operands, TensorType};

impl Movement<'_> {
    /// The types of the results.
    pub fn infer(self, operands: &Operands<'_>) -> Result<Vec<TensorType>, EvalError> {
        Ok(vec![match self {
            Self::Transpose(op) => transpose_type(&op.perm, operands)?,
            Self::Concat(op) => concat_type(op.axis, operands)?,
            Self::Split(op) => return split_type(op, operands),
            Self::Slice => slice::infer(operands)?,
            Self::Gather(op) => gather_type(op.axis, operands)?,
            Self::Pad => pad_type(operands)?,
            Self::Expand => expand_type(operands)?,
            Self::Tile => tile_type(operands)?,
            Self::Shape(op) => {
                let shown = shown_dimensions(op.start, op.end, operands)?;
                TensorType::new([shown.len()], Element::I64)
            }
            Self::ConstantOfShape(op) => constant_of_shape_type(&op.value, operands)?,
        }])
    }

    /// The results, of the given types.
    pub fn eval(
        self,
        operands: &Operands<'_>,
        types: &[TensorType],
    ) -> Result<Vec<Tensor>, EvalError> {
        // Inference gives at least one result but for a split into none.
        let Some(ty) = types.first() else {
            return Ok(Vec::new());
        };
        Ok(vec![match self {
            Self::Transpose(op) => transpose(&op.perm, operands, ty)?,
            Self::Concat(op) => concat(op.axis, operands, ty)?,
            Self::Split(op) => return split(op.axis, operands, types),
            Self::Slice => slice::eval(operands, ty)?,
            Self::Gather(op) => gather(op.axis, operands, ty)?,
            Self::Pad => pad(operands, ty)?,
            Self::Expand => expand(operands, ty)?,
            Self::Tile => tile(operands, ty)?,
            Self::Shape(op) => shape(op.start, op.end, operands)?,
            Self::ConstantOfShape(op) => op.value.gather(&ty.shape, |_| 0),
        }])
    }

    /// Whether the results are known where only the type of the operand is.
    pub fn asks_for_types_only(self) -> bool {
        match self {
            Self::Shape(_) => true,
            Self::Transpose(_)
            | Self::Concat(_)
            | Self::Split(_)
            | Self::Slice
            | Self::Gather(_)
            | Self::Pad
            | Self::Expand
            | Self::Tile
            | Self::ConstantOfShape(_) => false,
        }
    }
}

/// The order of dimensions that `perm` stands for. Unlike axes, its numbers count from the front only.
fn permutation(perm: &[i64], operands: &Operands<'_>) -> Result<Vec<usize>, EvalError> {
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
fn transpose_type(perm: &[i64], operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.get(0, "data")?;
    let order = permutation(perm, operands)?;
    let shape: Vec<_> = order.iter().map(|&axis| input.shape[axis]).collect();
    Ok(TensorType::new(shape, input.element))
}

/// The dimensions that `Shape` shows.
fn shown_dimensions(
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
fn gather_type(axis: i64, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
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

/// `(inputs...)` of `Concat`.
fn concat_type(axis: i64, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
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
fn constant_of_shape_type(
    value: &Tensor,
    operands: &Operands<'_>,
) -> Result<TensorType, EvalError> {
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

/// `(input)` of `Split`.
fn split_type(op: &Split, operands: &Operands<'_>) -> Result<Vec<TensorType>, EvalError> {
    let input = operands.get(0, "input")?;
    let axis = operands.axis(op.axis, input.rank())?;
    let extent = input.shape[axis];
    let fail = |attribute, found: &dyn std::fmt::Debug, expected| {
        Err(EvalError::attribute(
            operands.op(),
            attribute,
            found,
            expected,
        ))
    };
    let sizes = match (&op.sizes, op.count) {
        (Some(sizes), _) => {
            let mut parts = sizes.iter();
            let sum = parts.try_fold(0usize, |sum, &size| sum.checked_add(size));
            if sum != Some(extent) {
                let expected =
                    format!("sizes that sum to {extent}, the extent of dimension {axis}");
                return fail("split", sizes, expected);
            }
            sizes.clone()
        }
        (None, Some(count)) if (1..=extent.max(1)).contains(&count) => {
            let size = extent.div_ceil(count);
            let part = |part: usize| extent.saturating_sub(part * size).min(size);
            (0..count).map(part).collect()
        }
        (None, count) => {
            let expected = format!("a number of parts in 1..={}", extent.max(1));
            return fail("num_outputs", &count.unwrap_or(0), expected);
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
fn padding(operands: &Operands<'_>) -> Result<Vec<(i64, i64)>, EvalError> {
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
fn pad_type(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
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
fn expand_type(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
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
fn tile_type(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
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

/// A tensor of type `ty` with the elements of `data` at `order`.
pub(super) fn selected(ty: &TensorType, data: &Data, order: &[usize]) -> Tensor {
    Tensor::new(ty.shape.clone(), data.select(order))
}

/// `(data)` of `Transpose`.
fn transpose(perm: &[i64], operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
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
fn shape(start: i64, end: Option<i64>, operands: &Operands<'_>) -> Result<Tensor, EvalError> {
    let shown = shown_dimensions(start, end, operands)?;
    let extents: Vec<_> = operands.get(0, "data")?.shape[shown]
        .iter()
        .map(|&extent| extent as i64)
        .collect();
    Ok(Tensor::i64([extents.len()], extents))
}

/// `(data, indices)` of `Gather`.
fn gather(axis: i64, operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
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
fn concat(axis: i64, operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
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

/// The linear indices of the elements at the given places of each dimension, in row-major order.
pub(super) fn order_of(shape: &[usize], places: Vec<Vec<usize>>) -> Vec<usize> {
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
fn split(
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
fn pad(operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
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
fn expand(operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
    let input = operands.tensor(0, "input")?;
    let mut order = Vec::with_capacity(ty.shape.iter().product());
    walk_broadcast(&ty.shape, [&input.shape], |[at]| order.push(at));
    Ok(selected(ty, &input.data, &order))
}

/// `(input, repeats)` of `Tile`.
fn tile(operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
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
