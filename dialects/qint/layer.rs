//! The layers: products, sums and extremes of integers, their shapes and their one meaning.
//!
//! Sums are exact: in `f64` where it holds every one, which is several times faster, and in `i64` elsewhere. A sum beyond
//! 62 bits has no type, so that `i64` never overflows on the way to one that has.

use std::ops::{AddAssign, Mul};

use super::op::{Conv, Op, Pool};
use crate::broadcast::{broadcast_strides, walk};
use crate::error::EvalError;
use crate::onnx::{WindowAxis, explicit_windows, sweep, window_elements};
use crate::tensor::{Tensor, broadcast_shape};
use crate::value::TensorType;
use crate::word::Word;

impl Op {
    /// Whether the op is a layer: it computes with integers as numbers, rather than being a function of one.
    pub fn is_layer(&self) -> bool {
        match self {
            Self::MatMul
            | Self::Conv(_)
            | Self::MaxPool(_)
            | Self::MinPool(_)
            | Self::Add
            | Self::Sub
            | Self::Cast => true,
            Self::Quantize(_)
            | Self::Dequantize(_)
            | Self::Requantize(_)
            | Self::Threshold(_)
            | Self::Lookup(_) => false,
        }
    }

    /// The shape of a layer's result; of an op that is none, that of its operand.
    pub(super) fn shape(&self, operands: &[&[usize]]) -> Result<Vec<usize>, EvalError> {
        let name = self.name();
        match (self, operands) {
            (Self::MatMul, [x, w]) => matmul_shape(name, x, w),
            (Self::Conv(conv), [x, w]) => conv.shape(name, x, w),
            (Self::MaxPool(pool) | Self::MinPool(pool), [x]) => {
                let windows = pool.windows(name, x)?;
                Ok(windowed(x[0], x[1], &windows))
            }
            (Self::Add | Self::Sub, [a, b]) => {
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

    /// The result of a layer, whose operands and result have been verified.
    pub(super) fn eval_layer(
        &self,
        operands: &[&Tensor],
        result: &TensorType,
    ) -> Result<Tensor, EvalError> {
        let integers = |at: usize| operands[at].as_int().unwrap_or_default();
        let bits = |at: usize| operands[at].element().width();
        let terms: usize = match self {
            Self::MatMul => operands[1].shape[0],
            Self::Conv(_) => operands[1].shape[1..].iter().product(),
            _ => 1,
        };
        let values = match self {
            Self::MatMul | Self::Conv(_) => {
                // Each product has as many bits as its factors have, and their sum no more than `terms` times as much.
                let most = bits(0) + bits(1) + usize::BITS - terms.leading_zeros();
                let (x, w) = (operands[0], operands[1]);
                if most <= 53 {
                    self.products::<f64>(x, w, result)?
                } else {
                    self.products::<i64>(x, w, result)?
                }
            }
            Self::MaxPool(pool) => {
                pool.extremes(self.name(), operands[0], i64::MIN, |a, b| b.max(a))?
            }
            Self::MinPool(pool) => {
                pool.extremes(self.name(), operands[0], i64::MAX, |a, b| b.min(a))?
            }
            Self::Add => combined(operands, result, |a, b| a + b),
            Self::Sub => combined(operands, result, |a, b| a - b),
            _ => integers(0).to_vec(),
        };
        let word = Word::of_element(result.element);
        let beyond = values
            .iter()
            .find(|&&value| word.is_some_and(|word| word.wrap(value) != value));
        match beyond {
            Some(value) => Err(EvalError::attribute(
                self.name(),
                "result",
                value,
                format!("a number of {}", result.element),
            )),
            None => Ok(Tensor::of_integers(
                result.element,
                result.shape.clone(),
                values,
            )),
        }
    }

    fn products<T: Exact>(
        &self,
        x: &Tensor,
        w: &Tensor,
        result: &TensorType,
    ) -> Result<Vec<i64>, EvalError> {
        let numbers = |tensor: &Tensor| -> Vec<T> {
            let integers = tensor.as_int().unwrap_or_default();
            integers.iter().map(|&n| T::of(n)).collect()
        };
        let (x_numbers, w_numbers) = (numbers(x), numbers(w));
        match self {
            Self::Conv(conv) => {
                let windows = conv.windows(self.name(), &x.shape, &w.shape)?;
                Ok(conv.sums(&x_numbers, &w_numbers, [&x.shape, &w.shape], &windows))
            }
            _ => Ok(product(&x_numbers, &w_numbers, &w.shape, result)),
        }
    }
}

/// Numbers that sums are exact in.
trait Exact: Copy + Default + AddAssign + Mul<Output = Self> {
    fn of(integer: i64) -> Self;
    fn integer(self) -> i64;
}

impl Exact for f64 {
    fn of(integer: i64) -> Self {
        integer as Self
    }
    fn integer(self) -> i64 {
        self as i64
    }
}

impl Exact for i64 {
    fn of(integer: i64) -> Self {
        integer
    }
    fn integer(self) -> i64 {
        self
    }
}

fn matmul_shape(op: &'static str, x: &[usize], w: &[usize]) -> Result<Vec<usize>, EvalError> {
    let (&[depth, columns], Some((&last, rows))) = (w, x.split_last()) else {
        return Err(EvalError::shape(
            op,
            "w",
            w,
            "a matrix, and an 'x' with a dimension",
        ));
    };
    if last != depth {
        let expected = format!("{last} rows, as many as 'x' of shape {x:?} has columns");
        return Err(EvalError::shape(op, "w", w, expected));
    }
    Ok([rows, &[columns]].concat())
}

fn windowed(batch: usize, channels: usize, windows: &[WindowAxis]) -> Vec<usize> {
    let outputs = windows.iter().map(|axis| axis.output);
    [batch, channels].into_iter().chain(outputs).collect()
}

/// Rows of `x` times the matrix `w`.
fn product<T: Exact>(x: &[T], w: &[T], shape: &[usize], result: &TensorType) -> Vec<i64> {
    let (depth, columns) = (shape[0], shape[1]);
    if depth == 0 {
        return vec![0; result.shape.iter().product()];
    }
    let mut values = Vec::with_capacity(result.shape.iter().product());
    let mut sums = vec![T::default(); columns];
    for row in x.chunks_exact(depth) {
        sums.fill(T::default());
        for (&x, weights) in row.iter().zip(w.chunks_exact(columns.max(1))) {
            for (sum, &weight) in sums.iter_mut().zip(weights) {
                *sum += x * weight;
            }
        }
        values.extend(sums.iter().map(|sum| sum.integer()));
    }
    values
}

/// `op` of the elements of two operands.
fn combined(operands: &[&Tensor], result: &TensorType, op: impl Fn(i64, i64) -> i64) -> Vec<i64> {
    let rank = result.rank();
    let integers = |at: usize| operands[at].as_int().unwrap_or_default();
    let (a, b) = (integers(0), integers(1));
    let strides = [0, 1].map(|at: usize| broadcast_strides(&operands[at].shape, rank));
    let mut values = Vec::with_capacity(result.shape.iter().product());
    walk(&result.shape, &strides, |[at, to]| {
        values.push(op(a[at], b[to]))
    });
    values
}

impl Conv {
    /// The windows along each spatial dimension.
    pub fn windows(
        &self,
        op: &'static str,
        x: &[usize],
        w: &[usize],
    ) -> Result<Vec<WindowAxis>, EvalError> {
        let lists = [&self.strides[..], &self.pads, &self.dilations];
        explicit_windows(op, false, &x[2..], &w[2..], lists)
    }

    fn shape(&self, op: &'static str, x: &[usize], w: &[usize]) -> Result<Vec<usize>, EvalError> {
        if x.len() < 3 || w.len() != x.len() {
            let expected = format!("at least 3 dimensions, as many as 'x' of shape {x:?}");
            return Err(EvalError::shape(op, "w", w, expected));
        }
        let (channels, filters, group) = (x[1], w[0], self.group);
        if group == 0 || !channels.is_multiple_of(group) || !filters.is_multiple_of(group) {
            let expected = format!("a divisor of the {channels} channels and {filters} filters");
            return Err(EvalError::attribute(op, "group", group, expected));
        }
        if w[1] != channels / group {
            let expected = format!("{} channels for each filter", channels / group);
            return Err(EvalError::shape(op, "w", w, expected));
        }
        Ok(windowed(x[0], filters, &self.windows(op, x, w)?))
    }

    fn sums<T: Exact>(
        &self,
        x: &[T],
        w: &[T],
        [x_shape, w_shape]: [&[usize]; 2],
        windows: &[WindowAxis],
    ) -> Vec<i64> {
        let elements = window_elements(windows);
        let (channels, filters, each) = (x_shape[1], w_shape[0], w_shape[1]);
        let image: usize = x_shape[2..].iter().product();
        let result_image = windows.iter().map(|axis| axis.output).product();
        let mut sums = vec![T::default(); result_image];
        let mut values = Vec::with_capacity(x_shape[0] * filters * result_image);
        for batch in 0..x_shape[0] {
            for filter in 0..filters {
                sums.fill(T::default());
                let first = batch * channels + filter / (filters / self.group) * each;
                for channel in 0..each {
                    let image = &x[(first + channel) * image..][..image];
                    let kernel = (filter * each + channel) * elements.len();
                    for (element, &weight) in elements.iter().zip(&w[kernel..]) {
                        sweep(&mut sums, image, windows, element, &|sum: &mut T, x| {
                            *sum += weight * x;
                        });
                    }
                }
                values.extend(sums.iter().map(|sum| sum.integer()));
            }
        }
        values
    }
}

impl Pool {
    /// The windows along each spatial dimension.
    pub fn windows(&self, op: &'static str, x: &[usize]) -> Result<Vec<WindowAxis>, EvalError> {
        if x.len() < 3 {
            return Err(EvalError::shape(op, "x", x, "at least 3 dimensions"));
        }
        let lists = [&self.strides[..], &self.pads, &self.dilations];
        explicit_windows(op, true, &x[2..], &self.kernel_shape, lists)
    }

    /// What `choose` leaves of each window; `loser` loses against everything.
    fn extremes(
        &self,
        op: &'static str,
        x: &Tensor,
        loser: i64,
        choose: impl Fn(i64, i64) -> i64,
    ) -> Result<Vec<i64>, EvalError> {
        let windows = self.windows(op, &x.shape)?;
        let elements = window_elements(&windows);
        let image: usize = x.shape[2..].iter().product();
        let result_image: usize = windows.iter().map(|axis| axis.output).product();
        let planes = x.shape[0] * x.shape[1];
        let mut values = vec![loser; planes * result_image];
        let integers = x.as_int().unwrap_or_default();
        for plane in 0..planes {
            let image = &integers[plane * image..][..image];
            let results = &mut values[plane * result_image..][..result_image];
            for element in &elements {
                sweep(results, image, &windows, element, &|result: &mut i64, x| {
                    *result = choose(x, *result);
                });
            }
        }
        Ok(values)
    }
}
