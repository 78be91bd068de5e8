//! Types of the ops' results, from the types of their operands.

use std::fmt;

use super::op::{MultiThreshold, Op, QuantAvgPool2d};
use crate::error::EvalError;
use crate::onnx::NUMBERS;
use crate::tensor::Element;
use crate::value::{Operands, TensorType, ValueInfo};

impl Op {
    /// The types of the results: `f32` carriers, of the shape that all operands broadcast to.
    ///
    /// Fails if an operand is absent or does not fit the op, or if a bit width that is known is none.
    pub fn infer(&self, inputs: &[Option<ValueInfo<'_>>]) -> Result<Vec<TensorType>, EvalError> {
        let operands = &Operands::new(self.name(), inputs, self.arity())?;
        operands.f32_of(NUMBERS, 0, "X")?;
        self.check_bit_widths(operands)?;
        let result = match self {
            Self::MultiThreshold(attributes) => multi_threshold(attributes, operands)?,
            Self::QuantAvgPool2d(attributes) => quant_avg_pool(attributes, operands)?,
            _ => {
                for (at, &parameter) in self.parameters().iter().enumerate() {
                    operands.get(at + 1, parameter)?;
                }
                operands.result(operands.broadcast()?, Element::F32)?
            }
        };
        Ok(vec![result])
    }

    /// Names of the operands after `X`. Their elements may be floats or integers of any width.
    pub(super) fn parameters(&self) -> Vec<&'static str> {
        let operands = self.declaration().operands.iter();
        operands.skip(1).map(|operand| operand.name).collect()
    }

    /// What an operand says the number of, if it is a number of bits. Only those of `FloatQuant` must be whole: a
    /// quantizer of 2.5 bits has bounds (spec section 1.1), a number format of 2.5 bits has no meaning.
    fn bits(&self, operand: usize) -> Option<Bits> {
        let whole = |least| Some(Bits { least, whole: true });
        let any = Some(Bits {
            least: 1.0,
            whole: false,
        });
        match (self, operand) {
            (Self::IntQuant(_), 3) | (Self::TruncV1(_), 3 | 4) | (Self::Trunc(_), 3 | 5) => any,
            (Self::FloatQuant(_), 2) => whole(1.0),
            (Self::FloatQuant(_), 3) => whole(0.0),
            _ => None,
        }
    }

    /// Whether an operand is checked where its value is known, however large it is.
    pub fn checks_value(&self, operand: usize) -> bool {
        self.bits(operand).is_some()
    }

    /// Fails if the value of an operand is known and is no bit width.
    pub(super) fn check_bit_widths(&self, operands: &Operands<'_>) -> Result<(), EvalError> {
        for (at, &parameter) in self.parameters().iter().enumerate() {
            let (Some(bits), Some(value)) = (self.bits(at + 1), operands.value(at + 1)) else {
                continue;
            };
            if let Some(wrong) = value.to_f32().into_iter().find(|&found| !bits.holds(found)) {
                let expected = bits.to_string();
                return Err(EvalError::value(operands.op(), parameter, wrong, expected));
            }
        }
        Ok(())
    }
}

/// Which numbers of bits an operand may hold.
struct Bits {
    least: f32,
    whole: bool,
}

impl Bits {
    fn holds(&self, found: f32) -> bool {
        found >= self.least && found.is_finite() && (!self.whole || found.fract() == 0.0)
    }
}

impl fmt::Display for Bits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = if self.whole { "whole " } else { "" };
        write!(
            formatter,
            "a {whole}number of bits, at least {}",
            self.least
        )
    }
}

fn multi_threshold(
    attributes: &MultiThreshold,
    operands: &Operands<'_>,
) -> Result<TensorType, EvalError> {
    let input = operands.get(0, "X")?;
    let axis = operands.axis(attributes.axis, input.rank())?;
    let (channels, thresholds) = (input.shape[axis], operands.f32(1, "thresholds")?);
    match thresholds.shape.as_slice() {
        &[rows, _] if rows == 1 || rows == channels => Ok(input.clone()),
        shape => {
            let expected = format!("{channels} rows or one, for the channels in dimension {axis}");
            Err(EvalError::shape(
                operands.op(),
                "thresholds",
                shape,
                expected,
            ))
        }
    }
}

fn quant_avg_pool(
    attributes: &QuantAvgPool2d,
    operands: &Operands<'_>,
) -> Result<TensorType, EvalError> {
    let op = operands.op();
    let QuantAvgPool2d {
        stride,
        kernel,
        input_bits,
        output_bits,
        ..
    } = *attributes;
    let limit = i32::MAX as usize;
    for (name, value) in [("stride", stride), ("kernel", kernel)] {
        if !(1..=limit).contains(&value) {
            return Err(EvalError::attribute(
                op,
                name,
                value,
                format!("a value in 1..={limit}"),
            ));
        }
    }
    for (name, value, least) in [("ibits", input_bits, 1), ("obits", output_bits, 2)] {
        if !(least..=32).contains(&value) {
            return Err(EvalError::attribute(
                op,
                name,
                value,
                format!("a value in {least}..=32"),
            ));
        }
    }
    let shape = &operands.get(0, "X")?.shape;
    let spatial = attributes.spatial();
    let fits = |axis: &usize| shape[*axis] >= kernel;
    if shape.len() != 4 || !spatial.iter().all(fits) {
        let expected = format!("4 dimensions, of which {spatial:?} hold a window of {kernel}");
        return Err(EvalError::shape(op, "X", shape, expected));
    }
    let mut result = shape.clone();
    spatial
        .iter()
        .for_each(|&axis| result[axis] = (shape[axis] - kernel) / stride + 1);
    operands.result(result, Element::F32)
}

impl QuantAvgPool2d {
    /// The two dimensions that windows slide along.
    pub fn spatial(&self) -> [usize; 2] {
        if self.channels_last { [1, 2] } else { [2, 3] }
    }

    /// How many low bits of the sum over a window are dropped. Kernel and bit widths must be in their ranges.
    pub fn shift(&self) -> u32 {
        let greatest = ((1u128 << self.input_bits) - 1) * (self.kernel as u128).pow(2);
        (u128::BITS - greatest.leading_zeros()).saturating_sub(self.output_bits)
    }
}
