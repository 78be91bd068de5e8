//! Matrix products and convolutions: sums of exact products in `f64`, ascending, rounded to `f32` once.

use qonnx_dialects::ir::Val;
use qonnx_dialects::onnx::{Contraction, Conv, Gemm};
use qonnx_dialects::upstream::{AffineMap, Float, IteratorKind, Nest, Scalars};
use qonnx_dialects::value::TensorType;

use super::{Node, accumulate, narrow, padded, wide};
use crate::cpu::Refusal;

use IteratorKind::{Parallel, Reduction};

/// Lowers an op of the family.
pub fn lower<'c>(op: Contraction<'_>, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    match op {
        Contraction::MatMul => matmul(node),
        Contraction::Gemm(attributes) => gemm(attributes, node),
        Contraction::Conv(attributes) => conv(attributes, node),
    }
}

/// Adds the product of the first two elements, both `f32`, to the third.
fn multiply_add<'c>(scalars: &Scalars<'c, '_>, elements: &[Val<'c>]) -> Val<'c> {
    let product = scalars.binary(
        Float::Mul,
        wide(scalars, elements[0]),
        wide(scalars, elements[1]),
    );
    scalars.binary(Float::Add, elements[2], product)
}

/// `MatMul` with numpy's rules for batches and for operands of rank 1.
pub fn matmul<'c>(node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let (left, right) = (node.ty(0)?.shape.clone(), node.ty(1)?.shape.clone());
    let (has_rows, has_columns) = (left.len() > 1, right.len() > 1);
    let rank = result.shape.len();
    // Loops: those of the result, then the sum. The result's last loops are the rows and columns it has.
    let batch = rank - usize::from(has_rows) - usize::from(has_columns);
    let (row, column, depth) = (batch, rank.saturating_sub(1), rank);
    let batch_map = |shape: &[usize]| -> Vec<Option<usize>> {
        let skipped = batch - shape.len();
        shape
            .iter()
            .enumerate()
            .map(|(at, &extent)| (extent != 1).then_some(skipped + at))
            .collect()
    };
    let left_batch = &left[..left.len().saturating_sub(2)];
    let right_batch = &right[..right.len().saturating_sub(2)];
    let mut left_loops = batch_map(left_batch);
    left_loops.extend(has_rows.then_some(Some(row)));
    left_loops.push(Some(depth));
    let mut right_loops = batch_map(right_batch);
    right_loops.push(Some(depth));
    right_loops.extend(has_columns.then_some(Some(column)));

    let output = AffineMap::select(rank + 1, &(0..rank).collect::<Vec<_>>());
    let iterators = [vec![Parallel; rank], vec![Reduction]].concat();
    let maps = vec![
        loops(rank + 1, &left_loops),
        loops(rank + 1, &right_loops),
        output,
    ];
    let inputs = [node.value(0)?, node.value(1)?];
    let sums = accumulate(
        &node.emit,
        &Nest { maps, iterators },
        &inputs,
        &result.shape,
        0.0,
        multiply_add,
    );
    let sums = (sums, AffineMap::identity(rank));
    Ok(vec![node.emit.map(&[sums], result, |scalars, elements| {
        narrow(scalars, elements[0])
    })])
}

/// The map whose results are loops, or 0.
fn loops(dims: usize, results: &[Option<usize>]) -> AffineMap {
    results.iter().enumerate().fold(
        AffineMap::select(dims, &vec![0; results.len()]),
        |map, (at, loop_index)| match loop_index {
            Some(dim) => map.with_sum(at, &[(*dim, 1)]),
            None => map.with_sum(at, &[]),
        },
    )
}

