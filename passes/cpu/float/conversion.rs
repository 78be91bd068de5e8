//! `Cast` between element types.

use qonnx_dialects::ir::Val;
use qonnx_dialects::tensor::{Element, Sign, Tensor};
use qonnx_dialects::upstream::{
    AffineMap, Compare, Convert, Float, Integer, Resize, Scalar, Scalars,
};
use qonnx_dialects::value::TensorType;

use super::{Node, narrow, scalar, wide};
use crate::cpu::Refusal;
use crate::cpu::machine::container;

/// Lowers `Cast`.
pub fn cast<'c>(node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let from = node.ty(0)?.element;
    let to = node.results.first().ok_or("has no result")?.element;
    let result = node.machine_result(0)?;
    let x = node.tensor(0)?;
    if from == to {
        return Ok(vec![x]);
    }
    let rank = result.shape.len();
    let inputs = [(x, AffineMap::identity(rank))];
    Ok(vec![node.emit.map(
        &inputs,
        &result,
        |scalars, elements| convert(scalars, elements[0], from, to),
    )])
}

/// An operand of any numbers as `f32`.
pub fn single<'c>(node: &Node<'c, '_>, index: usize) -> Result<Val<'c>, Refusal> {
    let ty = node.ty(index)?;
    if let Some(value) = node.known(index, node.operand(index)?)? {
        let value = Tensor::f32(value.shape.clone(), value.to_f32());
        return Ok(node.emit.constant(&value));
    }
    let x = node.tensor(index)?;
    if ty.element == Element::F32 {
        return Ok(x);
    }
    let inputs = [(x, AffineMap::identity(ty.shape.len()))];
    let result = TensorType::f32(ty.shape.clone());
    Ok(node.emit.map(&inputs, &result, |scalars, elements| {
        convert(scalars, elements[0], ty.element, Element::F32)
    }))
}

/// A number in another type.
fn convert<'c>(scalars: &Scalars<'c, '_>, x: Val<'c>, from: Element, to: Element) -> Val<'c> {
    match (from, to) {
        (Element::Int { width, .. }, Element::BOOL) => {
            let zero = scalars.int(0, container(width));
            let holds = scalars.compare(Compare::NotEqual, x, zero);
            scalars.convert(Resize::ExtU, holds, scalar(to))
        }
        (Element::Int { width: from, sign }, Element::Int { width: to, .. }) => {
            let to = container(to);
            let op = match (container(from), sign) {
                (from, _) if from == to => return x,
                (from, _) if from > to => Resize::Trunc,
                (_, Sign::Unsigned) => Resize::ExtU,
                _ => Resize::ExtS,
            };
            scalars.convert(op, x, Scalar::Int(to))
        }
        (Element::Int { sign, .. }, _) => {
            let op = match sign {
                Sign::Unsigned => Convert::UIToFP,
                _ => Convert::SIToFP,
            };
            scalars.convert(op, x, scalar(to))
        }
        (Element::F32, Element::F64) => wide(scalars, x),
        (Element::F64, Element::F32) => narrow(scalars, x),
        (from, Element::Int { width, sign }) => {
            let x = match from {
                Element::F32 => wide(scalars, x),
                _ => x,
            };
            if to == Element::BOOL {
                // NaN is not 0.
                let holds = scalars.compare(Compare::UnorderedNotEqual, x, scalars.f64(0.0));
                return scalars.convert(Resize::ExtU, holds, scalar(to));
            }
            saturated(scalars, x, width, sign.is_unsigned())
        }
        _ => x,
    }
}

/// The whole part of an `f64` as an integer, limited to those of a type; 0 for NaN.
fn saturated<'c>(scalars: &Scalars<'c, '_>, x: Val<'c>, width: u32, unsigned: bool) -> Val<'c> {
    let to = Scalar::Int(container(width));
    let power = |exponent: u32| f64::from(exponent).exp2();
    let nan = scalars.compare(Compare::Unordered, x, x);
    let x = scalars.select(nan, scalars.f64(0.0), x);
    let bits = if unsigned { width } else { width - 1 };
    let least = if unsigned { 0.0 } else { -power(bits) };
    let below = scalars.compare(Compare::OrderedLess, x, scalars.f64(least));
    let x = scalars.select(below, scalars.f64(least), x);
    // The greatest integer may be no `f64`; what is beyond it begins at a power of two.
    let beyond = scalars.compare(Compare::OrderedGreaterEqual, x, scalars.f64(power(bits)));
    let x = scalars.select(beyond, scalars.f64(0.0), x);
    let (integer, greatest) = if bits == 64 {
        // A signed conversion of what is less than 2^63, and what was taken off is put back.
        let upper = scalars.compare(Compare::OrderedGreaterEqual, x, scalars.f64(power(63)));
        let lowered = scalars.binary(Float::Sub, x, scalars.f64(power(63)));
        let lowered = scalars.select(upper, lowered, x);
        let integer = scalars.convert(Convert::FPToSI, lowered, Scalar::Int(64));
        let raised = scalars.binary(Integer::Add, integer, scalars.int(i64::MIN, 64));
        (scalars.select(upper, raised, integer), scalars.int(-1, 64))
    } else {
        let integer = scalars.convert(Convert::FPToSI, x, Scalar::Int(64));
        let greatest = i64::MAX >> (63 - bits);
        (integer, scalars.int(greatest, 64))
    };
    let integer = scalars.select(beyond, greatest, integer);
    match container(width) {
        64 => integer,
        _ => scalars.convert(Resize::Trunc, integer, to),
    }
}
