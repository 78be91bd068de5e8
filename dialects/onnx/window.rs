//! Sliding windows: where the elements of a convolution's or a pooling's windows lie.

use std::ops::Range;

use super::{AutoPad, AveragePool, Conv, MaxPool};
use crate::error::EvalError;

/// Bound of every extent, step, distance and padding, so that positions are computed without overflow.
const LIMIT: usize = i32::MAX as usize;

/// How many windows are looked at one by one, where elements are farther apart than the input is long.
const MOST_SPARSE: usize = 1 << 20;

/// The windows along one spatial dimension, padding resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowAxis {
    /// Extent of the input.
    pub input: usize,
    /// Number of windows: the extent of the result.
    pub output: usize,
    /// Elements in a window.
    pub kernel: usize,
    /// Distance of neighbouring windows.
    pub stride: usize,
    /// Distance of neighbouring elements in a window.
    pub dilation: usize,
    /// Padding before the first element.
    pub before: usize,
    /// Padding after the last element, without what `ceil_mode` adds.
    pub after: usize,
}

impl WindowAxis {
    /// The windows whose element number `at` is an element of the input, not padding.
    pub fn windows_inside(&self, at: usize) -> Range<usize> {
        let offset = at * self.dilation;
        let first = self.before.saturating_sub(offset).div_ceil(self.stride);
        let end = match (self.input + self.before).checked_sub(offset + 1) {
            Some(last) => (last / self.stride + 1).min(self.output),
            None => 0,
        };
        first.min(end)..end
    }

    /// The input position of element number `at` of `window`, which must be inside.
    pub fn position(&self, window: usize, at: usize) -> usize {
        window * self.stride + at * self.dilation - self.before
    }

    /// How many elements of `window` lie within the input and its padding (what `ceil_mode` adds is neither).
    pub fn elements_padded(&self, window: usize) -> usize {
        let extent = self.input + self.before + self.after;
        let room = extent.saturating_sub(window * self.stride);
        room.div_ceil(self.dilation).min(self.kernel)
    }

    /// Whether every window has an element of the input. The padding on each side must be less than a window's extent.
    fn all_windows_inside(&self) -> bool {
        // Neighbouring elements of a window that overlaps the input are then too close to miss it.
        self.dilation <= self.input
            || self.output <= MOST_SPARSE
                && (0..self.output).all(|window| self.elements_inside(window) > 0)
    }

    /// How many elements of `window` are elements of the input.
    pub fn elements_inside(&self, window: usize) -> usize {
        let start = window * self.stride;
        let below = |bound: usize| {
            bound
                .saturating_sub(start)
                .div_ceil(self.dilation)
                .min(self.kernel)
        };
        below(self.input + self.before) - below(self.before)
    }
}

/// The windows along each spatial dimension where everything is said: one stride, one dilation and two pads for each.
/// Fails as [`Conv::windows`] does, and for windows that are pooled as [`MaxPool::windows`] does.
pub(crate) fn explicit(
    op: &'static str,
    pools: bool,
    spatial: &[usize],
    kernel: &[usize],
    [strides, pads, dilations]: [&[usize]; 3],
) -> Result<Vec<WindowAxis>, EvalError> {
    Spec {
        op,
        pools,
        kernel,
        strides,
        pads,
        dilations,
        ceil_mode: false,
        auto_pad: AutoPad::NotSet,
    }
    .resolve(spatial)
}

impl Conv {
    /// The windows along each spatial dimension, for a kernel of the given extents. Fails if the attributes do not
    /// fit the number of dimensions or a kernel is larger than its padded input. A window may lie in the padding.
    pub fn windows(
        &self,
        spatial: &[usize],
        kernel: &[usize],
    ) -> Result<Vec<WindowAxis>, EvalError> {
        Spec {
            op: "Conv",
            pools: false,
            kernel,
            strides: &self.strides,
            pads: &self.pads,
            dilations: &self.dilations,
            ceil_mode: false,
            auto_pad: self.auto_pad,
        }
        .resolve(spatial)
    }
}

