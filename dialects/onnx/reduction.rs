//! Reductions and searches along dimensions.

use std::cmp::Ordering;

use super::{ArgMax, INTEGERS, Reduce, Reduction, TopK};
use crate::broadcast::{broadcast_strides, walk};
use crate::error::EvalError;
use crate::tensor::{Data, Element, Sign, Tensor, strides};
use crate::value::{Operands, TensorType};

impl Reduction<'_> {
    /// The types of the results.
    pub fn infer(self, operands: &Operands<'_>) -> Result<Vec<TensorType>, EvalError> {
        Ok(vec![match self {
            Self::ReduceMean(op) => float_reduce_type(op, operands)?,
            Self::ReduceSum(op) | Self::ReduceMax(op) | Self::ReduceMin(op) => {
                reduce_type(op, operands)?
            }
            Self::ArgMax(op) => arg_max_type(op, operands)?,
            Self::TopK(op) => return top_k_type(op, operands),
        }])
    }

    /// The results, of which the first is of the type `ty`.
    pub fn eval(self, operands: &Operands<'_>, ty: &TensorType) -> Result<Vec<Tensor>, EvalError> {
        Ok(vec![match self {
            Self::ReduceMean(op) => mean(op, operands, ty)?,
            Self::ReduceSum(op) => sum(op, operands, ty)?,
            Self::ReduceMax(op) => extreme(op, operands, ty, true)?,
            Self::ReduceMin(op) => extreme(op, operands, ty, false)?,
            Self::ArgMax(op) => arg_max(op, operands, ty)?,
            Self::TopK(op) => return top_k(op, operands, ty),
        }])
    }
}

/// `(data)` of a `Reduce*` op over numbers of any type.
fn reduce_type(reduce: &Reduce, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.get(0, "data")?;
    let axes = match &reduce.axes {
        Some(axes) => operands.axes(axes, input.rank())?,
        None => (0..input.rank()).collect(),
    };
    Ok(TensorType::new(
        without(&input.shape, &axes, reduce.keepdims),
        input.element,
    ))
}

/// Like [`reduce_type`], over `f32` only.
fn float_reduce_type(
    attributes: &Reduce,
    operands: &Operands<'_>,
) -> Result<TensorType, EvalError> {
    operands.f32_of(INTEGERS, 0, "data")?;
    reduce_type(attributes, operands)
}

/// `(data)` of `ArgMax`.
fn arg_max_type(arg_max: &ArgMax, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.get(0, "data")?;
    let axis = operands.axis(arg_max.axis, input.rank())?;
    if input.shape[axis] == 0 {
        let expected = format!("at least one element along dimension {axis}");
        return Err(EvalError::shape(
            operands.op(),
            "data",
            &input.shape,
            expected,
        ));
    }
    Ok(TensorType::new(
        without(&input.shape, &[axis], arg_max.keepdims),
        Element::I64,
    ))
}

/// `(X, K)` of `TopK`: values and indices.
fn top_k_type(top_k: &TopK, operands: &Operands<'_>) -> Result<Vec<TensorType>, EvalError> {
    let input = operands.get(0, "X")?;
    let axis = operands.axis(top_k.axis, input.rank())?;
    let wanted = operands.list(1, "K")?;
    let count = match wanted {
        &[count] => usize::try_from(count)
            .ok()
            .filter(|&count| count <= input.shape[axis]),
        _ => None,
    };
    let Some(count) = count else {
        let expected = format!("one number of at most {}", input.shape[axis]);
        return Err(EvalError::value(operands.op(), "K", wanted, expected));
    };
    let mut shape = input.shape.clone();
    shape[axis] = count;
    Ok(vec![
        TensorType::new(shape.clone(), input.element),
        TensorType::new(shape, Element::I64),
    ])
}

/// `shape` with `axes` left out, or of extent 1.
fn without(shape: &[usize], axes: &[usize], keepdims: bool) -> Vec<usize> {
    let kept = |(axis, &extent): (usize, &usize)| match (axes.contains(&axis), keepdims) {
        (false, _) => Some(extent),
        (true, true) => Some(1),
        (true, false) => None,
    };
    shape.iter().enumerate().filter_map(kept).collect()
}

/// Calls `visit` with the result place of every element, in row-major order of the operand.
fn places(
    reduce: &Reduce,
    operands: &Operands<'_>,
    mut visit: impl FnMut(usize, usize),
) -> Result<(), EvalError> {
    let shape = &operands.get(0, "data")?.shape;
    let axes = match &reduce.axes {
        Some(axes) => operands.axes(axes, shape.len())?,
        None => (0..shape.len()).collect(),
    };
    let mut kept = shape.clone();
    axes.iter().for_each(|&axis| kept[axis] = 1);
    let steps = [strides(shape), broadcast_strides(&kept, shape.len())];
    walk(shape, &steps, |[element, place]| visit(element, place));
    Ok(())
}

/// `(data)` of `ReduceMean`.
fn mean(reduce: &Reduce, operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
    let x = operands.floats(0, "data")?;
    let mut sums = vec![0.0; ty.shape.iter().product()];
    places(reduce, operands, |element, place| {
        sums[place] += f64::from(x[element])
    })?;
    let count = x.len() as f64 / sums.len() as f64;
    Ok(Tensor::f32(
        ty.shape.clone(),
        sums.iter().map(|&sum| (sum / count) as f32).collect(),
    ))
}

