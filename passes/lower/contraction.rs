//! Rules for `MatMul` and `Conv` of scaled integers with constant weights.

use melior::ir::Location;
use qonnx_dialects::onnx::{self, WindowAxis};
use qonnx_dialects::qint;
use qonnx_dialects::value::TensorType;
use qonnx_dialects::values::{Products, Values};
use std::rc::Rc;

use super::converter::Converter;
use super::reasons::Reasons;
use super::refusal::Refusal;
use super::value::{IntValue, State};
use crate::analysis::scaled_int::{Channel, ScaledConstant, ScaledInt};

/// Widest float constant that is taken for scaled integers although no quantizer says so.
const FLOAT_WEIGHT_BITS: u32 = 8;

/// Operands of a contraction.
fn operands<'a, 'c>(
    reasons: &Reasons,
    states: &'a [State<'c>],
) -> Result<(&'a IntValue<'c>, Rc<ScaledConstant>), Refusal> {
    let (first, second) = match states {
        [State::Constant(_), State::Int(_), ..] => {
            return Err(
                "its first operand is constant and its second is not; constant weights come second"
                    .to_owned(),
            );
        }
        [first, second, ..] => (first, second),
        _ => return Err("an operand is missing".to_owned()),
    };
    let State::Int(x) = first else {
        return Err(reasons.no_integers("its input", first, false));
    };
    let State::Constant(weights) = second else {
        let second = reasons.no_integers("its second operand", second, true);
        return Err(format!("{second}; weights must be constant"));
    };
    if !x.steps.is_empty() {
        return Err(reasons.no_integers("its input", first, false));
    }
    let weights = match &weights.int {
        Some(int) => Rc::clone(int),
        None => ScaledConstant::of_float(weights.tensor()?.as_ref(), FLOAT_WEIGHT_BITS)
            .map(Rc::new)
            .ok_or_else(|| match &weights.unscaled {
                Some(reason) => format!("its weights are no integers: {reason}"),
                None => "its weights are not quantized".to_owned(),
            })?,
    };
    if weights.n.is_empty() {
        return Err("its weights hold no elements, so that nothing is summed".to_owned());
    }
    Ok((x, weights))
}

/// The weights' scale of each output channel: along `axis`, or one for all.
fn weight_scales(weights: &ScaledConstant, axis: usize, count: usize) -> Result<Vec<f64>, Refusal> {
    let scales = weights.scale.to_f64();
    match weights.scale_axis() {
        Ok(None) => Ok(vec![scales[0]; count]),
        Ok(Some(found)) if found == axis => Ok(scales),
        _ if scales.iter().all(|scale| *scale == scales[0]) => Ok(vec![scales[0]; count]),
        Ok(Some(_)) => {
            Err("the scale of its weights does not follow the output channels".to_owned())
        }
        _ => Err("the scale of its weights varies along more than one axis".to_owned()),
    }
}

fn overflow() -> Refusal {
    "its accumulator would need more than 62 bits".to_owned()
}

impl<'c> Converter<'c> {
    /// `[..., K] x [K, N] -> [..., N]`.
    pub fn matmul(
        &mut self,
        states: &[State<'c>],
        result: &TensorType,
        location: Location<'c>,
    ) -> Result<State<'c>, Refusal> {
        let (x, weights) = operands(&self.reasons, states)?;
        let &[depth, columns] = weights.shape.as_slice() else {
            return Err("its weights are not a matrix".to_owned());
        };
        let Some(outer) = x.shape.len().checked_sub(1) else {
            return Err("its input is a scalar".to_owned());
        };
        let scale_x = x
            .info
            .uniform_scale()
            .ok_or_else(|| match x.info.axis == outer {
                true => "its input's scale differs along the summed axis".to_owned(),
                false => format!("its input's scale varies along axis {}", x.info.axis),
            })?;
        let scales = weight_scales(&weights, 1, columns)?;
        let n = &weights.n;
        // Ranges along the summed axis sharpen the bound; ranges along another axis are joined.
        let whole = x.info.values();
        let mut sums = vec![Products::default(); columns];
        for k in 0..depth {
            let values = if x.info.axis == outer {
                x.info.channel(k).values
            } else {
                whole
            };
            let mut sums = sums.iter_mut();
            n.visit(k * columns..(k + 1) * columns, |weight| {
                if let Some(sum) = sums.next() {
                    sum.add(weight, values);
                }
            });
        }
        let channels = sums
            .iter()
            .zip(&scales)
            .map(|(sum, scale)| {
                Ok(Channel {
                    scale: scale_x * scale,
                    values: sum.get().ok_or_else(overflow)?,
                })
            })
            .collect::<Result<Vec<_>, Refusal>>()?;
        let info = ScaledInt {
            axis: result.shape.len() - 1,
            channels,
        };
        let w = self.packed_constant(n, &weights.shape, location);
        let op = qint::Op::MatMul;
        Ok(self.layer(&op, &[x.n, w], info, &result.shape, location))
    }

