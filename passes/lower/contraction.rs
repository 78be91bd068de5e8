//! Rules for `MatMul` and `Conv` of scaled integers with constant weights.

use melior::ir::Location;
use qonnx_dialects::ir::Val;
use qonnx_dialects::onnx::{self, WindowAxis};
use qonnx_dialects::packed::Packed;
use qonnx_dialects::tensor::Element;
use qonnx_dialects::upstream::{AffineMap, Generic, Instr, Integer, IteratorKind, Slice};
use qonnx_dialects::value::TensorType;
use qonnx_dialects::word::Word;
use std::rc::Rc;

use super::activation::widened;
use super::converter::Converter;
use super::reasons::Reasons;
use super::refusal::Refusal;
use super::value::{IntValue, State};
use crate::analysis::scaled_int::{Channel, DotRange, ScaledConstant, ScaledInt};

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

/// The word that holds a weight tensor.
fn weight_word(n: &Packed) -> Word {
    let (lo, hi) = n.range();
    Word::of_range(lo, hi)
}

/// `out += extend(x) * extend(w)` with an accumulator of `bits` bits.
fn multiply_accumulate(x: Word, w: Word, bits: u32) -> Vec<Instr> {
    let mut body = Vec::with_capacity(7);
    let x = widened(&mut body, Instr::Input(0), x, bits);
    let w = widened(&mut body, Instr::Input(1), w, bits);
    body.push(Instr::Integer(Integer::Mul, x, w));
    let product = body.len() - 1;
    body.push(Instr::Output);
    body.push(Instr::Integer(Integer::Add, product + 1, product));
    body
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
        let whole = x.info.range();
        let mut ranges = vec![DotRange::default(); columns];
        for k in 0..depth {
            let range = if x.info.axis == outer {
                let channel = x.info.channel(k);
                (channel.lo, channel.hi)
            } else {
                whole
            };
            let mut ranges = ranges.iter_mut();
            n.visit(k * columns..(k + 1) * columns, |weight| {
                if let Some(sum) = ranges.next() {
                    sum.add(weight, range);
                }
            });
        }
        let channels = ranges
            .iter()
            .zip(&scales)
            .map(|(range, scale)| {
                let (lo, hi) = range.get().ok_or_else(overflow)?;
                Ok(Channel {
                    scale: scale_x * scale,
                    lo,
                    hi,
                })
            })
            .collect::<Result<Vec<_>, Refusal>>()?;
        let info = ScaledInt {
            axis: result.shape.len() - 1,
            channels,
        };
        let (loops, k) = (outer + 2, outer + 1);
        let rows: Vec<usize> = (0..outer).collect();
        let generic = Generic {
            maps: vec![
                AffineMap::select(loops, &[rows.as_slice(), &[k]].concat()),
                AffineMap::select(loops, &[k, outer]),
                AffineMap::select(loops, &[rows.as_slice(), &[outer]].concat()),
            ],
            iterators: (0..loops)
                .map(|at| {
                    if at == k {
                        IteratorKind::Reduction
                    } else {
                        IteratorKind::Parallel
                    }
                })
                .collect(),
            body: multiply_accumulate(x.info.word(), weight_word(n), info.word().bits),
        };
        let weights = (n, weights.shape.as_slice());
        let x = self.bits(x.n, location);
        let value = self.contract(&generic, x, weights, &result.shape, &info, location);
        let value = self.words(value, info.word(), location);
        let shape = result.shape.clone();
        Ok(State::Int(IntValue::new(value, info, shape)))
    }

    /// Builds weights, a zero accumulator and the loop nest.
    fn contract(
        &mut self,
        generic: &Generic,
        x: Val<'c>,
        (weights, weights_shape): (&Packed, &[usize]),
        shape: &[usize],
        info: &ScaledInt,
        location: Location<'c>,
    ) -> Val<'c> {
        let bits = weight_word(weights).bits;
        let weights = self.packed_constant(weights, bits, weights_shape, location);
        let zeros = self.splat(0, Element::int(info.word().bits), shape, location);
        self.append(generic.build(self.context, &[x, weights], zeros, location))
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
        let spatial = x.shape.len() - 2;
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
                (found.lo, found.hi) = (found.lo.min(0), found.hi.max(0));
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
                let mut sum = DotRange::default();
                for (at, input) in inputs.iter().enumerate() {
                    let first = (output * inputs_each + at) * taps;
                    n.visit(first..first + taps, |weight| {
                        sum.add(weight, (input.lo, input.hi));
                    });
                }
                let (lo, hi) = sum.get().ok_or_else(overflow)?;
                Ok(Channel {
                    scale: scale * scales[output],
                    lo,
                    hi,
                })
            })
            .collect::<Result<Vec<_>, Refusal>>()?;
        let info = ScaledInt { axis: 1, channels };
        let bits = self.bits(x.n, location);
        let source = self.padded(bits, &x.shape, x.info.word(), &windows, 0, location);
        let body = multiply_accumulate(x.info.word(), weight_word(n), info.word().bits);
        let value = if group == 1 {
            let generic = conv_loops(&windows, spatial, false, body);
            let weights = (n, weights.shape.as_slice());
            self.contract(&generic, source.0, weights, &result.shape, &info, location)
        } else {
            // Channels in two dimensions: the group, and the position within it.
            let grouped = |shape: &[usize], axis: usize| {
                let mut split = shape.to_vec();
                split.splice(axis..=axis, [group, shape[axis] / group]);
                split
            };
            let generic = conv_loops(&windows, spatial, true, body);
            let x = self.reshape(source.0, &grouped(&source.1, 1), location);
            let weights_shape = grouped(&weights.shape, 0);
            let shape = grouped(&result.shape, 1);
            let weights = (n, weights_shape.as_slice());
            let value = self.contract(&generic, x, weights, &shape, &info, location);
            self.reshape(value, &result.shape, location)
        };
        let value = self.words(value, info.word(), location);
        let shape = result.shape.clone();
        Ok(State::Int(IntValue::new(value, info, shape)))
    }

    /// The input surrounded with `filler` as the windows need it, and its shape.
    pub fn padded(
        &mut self,
        x: Val<'c>,
        shape: &[usize],
        word: Word,
        windows: &[WindowAxis],
        filler: i64,
        location: Location<'c>,
    ) -> (Val<'c>, Vec<usize>) {
        // The last window may reach past the declared padding (`ceil_mode`), or end before it.
        let reach = |axis: &WindowAxis| {
            ((axis.output.max(1) - 1) * axis.stride + (axis.kernel.max(1) - 1) * axis.dilation + 1)
                .max(axis.before + axis.input)
        };
        let mut padded = shape.to_vec();
        let mut offsets = vec![0; shape.len()];
        for (at, axis) in windows.iter().enumerate() {
            padded[2 + at] = reach(axis);
            offsets[2 + at] = axis.before;
        }
        if padded == shape {
            return (x, padded);
        }
        let frame = self.splat(filler, Element::int(word.bits), &padded, location);
        // MLIR has no slices without elements.
        if shape.contains(&0) {
            return (frame, padded);
        }
        let slice = Slice::contiguous(offsets, shape.to_vec());
        (
            self.append(slice.build_insert(self.context, x, frame, location)),
            padded,
        )
    }
}

