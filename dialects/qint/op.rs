//! The ops of `qint` as Rust values, which the build makes of the definitions in `Qint.td`, and their rules.

use melior::Context;
use melior::ir::{Location, Type, operation::Operation};

use crate::declare;
use crate::error::EvalError;
use crate::ir::Val;
use crate::tensor::{Element, Tensor};
use crate::value::TensorType;
use crate::word::Word;

include!(concat!(env!("OUT_DIR"), "/qint.rs"));

impl Op {
    /// Builds the op; it has one result.
    pub fn build<'c>(
        &self,
        context: &'c Context,
        operands: &[Val<'c>],
        result: Type<'c>,
        location: Location<'c>,
    ) -> Operation<'c> {
        declare::build(self, context, operands, &[result], location)
    }

    /// Checks the op's rules against the types of its operands and its result.
    pub fn verify(&self, operands: &[TensorType], result: &TensorType) -> Result<(), EvalError> {
        let name = self.name();
        let shapes: Vec<&[usize]> = operands.iter().map(|ty| ty.shape.as_slice()).collect();
        let shape = self.shape(&shapes)?;
        if shape != result.shape {
            return Err(EvalError::attribute(
                name,
                "result shape",
                &result.shape,
                format!("{shape:?}"),
            ));
        }
        // `shape` has counted them.
        let input = &operands[0];
        let float = |ty: &TensorType, what| {
            if ty.element == Element::F32 {
                Ok(())
            } else {
                Err(EvalError::element(name, what, ty.element, "f32"))
            }
        };
        let integer = |ty: &TensorType, what| {
            // Numbers beyond `i64` are no integers of this level.
            if Word::of_element(ty.element)
                .and_then(crate::values::Values::of_word)
                .is_some()
            {
                Ok(())
            } else {
                Err(EvalError::element(
                    name,
                    what,
                    ty.element,
                    "a signed or unsigned integer, such as si5 or ui3; without a sign of at most 63 bits",
                ))
            }
        };
        match self {
            Self::Quantize(op) => {
                float(input, "x")?;
                integer(result, "n")?;
                broadcasts(name, "scale", &op.scale, Element::F32, &input.shape)?;
                broadcasts(
                    name,
                    "zero_point",
                    &op.zero_point,
                    Element::F32,
                    &input.shape,
                )?;
                check(
                    op.fraction_bits < 32,
                    name,
                    "fraction_bits",
                    op.fraction_bits,
                    "0 to 31",
                )?;
                check(
                    op.bipolar || op.lo <= op.hi,
                    name,
                    "lo",
                    op.lo,
                    "at most hi",
                )?;
                for zero_point in op.zero_point.to_f32() {
                    let range = op
                        .quantizer(1.0, zero_point)
                        .integer_range(op.fraction_bits);
                    let fits = range.is_some_and(|(lo, hi)| holds(result, lo, hi));
                    let expected = format!(
                        "codes from {} to {} less it, times 2^{}, to be exact and to fit {}",
                        op.lo, op.hi, op.fraction_bits, result.element
                    );
                    check(fits, name, "zero_point", zero_point, &expected)?;
                }
                Ok(())
            }
            Self::Dequantize(op) => {
                integer(input, "n")?;
                float(result, "x")?;
                broadcasts(name, "scale", &op.scale, Element::F64, &input.shape)
            }
            Self::Requantize(op) => {
                integer(input, "n")?;
                integer(result, "y")?;
                let channels = channels(name, op.axis, input)?;
                per_channel(name, "multiplier", op.multiplier.len(), channels)?;
                per_channel(name, "addend", op.addend.len(), channels)?;
                check(op.shift <= 62, name, "shift", op.shift, "0 to 62")?;
                check(op.lo <= op.hi, name, "lo", op.lo, "at most hi")
            }
            Self::Threshold(op) => {
                integer(input, "n")?;
                integer(result, "y")?;
                let channels = channels(name, op.axis, input)?;
                let rows = rows(name, "thresholds", &op.thresholds, channels)?;
                check(
                    op.base.len() == rows,
                    name,
                    "base",
                    op.base.len(),
                    "one for each row",
                )?;
                check(
                    op.step.len() == rows,
                    name,
                    "step",
                    op.step.len(),
                    "one for each row",
                )?;
                let values = op.thresholds.as_int().unwrap_or_default();
                let steps = op.thresholds.shape[1];
                let ascending = steps == 0
                    || values
                        .chunks(steps)
                        .all(|row| row.windows(2).all(|pair| pair[0] <= pair[1]));
                check(
                    ascending,
                    name,
                    "thresholds",
                    "a row out of order",
                    "each row ascending",
                )
            }
            Self::Lookup(op) => {
                integer(input, "n")?;
                integer(result, "y")?;
                let channels = channels(name, op.axis, input)?;
                rows(name, "table", &op.table, channels)?;
                check(
                    op.table.shape[1] > 0,
                    name,
                    "table",
                    0,
                    "at least one column",
                )
            }
            _ => {
                for operand in operands {
                    integer(operand, "operand")?;
                }
                let keeps = matches!(self, Self::MaxPool(_) | Self::MinPool(_));
                if keeps && result.element != input.element {
                    let expected = format!("{}, as those of 'x'", input.element);
                    return Err(EvalError::element(name, "y", result.element, expected));
                }
                integer(result, "y")
            }
        }
    }
}