    /// Convolution over any number of spatial axes, with groups. Zero padding needs no care: the integer 0 is
    /// the real number 0.
    pub fn conv(
        &mut self,
        conv: &onnx::Conv,
        states: &[State<'c>],
        result: &TensorType,
        location: Location<'c>,
    ) -> Result<State<'c>, Refusal> {
        let (x, weights) = operands(&self.reasons, states)?;
        if matches!(states.get(2), Some(state) if !matches!(state, State::Absent)) {
            return Err("it has a bias; run 'split-bias' first".to_owned());
        }
        let windows = conv
            .windows(&x.shape[2..], &weights.shape[2..])
            .map_err(|error| error.to_string())?;
        let outputs = weights.shape[0];
        let group = conv.group;
        let (inputs_each, outputs_each) = (weights.shape[1], outputs / group);
        let taps: usize = weights.shape[2..].iter().product();
        let scales = weight_scales(&weights, 0, outputs)?;
        let n = &weights.n;
        let padded = windows.iter().any(|axis| axis.before + axis.after > 0);
        let by_channel = x.info.axis == 1;
        let whole = if by_channel { None } else { x.info.joined() };
        let of = |channel: usize| -> Result<Channel, Refusal> {
            let mut found = match &whole {
                Some(whole) => whole.channels[0],
                None if by_channel => x.info.channel(channel),
                None => {
                    let axis = x.info.axis;
                    return Err(format!(
                        "its input's scale varies along axis {axis}, expected 1, that of the channels"
                    ));
                }
            };
            if padded {
                found.values = found.values.union(Values::one(0));
            }
            Ok(found)
        };
        let channels = (0..outputs)
            .map(|output| {
                let first = output / outputs_each * inputs_each;
                let inputs = (0..inputs_each)
                    .map(|at| of(first + at))
                    .collect::<Result<Vec<_>, _>>()?;
                let scale = inputs[0].scale;
                if inputs.iter().any(|input| input.scale != scale) {
                    return Err(
                        "its input's scale differs between channels that are summed".to_owned()
                    );
                }
                let mut sum = Products::default();
                for (at, input) in inputs.iter().enumerate() {
                    let first = (output * inputs_each + at) * taps;
                    n.visit(first..first + taps, |weight| {
                        sum.add(weight, input.values);
                    });
                }
                Ok(Channel {
                    scale: scale * scales[output],
                    values: sum.get().ok_or_else(overflow)?,
                })
            })
            .collect::<Result<Vec<_>, Refusal>>()?;
        let info = ScaledInt { axis: 1, channels };
        if result.shape.contains(&0) {
            return Err("its result holds no elements".to_owned());
        }
        let lists = explicit(&windows);
        let op = qint::Op::Conv(qint::Conv {
            strides: lists.strides,
            pads: lists.pads,
            dilations: lists.dilations,
            group,
        });
        let w = self.packed_constant(n, &weights.shape, location);
        Ok(self.layer(&op, &[x.n, w], info, &result.shape, location))
    }
}

/// Windows as attributes say them.
pub struct Lists {
    pub strides: Vec<usize>,
    pub pads: Vec<usize>,
    pub dilations: Vec<usize>,
}

/// The attributes for windows, padding resolved: what `ceil_mode` adds is padding as well.
pub fn explicit(windows: &[WindowAxis]) -> Lists {
    let reach = |axis: &WindowAxis| {
        let last = axis.output.saturating_sub(1) * axis.stride;
        last + axis.kernel.saturating_sub(1) * axis.dilation + 1
    };
    let before = windows.iter().map(|axis| axis.before);
    let after = windows
        .iter()
        .map(|axis| reach(axis).saturating_sub(axis.before + axis.input));
    Lists {
        strides: windows.iter().map(|axis| axis.stride).collect(),
        pads: before.chain(after).collect(),
        dilations: windows.iter().map(|axis| axis.dilation).collect(),
    }
}
