//! The rounding modes of QONNX on machine numbers.

use qonnx_dialects::ir::Val;
use qonnx_dialects::qonnx::Rounding;
use qonnx_dialects::upstream::{Bits, Float, Integer, Scalars, Unary};

/// A rounded `f32`, with the operations of `Rounding::apply` one for one.
pub fn round_float<'c>(scalars: &Scalars<'c, '_>, x: Val<'c>, rounding: Rounding) -> Val<'c> {
    let magnitude = |change: &dyn Fn(Val<'c>) -> Val<'c>| {
        let rounded = change(scalars.unary(Unary::AbsF, x));
        scalars.binary(Float::CopySign, rounded, x)
    };
    match rounding {
        Rounding::Round => scalars.unary(Unary::RoundEven, x),
        Rounding::Ceil => scalars.unary(Unary::Ceil, x),
        Rounding::Floor => scalars.unary(Unary::Floor, x),
        Rounding::Down => scalars.unary(Unary::Trunc, x),
        Rounding::Up => magnitude(&|x| scalars.unary(Unary::Ceil, x)),
        Rounding::HalfUp => magnitude(&|x| {
            let sum = scalars.binary(Float::Add, x, scalars.f32(0.5));
            scalars.unary(Unary::Floor, sum)
        }),
        Rounding::HalfDown => magnitude(&|x| {
            let difference = scalars.binary(Float::Sub, x, scalars.f32(0.5));
            scalars.unary(Unary::Ceil, difference)
        }),
    }
}

/// `value / 2^shift`, rounded, for a machine integer of `width` bits with room for `2^shift` more.
///
/// Every mode is an arithmetic shift, which rounds toward minus infinity, of the value plus a bias that depends on
/// at most the sign of the value and the parity of its floor.
pub fn round_shift<'c>(
    scalars: &Scalars<'c, '_>,
    value: Val<'c>,
    width: u32,
    shift: u32,
    rounding: Rounding,
) -> Val<'c> {
    if shift == 0 {
        return value;
    }
    let constant = |value: i64| scalars.int(value, width);
    let add = |a, b| scalars.binary(Integer::Add, a, b);
    let shifted = |value, by: u32| scalars.binary(Bits::ShrS, value, constant(i64::from(by)));
    // -1 for negative values, else 0.
    let sign = || shifted(value, width - 1);
    let (all, half) = ((1i64 << shift) - 1, 1i64 << (shift - 1));
    let biased = match rounding {
        Rounding::Floor => value,
        Rounding::Ceil => add(value, constant(all)),
        // Toward zero: negative values are rounded up.
        Rounding::Down => add(value, scalars.binary(Bits::And, sign(), constant(all))),
        // Away from zero: values that are not negative are rounded up.
        Rounding::Up => {
            let down = scalars.binary(Bits::And, sign(), constant(all));
            scalars.binary(Integer::Sub, add(value, constant(all)), down)
        }
        // A tie goes up, for negative values down.
        Rounding::HalfUp => add(add(value, constant(half)), sign()),
        // A tie goes down, for negative values up.
        Rounding::HalfDown => {
            let low = add(value, constant(half - 1));
            scalars.binary(Integer::Sub, low, sign())
        }
        // A tie goes up if the floor is odd.
        Rounding::Round => {
            let odd = scalars.binary(Bits::And, shifted(value, shift), constant(1));
            add(add(value, constant(half - 1)), odd)
        }
    };
    shifted(biased, shift)
}