/// `(data)` of `ReduceSum`. Integers wrap.
fn sum(reduce: &Reduce, operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
    let input = operands.tensor(0, "data")?;
    let count = ty.shape.iter().product();
    if let Data::Int { values, .. } = &input.data {
        let mut sums = vec![0i64; count];
        places(reduce, operands, |element, place| {
            sums[place] = sums[place].wrapping_add(values[element]);
        })?;
        return Ok(Tensor::of_integers(ty.element, ty.shape.clone(), sums));
    }
    let x = input.to_f64();
    let mut sums = vec![0.0; count];
    places(reduce, operands, |element, place| sums[place] += x[element])?;
    Ok(of_floats(ty, sums))
}

fn of_floats(ty: &TensorType, values: Vec<f64>) -> Tensor {
    let data = match ty.element {
        Element::F32 => Data::F32(values.into_iter().map(|value| value as f32).collect()),
        _ => Data::F64(values),
    };
    Tensor::new(ty.shape.clone(), data)
}

/// `(data)` of `ReduceMax` (`greatest`) and `ReduceMin`. NaN wins; of no elements at all, the one that loses to all.
fn extreme(
    reduce: &Reduce,
    operands: &Operands<'_>,
    ty: &TensorType,
    greatest: bool,
) -> Result<Tensor, EvalError> {
    let input = operands.tensor(0, "data")?;
    let count: usize = ty.shape.iter().product();
    let wanted = if greatest {
        Ordering::Greater
    } else {
        Ordering::Less
    };
    if let Data::Int { sign, values, .. } = &input.data {
        let mut found: Vec<Option<i64>> = vec![None; count];
        places(reduce, operands, |element, place| {
            let value = values[element];
            let wins = |than: i64| compare_integers(value, than, *sign) == wanted;
            if found[place].is_none_or(wins) {
                found[place] = Some(value);
            }
        })?;
        let loser = match (greatest, sign.is_unsigned()) {
            (true, false) => i64::MIN,
            (false, false) => i64::MAX,
            (true, true) => 0,
            (false, true) => -1,
        };
        let found = found
            .into_iter()
            .map(|value| value.unwrap_or(loser))
            .collect();
        return Ok(Tensor::of_integers(ty.element, ty.shape.clone(), found));
    }
    let x = input.to_f64();
    let loser = if greatest {
        f64::NEG_INFINITY
    } else {
        f64::INFINITY
    };
    let mut found = vec![loser; count];
    places(reduce, operands, |element, place| {
        let value = x[element];
        if value.is_nan() || value.partial_cmp(&found[place]) == Some(wanted) {
            found[place] = value;
        }
    })?;
    Ok(of_floats(ty, found))
}

fn compare_integers(a: i64, b: i64, sign: Sign) -> Ordering {
    if sign.is_unsigned() {
        (a as u64).cmp(&(b as u64))
    } else {
        a.cmp(&b)
    }
}

/// Whether element `a` of `data` is less than, equal to or greater than element `b`; NaN is greater than all numbers.
fn compare_elements(data: &Data, a: usize, b: usize) -> Ordering {
    let floats = |a: f64, b: f64| {
        a.partial_cmp(&b)
            .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
    };
    match data {
        Data::F32(values) => floats(f64::from(values[a]), f64::from(values[b])),
        Data::F64(values) => floats(values[a], values[b]),
        Data::Int { sign, values, .. } => compare_integers(values[a], values[b], *sign),
    }
}

/// The linear indices along dimension `axis`, for each position of the other dimensions in row-major order.
fn lanes(shape: &[usize], axis: usize) -> impl Iterator<Item = Vec<usize>> {
    let outer: usize = shape[..axis].iter().product();
    let extent = shape[axis];
    let inner: usize = shape[axis + 1..].iter().product();
    (0..outer * inner).map(move |lane| {
        let first = lane / inner * extent * inner + lane % inner;
        (0..extent).map(|at| first + at * inner).collect()
    })
}

/// `(data)` of `ArgMax`.
fn arg_max(
    arg_max: &ArgMax,
    operands: &Operands<'_>,
    ty: &TensorType,
) -> Result<Tensor, EvalError> {
    let input = operands.tensor(0, "data")?;
    let axis = operands.axis(arg_max.axis, input.rank())?;
    let greatest = |lane: Vec<usize>| {
        let mut best = 0;
        for at in 1..lane.len() {
            let order = compare_elements(&input.data, lane[at], lane[best]);
            if order.is_gt() || (order.is_eq() && arg_max.select_last_index) {
                best = at;
            }
        }
        best as i64
    };
    Ok(Tensor::i64(
        ty.shape.clone(),
        lanes(&input.shape, axis).map(greatest).collect(),
    ))
}

/// `(X, K)` of `TopK`.
fn top_k(top_k: &TopK, operands: &Operands<'_>, ty: &TensorType) -> Result<Vec<Tensor>, EvalError> {
    let input = operands.tensor(0, "X")?;
    let axis = operands.axis(top_k.axis, input.rank())?;
    let (extent, count) = (input.shape[axis], ty.shape[axis]);
    let inner: usize = input.shape[axis + 1..].iter().product();
    let elements = ty.shape.iter().product();
    let (mut sources, mut indices) = (vec![0; elements], vec![0; elements]);
    for (number, lane) in lanes(&input.shape, axis).enumerate() {
        let mut order: Vec<usize> = (0..extent).collect();
        // The sort is stable, which leaves equal elements in ascending order of index.
        order.sort_by(|&a, &b| {
            let ascending = compare_elements(&input.data, lane[a], lane[b]);
            if top_k.largest {
                ascending.reverse()
            } else {
                ascending
            }
        });
        for (rank, &at) in order[..count].iter().enumerate() {
            let place = (number / inner * count + rank) * inner + number % inner;
            sources[place] = lane[at];
            indices[place] = at as i64;
        }
    }
    let values = Tensor::new(ty.shape.clone(), input.data.select(&sources));
    Ok(vec![values, Tensor::i64(ty.shape.clone(), indices)])
}
