//! The layers: products, sums and extremes of integers, their shapes and their one meaning.
//!
//! Sums are exact: in `f64` where it holds every one, which is several times faster, in `i64` or in `i128` elsewhere.

use super::op::{Conv, Op, Pool};
use crate::broadcast::{broadcast_strides, walk};
use crate::error::EvalError;
use crate::onnx::{WindowAxis, explicit_windows, sweep, window_elements};
use crate::tensor::{Tensor, broadcast_shape};
use crate::value::TensorType;

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
                match most {
                    ..=53 => self.products::<f64>(x, w, result)?,
                    54..=62 => self.products::<i64>(x, w, result)?,
                    _ => self.products::<i128>(x, w, result)?,
                }
            }
            Self::MaxPool(pool) => {
                pool.extremes(self.name(), operands[0], i128::MIN, |a, b| b.max(a))?
            }
            Self::MinPool(pool) => {
                pool.extremes(self.name(), operands[0], i128::MAX, |a, b| b.min(a))?
            }
            Self::Add => combined(operands, result, |a, b| a + b),
            Self::Sub => combined(operands, result, |a, b| a - b),
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

    fn products<T: Exact>(
        &self,
        x: &Tensor,
        w: &Tensor,
        result: &TensorType,
    ) -> Result<Vec<i128>, EvalError> {
        let numbers = |tensor| numbers(tensor).map(T::of).collect::<Vec<T>>();
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

/// The numbers of a tensor of integers.
fn numbers(tensor: &Tensor) -> impl Iterator<Item = i128> {
    let unsigned = tensor.element().is_unsigned();
    let integers = tensor.as_int().unwrap_or_default().iter();
    integers.map(move |&n| match unsigned {
        // 64 bits are kept as they are.
        true => i128::from(n as u64),
        false => i128::from(n),
    })
}

/// Numbers that sums are exact in.
trait Exact: Copy + Default {
    fn of(number: i128) -> Self;
    fn number(self) -> i128;
    fn add_product(&mut self, a: Self, b: Self);
}

impl Exact for f64 {
    fn of(number: i128) -> Self {
        number as Self
    }
    fn number(self) -> i128 {
        self as i128
    }
    fn add_product(&mut self, a: Self, b: Self) {
        *self += a * b;
    }
}

impl Exact for i64 {
    fn of(number: i128) -> Self {
        number as Self
    }
    fn number(self) -> i128 {
        self.into()
    }
    fn add_product(&mut self, a: Self, b: Self) {
        *self += a * b;
    }
}

impl Exact for i128 {
    fn of(number: i128) -> Self {
        number
    }
    fn number(self) -> i128 {
        self
    }
    /// No type holds what is lost here.
    fn add_product(&mut self, a: Self, b: Self) {
        *self = self.saturating_add(a.saturating_mul(b));
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
fn product<T: Exact>(x: &[T], w: &[T], shape: &[usize], result: &TensorType) -> Vec<i128> {
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
                sum.add_product(x, weight);
            }
        }
        values.extend(sums.iter().map(|sum| sum.number()));
    }
    values
}

