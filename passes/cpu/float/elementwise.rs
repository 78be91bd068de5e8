//! Elementwise ops of several broadcast operands.

use qonnx_dialects::ir::Val;
use qonnx_dialects::onnx::Op;
use qonnx_dialects::tensor::broadcast_shape;
use qonnx_dialects::upstream::{AffineMap, Binary, Compare, Scalars, Unary};
use qonnx_dialects::value::TensorType;

use super::unary::if_below;
use super::{Node, narrow, wide};
use crate::cpu::Refusal;

/// An op of two operands, or of any number from left to right.
pub fn fold<'c>(op: &Op, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    node.result()?;
    let mut shape = node.ty(0)?.shape.clone();
    let mut value = node.value(0)?;
    for index in 1..node.operands.len() {
        let other = &node.ty(index)?.shape;
        let to = broadcast_shape(&shape, other).ok_or("has operands that do not broadcast")?;
        let inputs = [
            (value, AffineMap::broadcast(to.len(), &shape)),
            (node.value(index)?, AffineMap::broadcast(to.len(), other)),
        ];
        value = node.emit.map(
            &inputs,
            &TensorType::f32(to.clone()),
            |scalars, elements| binary(op, scalars, elements[0], elements[1]),
        );
        shape = to;
    }
    Ok(vec![value])
}

fn binary<'c>(op: &Op, scalars: &Scalars<'c, '_>, a: Val<'c>, b: Val<'c>) -> Val<'c> {
    // `f32` arithmetic is `f64` arithmetic rounded once: see the evaluation.
    let arithmetic = |op| scalars.binary(op, a, b);
    match op {
        Op::Add => arithmetic(Binary::AddF),
        Op::Sub => arithmetic(Binary::SubF),
        Op::Mul => arithmetic(Binary::MulF),
        Op::Div => arithmetic(Binary::DivF),
        Op::PRelu => if_below(scalars, a, scalars.f32(0.0), arithmetic(Binary::MulF)),
        Op::Min => prefer(scalars, Compare::OrderedLess, a, b),
        Op::Max => prefer(scalars, Compare::OrderedGreater, a, b),
        _ => a,
    }
}

/// `a` if it is NaN or `a compare b` holds, else `b`.
pub fn prefer<'c>(scalars: &Scalars<'c, '_>, compare: Compare, a: Val<'c>, b: Val<'c>) -> Val<'c> {
    let rest = scalars.select(scalars.compare(compare, a, b), a, b);
    scalars.select(scalars.compare(Compare::Unordered, a, a), a, rest)
}

/// `Pow`: exponents 2 and 0.5 are a product and a square root, all others the C library's function.
pub fn pow<'c>(node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let constant = node
        .constant(1)
        .ok()
        .and_then(|exponent| exponent.as_scalar());
    let square = |scalars: &Scalars<'c, '_>, x| scalars.binary(Binary::MulF, x, x);
    if constant == Some(2.0) {
        return node.map(&[0], |scalars, elements| square(scalars, elements[0]));
    }
    if constant == Some(0.5) {
        return node.map(&[0], |scalars, elements| {
            narrow(scalars, root(scalars, wide(scalars, elements[0])))
        });
    }
    node.map(&[0, 1], |scalars, elements| {
        let (x, y) = (wide(scalars, elements[0]), wide(scalars, elements[1]));
        let is = |number| scalars.compare(Compare::OrderedEqual, y, scalars.f64(number));
        let power = scalars.binary(Binary::PowF, x, y);
        let power = scalars.select(is(0.5), root(scalars, x), power);
        narrow(scalars, scalars.select(is(2.0), square(scalars, x), power))
    })
}

/// `x` to the power 0.5: its square root, but infinity for negative infinity, and 0 for -0.
fn root<'c>(scalars: &Scalars<'c, '_>, x: Val<'c>) -> Val<'c> {
    let number = |value| scalars.f64(value);
    let positive = scalars.binary(Binary::AddF, scalars.unary(Unary::Sqrt, x), number(0.0));
    let infinite = scalars.compare(Compare::OrderedEqual, x, number(f64::NEG_INFINITY));
    scalars.select(infinite, number(f64::INFINITY), positive)
}

/// `Clip`: the upper bound wins if they cross, and NaN stays NaN.
pub fn clip<'c>(node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let rank = result.shape.len();
    let mut inputs = vec![(node.value(0)?, AffineMap::identity(rank))];
    let mut bound = |index| -> Result<Option<usize>, Refusal> {
        if !node.has(index) {
            return Ok(None);
        }
        // A scalar, or a tensor of one element in old exports.
        let value = node.emit.reshape(node.value(index)?, &[]);
        inputs.push((value, AffineMap::scalar(rank)));
        Ok(Some(inputs.len() - 1))
    };
    for index in [1, 2] {
        if node.has(index) && node.ty(index)?.shape.iter().product::<usize>() != 1 {
            return Err(format!("has bound {index} of more than one element"));
        }
    }
    let (low, high) = (bound(1)?, bound(2)?);
    let value = node.emit.map(&inputs, result, |scalars, elements| {
        // Infinities are beyond an absent bound.
        let low = low.map_or_else(|| scalars.f32(f32::MIN), |low| elements[low]);
        let high = high.map_or_else(|| scalars.f32(f32::MAX), |high| elements[high]);
        let x = if_below(scalars, elements[0], low, low);
        let above = scalars.compare(Compare::OrderedGreater, x, high);
        scalars.select(above, high, x)
    });
    Ok(vec![value])
}
