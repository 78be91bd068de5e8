//! Types of the ops' results, from the types of their operands.

use super::op::{MultiThreshold, Op, QuantAvgPool2d};
use crate::error::EvalError;
use crate::tensor::Element;
use crate::value::{Operands, TensorType, ValueInfo};

impl Op {
    /// The types of the results: `f32` carriers, of the shape that all operands broadcast to.
    ///
    /// Fails if an operand is absent or does not fit the op.
    pub fn infer(&self, inputs: &[Option<ValueInfo<'_>>]) -> Result<Vec<TensorType>, EvalError> {
        let operands = &Operands::new(self.name(), inputs, self.arity())?;
        operands.f32(0, "X")?;
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
    pub(super) fn parameters(&self) -> &'static [&'static str] {
        match self {
            Self::IntQuant(_) => &["scale", "zeropt", "bitwidth"],
            Self::BipolarQuant => &["scale"],
            Self::TruncV1 { .. } => &["scale", "zeropt", "in_bitwidth", "out_bitwidth"],
            Self::TruncV2(_) => &[
                "scale",
                "zeropt",
                "in_bitwidth",
                "out_scale",
                "out_bitwidth",
            ],
            Self::FloatQuant(_) => &[
                "scale",
                "exponent_bitwidth",
                "mantissa_bitwidth",
                "exponent_bias",
                "max_val",
            ],
            Self::MultiThreshold(_) => &["thresholds"],
            Self::QuantAvgPool2d(_) => &[],
        }
    }

    /// The least and the greatest number of operands.
    pub fn arity(&self) -> (usize, usize) {
        let count = 1 + self.parameters().len();
        (count, count)
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
