//! Rules for elementwise ops and quantizers.
//!
//! An elementwise op with constant operands on scaled integers is not built: it waits as a step. A quantizer
//! ends the chain; chain and quantizer together become one integer op.

use melior::ir::Location;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Val};
use qonnx_dialects::onnx;
use qonnx_dialects::qint::{self, Lookup, Quantize, Requantize, Threshold};
use qonnx_dialects::qonnx::{self, Codes, Rounding};
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::value::TensorType;
use qonnx_dialects::values::{Products, Values};
use std::rc::Rc;

use super::constant::Constant;
use super::converter::Converter;
use super::function::Activation;
use super::parameters::Quantizers;
use super::refusal::{NOT_A_NUMBER, Refusal};
use super::steps::Step;
use super::value::{IntValue, State};
use crate::analysis::requantize::{self, Nearest, Rescale};
use crate::analysis::scaled_int::{Channel, ScaledInt, varying_axis, with_rank};
use crate::analysis::thresholds::{self, ChannelFunction, StepFunction};

impl<'c> Converter<'c> {
    /// An elementwise op with one operand of scaled integers and constants.
    pub fn step(
        &mut self,
        op: &GraphOp,
        states: &[State<'c>],
        result: &TensorType,
        location: Location<'c>,
    ) -> Result<State<'c>, Refusal> {
        let mut moving = None;
        let mut constants = Vec::with_capacity(states.len());
        for (at, state) in states.iter().enumerate() {
            constants.push(match state {
                State::Int(_) if moving.is_none() => {
                    moving = Some(at);
                    None
                }
                State::Constant(constant) => Some(constant),
                State::Absent => None,
                State::Int(_) => {
                    return Err(
                        "two of its operands are computed, and it has an integer form with constants only"
                            .to_owned(),
                    );
                }
                State::Float(_) => {
                    let what = operand_name(at, states.len());
                    return Err(self.reasons.no_integers(&what, state, true));
                }
            });
        }
        let Some((moving, State::Int(value))) = moving.map(|at| (at, &states[at])) else {
            return Err(
                "all of its operands are constants that it cannot be evaluated on".to_owned(),
            );
        };
        if result.shape != value.shape {
            return Err("its constants have more elements than its input".to_owned());
        }
        if result.element != qonnx_dialects::tensor::Element::F32 {
            return Err(format!(
                "its result is of type {}, expected f32",
                result.element
            ));
        }
        let rank = value.shape.len();
        let constants = constants
            .into_iter()
            .map(|constant| constant.map(|constant| small(constant, rank)).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        let steps = if let GraphOp::Onnx(onnx::Op::BatchNormalization(onnx::BatchNormalization {
            epsilon,
        })) = op
        {
            let [factor, addend] = batch_normalization(*epsilon, &constants, rank, location)?;
            value.steps.then(factor)?.then(addend)?
        } else {
            let step = normalized(op.clone(), constants, moving, rank, location)?;
            value.steps.then(step)?
        };
        Ok(State::Int(IntValue {
            steps,
            ..value.clone()
        }))
    }

    /// `IntQuant` and `BipolarQuant`.
    pub fn quantizer(
        &mut self,
        op: &qonnx::Op,
        states: &[State<'c>],
        result: &TensorType,
        location: Location<'c>,
    ) -> Result<State<'c>, Refusal> {
        let parameters = Quantizers::of_states(op, states)?;
        let shape = match states.first() {
            Some(State::Float(x)) => ir::type_of(*x).map(|ty| ty.shape),
            Some(State::Int(value)) => Some(value.shape.clone()),
            _ => None,
        };
        if shape.is_some_and(|shape| shape != result.shape) {
            return Err("its parameters have more elements than its input".to_owned());
        }
        match states.first() {
            Some(State::Float(x)) => self.quantize_float(*x, &parameters, result, location),
            Some(State::Int(value)) => self.quantize_int(value, &parameters, location),
            other => {
                Err(self
                    .reasons
                    .no_integers("its input", other.unwrap_or(&State::Absent), true))
            }
        }
    }

    fn quantize_float(
        &mut self,
        x: Val<'c>,
        parameters: &Quantizers,
        result: &TensorType,
        location: Location<'c>,
    ) -> Result<State<'c>, Refusal> {
        let axis = parameters.axis(result.rank())?;
        let Some(codes) = parameters.codes() else {
            return Err("its bit width differs between channels".to_owned());
        };
        // NaN becomes 0, which no code stands for where the zero point is not one of them; a sign is one of two.
        let channels = parameters.channels().into_iter().map(|channel| Channel {
            values: match codes {
                Codes::Range { .. } => channel.values.union(Values::one(0)),
                Codes::SignOfCode | Codes::SignOfInput => channel.values,
            },
            ..channel
        });
        let info = ScaledInt {
            axis: axis.unwrap_or(0),
            channels: channels.collect(),
        };
        let (lo, hi, rounding, bipolar) = match codes {
            Codes::Range { lo, hi, rounding } => (lo, hi, rounding, false),
            Codes::SignOfCode | Codes::SignOfInput => (-1.0, 1.0, Rounding::Round, true),
        };
        let one = Tensor::scalar(1.0);
        let quantize = qint::Op::Quantize(Quantize {
            scale: if parameters.ignores_scale() {
                one
            } else {
                parameters.scale.clone()
            },
            zero_point: parameters.zero_point.clone(),
            lo,
            hi,
            rounding_mode: rounding,
            bipolar,
            fraction_bits: parameters.fraction_bits,
        });
        let n_type = self.integers_type(&result.shape, info.values());
        let n = self.append(quantize.build(self.context, &[x], n_type, location));
        let shape = result.shape.clone();
        Ok(State::Int(IntValue::new(n, info, shape)))
    }

