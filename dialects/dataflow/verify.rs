//! The rules of the layers.

use melior::ir::operation::OperationLike;

use super::op::{Dense, Function, Gather, Op, Run};
use super::types::{Array, array_of};
use crate::ir::{self, Val};
use crate::word::Word;

/// Checks an op of this dialect; `None` if it is of another.
pub(crate) fn verify(op: ir::Op<'_>) -> Option<Result<(), String>> {
    if Run::read(op).is_some() {
        let integer =
            |value: Val<'_>| ir::type_of(value).is_some_and(|r#type| r#type.element.is_int());
        let fits =
            op.operands().map(ir::val).all(integer) && op.results().map(ir::val).all(integer);
        let expected = "'dataflow.run' op needs integer tensors of static shape";
        return Some(if fits {
            Ok(())
        } else {
            Err(expected.to_owned())
        });
    }
    let layer = Op::read(op);
    if layer.is_none() && !ir::op_name(op).starts_with("dataflow.") {
        return None;
    }
    let operands: Option<Vec<_>> = op
        .operands()
        .map(|value| array_of(ir::val(value)))
        .collect();
    let result = op
        .results()
        .next()
        .and_then(|value| array_of(ir::val(value)));
    Some(match (layer, operands, result) {
        (Some(layer), Some(operands), Some(result)) => layer.verify(&operands, result),
        _ => Err(format!(
            "'{}' op has an attribute out of range",
            ir::op_name(op)
        )),
    })
}

impl Op {
    /// Checks the layer's rules against the types of its operands and its result.
    pub fn verify(&self, operands: &[Array], result: Array) -> Result<(), String> {
        let counted = match self {
            Self::Constant(_) => operands.is_empty(),
            Self::Elementwise(_) => operands.len() == 2,
            Self::Gather(_) => !operands.is_empty(),
            Self::Dense(_)
            | Self::Threshold(_)
            | Self::Requantize(_)
            | Self::Lookup(_)
            | Self::Cast => operands.len() == 1,
        };
        check(counted, || {
            format!("'{}' op has {} operands", self.name(), operands.len())
        })?;
        match self {
            Self::Dense(dense) => self.verify_dense(dense, operands[0], result),
            Self::Threshold(_) | Self::Requantize(_) | Self::Lookup(_) => {
                self.same_size(operands[0], result)?;
                let Some(activation) = self.activation() else {
                    return Ok(());
                };
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
            Self::Constant(op) => {
                let values = op.value.as_int().unwrap_or_default();
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
            Self::Gather(Gather { order }) => {
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
            dense.weights.rank() == 2 && Word::of_element(dense.weights.element()).is_some(),
            || {
                format!(
                    "'{name}' op has weights of shape {:?} and type {}, expected signed or unsigned integers, inputs x outputs",
                    dense.weights.shape,
                    dense.weights.element()
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
