//! Pooling over windows.

use qonnx_dialects::ir::Val;
use qonnx_dialects::onnx::{AveragePool, MaxPool, Pooling, WindowAxis};
use qonnx_dialects::qonnx::QuantAvgPool2d;
use qonnx_dialects::tensor::{Data, Tensor, for_each_index};
use qonnx_dialects::upstream::{AffineMap, Compare, Float, IteratorKind, Nest, Scalars, Unary};
use qonnx_dialects::value::TensorType;

use super::elementwise::prefer;
use super::{Node, accumulate, narrow, padded, wide};
use crate::cpu::Refusal;

/// Lowers an op of the family.
pub fn lower<'c>(op: Pooling<'_>, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    match op {
        Pooling::MaxPool(pool) => max_pool(pool, node),
        Pooling::AveragePool(pool) => average_pool(pool, node),
        Pooling::GlobalAveragePool => global_average_pool(node),
    }
}

/// The operand padded for all windows, the tensor whose shape is the window's, and the loops: the result's, then
/// the window's.
struct Windows<'c> {
    inputs: [Val<'c>; 2],
    nest: Nest,
}

impl<'c> Windows<'c> {
    fn new(node: &Node<'c, '_>, axes: &[WindowAxis], fill: f32) -> Result<Self, Refusal> {
        let input = &node.ty(0)?.shape;
        let spatial = axes.len();
        let extent = |axis: &WindowAxis| {
            ((axis.output - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1)
                .max(axis.before + axis.input)
        };
        let shape: Vec<usize> = input[..2]
            .iter()
            .copied()
            .chain(axes.iter().map(extent))
            .collect();
        let before: Vec<usize> = [0, 0]
            .into_iter()
            .chain(axes.iter().map(|axis| axis.before))
            .collect();
        let x = padded(&node.emit, node.value(0)?, &before, &shape, fill);
        let kernel: Vec<usize> = axes.iter().map(|axis| axis.kernel).collect();
        let window = node.emit.empty(&TensorType::f32(kernel));

        let rank = 2 + spatial;
        let dims = rank + spatial;
        let x_map = axes.iter().enumerate().fold(
            AffineMap::select(dims, &(0..rank).collect::<Vec<_>>()),
            |map, (at, axis)| {
                map.with_sum(
                    2 + at,
                    &[
                        (2 + at, axis.stride as i64),
                        (rank + at, axis.dilation as i64),
                    ],
                )
            },
        );
        let maps = vec![
            x_map,
            AffineMap::select(dims, &(rank..dims).collect::<Vec<_>>()),
            AffineMap::select(dims, &(0..rank).collect::<Vec<_>>()),
        ];
        let iterators = [
            vec![IteratorKind::Parallel; rank],
            vec![IteratorKind::Reduction; spatial],
        ]
        .concat();
        Ok(Self {
            inputs: [x, window],
            nest: Nest { maps, iterators },
        })
    }
}

fn malformed(error: qonnx_dialects::error::EvalError) -> Refusal {
    format!("is malformed: {error}")
}

/// `MaxPool`: NaN wins over everything.
pub fn max_pool<'c>(pool: &MaxPool, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let axes = pool.windows(&node.ty(0)?.shape[2..]).map_err(malformed)?;
    let windows = Windows::new(node, &axes, f32::NEG_INFINITY)?;
    let start = node
        .emit
        .fill(result, |scalars| scalars.f32(f32::NEG_INFINITY));
    let greatest = |scalars: &Scalars<'c, '_>, elements: &[Val<'c>]| {
        prefer(scalars, Compare::OrderedGreater, elements[0], elements[2])
    };
    Ok(vec![node.emit.nest(
        &windows.nest,
        &windows.inputs,
        start,
        greatest,
    )])
}