    fn quantize_int(
        &mut self,
        value: &IntValue<'c>,
        parameters: &Quantizers,
        location: Location<'c>,
    ) -> Result<State<'c>, Refusal> {
        let function = Activation::new(value, parameters)?;
        let axis = function.axis.unwrap_or(0);
        let quantizers = parameters.channels();
        let scale =
            |channel: usize| quantizers[if quantizers.len() == 1 { 0 } else { channel }].scale;
        let (op, ranges): (qint::Op, Vec<(i64, i64)>) = if function.is_monotone() {
            let span = thresholds::span(&function, parameters.unit()).ok_or(NOT_A_NUMBER)?;
            let most = span.count.iter().copied().max().unwrap_or(0);
            let many =
                usize::try_from(most).map_or(true, |most| most > self.options.max_thresholds);
            let rescale = many.then(|| requantize::fit(&function, &span)).flatten();
            let ranges = (0..span.count.len()).map(|at| span.range(at)).collect();
            let op = match rescale {
                Some(rescale) => rescaling(&rescale, axis),
                None => {
                    let steps = self.thresholds(&function, &span)?;
                    let past = value.info.values().hi() + 1;
                    counting(&steps, past, axis)
                }
            };
            (op, ranges)
        } else {
            let table = Table::new(&function, self.options.max_lookup)?;
            let ranges = table.ranges();
            (table.lookup(axis), ranges)
        };
        let channels = ranges
            .iter()
            .enumerate()
            .map(|(at, &(lo, hi))| Channel {
                scale: scale(at),
                // A table has the integers of a code, the steps of a function are theirs.
                values: Values::new(lo, hi, parameters.unit()).unwrap_or(Values::range(lo, hi)),
            })
            .collect();
        let info = ScaledInt { axis, channels };
        let n_type = self.integers_type(&value.shape, info.values());
        let n = self.append(op.build(self.context, &[value.n], n_type, location));
        Ok(State::Int(IntValue::new(n, info, value.shape.clone())))
    }

    /// All thresholds of a function, unless they would be too large a table.
    fn thresholds(
        &self,
        function: &Activation<'_, '_>,
        span: &thresholds::Span,
    ) -> Result<StepFunction, Refusal> {
        let most = span.count.iter().copied().max().unwrap_or(0);
        let channels = span.count.len() as i64;
        let limit = i64::try_from(self.options.max_table).unwrap_or(i64::MAX);
        if most.saturating_mul(channels) > limit {
            return Err(format!(
                "no multiply, add and shift equals it, and its thresholds ({most} for each of {channels} channels) \
                 are more than {limit}"
            ));
        }
        thresholds::find(function, span).ok_or_else(|| NOT_A_NUMBER.to_owned())
    }

    /// `Add` and `Sub` of two scaled integers with one scale.
    pub fn add(
        &mut self,
        op: &onnx::Op,
        states: &[State<'c>],
        result: &TensorType,
        location: Location<'c>,
    ) -> Result<State<'c>, Refusal> {
        let [State::Int(a), State::Int(b)] = states else {
            return Err("an operand is not a scaled integer".to_owned());
        };
        for (at, state) in states.iter().enumerate() {
            if matches!(state, State::Int(value) if !value.steps.is_empty()) {
                let what = operand_name(at, states.len());
                return Err(self.reasons.no_integers(&what, state, false));
            }
        }
        let varies = |value: &IntValue<'c>| {
            format!("an operand's scale varies along axis {}", value.info.axis)
        };
        let left = a.info.joined().ok_or_else(|| varies(a))?;
        let right = b.info.joined().ok_or_else(|| varies(b))?;
        let (left, right) = (left.channels[0], right.channels[0]);
        if left.scale != right.scale {
            return Err("the operands have different scales".to_owned());
        }
        let subtract = matches!(op, onnx::Op::Sub);
        let sign = if subtract { -1 } else { 1 };
        let mut sum = Products::default();
        sum.add(1, left.values);
        sum.add(sign, right.values);
        let values = sum.get().ok_or("the sum has more than 62 bits")?;
        let info = ScaledInt::uniform(Channel {
            scale: left.scale,
            values,
        });
        let op = match subtract {
            true => qint::Elementwise::Sub,
            false => qint::Elementwise::Add,
        };
        let op = qint::Op::Elementwise(op);
        Ok(self.layer(&op, &[a.n, b.n], info, &result.shape, location))
    }
}