/// Loops of a convolution: batch, (group,) output channel, output positions, input channel, kernel positions.
fn conv_loops(windows: &[WindowAxis], spatial: usize, grouped: bool, body: Vec<Instr>) -> Generic {
    let lead = if grouped { 3 } else { 2 };
    let (group, output) = (1, lead - 1);
    let position = lead;
    let input = lead + spatial;
    let tap = input + 1;
    let loops = tap + spatial;
    let groups: &[usize] = if grouped { &[group] } else { &[] };
    let positions: Vec<usize> = (position..position + spatial).collect();
    let taps: Vec<usize> = (tap..tap + spatial).collect();
    let mut x = AffineMap::select(loops, &[&[0], groups, &[input], &positions].concat());
    for (at, axis) in windows.iter().enumerate() {
        let terms = [
            (position + at, axis.stride as i64),
            (tap + at, axis.dilation as i64),
        ];
        x = x.with_sum(lead + at, &terms);
    }
    Generic {
        maps: vec![
            x,
            AffineMap::select(loops, &[groups, &[output, input], &taps].concat()),
            AffineMap::select(loops, &[&[0], groups, &[output], &positions].concat()),
        ],
        iterators: (0..loops)
            .map(|at| {
                if at >= input {
                    IteratorKind::Reduction
                } else {
                    IteratorKind::Parallel
                }
            })
            .collect(),
        body,
    }
}