/// `op` of the elements of two operands.
fn combined(
    operands: &[&Tensor],
    result: &TensorType,
    op: impl Fn(i128, i128) -> i128,
) -> Vec<i128> {
    let numbers = |at: usize| numbers(operands[at]).collect::<Vec<_>>();
    let (a, b) = (numbers(0), numbers(1));
    let strides = [0, 1].map(|at: usize| broadcast_strides(&operands[at].shape, result.rank()));
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
    ) -> Vec<i128> {
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
                            sum.add_product(weight, x);
                        });
                    }
                }
                values.extend(sums.iter().map(|sum| sum.number()));
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
        loser: i128,
        choose: impl Fn(i128, i128) -> i128,
    ) -> Result<Vec<i128>, EvalError> {
        let windows = self.windows(op, &x.shape)?;
        let elements = window_elements(&windows);
        let image: usize = x.shape[2..].iter().product();
        let result_image: usize = windows.iter().map(|axis| axis.output).product();
        let planes = x.shape[0] * x.shape[1];
        let mut values = vec![loser; planes * result_image];
        let numbers: Vec<_> = numbers(x).collect();
        for plane in 0..planes {
            let image = &numbers[plane * image..][..image];
            let results = &mut values[plane * result_image..][..result_image];
            for element in &elements {
                sweep(
                    results,
                    image,
                    &windows,
                    element,
                    &|result: &mut i128, x| {
                        *result = choose(x, *result);
                    },
                );
            }
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::Element;

    fn tensor(element: Element, shape: &[usize], values: &[i64]) -> Tensor {
        Tensor::of_integers(element, shape, values.to_vec())
    }

    fn eval(op: &Op, operands: &[&Tensor], element: Element) -> Result<Tensor, EvalError> {
        let shapes: Vec<&[usize]> = operands
            .iter()
            .map(|tensor| tensor.shape.as_slice())
            .collect();
        op.eval(operands, &TensorType::new(op.shape(&shapes)?, element))
    }

    #[test]
    fn products_are_exact_in_every_width() {
        // 2 * 3 - 1 * 4, scaled by what needs more bits than f64, i64 and i128 hold.
        for (bits, factor) in [(8, 1), (40, 1 << 30), (62, 1 << 58)] {
            let x = tensor(Element::sint(bits), &[1, 2], &[2 * factor, -factor]);
            let w = tensor(Element::sint(bits), &[2, 1], &[3, 4]);
            let found = eval(&Op::MatMul, &[&x, &w], Element::sint(64));
            assert_eq!(found, Ok(tensor(Element::sint(64), &[1, 1], &[2 * factor])));
        }
        let most = tensor(Element::uint(64), &[1, 1], &[-1]);
        let one = tensor(Element::uint(1), &[1, 1], &[1]);
        let found = eval(&Op::MatMul, &[&most, &one], Element::uint(64));
        assert_eq!(found, Ok(most.clone()));
        assert!(eval(&Op::MatMul, &[&most, &most], Element::uint(64)).is_err());
    }

    #[test]
    fn a_result_beyond_its_type_is_an_error() {
        let (a, b) = (
            tensor(Element::uint(64), &[2], &[-1, 5]),
            tensor(Element::sint(4), &[1], &[-8]),
        );
        assert!(eval(&Op::Add, &[&a, &a], Element::uint(64)).is_err());
        assert!(eval(&Op::Sub, &[&b, &a], Element::sint(64)).is_err());
        assert!(eval(&Op::Cast, &[&b], Element::uint(4)).is_err());
        assert!(eval(&Op::Cast, &[&b], Element::sint(3)).is_err());
        let sum = eval(&Op::Add, &[&b, &b], Element::sint(5));
        assert_eq!(sum, Ok(tensor(Element::sint(5), &[1], &[-16])));
        let difference = eval(&Op::Sub, &[&a, &b], Element::sint(64));
        assert!(difference.is_err(), "2^64 + 7");
    }

    #[test]
    fn windows_skip_padding_and_keep_groups_apart() {
        let lists = |pads: [usize; 2]| (vec![1], pads.to_vec(), vec![1]);
        let (strides, pads, dilations) = lists([1, 1]);
        let conv = Op::Conv(Conv {
            strides,
            pads,
            dilations,
            group: 2,
        });
        let x = tensor(Element::sint(4), &[1, 2, 3], &[1, 2, 3, -1, -2, -3]);
        let w = tensor(Element::sint(3), &[2, 1, 3], &[1, 1, 1, 0, 2, 0]);
        let sums = eval(&conv, &[&x, &w], Element::sint(6));
        let expected = [3, 6, 5, -2, -4, -6];
        assert_eq!(sums, Ok(tensor(Element::sint(6), &[1, 2, 3], &expected)));

        let (strides, pads, dilations) = lists([0, 1]);
        let pool = Pool {
            kernel_shape: vec![2],
            strides,
            pads,
            dilations,
        };
        let most = eval(&Op::MaxPool(pool.clone()), &[&x], Element::sint(4));
        let expected = [2, 3, 3, -1, -2, -3];
        assert_eq!(most, Ok(tensor(Element::sint(4), &[1, 2, 3], &expected)));
        let large = tensor(Element::uint(64), &[1, 1, 2], &[-1, 1]);
        let least = eval(&Op::MinPool(pool), &[&large], Element::uint(64));
        assert_eq!(least, Ok(tensor(Element::uint(64), &[1, 1, 2], &[1, 1])));
    }
}
