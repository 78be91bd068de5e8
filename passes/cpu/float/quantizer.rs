//! The ops of QONNX that stayed float, all in `f32` and in the order of their evaluation.

use qonnx_dialects::error::EvalError;
use qonnx_dialects::ir::Val;
use qonnx_dialects::qonnx::{
    Codes, FloatQuant, Minifloat, MultiThreshold, Op, PerElement, Quantizer, Rounding, Truncation,
};
use qonnx_dialects::tensor::{Element, Tensor};
use qonnx_dialects::upstream::{
    AffineMap, Bits, Compare, Convert, Float, Integer, IteratorKind, Nest, Resize, Scalar, Scalars,
    Unary,
};
use qonnx_dialects::value::TensorType;

use super::{Node, narrow, pooling, wide};
use crate::cpu::Refusal;
use crate::cpu::emit::Indexed;
use crate::cpu::rounding::round_float;

#[path = "quantizer/computed.rs"]
mod computed;

/// Lowers an op of QONNX.
pub fn lower<'c>(op: &Op, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let malformed = |error: EvalError| format!("is malformed: {error}");
    match op {
        Op::IntQuant(attributes) => {
            let quantizers = node.with_infos(|infos| op.quantizers(infos))?;
            let quantizers = quantizers.map_err(malformed)?;
            // One bit and more bits in one tensor are told apart like computed ones.
            match quantizers.and_then(|all| Some((Kind::of(&all)?, all))) {
                Some((kind, quantizers)) => uniform(&kind, &quantizers, node),
                None => computed::int_quant(attributes, node),
            }
        }
        Op::BipolarQuant => computed::bipolar(node),
        Op::TruncV1(_) | Op::Trunc(_) => {
            let truncations = node.with_infos(|infos| op.truncations(infos))?;
            match (truncations.map_err(malformed)?, op) {
                (Some((truncations, rounding)), _) => truncate(&truncations, rounding, node),
                (None, Op::Trunc(op)) => computed::trunc(op, node),
                (None, Op::TruncV1(op)) => computed::trunc_v1(op, node),
                _ => Err("has no parameters".to_owned()),
            }
        }
        Op::FloatQuant(attributes) => {
            let formats = node.with_infos(|infos| op.formats(infos))?;
            match formats.map_err(malformed)? {
                Some(formats) => minifloat(&formats, attributes, node),
                None => computed::float_quant(attributes, node),
            }
        }
        Op::MultiThreshold(op) => thresholds(op, node),
        Op::QuantAvgPool2d(op) => pooling::quant_average_pool(op, node),
    }
}

/// The parameters of each element, one operand of a nest for each of `of`.
fn operands<'c, T>(
    node: &Node<'c, '_>,
    parameters: &PerElement<T>,
    of: &[&dyn Fn(&T) -> f32],
) -> Result<Vec<Indexed<'c>>, Refusal> {
    let rank = node.result()?.shape.len();
    let operand = |of: &&dyn Fn(&T) -> f32| {
        let values = parameters.values.iter().map(of).collect();
        let tensor = Tensor::f32(parameters.shape.clone(), values);
        let map = AffineMap::broadcast(rank, &parameters.shape);
        (node.emit.constant(&tensor), map)
    };
    let mut operands = vec![node.broadcast(0, rank)?];
    operands.extend(of.iter().map(operand));
    Ok(operands)
}

/// `IntQuant` with known parameters.
fn uniform<'c>(
    kind: &Kind,
    quantizers: &PerElement<Quantizer>,
    node: &Node<'c, '_>,
) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let parameters: [&dyn Fn(&Quantizer) -> f32; 4] = [
        &|quantizer| quantizer.scale,
        &|quantizer| quantizer.zero_point,
        &|quantizer| bounds(quantizer).0,
        &|quantizer| bounds(quantizer).1,
    ];
    let inputs = operands(node, quantizers, &parameters)?;
    Ok(vec![node.emit.map(&inputs, result, |scalars, elements| {
        let (scale, zero_point) = (elements[1], elements[2]);
        let code = kind.code(scalars, elements);
        let centered = scalars.binary(Float::Sub, code, zero_point);
        scalars.binary(Float::Mul, centered, scale)
    })])
}

