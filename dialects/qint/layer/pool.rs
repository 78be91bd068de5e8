//! Poolings.

use super::exact::numbers;
use crate::error::EvalError;
use crate::onnx::{WindowAxis, explicit_windows, sweep, window_elements};
use crate::qint::Pool;
use crate::tensor::Tensor;

/// What is left of a window.
#[derive(Clone, Copy, Debug)]
pub enum Choice {
    Greatest,
    Least,
    Sum,
}

impl Choice {
    /// What changes nothing.
    fn start(self) -> i128 {
        match self {
            Self::Greatest => i128::MIN,
            Self::Least => i128::MAX,
            Self::Sum => 0,
        }
    }

    fn of(self, a: i128, b: i128) -> i128 {
        match self {
            Self::Greatest => a.max(b),
            Self::Least => a.min(b),
            Self::Sum => a + b,
        }
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

    /// What is left of each window.
    pub fn choose(
        &self,
        op: &'static str,
        x: &Tensor,
        choice: Choice,
    ) -> Result<Vec<i128>, EvalError> {
        let windows = self.windows(op, &x.shape)?;
        let elements = window_elements(&windows);
        let image: usize = x.shape[2..].iter().product();
        let result_image: usize = windows.iter().map(|axis| axis.output).product();
        let planes = x.shape[0] * x.shape[1];
        let mut values = vec![choice.start(); planes * result_image];
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
                        *result = choice.of(x, *result);
                    },
                );
            }
        }
        Ok(values)
    }
}
