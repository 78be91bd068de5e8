//! Matrix products and convolutions: sums of exact products in `f64`, ascending, rounded to `f32` once.

use qonnx_dialects::ir::Val;
use qonnx_dialects::onnx::{Contraction, Conv, Gemm, WindowAxis};
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::upstream::{AffineMap, Float, IteratorKind, Nest, Scalars};
use qonnx_dialects::value::TensorType;

use super::packed::{Loop, Product};
use super::{Node, accumulate, narrow, padded, wide};
use crate::cpu::Refusal;
use crate::cpu::layout::Channels;

use IteratorKind::{Parallel, Reduction};

/// Lowers an op of the family.
pub fn lower<'c>(op: Contraction<'_>, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let reason = match node.constant(1) {
        Ok(_) => "its weights are not packed for groups or transposed inputs",
        Err(_) => "its second factor is computed, and kernels for floats pack constants",
    };
    node.say(format!("is computed by scalar code: {reason}"));
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
    if let (Some(&depth), [_, filters]) = (left.last(), right.as_slice()) {
        let right = node.constant(1).ok().map(|weights| weights.to_f32());
        if let Some(weights) = right {
            let value = rows_times(node, left.len(), depth, *filters, |filter, step| {
                weights[step * filters + filter]
            })?;
            if let Some((sums, map)) = value {
                let inputs = [(sums, map)];
                return Ok(vec![node.emit.map(&inputs, result, |scalars, elements| {
                    narrow(scalars, elements[0])
                })]);
            }
        }
    }
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

/// The sums of the rows of operand 0, which has `rank` dimensions, with constant columns, and how they are indexed: there may
/// be more columns than asked for. `None` if no kernel computes them.
fn rows_times<'c>(
    node: &Node<'c, '_>,
    rank: usize,
    depth: usize,
    filters: usize,
    weight: impl Fn(usize, usize) -> f32,
) -> Result<Option<(Val<'c>, AffineMap)>, Refusal> {
    let shape = &node.ty(0)?.shape;
    let pixels = shape[..rank - 1].to_vec();
    let row = |at| vec![(Loop::Pixel(at), 1)];
    let product = Product {
        rows: (0..rank - 1)
            .map(row)
            .chain([vec![(Loop::Sum(0), 1)]])
            .collect(),
        pixels,
        filters,
        sums: vec![depth],
    };
    let Some(value) = product.build(node, node.value(0)?, weight) else {
        return Ok(None);
    };
    let mut shape = product.pixels;
    shape.push(filters);
    let whole = Channels {
        axis: rank - 1,
        padded: node.emit.type_of(value).shape[rank - 1],
        outer: None,
    };
    let value = node.emit.tight(value, whole, &shape);
    Ok(Some((value, AffineMap::identity(rank))))
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
    let packed = if gemm.trans_a {
        None
    } else {
        packed_gemm(gemm, node, result)?
    };
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
    let sums = match packed {
        Some(sums) => sums,
        None => accumulate(
            &node.emit,
            &nest,
            &[node.value(0)?, node.value(1)?],
            &result.shape,
            0.0,
            multiply_add,
        ),
    };
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

/// The sums of a `Gemm` with a constant matrix, if a kernel computes them.
fn packed_gemm<'c>(
    gemm: &Gemm,
    node: &Node<'c, '_>,
    result: &TensorType,
) -> Result<Option<Val<'c>>, Refusal> {
    let Ok(weights) = node.constant(1) else {
        return Ok(None);
    };
    let (weights, filters) = (weights.to_f32(), result.shape[1]);
    let depth = node.ty(0)?.shape[1];
    let weight = |filter: usize, step: usize| {
        weights[if gemm.trans_b {
            filter * depth + step
        } else {
            step * filters + filter
        }]
    };
    let sums = rows_times(node, 2, depth, filters, weight)?;
    Ok(sums.map(|(sums, _)| sums))
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
    if group == 1 {
        let windows = (axes.as_slice(), weights.as_slice());
        if let Some(value) = packed_conv(node, x, windows, result)? {
            return Ok(vec![value]);
        }
    }
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

/// A `Conv` of a padded input with constant weights, if a kernel computes it; its channels become innermost.
fn packed_conv<'c>(
    node: &Node<'c, '_>,
    x: Val<'c>,
    (axes, shape): (&[WindowAxis], &[usize]),
    result: &TensorType,
) -> Result<Option<Val<'c>>, Refusal> {
    let bias = match node.has(2) {
        true => match node.constant(2) {
            Ok(bias) => Some(bias.to_f32()),
            Err(_) => return Ok(None),
        },
        false => None,
    };
    let Ok(weights) = node.constant(1) else {
        return Ok(None);
    };
    let weights = weights.to_f32();
    let sums = shape[1..].to_vec();
    let steps: usize = sums.iter().product();
    let mut rows = vec![vec![(Loop::Pixel(0), 1)], vec![(Loop::Sum(0), 1)]];
    rows.extend(axes.iter().enumerate().map(|(at, axis)| {
        vec![
            (Loop::Pixel(1 + at), axis.stride),
            (Loop::Sum(1 + at), axis.dilation),
        ]
    }));
    let product = Product {
        pixels: [&result.shape[..1], &result.shape[2..]].concat(),
        filters: shape[0],
        sums,
        rows,
    };
    let weight = |filter: usize, step: usize| weights[filter * steps + step];
    let Some(sums) = product.build(node, x, weight) else {
        return Ok(None);
    };
    let stored = node.emit.type_of(sums).shape;
    let rank = stored.len();
    let mut inputs = vec![(sums, AffineMap::identity(rank))];
    if let Some(mut bias) = bias {
        bias.resize(stored[rank - 1], 0.0);
        let bias = node.emit.constant(&Tensor::f32([stored[rank - 1]], bias));
        inputs.push((bias, AffineMap::select(rank, &[rank - 1])));
    }
    let channels = Channels {
        axis: 1,
        padded: stored[rank - 1],
        outer: None,
    };
    let value = node
        .emit
        .map(&inputs, &TensorType::f32(stored), |scalars, elements| {
            let sum = match elements {
                [sum, bias, _] => scalars.binary(Float::Add, *sum, wide(scalars, *bias)),
                _ => elements[0],
            };
            narrow(scalars, sum)
        });
    node.stored.set(Some(channels));
    Ok(Some(value))
}