/// `Gemm`: `alpha` and `C` are applied in `f64`, before the rounding.
pub fn gemm<'c>(gemm: &Gemm, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let (row, column, depth) = (0, 1, 2);
    let matrix = |transposed: bool, first, second| {
        AffineMap::select(
            3,
            &if transposed {
                [second, first]
            } else {
                [first, second]
            },
        )
    };
    let maps = vec![
        matrix(gemm.trans_a, row, depth),
        matrix(gemm.trans_b, depth, column),
        AffineMap::select(3, &[row, column]),
    ];
    let nest = Nest {
        maps,
        iterators: vec![Parallel, Parallel, Reduction],
    };
    let sums = accumulate(
        &node.emit,
        &nest,
        &[node.value(0)?, node.value(1)?],
        &result.shape,
        0.0,
        multiply_add,
    );
    let mut inputs = vec![(sums, AffineMap::identity(2))];
    if node.has(2) {
        inputs.push(node.broadcast(2, 2)?);
    }
    let value = node.emit.map(&inputs, result, |scalars, elements| {
        let multiply = |factor: f32, value| {
            if factor == 1.0 {
                value
            } else {
                scalars.binary(Float::Mul, scalars.f64(factor.into()), value)
            }
        };
        let mut sum = multiply(gemm.alpha, elements[0]);
        if inputs.len() > 1 {
            sum = scalars.binary(
                Float::Add,
                sum,
                multiply(gemm.beta, wide(scalars, elements[1])),
            );
        }
        narrow(scalars, sum)
    });
    Ok(vec![value])
}

/// `Conv` over any number of spatial dimensions.
pub fn conv<'c>(conv: &Conv, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let (input, weights) = (node.ty(0)?.shape.clone(), node.ty(1)?.shape.clone());
    let axes = conv
        .windows(&input[2..], &weights[2..])
        .map_err(|error| format!("is malformed: {error}"))?;
    let (group, group_channels) = (conv.group, weights[1]);
    let filters = weights[0] / group;
    let spatial = axes.len();

    // Padding with zeros adds nothing to a sum unless a weight is not finite.
    let extent = |axis: &qonnx_dialects::onnx::WindowAxis| {
        ((axis.output - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1)
            .max(axis.before + axis.input)
    };
    let padded_shape: Vec<usize> = input[..2]
        .iter()
        .copied()
        .chain(axes.iter().map(extent))
        .collect();
    if padded_shape != input {
        let finite = node
            .constant(1)?
            .to_f32()
            .iter()
            .all(|weight| weight.is_finite());
        if !finite {
            return Err("pads its input and has weights that are not finite".to_owned());
        }
    }
    let before: Vec<usize> = [0, 0]
        .into_iter()
        .chain(axes.iter().map(|axis| axis.before))
        .collect();
    let x = padded(&node.emit, node.value(0)?, &before, &padded_shape, 0.0);
    let split = |shape: &[usize], parts: [usize; 2], at: usize| {
        [&shape[..at], &parts, &shape[at + 1..]].concat()
    };
    let x = node
        .emit
        .reshape(x, &split(&padded_shape, [group, group_channels], 1));
    let w = node
        .emit
        .reshape(node.value(1)?, &split(&weights, [group, filters], 0));
    let out = split(&result.shape, [group, filters], 1);

    // Loops: batch, group, filter, output positions, channel, kernel positions.
    let dims = 4 + 2 * spatial;
    let channel = 3 + spatial;
    let positions = |map: AffineMap, first: usize| {
        axes.iter().enumerate().fold(map, |map, (at, axis)| {
            let terms = [
                (3 + at, axis.stride as i64),
                (channel + 1 + at, axis.dilation as i64),
            ];
            map.with_sum(first + at, &terms)
        })
    };
    let x_map = positions(
        AffineMap::select(dims, &[vec![0, 1, channel], vec![0; spatial]].concat()),
        3,
    );
    let w_map = AffineMap::select(dims, &[vec![1, 2], (channel..dims).collect()].concat());
    let out_map = AffineMap::select(dims, &(0..channel).collect::<Vec<_>>());
    let iterators = [vec![Parallel; channel], vec![Reduction; 1 + spatial]].concat();
    let nest = Nest {
        maps: vec![x_map, w_map, out_map],
        iterators,
    };
    let sums = accumulate(&node.emit, &nest, &[x, w], &out, 0.0, multiply_add);

    let mut inputs = vec![(sums, AffineMap::identity(out.len()))];
    if node.has(2) {
        let bias = node.emit.reshape(node.value(2)?, &[group, filters]);
        inputs.push((bias, AffineMap::select(out.len(), &[1, 2])));
    }
    let value = node
        .emit
        .map(&inputs, &TensorType::f32(out), |scalars, elements| {
            let sum = match elements {
                [sum, bias, _] => scalars.binary(Float::Add, *sum, wide(scalars, *bias)),
                _ => elements[0],
            };
            narrow(scalars, sum)
        });
    Ok(vec![node.emit.reshape(value, &result.shape)])
}
