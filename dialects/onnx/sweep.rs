//! The loop nest of sliding windows, turned inside out: one element of the window, all windows.

use super::WindowAxis;
use crate::tensor::for_each_index;

/// Calls `visit` with the result of every window and the element at `element` (one index for each axis) of that
/// window, where that is an element of `input` and not padding. `results` and `input` are one channel.
///
/// Calling this for all elements of the window in row-major order gives every result its elements in that order,
/// with long inner loops that need no test for padding.
pub fn sweep<T, X: Copy>(
    results: &mut [T],
    input: &[X],
    axes: &[WindowAxis],
    element: &[usize],
    visit: &impl Fn(&mut T, X),
) {
    let (Some((axis, inner)), Some((&at, inner_element))) =
        (axes.split_first(), element.split_first())
    else {
        return;
    };
    let windows = axis.windows_inside(at);
    if windows.is_empty() {
        return;
    }
    let first = axis.position(windows.start, at);
    if inner.is_empty() {
        let elements = input[first..].iter().step_by(axis.stride);
        if axis.stride == 1 {
            // The same loop without a step, which vectorizes.
            results[windows]
                .iter_mut()
                .zip(&input[first..])
                .for_each(|(result, &x)| visit(result, x));
        } else {
            results[windows]
                .iter_mut()
                .zip(elements)
                .for_each(|(result, &x)| visit(result, x));
        }
        return;
    }
    let result_step: usize = inner.iter().map(|axis| axis.output).product();
    let input_step: usize = inner.iter().map(|axis| axis.input).product();
    for window in windows {
        let results = &mut results[window * result_step..][..result_step];
        let input = &input[axis.position(window, at) * input_step..][..input_step];
        sweep(results, input, inner, inner_element, visit);
    }
}

/// The positions within a window, in row-major order.
pub fn window_elements(axes: &[WindowAxis]) -> Vec<Vec<usize>> {
    let kernel: Vec<_> = axes.iter().map(|axis| axis.kernel).collect();
    let mut elements = Vec::new();
    for_each_index(&kernel, |element| elements.push(element.to_vec()));
    elements
}