/// `AveragePool`: the sum is divided in `f64` and rounded once.
pub fn average_pool<'c>(pool: &AveragePool, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let axes = pool.windows(&node.ty(0)?.shape[2..]).map_err(malformed)?;
    let windows = Windows::new(node, &axes, 0.0)?;
    let sums = accumulate(
        &node.emit,
        &windows.nest,
        &windows.inputs,
        &result.shape,
        0.0,
        add,
    );

    let mut counts = Vec::new();
    for_each_index(&result.shape[2..], |window| {
        let counted = axes.iter().zip(window).map(|(axis, &window)| {
            if pool.count_include_pad {
                axis.elements_padded(window)
            } else {
                axis.elements_inside(window)
            }
        });
        counts.push(counted.product::<usize>() as f64);
    });
    divide(
        node,
        sums,
        &Tensor::new(result.shape[2..].to_vec(), Data::F64(counts)),
    )
}

/// `GlobalAveragePool`.
pub fn global_average_pool<'c>(node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let input = &node.ty(0)?.shape;
    let rank = input.len();
    let kept = [0, 1].map(Some).into_iter().chain((2..rank).map(|_| None));
    let output = kept
        .enumerate()
        .fold(AffineMap::identity(rank), |map, (at, dim)| match dim {
            Some(_) => map,
            None => map.with_sum(at, &[]),
        });
    let iterators = [
        vec![IteratorKind::Parallel; 2],
        vec![IteratorKind::Reduction; rank - 2],
    ]
    .concat();
    let nest = Nest {
        maps: vec![AffineMap::identity(rank), output],
        iterators,
    };
    // The standard library's sum starts at -0, which a sum of nothing but -0 shows.
    let sums = accumulate(
        &node.emit,
        &nest,
        &[node.value(0)?],
        &result.shape,
        -0.0,
        |scalars, elements| scalars.binary(Float::Add, elements[1], wide(scalars, elements[0])),
    );
    let count = input[2..].iter().product::<usize>() as f64;
    divide(node, sums, &Tensor::new(Vec::new(), Data::F64(vec![count])))
}

/// `QuantAvgPool2d`: the rounded sum over each window, divided by a power of two and rounded down.
pub fn quant_average_pool<'c>(
    pool: &QuantAvgPool2d,
    node: &Node<'c, '_>,
) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    // Loops: those of the result, then rows and columns of the window.
    let output = AffineMap::select(6, &[0, 1, 2, 3]);
    let step = pool.stride as i64;
    let windows = pool
        .spatial()
        .iter()
        .zip([4, 5])
        .fold(output.clone(), |map, (&axis, within)| {
            map.with_sum(axis, &[(axis, step), (within, 1)])
        });
    let nest = Nest {
        maps: vec![windows, AffineMap::select(6, &[4, 5]), output],
        iterators: [
            vec![IteratorKind::Parallel; 4],
            vec![IteratorKind::Reduction; 2],
        ]
        .concat(),
    };
    let window = node
        .emit
        .empty(&TensorType::f32([pool.kernel, pool.kernel]));
    let inputs = [node.value(0)?, window];
    let sums = accumulate(&node.emit, &nest, &inputs, &result.shape, 0.0, add);
    let divisor = f64::from(pool.shift()).exp2();
    let sums = [(sums, AffineMap::identity(4))];
    Ok(vec![node.emit.map(&sums, result, |scalars, elements| {
        let sum = scalars.unary(Unary::RoundEven, elements[0]);
        let quotient = scalars.binary(Float::Div, sum, scalars.f64(divisor));
        narrow(scalars, scalars.unary(Unary::Floor, quotient))
    })])
}

fn add<'c>(scalars: &Scalars<'c, '_>, elements: &[Val<'c>]) -> Val<'c> {
    scalars.binary(Float::Add, elements[2], wide(scalars, elements[0]))
}

/// The `f32` tensor of `f64` sums divided by counts that broadcast against them.
fn divide<'c>(
    node: &Node<'c, '_>,
    sums: Val<'c>,
    counts: &Tensor,
) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let rank = result.shape.len();
    let inputs = [
        (sums, AffineMap::identity(rank)),
        (
            node.emit.constant(counts),
            AffineMap::broadcast(rank, &counts.shape),
        ),
    ];
    Ok(vec![node.emit.map(&inputs, result, |scalars, elements| {
        narrow(
            scalars,
            scalars.binary(Float::Div, elements[0], elements[1]),
        )
    })])
}
