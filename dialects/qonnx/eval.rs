//! Values of the ops' results: the one meaning of each op, in `f32` and in the reference's order of operations.
//!
//! Parameters of other element types are converted to `f32` first. numpy computes in `f64` if a zero point or bit width
//! is of integers of 32 bits or more, or a scale of `f64`; of rank 0 only since version 2. Where the sum of quotient and
//! zero point is next to a tie, `f32` may round it to the tie and `f64` not, and the results are a whole step apart.
//! The spec (sections 1.1 and 8.2) defines `f32`, which all carriers then share.
//! A bit width is taken as the number it is, whatever the type that carries it, and may differ by element, both of
//! which the reference does not manage.

mod float_quant;
#[cfg(test)]
mod golden;
mod pool;
mod threshold;
mod trunc;

pub use float_quant::Minifloat;
pub use trunc::Truncation;

use super::op::{IntQuant, Op};
use super::quantizer::Quantizer;
use super::rounding::Rounding;
use crate::broadcast::walk_broadcast;
use crate::error::EvalError;
use crate::monotone::{Direction, Monotonicity};
use crate::tensor::{Tensor, broadcast_shape};
use crate::value::{Operands, TensorType, ValueInfo, with_infos};

impl Op {
    /// The results on these operands.
    ///
    /// Fails where [`Op::infer`] fails, on a bit width that is none, and where `FloatQuant` has no result
    /// for a number beyond its range.
    pub fn eval(&self, inputs: &[Option<&Tensor>]) -> Result<Vec<Tensor>, EvalError> {
        with_infos(inputs, |infos| self.eval_known(infos))
    }

