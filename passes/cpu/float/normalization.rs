//! Normalizations.

use qonnx_dialects::ir::Val;
use qonnx_dialects::onnx::{LayerNormalization, Normalization, Softmax, affine};
use qonnx_dialects::tensor::{Element, Tensor};
use qonnx_dialects::upstream::{AffineMap, Compare, Float, Scalars, Unary};
use qonnx_dialects::value::TensorType;

use super::reduction::over;
use super::{Node, accumulate, narrow, wide};
use crate::cpu::Refusal;

/// Lowers an op of the family.
pub fn lower<'c>(op: Normalization<'_>, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    match op {
        Normalization::BatchNormalization(op) => batch(op.epsilon, node),
        Normalization::LayerNormalization(op) => layer(op, node),
        Normalization::Softmax(op) => softmax(op, node, false),
        Normalization::LogSoftmax(op) => softmax(op, node, true),
    }
}

/// `BatchNormalization`: `x * factor + addend` in `f32`, the parameters known.
pub fn batch<'c>(epsilon: f32, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let parameter = |index| node.constant(index).map(|tensor| tensor.to_f32());
    let (factors, addends) = affine(
        &parameter(1)?,
        &parameter(2)?,
        &parameter(3)?,
        &parameter(4)?,
        epsilon,
    );
    let rank = result.shape.len();
    let channels = AffineMap::select(rank, &[1]);
    let constant = |values: Vec<f32>| node.emit.constant(&Tensor::f32([values.len()], values));
    let inputs = [
        node.broadcast(0, rank)?,
        (constant(factors), channels.clone()),
        (constant(addends), channels),
    ];
    Ok(vec![node.each(&inputs, result, |scalars, elements| {
        let product = scalars.binary(Float::Mul, elements[0], elements[1]);
        scalars.binary(Float::Add, product, elements[2])
    })])
}

/// `Softmax` or its logarithm: the difference to the greatest element in `f32`, the rest in `f64`.
pub fn softmax<'c>(
    softmax: &Softmax,
    node: &Node<'c, '_>,
    logarithm: bool,
) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let shape = &result.shape;
    let rank = shape.len();
    let axis = node.axis(softmax.axis, rank)?;
    let axes: Vec<usize> = if softmax.flatten {
        (axis..rank).collect()
    } else {
        vec![axis]
    };
    let (kept, nest) = over(shape, &axes);
    let emit = &node.emit;
    let lanes = |value| (value, AffineMap::broadcast(rank, &kept));
    let all = |value| (value, AffineMap::identity(rank));

    let x = node.value(0)?;
    let start = emit.fill(&TensorType::f32(kept.clone()), |scalars| {
        scalars.f32(f32::NEG_INFINITY)
    });
    let greatest = emit.nest(&nest, &[x], start, |scalars, elements| {
        // NaN never wins here.
        let greater = scalars.compare(Compare::OrderedGreater, elements[0], elements[1]);
        scalars.select(greater, elements[0], elements[1])
    });
    let shifted = |scalars: &Scalars<'c, '_>, x, greatest| {
        wide(scalars, scalars.binary(Float::Sub, x, greatest))
    };
    let double = TensorType::new(shape.clone(), Element::F64);
    let exponentials = emit.map(&[all(x), lanes(greatest)], &double, |scalars, elements| {
        scalars.unary(Unary::Exp, shifted(scalars, elements[0], elements[1]))
    });
    let sums = accumulate(
        emit,
        &nest,
        &[exponentials],
        &kept,
        0.0,
        |scalars, elements| scalars.binary(Float::Add, elements[1], elements[0]),
    );
    if !logarithm {
        return Ok(vec![emit.map(
            &[all(exponentials), lanes(sums)],
            result,
            |scalars, elements| {
                narrow(
                    scalars,
                    scalars.binary(Float::Div, elements[0], elements[1]),
                )
            },
        )]);
    }
    let logarithms = emit.map(
        &[(sums, AffineMap::identity(rank))],
        &TensorType::new(kept.clone(), Element::F64),
        |scalars, elements| scalars.unary(Unary::Log, elements[0]),
    );
    let inputs = [all(x), lanes(greatest), lanes(logarithms)];
    Ok(vec![emit.map(&inputs, result, |scalars, elements| {
        let shifted = shifted(scalars, elements[0], elements[1]);
        narrow(scalars, scalars.binary(Float::Sub, shifted, elements[2]))
    })])
}

/// `LayerNormalization`: mean, variance and result in `f64`, rounded once.
pub fn layer<'c>(layer: &LayerNormalization, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let shape = &result.shape;
    let rank = shape.len();
    let axis = node.axis(layer.axis, rank)?;
    let (kept, nest) = over(shape, &(axis..rank).collect::<Vec<_>>());
    let count = shape[axis..].iter().product::<usize>() as f64;
    let emit = &node.emit;
    let x = (node.value(0)?, AffineMap::identity(rank));
    let lanes = |value| (value, AffineMap::broadcast(rank, &kept));
    let lane_type = TensorType::new(kept.clone(), Element::F64);
    let mean_of = |sums| {
        emit.map(
            &[(sums, AffineMap::identity(rank))],
            &lane_type,
            |scalars, elements| scalars.binary(Float::Div, elements[0], scalars.f64(count)),
        )
    };
    let centered =
        |scalars: &Scalars<'c, '_>, x, mean| scalars.binary(Float::Sub, wide(scalars, x), mean);

    // The standard library's sums start at -0.
    let sums = accumulate(emit, &nest, &[x.0], &kept, -0.0, |scalars, elements| {
        scalars.binary(Float::Add, elements[1], wide(scalars, elements[0]))
    });
    let mean = mean_of(sums);
    let squares = emit.map(
        &[x.clone(), lanes(mean)],
        &TensorType::new(shape.clone(), Element::F64),
        |scalars, elements| {
            let difference = centered(scalars, elements[0], elements[1]);
            scalars.binary(Float::Mul, difference, difference)
        },
    );
    let sums = accumulate(emit, &nest, &[squares], &kept, -0.0, |scalars, elements| {
        scalars.binary(Float::Add, elements[1], elements[0])
    });
    let variance = mean_of(sums);

    let mut inputs = vec![x, lanes(mean), lanes(variance), node.broadcast(1, rank)?];
    if node.has(2) {
        inputs.push(node.broadcast(2, rank)?);
    }
    let with_bias = node.has(2);
    Ok(vec![emit.map(&inputs, result, |scalars, elements| {
        let sum = scalars.binary(Float::Add, elements[2], scalars.f64(layer.epsilon.into()));
        let deviation = scalars.unary(Unary::Sqrt, sum);
        let difference = centered(scalars, elements[0], elements[1]);
        let normal = scalars.binary(Float::Div, difference, deviation);
        let scaled = scalars.binary(Float::Mul, normal, wide(scalars, elements[3]));
        let bias = if with_bias {
            wide(scalars, elements[4])
        } else {
            scalars.f64(0.0)
        };
        narrow(scalars, scalars.binary(Float::Add, scaled, bias))
    })])
}