/// What a refusal calls an operand.
fn operand_name(at: usize, count: usize) -> String {
    if count == 1 {
        "its input".to_owned()
    } else {
        format!("operand {at}")
    }
}

/// The elements of a constant that may be part of a step. Others, such as weights, are not looked at.
fn small(constant: &Constant<'_>, rank: usize) -> Result<Rc<Tensor>, Refusal> {
    varying_axis(&with_rank(&constant.r#type.shape, rank))
        .map_err(|_| "a constant varies along more than one axis".to_owned())?;
    constant.tensor()
}

/// A step with constants in normal form: rank 0, or the rank of the value with one extent other than 1.
fn normalized<'c>(
    op: GraphOp,
    constants: Vec<Option<Rc<Tensor>>>,
    moving: usize,
    rank: usize,
    location: Location<'c>,
) -> Result<Step<'c>, Refusal> {
    let mut axis = None;
    let mut normal = Vec::with_capacity(constants.len());
    for constant in constants {
        let Some(constant) = constant else {
            normal.push(None);
            continue;
        };
        let shape = with_rank(&constant.shape, rank);
        let varies =
            varying_axis(&shape).map_err(|_| "a constant varies along more than one axis")?;
        if let Some(at) = varies
            && *axis.get_or_insert(at) != at
        {
            return Err("constants vary along more than one axis".to_owned());
        }
        let shape = if varies.is_some() { shape } else { Vec::new() };
        normal.push(Some(Rc::new(constant.as_ref().clone().reshaped(shape))));
    }
    Ok(Step {
        op,
        constants: normal,
        moving,
        axis,
        location,
    })
}

