//! The layers: their shapes and their one meaning, one file for each family.
//!
//! Sums are exact: in `f64` where it holds every one, which is several times faster, in `i64` or in `i128` elsewhere.

mod conv;
mod elementwise;
mod exact;
mod matmul;
mod pool;
#[cfg(test)]
mod tests;
mod transposed;

pub use transposed::Placed;

use super::op::Op;
use crate::error::EvalError;
use crate::onnx::WindowAxis;
use crate::tensor::{Tensor, broadcast_shape};
use crate::value::TensorType;
use exact::numbers;
use pool::Choice;

impl Op {
    /// Whether the op is a layer: it computes with integers as numbers, rather than being a function of one.
    pub fn is_layer(&self) -> bool {
        !matches!(
            self,
            Self::Quantize(_)
                | Self::Dequantize(_)
                | Self::Requantize(_)
                | Self::Threshold(_)
                | Self::Lookup(_)
        )
    }

    /// Whether the op makes the integers of a quantizer of the graph: a backend that shows integers shows those of each that
    /// belongs to a node.
    pub fn is_quantizer(&self) -> bool {
        matches!(
            self,
            Self::Quantize(_) | Self::Requantize(_) | Self::Threshold(_) | Self::Lookup(_)
        )
    }

    /// The shape of a layer's result; of an op that is none, that of its operand.
    pub(super) fn shape(&self, operands: &[&[usize]]) -> Result<Vec<usize>, EvalError> {
        let name = self.name();
        match (self, operands) {
            (Self::MatMul, [x, w]) => matmul::shape(name, x, w),
            (Self::Conv(conv), [x, w]) => conv.shape(name, x, w),
            (Self::ConvTranspose(conv), [x, w]) => conv.shape(name, x, w),
            (Self::MaxPool(pool) | Self::MinPool(pool) | Self::SumPool(pool), [x]) => {
                let windows = pool.windows(name, x)?;
                Ok(windowed(x[0], x[1], &windows))
            }
            (Self::Elementwise(_), [a, b]) => {
                broadcast_shape(a, b).ok_or_else(|| EvalError::Broadcast {
                    op: name,
                    left: a.to_vec(),
                    right: b.to_vec(),
                })
            }
            (_, [n]) => Ok(n.to_vec()),
            (_, others) => Err(EvalError::OperandCount {
                op: name,
                expected: "as many as it declares".to_owned(),
                found: others.len(),
            }),
        }
    }

    /// How many products are summed for one element of the result, at most; `None` for what is no product.
    pub(super) fn terms(&self, shapes: &[&[usize]]) -> Option<usize> {
        let product = |extents: &[usize]| {
            let mut extents = extents.iter();
            extents.try_fold(1usize, |all, extent| all.checked_mul(*extent))
        };
        match (self, shapes) {
            (Self::MatMul, [_, [.., depth, _]]) => Some(*depth),
            (Self::Conv(_), [_, [_, each @ ..]]) => product(each),
            (Self::ConvTranspose(conv), [_, [channels, _, taps @ ..]]) => {
                product(taps)?.checked_mul(channels / conv.group.max(1))
            }
            _ => None,
        }
    }

    /// The result of a layer, whose operands and result have been verified.
    pub(super) fn eval_layer(
        &self,
        operands: &[&Tensor],
        result: &TensorType,
    ) -> Result<Tensor, EvalError> {
        let shapes: Vec<&[usize]> = operands.iter().map(|x| x.shape.as_slice()).collect();
        let values = match self {
            Self::MatMul | Self::Conv(_) | Self::ConvTranspose(_) => {
                let bits = |at: usize| operands[at].element().width();
                let terms = self.terms(&shapes).unwrap_or(usize::MAX);
                // Each product has as many bits as its factors have, and their sum no more than `terms` times as much.
                let most = bits(0) + bits(1) + usize::BITS - terms.leading_zeros();
                let (x, w) = (operands[0], operands[1]);
                match most {
                    ..=53 => self.products::<f64>(x, w, result)?,
                    54..=62 => self.products::<i64>(x, w, result)?,
                    _ => self.products::<i128>(x, w, result)?,
                }
            }
            Self::MaxPool(pool) => pool.choose(self.name(), operands[0], Choice::Greatest)?,
            Self::MinPool(pool) => pool.choose(self.name(), operands[0], Choice::Least)?,
            Self::SumPool(pool) => pool.choose(self.name(), operands[0], Choice::Sum)?,
            Self::Elementwise(kind) => kind.combined(operands, result),
            _ => numbers(operands[0]).collect(),
        };
        // As the verifier has it.
        let least = match result.element.is_unsigned() {
            true => 0,
            false => -1 << (result.element.width() - 1),
        };
        let held = least..least + (1 << result.element.width());
        if let Some(beyond) = values.iter().find(|value| !held.contains(*value)) {
            return Err(EvalError::attribute(
                self.name(),
                "result",
                beyond,
                format!("a number of {}", result.element),
            ));
        }
        let values = values.into_iter().map(|value| value as i64).collect();
        Ok(Tensor::of_integers(
            result.element,
            result.shape.clone(),
            values,
        ))
    }

    fn products<T: exact::Exact>(
        &self,
        x: &Tensor,
        w: &Tensor,
        result: &TensorType,
    ) -> Result<Vec<i128>, EvalError> {
        let numbers = |tensor| numbers(tensor).map(T::of).collect::<Vec<T>>();
        let (x_numbers, w_numbers) = (numbers(x), numbers(w));
        let shapes = [x.shape.as_slice(), &w.shape];
        match self {
            Self::Conv(conv) => {
                let windows = conv.windows(self.name(), &x.shape, &w.shape)?;
                Ok(conv.sums(&x_numbers, &w_numbers, shapes, &windows))
            }
            Self::ConvTranspose(conv) => {
                let windows = conv.windows(self.name(), &x.shape, &w.shape)?;
                Ok(conv.sums(&x_numbers, &w_numbers, shapes, &windows))
            }
            _ => Ok(matmul::sums(&x_numbers, &w_numbers, shapes, result)),
        }
    }
}

fn windowed(batch: usize, channels: usize, windows: &[WindowAxis]) -> Vec<usize> {
    let outputs = windows.iter().map(|axis| axis.output);
    [batch, channels].into_iter().chain(outputs).collect()
}

/// Checks that an operand is an image, and that filters have as many dimensions.
fn check_ranks(op: &'static str, x: &[usize], w: &[usize]) -> Result<(), EvalError> {
    if x.len() >= 3 && w.len() == x.len() {
        return Ok(());
    }
    let expected = format!("at least 3 dimensions, as many as 'x' of shape {x:?}");
    Err(EvalError::shape(op, "w", w, expected))
}
