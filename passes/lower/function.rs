//! The function from an accumulator to the next quantizer's integer: dequantize, the graph's float32
//! operations in their order, quantize.

use qonnx_dialects::monotone::Direction;
use qonnx_dialects::qint::dequantize;
use qonnx_dialects::qonnx::Quantizer;
use qonnx_dialects::tensor::Tensor;
use std::rc::Rc;

use super::parameters::Quantizers;
use super::refusal::Refusal;
use super::steps::Step;
use super::value::IntValue;
use crate::analysis::scaled_int::Channel;
use crate::analysis::thresholds::ChannelFunction;

/// The function of each channel.
pub struct Activation<'a, 'c> {
    /// The axis that it varies along; `None` if it is one function for the whole tensor.
    pub axis: Option<usize>,
    ranges: Vec<(i64, i64)>,
    scales: Vec<f64>,
    steps: Vec<Reshaped<'a, 'c>>,
    quantizers: Vec<Quantizer>,
    parameters: &'a Quantizers,
    /// Shape of the evaluated tensor without its leading dimension.
    inner: Vec<usize>,
}

/// A step whose constants fit the evaluated tensor.
struct Reshaped<'a, 'c> {
    step: &'a Step<'c>,
    constants: Vec<Option<Rc<Tensor>>>,
}

impl<'a, 'c> Activation<'a, 'c> {
    /// Composes the pending steps of a value with a quantizer. Refuses what varies along several axes.
    pub fn new(value: &'a IntValue<'c>, parameters: &'a Quantizers) -> Result<Self, Refusal> {
        let rank = value.shape.len();
        let info_axis = value
            .info
            .uniform_scale()
            .is_none()
            .then_some(value.info.axis);
        let mut axis = None;
        for candidate in [info_axis, value.steps.axis(), parameters.axis(rank)?]
            .into_iter()
            .flatten()
        {
            if *axis.get_or_insert(candidate) != candidate {
                return Err("scales and constants vary along different axes".to_owned());
            }
        }
        let channels: Vec<Channel> = match axis {
            Some(axis) => {
                let extent = value.shape[axis];
                if value.info.channels.len() > 1 && value.info.axis == axis {
                    value.info.channels.clone()
                } else {
                    let joined = value
                        .info
                        .joined()
                        .ok_or("scales differ along another axis")?;
                    vec![joined.channels[0]; extent]
                }
            }
            None => value.info.joined().ok_or("scales differ")?.channels,
        };
        if channels.is_empty() {
            return Err("the tensor is empty".to_owned());
        }
        // The evaluated tensor has the candidates in front and the channels where the value has them, or in
        // one dimension of their own; constants keep their place counted from the back.
        let inner = match axis {
            Some(axis) => {
                let mut shape = vec![1; rank - axis];
                shape[0] = channels.len();
                shape
            }
            None => Vec::new(),
        };
        let steps = value
            .steps
            .in_order()
            .into_iter()
            .map(|step| Reshaped {
                step,
                constants: fit(step, inner.len()),
            })
            .collect();
        let mut quantizers = parameters.channel_quantizers();
        if quantizers.len() != channels.len() {
            let first = *quantizers.first().ok_or("it has no parameters")?;
            if quantizers.len() != 1 {
                return Err("its parameters do not fit the value".to_owned());
            }
            quantizers = vec![first; channels.len()];
        }
        let (ranges, scales) = channels
            .iter()
            .map(|channel| {
                let values = channel.values;
                ((values.lo(), values.hi()), channel.scale)
            })
            .unzip();
        Ok(Self {
            axis,
            ranges,
            scales,
            steps,
            quantizers,
            parameters,
            inner,
        })
    }

    /// Whether the function is known to be monotone in each channel.
    pub fn is_monotone(&self) -> bool {
        let shape = [&[1], self.inner.as_slice()].concat();
        let steps = self.steps.iter().all(|entry| {
            let monotonicity = entry.step.monotonicity(&entry.constants, &shape);
            !monotonicity.directions.contains(&Direction::Unknown)
        });
        let quantized = self
            .quantizers
            .iter()
            .all(|quantizer| quantizer.code_direction() != Direction::Unknown);
        steps && quantized
    }
}

impl ChannelFunction for Activation<'_, '_> {
    fn ranges(&self) -> &[(i64, i64)] {
        &self.ranges
    }

    fn eval(&self, arguments: &[i64]) -> Option<Vec<i64>> {
        let channels = self.ranges.len();
        let carriers = arguments
            .iter()
            .enumerate()
            .map(|(at, &n)| dequantize(n, self.scales[at % channels]))
            .collect();
        let shape = [&[arguments.len() / channels], self.inner.as_slice()].concat();
        let mut value = Tensor::f32(shape, carriers);
        for entry in &self.steps {
            let operands: Vec<Option<&Tensor>> = entry
                .constants
                .iter()
                .enumerate()
                .map(|(at, constant)| {
                    if at == entry.step.moving {
                        Some(&value)
                    } else {
                        constant.as_deref()
                    }
                })
                .collect();
            let result = entry.step.op.eval(&operands).ok()?.pop()?;
            debug_assert_eq!(result.shape, value.shape, "a step keeps the shape");
            value = result;
        }
        let results = value.as_f32()?;
        if results.len() != arguments.len() {
            return None;
        }
        results
            .iter()
            .enumerate()
            .map(|(at, &x)| {
                let quantizer = &self.quantizers[at % channels];
                self.parameters.integer(quantizer, quantizer.quantize(x))
            })
            .collect()
    }
}

/// A step's constants with `inner` dimensions: those before the channel axis have extent 1 and are dropped.
fn fit(step: &Step<'_>, inner: usize) -> Vec<Option<Rc<Tensor>>> {
    let fitted = |constant: &Rc<Tensor>| {
        let excess = constant.rank().saturating_sub(inner);
        if excess == 0 {
            return Rc::clone(constant);
        }
        let shape = constant.shape[excess..].to_vec();
        Rc::new(constant.as_ref().clone().reshaped(shape))
    };
    step.constants
        .iter()
        .map(|constant| constant.as_ref().map(fitted))
        .collect()
}