/// `Trunc`.
fn truncate<'c>(
    truncations: &PerElement<Truncation>,
    rounding: Rounding,
    node: &Node<'c, '_>,
) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let unlimited = (f32::NEG_INFINITY, f32::INFINITY);
    let limits = |truncation: &Truncation| truncation.limits.unwrap_or(unlimited);
    let parameters: [&dyn Fn(&Truncation) -> f32; 7] = [
        &|truncation| truncation.scale,
        &|truncation| truncation.zero_point,
        &|truncation| truncation.divisor,
        // The greatest code wins where the limits cross.
        &|truncation| limits(truncation).0.min(limits(truncation).1),
        &|truncation| limits(truncation).1,
        &|truncation| truncation.out_zero_point,
        &|truncation| truncation.out_scale,
    ];
    let inputs = operands(node, truncations, &parameters)?;
    Ok(vec![node.emit.map(&inputs, result, |scalars, elements| {
        let [
            x,
            scale,
            zero_point,
            divisor,
            lo,
            hi,
            out_zero_point,
            out_scale,
            ..,
        ] = *elements
        else {
            unreachable!("the nest has eight inputs and one output")
        };
        let before = (scale, zero_point);
        let after = (out_scale, out_zero_point);
        truncated(scalars, x, before, divisor, (lo, hi), after, rounding)
    })])
}

/// A number whose code is divided, limited and rounded; `before` and `after` are scale and zero point.
fn truncated<'c>(
    scalars: &Scalars<'c, '_>,
    x: Val<'c>,
    before: (Val<'c>, Val<'c>),
    divisor: Val<'c>,
    (lo, hi): (Val<'c>, Val<'c>),
    after: (Val<'c>, Val<'c>),
    rounding: Rounding,
) -> Val<'c> {
    let binary = |op: Float, a, b| scalars.binary(op, a, b);
    let scaled = binary(Float::Add, binary(Float::Div, x, before.0), before.1);
    let code = round_float(scalars, scaled, Rounding::Round);
    let code = ranged(scalars, binary(Float::Div, code, divisor), lo, hi, rounding);
    binary(Float::Mul, binary(Float::Sub, code, after.1), after.0)
}

/// `FloatQuant`. Where evaluation has no result for a number beyond the range, NaN is one.
fn minifloat<'c>(
    formats: &PerElement<Minifloat>,
    attributes: &FloatQuant,
    node: &Node<'c, '_>,
) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let parameters: [&dyn Fn(&Minifloat) -> f32; 4] = [
        &|format| format.scale,
        &|format| format.mantissa_bits,
        // NaN, of a bias that is none, is no bound.
        &|format| format.least_exponent.max(f32::NEG_INFINITY),
        &|format| format.greatest,
    ];
    let inputs = operands(node, formats, &parameters)?;
    Ok(vec![node.emit.map(&inputs, result, |scalars, elements| {
        let [x, scale, mantissa_bits, least, greatest, ..] = *elements else {
            unreachable!("the nest has five inputs and one output")
        };
        let format = [scale, mantissa_bits, least, greatest];
        formatted(scalars, x, format, attributes)
    })])
}

/// A number in a format of a scale, bits of the mantissa, the least exponent, and the greatest number.
fn formatted<'c>(
    scalars: &Scalars<'c, '_>,
    x: Val<'c>,
    [scale, mantissa_bits, least, greatest]: [Val<'c>; 4],
    attributes: &FloatQuant,
) -> Val<'c> {
    let binary = |op: Float, a, b| scalars.binary(op, a, b);
    let x = binary(Float::Div, x, scale);
    let exponent = binary(Float::Sub, binary_exponent(scalars, x), mantissa_bits);
    let below = scalars.compare(Compare::OrderedLess, exponent, least);
    let exponent = scalars.select(below, least, exponent);
    let distance = scalars.unary(Unary::Exp2, wide(scalars, exponent));
    let distance = narrow(scalars, distance);
    let steps = binary(Float::Div, x, distance);
    let steps = round_float(scalars, steps, attributes.rounding_mode);
    let quantized = binary(Float::Mul, distance, steps);
    let magnitude = scalars.unary(Unary::AbsF, quantized);
    let beyond = scalars.compare(Compare::OrderedGreater, magnitude, greatest);
    let limit = match (attributes.saturation, attributes.has_inf) {
        (true, _) => binary(Float::CopySign, greatest, quantized),
        (false, true) => binary(Float::CopySign, scalars.f32(f32::INFINITY), quantized),
        (false, false) => scalars.f32(f32::NAN),
    };
    binary(Float::Mul, scalars.select(beyond, limit, quantized), scale)
}

/// The exponent of an `f32` from its bits: -126 for subnormal numbers and 0, infinite for infinities and NaN.
fn binary_exponent<'c>(scalars: &Scalars<'c, '_>, x: Val<'c>) -> Val<'c> {
    let int = |value| scalars.int(value, 32);
    let bits = scalars.convert(Convert::Bitcast, x, Scalar::Int(32));
    let biased = scalars.binary(Bits::ShrU, bits, int(23));
    let biased = scalars.binary(Bits::And, biased, int(0xff));
    let number = scalars.convert(Convert::SIToFP, biased, Scalar::F32);
    let exponent = scalars.binary(Float::Sub, number, scalars.f32(127.0));
    let subnormal = scalars.compare(Compare::Equal, biased, int(0));
    let exponent = scalars.select(subnormal, scalars.f32(-126.0), exponent);
    let infinite = scalars.compare(Compare::Equal, biased, int(0xff));
    scalars.select(infinite, scalars.f32(f32::INFINITY), exponent)
}

