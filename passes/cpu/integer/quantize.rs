//! `qint.quantize`: `n = (round(clamp(x / scale + zero_point)) - zero_point) * 2^fraction_bits`.
//!
//! Every operation up to the rounding is one of `f32`, in this order, as `Quantize::apply` does it; the division
//! is a division. What follows the rounding is exact, so it is done on integers where the zero point is one. NaN
//! becomes 0.

use qonnx_dialects::ir::Val;
use qonnx_dialects::qint::Quantize;
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::upstream::{Bits, Compare, Convert, Float, Integer, Scalar, Scalars};
use qonnx_dialects::value::TensorType;

use super::{Machine, Parameter, Parameters, machine_type, width_of};
use crate::cpu::Refusal;
use crate::cpu::emit::Emitter;
use crate::cpu::machine::{Interval, container};
use crate::cpu::register::Plain;
use crate::cpu::rounding::round_float;

/// Lowers the op.
pub fn lower<'c>(
    emit: &Emitter<'c>,
    op: &Quantize,
    operand: Val<'c>,
    result: &TensorType,
) -> Result<Machine<'c>, Refusal> {
    let range = range(op)?;
    let width = width_of(result);
    let mut parameters = Parameters::new(operand, result.shape.len());
    let scale = parameters.add_broadcast(emit, &op.scale);
    let zero_points = op.zero_point.to_f32();
    let zero_point = parameters.add_broadcast(emit, &op.zero_point);
    let on_integers = zero_points.iter().all(|zero| zero.fract() == 0.0)
        && code_range(op)?.union(range).signed_container() <= 32;
    let whole = on_integers.then(|| {
        let values = zero_points.iter().map(|&zero| zero as i64).collect();
        parameters.add_broadcast(emit, &Tensor::int(32, op.zero_point.shape.clone(), values))
    });
    let without_zero_point = zero_points.iter().all(|&zero| zero == 0.0);

    let value = emit.map(
        &parameters.operands,
        &machine_type(result),
        |scalars, elements| {
            let get = |parameter: &Parameter| parameters.get(scalars, elements, parameter);
            let mut t = scalars.binary(Float::Div, elements[0], get(&scale));
            if !without_zero_point {
                t = scalars.binary(Float::Add, t, get(&zero_point));
            }
            let code = code(scalars, op, t);
            let is_nan = (!op.bipolar).then(|| scalars.compare(Compare::Unordered, t, t));
            let plain = match &whole {
                Some(_) if without_zero_point && op.fraction_bits == 0 => {
                    to_int(scalars, code, 32, range)
                }
                Some(whole) => {
                    let code = scalars.convert(Convert::FPToSI, code, Scalar::Int(32));
                    let n = scalars.binary(Integer::Sub, code, get(whole));
                    let shift = scalars.int(i64::from(op.fraction_bits), 32);
                    Plain {
                        value: scalars.binary(Bits::Shl, n, shift),
                        width: 32,
                        range,
                    }
                }
                None => {
                    let wide = |x| scalars.convert(Convert::ExtF, x, Scalar::F64);
                    let n = scalars.binary(Float::Sub, wide(code), wide(get(&zero_point)));
                    let factor = scalars.f64(f64::from(1u32 << op.fraction_bits));
                    to_int(scalars, scalars.binary(Float::Mul, n, factor), 64, range)
                }
            };
            let n = plain.resize(scalars, container(width));
            is_nan.map_or(n, |is_nan| {
                scalars.select(is_nan, scalars.int(0, container(width)), n)
            })
        },
    );
    Ok(Machine::int(value, width, Some(range)))
}

fn to_int<'c>(scalars: &Scalars<'c, '_>, x: Val<'c>, width: u32, range: Interval) -> Plain<'c> {
    Plain {
        value: scalars.convert(Convert::FPToSI, x, Scalar::Int(width)),
        width,
        range,
    }
}

/// The rounded code of `t`, as `f32`; NaN if `t` is and the op not bipolar.
fn code<'c>(scalars: &Scalars<'c, '_>, op: &Quantize, t: Val<'c>) -> Val<'c> {
    if op.bipolar {
        let positive = scalars.compare(Compare::OrderedGreaterEqual, t, scalars.f32(0.0));
        return scalars.select(positive, scalars.f32(1.0), scalars.f32(-1.0));
    }
    let (lo, hi) = (scalars.f32(op.lo), scalars.f32(op.hi));
    let t = scalars.select(scalars.compare(Compare::OrderedLess, t, lo), lo, t);
    let t = scalars.select(scalars.compare(Compare::OrderedGreater, t, hi), hi, t);
    round_float(scalars, t, op.rounding_mode)
}

/// The least and greatest code. Fails if they are beyond what an integer holds.
fn code_range(op: &Quantize) -> Result<Interval, Refusal> {
    let bound = |value: f32| {
        let fits = value.is_finite() && value.abs() <= (1u64 << 62) as f32;
        fits.then_some(value as i128).ok_or_else(|| {
            format!(
                "quantizes to codes from {} to {}, which native integers do not hold; use at most 62 bits",
                op.lo, op.hi
            )
        })
    };
    if op.bipolar {
        return Ok(Interval::new(-1, 1));
    }
    // Every rounding mode is monotone.
    Ok(Interval {
        lo: bound(op.rounding_mode.apply(op.lo))?,
        hi: bound(op.rounding_mode.apply(op.hi))?,
    })
}

/// The least and greatest integer that the op makes.
fn range(op: &Quantize) -> Result<Interval, Refusal> {
    let codes = code_range(op)?;
    let factor = f64::from(1u32 << op.fraction_bits);
    let ends =
        op.zero_point.to_f32().into_iter().flat_map(|zero| {
            [codes.lo, codes.hi].map(|code| (code as f64 - f64::from(zero)) * factor)
        });
    let ends: Vec<f64> = ends.collect();
    if ends
        .iter()
        .any(|end| !end.is_finite() || end.abs() > (1u64 << 62) as f64)
    {
        return Err("quantizes to integers of more than 62 bits".to_owned());
    }
    // NaN becomes 0, wherever the codes are.
    Ok(Interval::hull(
        ends.into_iter().chain([0.0]).map(|end| end as i128),
    ))
}
