//! The rule for `MaxPool`.

use melior::ir::Location;
use qonnx_dialects::monotone::Direction;
use qonnx_dialects::onnx;
use qonnx_dialects::qint::{self, Pool};
use qonnx_dialects::value::TensorType;
use std::rc::Rc;

use super::converter::Converter;
use super::refusal::Refusal;
use super::value::{IntValue, State};

impl<'c> Converter<'c> {
    /// The maximum commutes with every non-decreasing function, so the pending steps are applied after it; it
    /// becomes a minimum of the integers where the value falls with the integer.
    pub fn max_pool(
        &mut self,
        pool: &onnx::MaxPool,
        states: &[State<'c>],
        result: &TensorType,
        location: Location<'c>,
    ) -> Result<State<'c>, Refusal> {
        let Some(State::Int(value)) = states.first() else {
            return Err(self.reasons.no_integers("its input", &states[0], true));
        };
        let uniform = value.info.uniform_scale().is_some();
        if [(!uniform).then_some(value.info.axis), value.steps.axis()]
            .into_iter()
            .flatten()
            .any(|axis| axis >= 2)
        {
            return Err(
                "a scale or a constant before it varies along an axis that it pools".to_owned(),
            );
        }
        let maximum = match direction(value)? {
            Direction::NonDecreasing | Direction::Constant => true,
            Direction::NonIncreasing => false,
            Direction::Unknown => {
                return Err("the operations before it are not monotone in one direction".to_owned());
            }
        };
        let windows = pool
            .windows(&value.shape[2..])
            .map_err(|error| error.to_string())?;
        let lists = super::contraction::explicit(&windows);
        let pool = Pool {
            kernel_shape: windows.iter().map(|axis| axis.kernel).collect(),
            strides: lists.strides,
            pads: lists.pads,
            dilations: lists.dilations,
        };
        let op = match maximum {
            true => qint::Op::MaxPool(pool),
            false => qint::Op::MinPool(pool),
        };
        let r#type = self.integers_type(&result.shape, value.info.values());
        let n = self.append(op.build(self.context, &[value.n], r#type, location));
        Ok(State::Int(IntValue {
            n,
            info: Rc::clone(&value.info),
            shape: result.shape.clone(),
            steps: value.steps.clone(),
        }))
    }
}

/// How the value moves with its integer, if it does so alike in all channels.
fn direction(value: &IntValue<'_>) -> Result<Direction, Refusal> {
    let mut scales = value
        .info
        .channels
        .iter()
        .map(|channel| channel.scale > 0.0);
    let rising = scales.next().ok_or("the tensor is empty")?;
    if scales.any(|other| other != rising) {
        return Err("the scale has different signs in different channels".to_owned());
    }
    let start = if rising {
        Direction::NonDecreasing
    } else {
        Direction::NonIncreasing
    };
    Ok(start.then(value.steps.direction(&value.shape)))
}