    /// The results, if all operands are known at compile time, else `None`. Fails where [`Op::eval`] fails.
    pub fn fold(&self, inputs: &[Option<ValueInfo<'_>>]) -> Result<Option<Vec<Tensor>>, EvalError> {
        let operands = Operands::new(self.name(), inputs, self.arity())?;
        if operands.all_known() {
            self.eval_known(inputs).map(Some)
        } else {
            Ok(None)
        }
    }

    fn eval_known(&self, inputs: &[Option<ValueInfo<'_>>]) -> Result<Vec<Tensor>, EvalError> {
        let types = self.infer(inputs)?;
        let operands = &Operands::new(self.name(), inputs, self.arity())?;
        let Some(ty) = types.first() else {
            return Ok(Vec::new());
        };
        let result = match self {
            Self::IntQuant(_) | Self::BipolarQuant => {
                let quantizers = self.quantizers_of(operands)?;
                mapped(&quantizers, operands, ty, |quantizer: &Quantizer, x| {
                    quantizer.dequantize(quantizer.quantize(x))
                })?
            }
            Self::TruncV1(_) | Self::Trunc(_) => match trunc::truncations(self, operands)? {
                Some((truncations, rounding)) => trunc::eval(&truncations, rounding, operands, ty)?,
                None => return Ok(Vec::new()),
            },
            Self::FloatQuant(attributes) => float_quant::eval(attributes, operands, ty)?,
            Self::MultiThreshold(attributes) => threshold::eval(attributes, operands)?,
            Self::QuantAvgPool2d(attributes) => pool::eval(attributes, operands, ty)?,
        };
        Ok(vec![result])
    }

    /// The quantizer of each element, if this is `IntQuant` or `BipolarQuant` and its parameters are constants;
    /// otherwise `None`. Fails if the parameters do not fit each other or a bit width is none.
    pub fn quantizers(
        &self,
        inputs: &[Option<ValueInfo<'_>>],
    ) -> Result<Option<PerElement<Quantizer>>, EvalError> {
        let operands = Operands::new(self.name(), inputs, self.arity())?;
        let known = (1..operands.len()).all(|index| operands.value(index).is_some());
        match self {
            Self::IntQuant(_) | Self::BipolarQuant if known => {
                self.check_bit_widths(&operands)?;
                self.quantizers_of(&operands).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The truncations that `Trunc` applies to its first operand and how they round, if its parameters are known at compile
    /// time; `None` for other ops and for unknown parameters.
    pub fn truncations(
        &self,
        inputs: &[Option<ValueInfo<'_>>],
    ) -> Result<Option<(PerElement<Truncation>, Rounding)>, EvalError> {
        match self.known_parameters(inputs)? {
            Some(operands) => trunc::truncations(self, &operands),
            None => Ok(None),
        }
    }

    /// The number formats of `FloatQuant`, likewise.
    pub fn formats(
        &self,
        inputs: &[Option<ValueInfo<'_>>],
    ) -> Result<Option<PerElement<Minifloat>>, EvalError> {
        match (self, self.known_parameters(inputs)?) {
            (Self::FloatQuant(attributes), Some(operands)) => {
                float_quant::formats(attributes, &operands).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The operands, if all but the first are known at compile time. Fails on a bit width that is none.
    fn known_parameters<'a>(
        &self,
        inputs: &'a [Option<ValueInfo<'a>>],
    ) -> Result<Option<Operands<'a>>, EvalError> {
        let operands = Operands::new(self.name(), inputs, self.arity())?;
        if (1..operands.len()).any(|index| operands.value(index).is_none()) {
            return Ok(None);
        }
        self.check_bit_widths(&operands)?;
        Ok(Some(operands))
    }

    fn quantizers_of(&self, operands: &Operands<'_>) -> Result<PerElement<Quantizer>, EvalError> {
        match *self {
            Self::IntQuant(IntQuant {
                is_signed: signed,
                narrow,
                rounding_mode: rounding,
            }) => parameters(
                operands,
                &self.parameters(),
                |[scale, zero_point, bit_width]| {
                    let parameters = (scale, zero_point, bit_width);
                    Quantizer::int(parameters, signed, narrow, rounding)
                },
            ),
            _ => parameters(operands, &self.parameters(), |[scale]| {
                Quantizer::bipolar(scale)
            }),
        }
    }

    /// Whether the op may give NaN on finite operands because of constants: a scale that is 0 or not finite, or another
    /// parameter that is NaN.
    pub fn makes_nan(&self, inputs: &[Option<ValueInfo<'_>>]) -> bool {
        let wrong = |at: usize, x: f64| x.is_nan() || at == 1 && (x == 0.0 || x.is_infinite());
        let parameters = inputs.iter().enumerate().skip(1);
        let mut constants = parameters.filter_map(|(at, info)| Some((at, (*info)?.value?)));
        constants.any(|(at, value)| value.has_float(|x| wrong(at, x)))
    }

    /// How the result moves with operand number `operand`, element by element; [`Direction::Unknown`] for every
    /// operand but the first, and unless the others are constants.
    pub fn monotonicity(&self, operand: usize, inputs: &[Option<ValueInfo<'_>>]) -> Monotonicity {
        let known = Operands::new(self.name(), inputs, self.arity())
            .is_ok_and(|operands| (1..operands.len()).all(|at| operands.value(at).is_some()));
        if operand != 0 || !known {
            return Monotonicity::unknown();
        }
        // A division by the scale, non-decreasing steps, and a multiplication by the same scale.
        let by_scale = |scale: f64| Direction::of_factor(scale).then(Direction::of_factor(scale));
        let scales = inputs.get(1).copied().flatten().and_then(|info| info.value);
        match (self, scales) {
            (Self::IntQuant(_) | Self::BipolarQuant, _) => match self.quantizers(inputs) {
                Ok(Some(quantizers)) => Monotonicity {
                    directions: quantizers.values.iter().map(Quantizer::direction).collect(),
                    shape: quantizers.shape,
                },
                _ => Monotonicity::unknown(),
            },
            (Self::FloatQuant(attributes), Some(scales)) if attributes.saturation => Monotonicity {
                shape: scales.shape.clone(),
                directions: scales
                    .to_f64()
                    .into_iter()
                    .map(by_scale)
                    .map(not_constant)
                    .collect(),
            },
            (Self::TruncV1(_), Some(scales)) => Monotonicity {
                shape: scales.shape.clone(),
                directions: scales
                    .to_f64()
                    .into_iter()
                    .map(by_scale)
                    .map(not_constant)
                    .collect(),
            },
            (Self::MultiThreshold(attributes), _) if attributes.out_bias.is_finite() => {
                Monotonicity::uniform(Direction::of_factor(attributes.out_scale.into()))
            }
            _ => Monotonicity::unknown(),
        }
    }
}

/// A scale of 0 divides: its result is NaN rather than constant.
fn not_constant(direction: Direction) -> Direction {
    match direction {
        Direction::Constant => Direction::Unknown,
        direction => direction,
    }
}

/// Values that broadcast against a tensor, one for each of its elements.
#[derive(Clone, Debug, PartialEq)]
pub struct PerElement<T> {
    /// Shape of `values`.
    pub shape: Vec<usize>,
    /// The values in row-major order; as many as the product of `shape`.
    pub values: Vec<T>,
}

/// The `N` operands after the first, broadcast against each other and combined by `combine`.
fn parameters<const N: usize, T>(
    operands: &Operands<'_>,
    names: &[&'static str],
    combine: impl Fn([f32; N]) -> T,
) -> Result<PerElement<T>, EvalError> {
    let mut shape = Vec::new();
    let mut values: [Vec<f32>; N] = std::array::from_fn(|_| Vec::new());
    let mut shapes: [&[usize]; N] = [&[]; N];
    for (at, &name) in names.iter().enumerate().take(N) {
        let tensor = operands.tensor(at + 1, name)?;
        shape = broadcast_shape(&shape, &tensor.shape).ok_or_else(|| EvalError::Broadcast {
            op: operands.op(),
            left: shape.clone(),
            right: tensor.shape.clone(),
        })?;
        values[at] = tensor.to_f32();
        shapes[at] = &tensor.shape;
    }
    let mut combined = Vec::with_capacity(shape.iter().product());
    walk_broadcast(&shape, shapes, |at| {
        combined.push(combine(std::array::from_fn(|parameter| {
            values[parameter][at[parameter]]
        })));
    });
    Ok(PerElement {
        shape,
        values: combined,
    })
}

/// The tensor of `function` applied to each element of `X` and what broadcasting puts in its place.
fn mapped<T>(
    parameters: &PerElement<T>,
    operands: &Operands<'_>,
    ty: &TensorType,
    function: impl Fn(&T, f32) -> f32,
) -> Result<Tensor, EvalError> {
    let (x, input) = (operands.floats(0, "X")?, operands.get(0, "X")?);
    let mut result = Vec::with_capacity(ty.shape.iter().product());
    walk_broadcast(
        &ty.shape,
        [&input.shape, &parameters.shape],
        |[at, parameter]| {
            result.push(function(&parameters.values[parameter], x[at]));
        },
    );
    Ok(Tensor::f32(ty.shape.clone(), result))
}