/// Whether elements of a type hold the integers `lo..=hi`.
fn holds(ty: &TensorType, lo: i64, hi: i64) -> bool {
    Word::of_element(ty.element).is_some_and(|word| word.holds(Word::of_range(lo, hi)))
}

fn check(
    holds: bool,
    op: &'static str,
    attribute: &'static str,
    found: impl std::fmt::Debug,
    expected: &str,
) -> Result<(), EvalError> {
    if holds {
        Ok(())
    } else {
        Err(EvalError::attribute(op, attribute, found, expected))
    }
}

/// The extent of the channel axis. A scalar has one channel, along an axis 0 that all parameters broadcast along.
fn channels(op: &'static str, axis: usize, input: &TensorType) -> Result<usize, EvalError> {
    if input.shape.is_empty() && axis == 0 {
        return Ok(1);
    }
    input.shape.get(axis).copied().ok_or_else(|| {
        EvalError::attribute(op, "axis", axis, format!("an axis of {:?}", input.shape))
    })
}

fn per_channel(
    op: &'static str,
    attribute: &'static str,
    found: usize,
    channels: usize,
) -> Result<(), EvalError> {
    let expected = format!("1 or {channels} elements");
    check(
        found == 1 || found == channels,
        op,
        attribute,
        found,
        &expected,
    )
}

fn rows(
    op: &'static str,
    attribute: &'static str,
    table: &Tensor,
    channels: usize,
) -> Result<usize, EvalError> {
    let fits = table.rank() == 2
        && (table.shape[0] == 1 || table.shape[0] == channels)
        && table.element() == Element::I64;
    let expected = format!("an i64 tensor of 1 or {channels} rows");
    check(fits, op, attribute, &table.shape, &expected)?;
    Ok(table.shape[0])
}

fn broadcasts(
    op: &'static str,
    attribute: &'static str,
    value: &Tensor,
    element: Element,
    shape: &[usize],
) -> Result<(), EvalError> {
    let fits = value.element() == element
        && value.rank() <= shape.len()
        && value
            .shape
            .iter()
            .rev()
            .zip(shape.iter().rev())
            .all(|(&have, &want)| have == 1 || have == want);
    let expected = format!("{element} elements that broadcast to {shape:?}");
    check(
        fits,
        op,
        attribute,
        format!("{:?} of {}", value.shape, value.element()),
        &expected,
    )
}