/// `BatchNormalization` as the product and the sum that it is computed as.
fn batch_normalization<'c>(
    epsilon: f32,
    constants: &[Option<Rc<Tensor>>],
    rank: usize,
    location: Location<'c>,
) -> Result<[Step<'c>; 2], Refusal> {
    let parameter = |at: usize| {
        constants
            .get(at)
            .and_then(|constant| constant.as_ref()?.as_f32())
            .ok_or_else(|| "a parameter of the normalization is not constant".to_owned())
    };
    if rank < 2 {
        return Err("the value has no channel axis".to_owned());
    }
    let (factor, addend) = onnx::affine(
        parameter(1)?,
        parameter(2)?,
        parameter(3)?,
        parameter(4)?,
        epsilon,
    );
    let step = |op: onnx::Op, values: Vec<f32>| {
        let mut shape = vec![1; rank];
        shape[1] = values.len();
        let constant = Some(Rc::new(Tensor::f32(shape, values)));
        normalized(GraphOp::Onnx(op), vec![None, constant], 0, rank, location)
    };
    Ok([step(onnx::Op::Mul, factor)?, step(onnx::Op::Add, addend)?])
}

/// `qint.threshold`. Channels with fewer steps are padded with `past`, which no integer reaches.
fn counting(steps: &StepFunction, past: i64, axis: usize) -> qint::Op {
    let (rows, columns) = (steps.thresholds.len(), steps.max_steps());
    let values = steps
        .thresholds
        .iter()
        .flat_map(|row| {
            row.iter()
                .copied()
                .chain(std::iter::repeat_n(past, columns - row.len()))
        })
        .collect();
    qint::Op::Threshold(Threshold {
        thresholds: Tensor::i64([rows, columns], values),
        base: steps.base.clone(),
        step: steps.step.clone(),
        axis,
    })
}

/// `qint.requantize`.
fn rescaling(rescale: &Rescale, axis: usize) -> qint::Op {
    let shared = |values: &[i64]| {
        if values.windows(2).all(|pair| pair[0] == pair[1]) {
            values[..1].to_vec()
        } else {
            values.to_vec()
        }
    };
    qint::Op::Requantize(Requantize {
        multiplier: shared(&rescale.multiplier),
        addend: shared(&rescale.addend),
        shift: rescale.shift,
        lo: rescale.lo,
        hi: rescale.hi,
        rounding_mode: match rescale.rounding {
            Nearest::Floor => Rounding::Floor,
            Nearest::Even => Rounding::Round,
        },
        axis,
    })
}

/// The values of a function at every integer of its domain.
struct Table {
    low: i64,
    /// One row for each channel.
    rows: Vec<Vec<i64>>,
}

impl Table {
    fn new(function: &Activation<'_, '_>, limit: usize) -> Result<Self, Refusal> {
        let ranges = function.ranges();
        let low = ranges.iter().map(|range| range.0).min().unwrap_or(0);
        let high = ranges.iter().map(|range| range.1).max().unwrap_or(0);
        let columns = usize::try_from(high - low).map_or(usize::MAX, |span| span.saturating_add(1));
        if columns.saturating_mul(ranges.len()) > limit.saturating_mul(16) || columns > limit {
            return Err(format!(
                "it is not known to be monotone and its domain of {columns} integers is too large"
            ));
        }
        let mut rows = vec![Vec::with_capacity(columns); ranges.len()];
        for n in low..=high {
            // Outside of a channel's own range any value will do; the nearest end is certain to be defined.
            let arguments: Vec<i64> = ranges.iter().map(|&(lo, hi)| n.clamp(lo, hi)).collect();
            let values = function.eval(&arguments).ok_or(NOT_A_NUMBER)?;
            for (row, value) in rows.iter_mut().zip(values) {
                row.push(value);
            }
        }
        Ok(Self { low, rows })
    }

    fn ranges(&self) -> Vec<(i64, i64)> {
        self.rows
            .iter()
            .map(|row| {
                row.iter().fold((i64::MAX, i64::MIN), |(lo, hi), &value| {
                    (lo.min(value), hi.max(value))
                })
            })
            .collect()
    }

    fn lookup(self, axis: usize) -> qint::Op {
        let (rows, columns) = (self.rows.len(), self.rows[0].len());
        qint::Op::Lookup(Lookup {
            table: Tensor::i64([rows, columns], self.rows.concat()),
            low: self.low,
            axis,
        })
    }
}
