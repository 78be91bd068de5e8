//! Reductions along dimensions.

use qonnx_dialects::ir::Val;
use qonnx_dialects::onnx::{Reduce, Reduction};
use qonnx_dialects::upstream::{AffineMap, Compare, Float, IteratorKind, Nest};
use qonnx_dialects::value::TensorType;

use super::elementwise::prefer;
use super::{Node, accumulate, narrow, search, wide};
use crate::cpu::Refusal;

/// Lowers an op of the family.
pub fn lower<'c>(op: Reduction<'_>, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    match op {
        Reduction::ReduceMean(op) => sum(op, node, true),
        Reduction::ReduceSum(op) => sum(op, node, false),
        Reduction::ReduceMax(op) => extreme(op, node, true),
        Reduction::ReduceMin(op) => extreme(op, node, false),
        Reduction::ArgMax(op) => search::arg_max(op, node),
        Reduction::TopK(op) => search::top_k(op, node),
    }
}

/// The shape with the reduced dimensions kept, and the loops over the operand.
fn plan(reduce: &Reduce, node: &Node<'_, '_>) -> Result<(Vec<usize>, Nest), Refusal> {
    let shape = &node.ty(0)?.shape;
    let rank = shape.len();
    let axes = match &reduce.axes {
        Some(axes) => axes
            .iter()
            .map(|&axis| node.axis(axis, rank))
            .collect::<Result<Vec<_>, _>>()?,
        None => (0..rank).collect(),
    };
    Ok(over(shape, &axes))
}

/// The shape of a tensor reduced along `axes`, which stay with extent 1, and the loops over it.
pub fn over(shape: &[usize], axes: &[usize]) -> (Vec<usize>, Nest) {
    let rank = shape.len();
    let mut kept = shape.to_vec();
    let mut output = AffineMap::identity(rank);
    let mut iterators = vec![IteratorKind::Parallel; rank];
    for &axis in axes {
        kept[axis] = 1;
        output = output.with_sum(axis, &[]);
        iterators[axis] = IteratorKind::Reduction;
    }
    (
        kept,
        Nest {
            maps: vec![AffineMap::identity(rank), output],
            iterators,
        },
    )
}

/// `ReduceSum` or `ReduceMean`: `f64` sums in row-major order, rounded once.
pub fn sum<'c>(reduce: &Reduce, node: &Node<'c, '_>, mean: bool) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let (kept, nest) = plan(reduce, node)?;
    let sums = accumulate(
        &node.emit,
        &nest,
        &[node.value(0)?],
        &kept,
        0.0,
        |scalars, elements| scalars.binary(Float::Add, elements[1], wide(scalars, elements[0])),
    );
    let elements: usize = node.ty(0)?.shape.iter().product();
    let count = elements as f64 / kept.iter().product::<usize>() as f64;
    let sums = (sums, AffineMap::identity(kept.len()));
    let value = node
        .emit
        .map(&[sums], &TensorType::f32(kept), |scalars, elements| {
            let sum = elements[0];
            narrow(
                scalars,
                if mean {
                    scalars.binary(Float::Div, sum, scalars.f64(count))
                } else {
                    sum
                },
            )
        });
    Ok(vec![node.emit.reshape(value, &result.shape)])
}

/// `ReduceMax` (`greatest`) or `ReduceMin`: NaN wins.
pub fn extreme<'c>(
    reduce: &Reduce,
    node: &Node<'c, '_>,
    greatest: bool,
) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let (kept, nest) = plan(reduce, node)?;
    let (loser, compare) = if greatest {
        (f32::NEG_INFINITY, Compare::OrderedGreater)
    } else {
        (f32::INFINITY, Compare::OrderedLess)
    };
    let start = node
        .emit
        .fill(&TensorType::f32(kept), |scalars| scalars.f32(loser));
    let value = node
        .emit
        .nest(&nest, &[node.value(0)?], start, |scalars, elements| {
            prefer(scalars, compare, elements[0], elements[1])
        });
    Ok(vec![node.emit.reshape(value, &result.shape)])
}
