//! Quantizers whose parameters are computed: what evaluation makes of the parameters is made for each element.

use qonnx_dialects::ir::Val;
use qonnx_dialects::qonnx::{FloatQuant, IntQuant, Trunc, TruncV1};
use qonnx_dialects::upstream::{AffineMap, Compare, Float, Scalars, Unary};

use super::super::{Node, conversion, narrow, wide};
use super::{formatted, ranged, sign, truncated};
use crate::cpu::Refusal;

/// An `f32` tensor of which each element is `body` of the first operands' elements, all as `f32` and broadcast.
fn map<'c, const N: usize>(
    node: &Node<'c, '_>,
    body: impl FnOnce(&Scalars<'c, '_>, [Val<'c>; N]) -> Val<'c>,
) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let rank = result.shape.len();
    let mut inputs = Vec::new();
    for index in 0..N {
        let map = AffineMap::broadcast(rank, &node.ty(index)?.shape);
        inputs.push((conversion::single(node, index)?, map));
    }
    Ok(vec![node.emit.map(&inputs, result, |scalars, elements| {
        body(scalars, std::array::from_fn(|at| elements[at]))
    })])
}

fn exp2<'c>(scalars: &Scalars<'c, '_>, x: Val<'c>) -> Val<'c> {
    scalars.unary(Unary::Exp2, x)
}

/// The bounds of codes of so many bits.
fn bounds<'c>(
    scalars: &Scalars<'c, '_>,
    bits: Val<'c>,
    signed: bool,
    narrow_range: bool,
) -> (Val<'c>, Val<'c>) {
    let binary = |op: Float, a, b| scalars.binary(op, a, b);
    let power = |exponent| narrow(scalars, exp2(scalars, wide(scalars, exponent)));
    let one = scalars.f32(1.0);
    let dropped = scalars.f32(if narrow_range { 1.0 } else { 0.0 });
    if signed {
        let half = power(binary(Float::Sub, bits, one));
        let least = scalars.unary(Unary::NegF, half);
        return (
            binary(Float::Add, least, dropped),
            binary(Float::Sub, half, one),
        );
    }
    let all = binary(Float::Sub, power(bits), one);
    (scalars.f32(0.0), binary(Float::Sub, all, dropped))
}

/// `(X, scale, zeropt, bitwidth)` of `IntQuant`.
pub fn int_quant<'c>(op: &IntQuant, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    map(node, |scalars, [x, scale, zero_point, bits]| {
        let binary = |op: Float, a, b| scalars.binary(op, a, b);
        let (lo, hi) = bounds(scalars, bits, op.is_signed, op.narrow);
        let scaled = binary(Float::Add, binary(Float::Div, x, scale), zero_point);
        let mut code = ranged(scalars, scaled, lo, hi, op.rounding_mode);
        if op.is_signed {
            let single = scalars.compare(Compare::OrderedEqual, bits, scalars.f32(1.0));
            code = scalars.select(single, sign(scalars, scaled), code);
        }
        binary(Float::Mul, binary(Float::Sub, code, zero_point), scale)
    })
}

/// `(X, scale)` of `BipolarQuant`.
pub fn bipolar<'c>(node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    map(node, |scalars, [x, scale]| {
        let code = sign(scalars, x);
        let centered = scalars.binary(Float::Sub, code, scalars.f32(0.0));
        scalars.binary(Float::Mul, centered, scale)
    })
}

/// `(X, scale, zeropt, in_bitwidth, out_bitwidth)` of version 1 of `Trunc`.
pub fn trunc_v1<'c>(op: &TruncV1, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    map(node, |scalars, [x, scale, zero_point, from, to]| {
        let dropped = scalars.binary(Float::Sub, from, to);
        let divisor = narrow(scalars, exp2(scalars, wide(scalars, dropped)));
        let unlimited = [f32::NEG_INFINITY, f32::INFINITY].map(|limit| scalars.f32(limit));
        let (numbers, limits) = ((scale, zero_point), (unlimited[0], unlimited[1]));
        truncated(
            scalars,
            x,
            numbers,
            divisor,
            limits,
            numbers,
            op.rounding_mode,
        )
    })
}

/// `(X, scale, zeropt, in_bitwidth, out_scale, out_bitwidth)` of `Trunc`.
pub fn trunc<'c>(op: &Trunc, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    map(node, |scalars, [x, scale, zero_point, _, out_scale, to]| {
        let ratio = scalars.binary(Float::Div, out_scale, scale);
        let exponent = scalars.unary(Unary::Log2, wide(scalars, ratio));
        let exponent = scalars.unary(Unary::RoundEven, exponent);
        let divisor = narrow(scalars, exp2(scalars, exponent));
        let (lo, hi) = bounds(scalars, to, op.is_signed, op.narrow);
        // The greatest code wins where the limits cross.
        let crossed = scalars.compare(Compare::OrderedLess, hi, lo);
        let lo = scalars.select(crossed, hi, lo);
        let after = (out_scale, scalars.binary(Float::Div, zero_point, divisor));
        let before = (scale, zero_point);
        truncated(
            scalars,
            x,
            before,
            divisor,
            (lo, hi),
            after,
            op.rounding_mode,
        )
    })
}

/// `(X, scale, exponent_bitwidth, mantissa_bitwidth, exponent_bias, max_val)` of `FloatQuant`.
pub fn float_quant<'c>(op: &FloatQuant, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    map(
        node,
        |scalars, [x, scale, exponent_bits, mantissa_bits, bias, most]| {
            let binary = |op: Float, a, b| scalars.binary(op, a, b);
            let one = scalars.f64(1.0);
            let exponents = exp2(scalars, wide(scalars, exponent_bits));
            let exponent = binary(
                Float::Sub,
                binary(Float::Sub, exponents, one),
                wide(scalars, bias),
            );
            let finest = scalars.unary(Unary::NegF, mantissa_bits);
            let finest = exp2(scalars, wide(scalars, finest));
            let mantissa = binary(Float::Sub, scalars.f64(2.0), finest);
            let greatest = narrow(
                scalars,
                binary(Float::Mul, mantissa, exp2(scalars, exponent)),
            );
            // The lesser one; NaN is none.
            let less = scalars.compare(Compare::OrderedLess, most, greatest);
            let lesser = scalars.select(less, most, greatest);
            let undefined = scalars.compare(Compare::Unordered, greatest, greatest);
            let greatest = scalars.select(undefined, most, lesser);
            let least = binary(Float::Sub, scalars.f32(1.0), bias);
            let least = binary(Float::Sub, least, mantissa_bits);
            formatted(scalars, x, [scale, mantissa_bits, least, greatest], op)
        },
    )
}