/// `MultiThreshold`: thresholds that are not above an element are counted.
fn thresholds<'c>(op: &MultiThreshold, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let rank = result.shape.len();
    let axis = node.axis(op.axis, rank)?;
    let table = node.ty(1)?.shape.clone();
    let (rows, steps) = (table[0], rank);
    let row = match rows {
        1 => AffineMap::select(rank + 1, &[0, steps]).with_sum(0, &[]),
        _ => AffineMap::select(rank + 1, &[axis, steps]),
    };
    let every = AffineMap::select(rank + 1, &(0..rank).collect::<Vec<_>>());
    let nest = Nest {
        maps: vec![every.clone(), row, every],
        iterators: [
            vec![IteratorKind::Parallel; rank],
            vec![IteratorKind::Reduction],
        ]
        .concat(),
    };
    let counts = TensorType::new(result.shape.clone(), Element::int(32));
    let counts = node.emit.fill(&counts, |scalars| scalars.int(0, 32));
    let inputs = [node.value(0)?, node.value(1)?];
    let counts = node.emit.nest(&nest, &inputs, counts, |scalars, elements| {
        let reached = scalars.compare(Compare::OrderedGreaterEqual, elements[0], elements[1]);
        let one = scalars.convert(Resize::ExtU, reached, Scalar::Int(32));
        scalars.binary(Integer::Add, elements[2], one)
    });
    let counts = [(counts, AffineMap::identity(rank))];
    Ok(vec![node.emit.map(&counts, result, |scalars, elements| {
        let count = scalars.convert(Convert::SIToFP, elements[0], Scalar::F32);
        let scaled = scalars.binary(Float::Mul, scalars.f32(op.out_scale), count);
        scalars.binary(Float::Add, scaled, scalars.f32(op.out_bias))
    })])
}

/// 1 where a number is at least 0, else -1.
fn sign<'c>(scalars: &Scalars<'c, '_>, x: Val<'c>) -> Val<'c> {
    let positive = scalars.compare(Compare::OrderedGreaterEqual, x, scalars.f32(0.0));
    scalars.select(positive, scalars.f32(1.0), scalars.f32(-1.0))
}

/// A code limited, from below first, and rounded. NaN passes both comparisons and stays NaN.
fn ranged<'c>(
    scalars: &Scalars<'c, '_>,
    code: Val<'c>,
    lo: Val<'c>,
    hi: Val<'c>,
    rounding: Rounding,
) -> Val<'c> {
    let below = scalars.compare(Compare::OrderedLess, code, lo);
    let code = scalars.select(below, lo, code);
    let above = scalars.compare(Compare::OrderedGreater, code, hi);
    round_float(scalars, scalars.select(above, hi, code), rounding)
}

fn bounds(quantizer: &Quantizer) -> (f32, f32) {
    match quantizer.codes {
        Codes::Range { lo, hi, .. } => (lo, hi),
        Codes::SignOfCode | Codes::SignOfInput => (-1.0, 1.0),
    }
}

/// What all quantizers of a tensor have in common: how codes are chosen, without the bounds.
struct Kind(Codes);

impl Kind {
    fn of(quantizers: &PerElement<Quantizer>) -> Option<Self> {
        let first = quantizers.values.first()?;
        let alike = |quantizer: &Quantizer| {
            matches!(quantizer.codes, Codes::Range { .. })
                == matches!(first.codes, Codes::Range { .. })
        };
        quantizers
            .values
            .iter()
            .all(alike)
            .then_some(Self(first.codes))
    }

    fn code<'c>(&self, scalars: &Scalars<'c, '_>, elements: &[Val<'c>]) -> Val<'c> {
        let [x, scale, zero_point, lo, hi, _] = *elements else {
            unreachable!("the nest has five inputs and one output")
        };
        let scaled = || {
            let quotient = scalars.binary(Float::Div, x, scale);
            scalars.binary(Float::Add, quotient, zero_point)
        };
        match self.0 {
            Codes::SignOfInput => sign(scalars, x),
            Codes::SignOfCode => sign(scalars, scaled()),
            Codes::Range { rounding, .. } => ranged(scalars, scaled(), lo, hi, rounding),
        }
    }
}