impl MaxPool {
    /// The windows along each spatial dimension. Fails as [`Conv::windows`] does, and if a window holds nothing but
    /// padding: it has no maximum.
    pub fn windows(&self, spatial: &[usize]) -> Result<Vec<WindowAxis>, EvalError> {
        Spec {
            op: "MaxPool",
            pools: true,
            kernel: &self.kernel_shape,
            strides: &self.strides,
            pads: &self.pads,
            dilations: &self.dilations,
            ceil_mode: self.ceil_mode,
            auto_pad: self.auto_pad,
        }
        .resolve(spatial)
    }
}

impl AveragePool {
    /// The windows along each spatial dimension. Fails as [`MaxPool::windows`] does.
    pub fn windows(&self, spatial: &[usize]) -> Result<Vec<WindowAxis>, EvalError> {
        Spec {
            op: "AveragePool",
            pools: true,
            kernel: &self.kernel_shape,
            strides: &self.strides,
            pads: &self.pads,
            dilations: &self.dilations,
            ceil_mode: self.ceil_mode,
            auto_pad: self.auto_pad,
        }
        .resolve(spatial)
    }
}

/// The attributes that define windows.
struct Spec<'a> {
    op: &'static str,
    /// Whether padding is left out rather than counted as zeros, so that a window needs an element of the input.
    pools: bool,
    kernel: &'a [usize],
    strides: &'a [usize],
    pads: &'a [usize],
    dilations: &'a [usize],
    ceil_mode: bool,
    auto_pad: AutoPad,
}

