//! The layers as Rust values, which the build makes of the definitions in `Dataflow.td`.

use melior::Context;
use melior::ir::{Location, Type, operation::Operation};

use crate::declare;
use crate::ir::Val;
use crate::qint;

include!(concat!(env!("OUT_DIR"), "/dataflow.rs"));

impl Op {
    /// The layer's name without that of the dialect.
    pub fn short_name(&self) -> &'static str {
        let name = self.name();
        name.split_once('.').map_or(name, |(_, short)| short)
    }

    /// Builds the layer; it has one result.
    pub fn build<'c>(
        &self,
        context: &'c Context,
        operands: &[Val<'c>],
        result: Type<'c>,
        location: Location<'c>,
    ) -> Operation<'c> {
        declare::build(self, context, operands, &[result], location)
    }

    /// The function that is applied to every word, if the layer is one.
    pub fn activation(&self) -> Option<Activation> {
        // The numbers are those that the words stand for.
        let axis = 0;
        let (function, inner) = match self {
            Self::Threshold(op) => {
                let function = Function::Threshold(qint::Threshold {
                    thresholds: op.thresholds.clone(),
                    base: op.base.clone(),
                    step: op.step.clone(),
                    axis,
                });
                (function, op.inner)
            }
            Self::Requantize(op) => {
                let function = Function::Requantize(qint::Requantize {
                    multiplier: op.multiplier.clone(),
                    addend: op.addend.clone(),
                    shift: op.shift,
                    lo: op.lo,
                    hi: op.hi,
                    rounding_mode: op.rounding_mode,
                    axis,
                });
                (function, op.inner)
            }
            Self::Lookup(op) => {
                let function = Function::Lookup(qint::Lookup {
                    table: op.table.clone(),
                    low: op.low,
                    axis,
                });
                (function, op.inner)
            }
            Self::Dense(_)
            | Self::Elementwise(_)
            | Self::Cast
            | Self::Constant(_)
            | Self::Gather(_) => return None,
        };
        Some(Activation { function, inner })
    }
}

impl Run {
    /// Builds the op.
    pub fn build<'c>(
        &self,
        context: &'c Context,
        inputs: &[Val<'c>],
        outputs: &[Type<'c>],
        location: Location<'c>,
    ) -> Operation<'c> {
        declare::build(self, context, inputs, outputs, location)
    }
}

impl Dense {
    /// Number of inputs of one row.
    pub fn inputs(&self) -> usize {
        self.weights.shape.first().copied().unwrap_or(0)
    }

    /// Number of outputs of one row.
    pub fn outputs(&self) -> usize {
        self.weights.shape.get(1).copied().unwrap_or(0)
    }
}

/// A function of one word, given for each channel. In the structs of `qint`, the axis and the flags of
/// signedness say nothing: words have a sign of their own.
#[derive(Clone, Debug, PartialEq)]
pub enum Function {
    /// Counts thresholds.
    Threshold(qint::Threshold),
    /// Multiplies, adds, shifts, rounds and saturates.
    Requantize(qint::Requantize),
    /// Looks up a table.
    Lookup(qint::Lookup),
}

impl Function {
    /// The result for one number of channel `channel`.
    pub fn apply(&self, n: i64, channel: usize) -> i64 {
        match self {
            Self::Threshold(function) => function.apply(n, channel),
            Self::Requantize(function) => function.apply(n, channel),
            Self::Lookup(function) => function.apply(n, channel),
        }
    }

    /// Number of channels that the parameters tell apart: 1 if one function serves all.
    pub fn channels(&self) -> usize {
        match self {
            Self::Threshold(function) => function.base.len(),
            Self::Requantize(function) => function.multiplier.len().max(function.addend.len()),
            Self::Lookup(function) => function.table.shape.first().copied().unwrap_or(0),
        }
    }
}

/// A function of every word.
#[derive(Clone, Debug, PartialEq)]
pub struct Activation {
    /// What is applied.
    pub function: Function,
    /// Number of neighbouring words that belong to one channel.
    pub inner: usize,
}

impl Activation {
    /// The channel of a word.
    pub fn channel(&self, at: usize) -> usize {
        at / self.inner.max(1) % self.function.channels().max(1)
    }
}

impl From<Activation> for Op {
    fn from(activation: Activation) -> Self {
        let inner = activation.inner;
        match activation.function {
            Function::Threshold(op) => Self::Threshold(Threshold {
                thresholds: op.thresholds,
                base: op.base,
                step: op.step,
                inner,
            }),
            Function::Requantize(op) => Self::Requantize(Requantize {
                multiplier: op.multiplier,
                addend: op.addend,
                shift: op.shift,
                lo: op.lo,
                hi: op.hi,
                rounding_mode: op.rounding_mode,
                inner,
            }),
            Function::Lookup(op) => Self::Lookup(Lookup {
                table: op.table,
                low: op.low,
                inner,
            }),
        }
    }
}
