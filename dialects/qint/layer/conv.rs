//! Convolutions.

use super::exact::Exact;
use super::{check_ranks, windowed};
use crate::error::EvalError;
use crate::onnx::{WindowAxis, explicit_windows, sweep, window_elements};
use crate::qint::Conv;

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

    /// The shape of the result.
    pub fn shape(
        &self,
        op: &'static str,
        x: &[usize],
        w: &[usize],
    ) -> Result<Vec<usize>, EvalError> {
        check_ranks(op, x, w)?;
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

    /// The sums of all results, in row-major order.
    pub fn sums<T: Exact>(
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
