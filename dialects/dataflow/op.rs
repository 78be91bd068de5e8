//! The layers as Rust values, and their rules. See `Dataflow.td` for what each means.

use super::types::Array;
use crate::qint;
use crate::tensor::Tensor;

/// Product with a constant matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// Signless integers of the weights' exact width, inputs x outputs.
    pub weights: Tensor,
    /// Whether the weights' bits are two's complement numbers.
    pub weights_signed: bool,
    /// One addend for each output, or none for 0.
    pub bias: Vec<i64>,
    /// Number of vectors that are multiplied.
    pub rows: usize,
    /// Number of products that share one multiplier.
    pub reuse_factor: usize,
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

/// A function of one word, given for each channel. In the structs of `qint`, `axis` is 0 and the flags of
/// signedness repeat those of the arrays.
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

/// What is done with two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elementwise {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
    /// The greater.
    Max,
    /// The lesser.
    Min,
}

/// A layer without its operands.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// `dataflow.dense`.
    Dense(Dense),
    /// `dataflow.threshold`, `dataflow.requantize` or `dataflow.lookup`.
    Activation(Activation),
    /// `dataflow.add` and its like.
    Elementwise(Elementwise),
    /// `dataflow.cast`.
    Cast,
    /// `dataflow.constant`.
    Constant(Tensor),
    /// `dataflow.gather`, the index of each word among the words of all operands.
    Gather(Vec<usize>),
}

impl Op {
    /// Checks the layer's rules against the types of its operands and its result.
    pub fn verify(&self, operands: &[Array], result: Array) -> Result<(), String> {
        let counted = match self {
            Self::Constant(_) => operands.is_empty(),
            Self::Elementwise(_) => operands.len() == 2,
            Self::Gather(_) => !operands.is_empty(),
            _ => operands.len() == 1,
        };
        check(counted, || {
            format!("'{}' op has {} operands", self.name(), operands.len())
        })?;
        match self {
            Self::Dense(dense) => self.verify_dense(dense, operands[0], result),
            Self::Activation(activation) => {
                self.same_size(operands[0], result)?;
                self.verify_function(&activation.function)?;
                let (inner, channels) = (activation.inner, activation.function.channels());
                let period = inner.checked_mul(channels).unwrap_or(0);
                check(period > 0 && result.size.is_multiple_of(period), || {
                    format!(
                        "'{}' op has {channels} channels of {inner} neighbouring words, which do not divide its {} words",
                        self.name(),
                        result.size
                    )
                })
            }
            Self::Elementwise(_) => {
                self.same_size(operands[0], result)?;
                self.same_size(operands[1], result)
            }
            Self::Cast => self.same_size(operands[0], result),
            Self::Constant(value) => {
                let values = value.as_int().unwrap_or_default();
                check(values.len() == result.size, || {
                    format!(
                        "'{}' op has {} values for {} words",
                        self.name(),
                        values.len(),
                        result.size
                    )
                })?;
                let lost = values
                    .iter()
                    .find(|&&value| result.word.wrap(value) != value);
                check(lost.is_none(), || {
                    format!(
                        "'{}' op has the value {lost:?}, which {} does not hold",
                        self.name(),
                        result.word
                    )
                })
            }
            Self::Gather(order) => {
                let total: usize = operands.iter().map(|array| array.size).sum();
                let fits = order.len() == result.size
                    && order.iter().all(|&at| at < total)
                    && operands.iter().all(|array| array.word == result.word);
                check(fits, || {
                    format!(
                        "'{}' op needs {} indices below {total} and operands of {}",
                        self.name(),
                        result.size,
                        result.word
                    )
                })
            }
        }
    }

    fn verify_dense(&self, dense: &Dense, operand: Array, result: Array) -> Result<(), String> {
        let name = self.name();
        check(
            dense.weights.rank() == 2 && dense.weights.as_int().is_some(),
            || {
                format!(
                    "'{name}' op has weights of shape {:?}, expected inputs x outputs",
                    dense.weights.shape
                )
            },
        )?;
        let sized = |columns: usize| dense.rows.checked_mul(columns);
        check(sized(dense.inputs()) == Some(operand.size), || {
            format!(
                "'{name}' op reads {operand}, expected {} rows of {}",
                dense.rows,
                dense.inputs()
            )
        })?;
        check(sized(dense.outputs()) == Some(result.size), || {
            format!(
                "'{name}' op makes {result}, expected {} rows of {}",
                dense.rows,
                dense.outputs()
            )
        })?;
        let biases = dense.bias.len();
        check(biases == 0 || biases == dense.outputs(), || {
            format!(
                "'{name}' op has {biases} biases for {} outputs",
                dense.outputs()
            )
        })?;
        check(dense.reuse_factor >= 1, || {
            format!("'{name}' op has the reuse factor 0, expected at least 1")
        })
    }

    fn verify_function(&self, function: &Function) -> Result<(), String> {
        let name = self.name();
        let channels = function.channels();
        match function {
            Function::Threshold(threshold) => {
                let levels = &threshold.thresholds;
                check(
                    levels.rank() == 2
                        && levels.shape[0] == channels
                        && threshold.step.len() == channels
                        && levels.as_int().is_some(),
                    || {
                        format!(
                            "'{name}' op needs thresholds, bases and steps for the same channels"
                        )
                    },
                )?;
                let values = levels.as_int().unwrap_or_default();
                let rows = values.chunks(levels.shape[1].max(1));
                let ascending = rows.into_iter().all(|row| row.is_sorted());
                check(ascending, || {
                    format!("'{name}' op has thresholds out of order")
                })
            }
            Function::Requantize(requantize) => {
                let each = |values: &[i64]| values.len() == 1 || values.len() == channels;
                check(
                    each(&requantize.multiplier) && each(&requantize.addend),
                    || {
                        format!(
                            "'{name}' op needs one multiplier and addend, or one for each channel"
                        )
                    },
                )?;
                check(
                    requantize.shift <= 62 && requantize.lo <= requantize.hi,
                    || format!("'{name}' op needs a shift of 0 to 62 and lo at most hi"),
                )
            }
            Function::Lookup(lookup) => {
                let table = &lookup.table;
                check(
                    table.rank() == 2 && table.shape[1] > 0 && table.as_int().is_some(),
                    || {
                        format!(
                            "'{name}' op has a table of shape {:?}, expected channels x domain",
                            table.shape
                        )
                    },
                )
            }
        }
    }

    fn same_size(&self, operand: Array, result: Array) -> Result<(), String> {
        check(operand.size == result.size, || {
            format!(
                "'{}' op makes {result} of {operand}, expected as many words",
                self.name()
            )
        })
    }
}

fn check(holds: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message()) }
}
