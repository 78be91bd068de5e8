//! Transposed convolutions.

use super::check_ranks;
use super::exact::Exact;
use crate::error::EvalError;
use crate::onnx::{WindowAxis, explicit_windows, window_elements};
use crate::qint::ConvTranspose;
use crate::tensor::{Tensor, strides};

/// How the elements of an operand lie, in one dimension, in a frame of zeros that a convolution without strides makes the
/// result of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Extent of the frame.
    pub frame: usize,
    /// The first element that lies inside.
    pub first: usize,
    /// How many do.
    pub count: usize,
    /// Where the first one lies.
    pub offset: usize,
    /// How far apart neighbours are.
    pub stride: usize,
}

impl ConvTranspose {
    /// The windows of the convolution that this one is the transpose of: from the result to the operand.
    pub fn windows(
        &self,
        op: &'static str,
        x: &[usize],
        w: &[usize],
    ) -> Result<Vec<WindowAxis>, EvalError> {
        check_ranks(op, x, w)?;
        let spatial = x.len() - 2;
        if self.output_padding.len() != spatial {
            let (found, expected) = (&self.output_padding, format!("{spatial} numbers"));
            return Err(EvalError::attribute(op, "output_padding", found, expected));
        }
        // Checks the lists, and that the numbers are small enough for what follows.
        let (ones, none) = (vec![1; spatial], vec![0; 2 * spatial]);
        explicit_windows(op, false, &x[2..], &ones, [&self.strides, &none, &ones])?;
        let reach = |axis: usize| {
            let dilation = *self.dilations.get(axis)?;
            w[2 + axis]
                .checked_sub(1)?
                .checked_mul(dilation)?
                .checked_add(1)
        };
        let lists = [&ones, &self.pads, &self.dilations];
        let wide: Vec<usize> = (0..spatial)
            .map(|axis| reach(axis).unwrap_or(usize::MAX))
            .collect();
        explicit_windows(op, false, &wide, &w[2..], lists.map(Vec::as_slice))?;
        let axes = (0..spatial).map(|axis| {
            let (before, after) = (self.pads[axis], self.pads[spatial + axis]);
            let strided = x[2 + axis]
                .checked_sub(1)?
                .checked_mul(self.strides[axis])?;
            let whole = strided.checked_add(reach(axis)?)?;
            let extent = whole.checked_sub(before)?.checked_sub(after)?;
            let extent = extent.checked_add(self.output_padding[axis])?;
            (1..=i32::MAX as usize)
                .contains(&extent)
                .then_some(WindowAxis {
                    input: extent,
                    output: x[2 + axis],
                    kernel: w[2 + axis],
                    stride: self.strides[axis],
                    dilation: self.dilations[axis],
                    before,
                    after,
                })
        });
        let axes = axes.collect::<Option<Vec<_>>>();
        axes.ok_or_else(|| {
            EvalError::attribute(
                op,
                "pads",
                &self.pads,
                format!("less than the result has elements, for an 'x' of shape {x:?}"),
            )
        })
    }

    /// The shape of the result.
    pub fn shape(
        &self,
        op: &'static str,
        x: &[usize],
        w: &[usize],
    ) -> Result<Vec<usize>, EvalError> {
        let windows = self.windows(op, x, w)?;
        let (channels, group) = (x[1], self.group);
        if group == 0 || !channels.is_multiple_of(group) {
            let expected = format!("a divisor of the {channels} channels");
            return Err(EvalError::attribute(op, "group", group, expected));
        }
        if w[0] != channels {
            let expected = format!("a filter for each of {channels} channels");
            return Err(EvalError::shape(op, "w", w, expected));
        }
        let filters = w[1]
            .checked_mul(group)
            .filter(|&all| all <= i32::MAX as usize);
        let expected = "fewer filters";
        let filters = filters.ok_or_else(|| EvalError::shape(op, "w", w, expected))?;
        let extents = windows.iter().map(|axis| axis.input);
        Ok([x[0], filters].into_iter().chain(extents).collect())
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
        let (channels, each) = (x_shape[1], w_shape[1]);
        let in_group = channels / self.group;
        let image: usize = x_shape[2..].iter().product();
        let result_image: usize = windows.iter().map(|axis| axis.input).product();
        let filters = each * self.group;
        let mut sums = vec![T::default(); x_shape[0] * filters * result_image];
        for plane in 0..x_shape[0] * channels {
            let (batch, channel) = (plane / channels, plane % channels);
            let image = &x[plane * image..][..image];
            for filter in 0..each {
                let to = batch * filters + channel / in_group * each + filter;
                let sums = &mut sums[to * result_image..][..result_image];
                let kernel = (channel * each + filter) * elements.len();
                for (element, &weight) in elements.iter().zip(&w[kernel..]) {
                    scatter(sums, image, windows, element, weight);
                }
            }
        }
        sums.into_iter().map(Exact::number).collect()
    }

    /// The filters of the convolution without strides: M x C/group x K1..Kn, each from its end to its beginning.
    pub fn filters(&self, w: &Tensor) -> Tensor {
        let (channels, each) = (w.shape[0], w.shape[1]);
        let in_group = channels / self.group;
        let steps = strides(&w.shape);
        let mut shape = w.shape.clone();
        (shape[0], shape[1]) = (each * self.group, in_group);
        let extents = shape.clone();
        w.gather(&shape, |index| {
            let (filter, channel) = (index[0], index[1]);
            let from = [filter / each * in_group + channel, filter % each];
            let taps = (2..index.len()).map(|at| (extents[at] - 1 - index[at]) * steps[at]);
            from[0] * steps[0] + from[1] * steps[1] + taps.sum::<usize>()
        })
    }

    /// Where the elements of the operand lie for that convolution, in each dimension.
    pub fn placed(windows: &[WindowAxis]) -> Vec<Placed> {
        let place = |axis: &WindowAxis| {
            let border = (axis.kernel - 1) * axis.dilation;
            let frame = axis.input + border;
            let first = axis.before.saturating_sub(border).div_ceil(axis.stride);
            let offset = first * axis.stride + border - axis.before;
            let room = frame.saturating_sub(offset).div_ceil(axis.stride);
            Placed {
                frame,
                first,
                count: room.min(axis.output.saturating_sub(first)),
                offset,
                stride: axis.stride,
            }
        };
        windows.iter().map(place).collect()
    }
}

/// Adds `weight` times each element of the operand at its place in the result, for one element of the filter.
fn scatter<T: Exact>(sums: &mut [T], x: &[T], axes: &[WindowAxis], element: &[usize], weight: T) {
    let (Some((axis, inner)), Some((&at, inner_element))) =
        (axes.split_first(), element.split_first())
    else {
        if let (Some(sum), Some(&x)) = (sums.first_mut(), x.first()) {
            sum.add_product(weight, x);
        }
        return;
    };
    let (from, to) = (x.len() / axis.output.max(1), sums.len() / axis.input.max(1));
    for window in axis.windows_inside(at) {
        let place = axis.position(window, at);
        let sums = &mut sums[place * to..][..to];
        scatter(
            sums,
            &x[window * from..][..from],
            inner,
            inner_element,
            weight,
        );
    }
}