impl Spec<'_> {
    fn resolve(&self, spatial: &[usize]) -> Result<Vec<WindowAxis>, EvalError> {
        let rank = spatial.len();
        self.check("kernel_shape", self.kernel, rank, 1, false)?;
        self.check("strides", self.strides, rank, 1, true)?;
        self.check("dilations", self.dilations, rank, 1, true)?;
        self.check("pads", self.pads, 2 * rank, 0, true)?;
        (0..rank)
            .map(|axis| self.resolve_axis(axis, spatial))
            .collect()
    }

    fn check(
        &self,
        attribute: &'static str,
        values: &[usize],
        count: usize,
        least: usize,
        may_be_empty: bool,
    ) -> Result<(), EvalError> {
        let right_count = values.len() == count || (may_be_empty && values.is_empty());
        if right_count && values.iter().all(|value| (least..=LIMIT).contains(value)) {
            return Ok(());
        }
        let expected = format!("{count} values in {least}..={LIMIT}");
        Err(EvalError::attribute(self.op, attribute, values, expected))
    }

    fn resolve_axis(&self, axis: usize, spatial: &[usize]) -> Result<WindowAxis, EvalError> {
        let or = |values: &[usize], at: usize, default| values.get(at).copied().unwrap_or(default);
        let (input, kernel) = (spatial[axis], self.kernel[axis]);
        let (stride, dilation) = (or(self.strides, axis, 1), or(self.dilations, axis, 1));
        let extent = (kernel - 1) * dilation + 1;
        let (before, after) = match self.auto_pad {
            AutoPad::NotSet => (
                or(self.pads, axis, 0),
                or(self.pads, spatial.len() + axis, 0),
            ),
            AutoPad::Valid => (0, 0),
            AutoPad::SameUpper | AutoPad::SameLower => {
                let output = input.div_ceil(stride);
                let total = (output.saturating_sub(1) * stride + extent).saturating_sub(input);
                match self.auto_pad {
                    AutoPad::SameUpper => (total / 2, total.div_ceil(2)),
                    _ => (total.div_ceil(2), total / 2),
                }
            }
        };
        if input == 0 {
            let what = format!("has no elements in spatial dimension {axis} of 'X'");
            return Err(EvalError::Unsupported { op: self.op, what });
        }
        let Some(travel) = (input + before + after).checked_sub(extent) else {
            let expected = format!(
                "spatial dimension {axis} to hold a window of {extent} elements, padding of {before} and {after} included"
            );
            return Err(EvalError::shape(self.op, "X", spatial, expected));
        };
        let mut output = travel / stride + 1;
        let too_long = before.max(after) >= extent;
        // A window that `ceil_mode` adds must start within the input or the padding before it.
        if self.ceil_mode && travel % stride != 0 && output * stride < input + before {
            output += 1;
        }
        let axis = WindowAxis {
            input,
            output,
            kernel,
            stride,
            dilation,
            before,
            after,
        };
        if self.pools && (too_long || !axis.all_windows_inside()) {
            let expected = format!(
                "padding of less than the window's extent of {extent} on each side, so that each window holds an \
                 element of 'X'"
            );
            let found = [before, after];
            return Err(EvalError::attribute(self.op, "pads", found, expected));
        }
        Ok(axis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(
        kernel: usize,
        stride: usize,
        pads: [usize; 2],
        dilation: usize,
        ceil: bool,
    ) -> MaxPool {
        MaxPool {
            kernel_shape: vec![kernel],
            strides: vec![stride],
            pads: pads.to_vec(),
            dilations: vec![dilation],
            ceil_mode: ceil,
            auto_pad: AutoPad::NotSet,
        }
    }

    /// The definitions, element by element.
    #[test]
    fn ranges_agree_with_positions() {
        for input in 1..8 {
            for (kernel, stride, dilation) in
                [(1, 1, 1), (2, 1, 3), (3, 2, 1), (3, 3, 2), (2, 5, 1)]
            {
                for pads in [[0, 0], [1, 0], [0, 2], [2, 1]] {
                    for ceil in [false, true] {
                        let spec = pool(kernel, stride, pads, dilation, ceil);
                        let Ok(axes) = spec.windows(&[input]) else {
                            continue;
                        };
                        check_axis(&axes[0]);
                    }
                }
            }
        }
    }

    fn check_axis(axis: &WindowAxis) {
        let at = |window: usize, element: usize| window * axis.stride + element * axis.dilation;
        let real = axis.before..axis.before + axis.input;
        for element in 0..axis.kernel {
            let inside: Vec<_> = (0..axis.output)
                .filter(|&window| real.contains(&at(window, element)))
                .collect();
            assert_eq!(
                axis.windows_inside(element).collect::<Vec<_>>(),
                inside,
                "{axis:?} {element}"
            );
        }
        for window in 0..axis.output {
            let count = |end: usize, start: usize| {
                (0..axis.kernel)
                    .filter(|&e| (start..end).contains(&at(window, e)))
                    .count()
            };
            assert_eq!(
                axis.elements_inside(window),
                count(real.end, real.start),
                "{axis:?}"
            );
            assert_eq!(
                axis.elements_padded(window),
                count(real.end + axis.after, 0),
                "{axis:?}"
            );
        }
    }

    #[test]
    fn extents() {
        let output =
            |spec: MaxPool, input: usize| spec.windows(&[input]).map(|axes| axes[0].output);
        assert_eq!(output(pool(3, 2, [1, 1], 1, false), 11), Ok(6));
        assert_eq!(output(pool(2, 2, [0, 0], 1, false), 11), Ok(5));
        assert_eq!(output(pool(2, 2, [0, 0], 1, true), 11), Ok(6));
        // The window that would start in the padding after the input is dropped.
        assert_eq!(output(pool(2, 2, [1, 1], 1, true), 5), Ok(3));
        assert!(output(pool(4, 1, [0, 0], 1, false), 3).is_err());
        assert!(output(pool(usize::MAX, 1, [0, 0], 1, false), 3).is_err());
    }

    #[test]
    fn same_padding_puts_the_odd_element_where_it_belongs() {
        let conv = |auto_pad| Conv {
            kernel_shape: None,
            strides: vec![2],
            pads: vec![],
            dilations: vec![],
            group: 1,
            auto_pad,
        };
        let pads = |auto_pad| {
            let axis = conv(auto_pad).windows(&[28], &[3]).expect("fits")[0];
            (axis.before, axis.after, axis.output)
        };
        assert_eq!(pads(AutoPad::SameUpper), (0, 1, 14));
        assert_eq!(pads(AutoPad::SameLower), (1, 0, 14));
        assert_eq!(pads(AutoPad::Valid), (0, 0, 13));
    }
}
