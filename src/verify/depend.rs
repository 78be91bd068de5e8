//! Which elements of an op's operands some elements of its results depend on.
//!
//! The answer may name more elements than necessary, never fewer. It keeps the search for an explanation local where
//! the network is: behind a convolution only the elements of a window matter.

use qonnx_dialects::broadcast::{broadcast_strides, walk, walk_broadcast};
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::onnx::{self, Family, Movement, WindowAxis};
use qonnx_dialects::tensor::{Tensor, broadcast_shape, for_each_index, strides};

/// float32 holds the numbers of so many elements.
const COUNTABLE: usize = 1 << 24;

/// The elements of operand number `operand` that the `wanted` elements of the results depend on. The answer depends on
/// the shapes and on operands that are `constant` only.
pub fn on(
    op: &GraphOp,
    operands: &[Option<&Tensor>],
    constant: &[bool],
    operand: usize,
    results: &[Option<&Tensor>],
    wanted: &[Option<&[bool]>],
) -> Vec<bool> {
    let Some(tensor) = operands[operand] else {
        return Vec::new();
    };
    let found = if is_movement(op) {
        of_movement(op, operands, constant, operand, wanted)
    } else {
        match (results, wanted) {
            ([Some(result)], [Some(wanted)]) => {
                of_one_result(op, operands, operand, &result.shape, wanted)
            }
            _ => None,
        }
    };
    // What is not known may depend on everything.
    found.unwrap_or_else(|| vec![true; tensor.len()])
}

fn of_one_result(
    op: &GraphOp,
    operands: &[Option<&Tensor>],
    operand: usize,
    result: &[usize],
    wanted: &[bool],
) -> Option<Vec<bool>> {
    let shape = operands[operand]?.shape.as_slice();
    match op {
        GraphOp::Onnx(onnx::Op::MatMul) => {
            let rows = operand == 0;
            of_matmul(shape, result, wanted, rows, false)
        }
        GraphOp::Onnx(onnx::Op::Gemm(gemm)) if operand < 2 => {
            let transposed = [gemm.trans_a, gemm.trans_b][operand];
            of_matmul(shape, result, wanted, operand == 0, transposed)
        }
        GraphOp::Onnx(onnx::Op::Conv(conv)) if operand == 0 => {
            let kernel = operands.get(1).copied().flatten()?.shape.get(2..)?;
            let axes = conv.windows(shape.get(2..)?, kernel).ok()?;
            of_windows(&axes, shape, result, wanted, conv.group)
        }
        GraphOp::Onnx(onnx::Op::MaxPool(pool)) => {
            let axes = pool.windows(shape.get(2..)?).ok()?;
            of_windows(&axes, shape, result, wanted, *shape.get(1)?)
        }
        GraphOp::Onnx(onnx::Op::AveragePool(pool)) => {
            let axes = pool.windows(shape.get(2..)?).ok()?;
            of_windows(&axes, shape, result, wanted, *shape.get(1)?)
        }
        GraphOp::Onnx(onnx::Op::GlobalAveragePool) => {
            let images = wanted.len().max(1);
            let size = shape.iter().product::<usize>() / images;
            let all = wanted.iter();
            Some(all.flat_map(|&wanted| vec![wanted; size]).collect())
        }
        _ if op.is_elementwise() || matches!(op, GraphOp::Onnx(onnx::Op::Gemm(_))) => {
            // Parameters of a channel do not broadcast by numpy's rule; where they happen to, this op is not theirs.
            let channels = matches!(op, GraphOp::Onnx(onnx::Op::BatchNormalization(_)));
            let broadcast = broadcast_shape(shape, result).is_some_and(|shape| shape == result);
            if !broadcast || channels && operand > 0 {
                return None;
            }
            let mut found = vec![false; shape.iter().product()];
            walk_broadcast(result, [result, shape], |[at, from]| {
                found[from] |= wanted[at];
            });
            Some(found)
        }
        _ => None,
    }
}

/// For a product of matrices: the rows of the left factor (`rows`) or the columns of the right one.
fn of_matmul(
    shape: &[usize],
    result: &[usize],
    wanted: &[bool],
    rows: bool,
    transposed: bool,
) -> Option<Vec<bool>> {
    if shape.len() < 2 || result.len() < 2 || shape.len() > result.len() {
        return None;
    }
    let rank = shape.len();
    // The dimension of the operand that is summed over; along the other it is the result's.
    let summed = if rows == transposed {
        rank - 2
    } else {
        rank - 1
    };
    let kept = 2 * rank - 3 - summed;
    let own = strides(shape);
    let mut steps = broadcast_strides(&shape[..rank - 2], result.len() - 2);
    let (row, column) = if rows { (own[kept], 0) } else { (0, own[kept]) };
    // Broadcast strides are those of the dimensions before the matrix; a matrix has as many elements.
    let matrix = shape[rank - 2] * shape[rank - 1];
    steps.iter_mut().for_each(|step| *step *= matrix);
    steps.extend([row, column]);
    let mut found = vec![false; shape.iter().product()];
    let mut at = 0;
    walk(result, &[steps], |[from]| {
        if wanted[at] {
            for k in 0..shape[summed] {
                found[from + k * own[summed]] = true;
            }
        }
        at += 1;
    });
    Some(found)
}

/// For windows over `X[n, c, ...]`, of which the channels fall into groups that do not mix.
fn of_windows(
    axes: &[WindowAxis],
    shape: &[usize],
    result: &[usize],
    wanted: &[bool],
    groups: usize,
) -> Option<Vec<bool>> {
    let (batch, channels) = (*shape.first()?, *shape.get(1)?);
    let outputs = *result.get(1)?;
    let (spatial, windows) = (shape.get(2..)?, result.get(2..)?);
    if groups == 0 || channels % groups != 0 || outputs % groups != 0 {
        return None;
    }
    let (size, count): (usize, usize) = (spatial.iter().product(), windows.iter().product());
    let kernel: Vec<usize> = axes.iter().map(|axis| axis.kernel).collect();
    let (inner, outer) = (strides(spatial), strides(windows));
    let mut found = vec![false; batch * channels * size];
    for image in 0..batch {
        for group in 0..groups {
            // The windows that an output channel of the group wants.
            let mut any = vec![false; count];
            for channel in 0..outputs / groups {
                let start = ((image * groups + group) * (outputs / groups) + channel) * count;
                let part = &wanted[start..start + count];
                any.iter_mut()
                    .zip(part)
                    .for_each(|(any, &part)| *any |= part);
            }
            let mut elements = vec![false; size];
            for_each_index(windows, |window| {
                let at: usize = window.iter().zip(&outer).map(|(a, b)| a * b).sum();
                if any[at] {
                    mark(axes, window, &kernel, &inner, &mut elements);
                }
            });
            for channel in 0..channels / groups {
                let start = ((image * groups + group) * (channels / groups) + channel) * size;
                found[start..start + size].copy_from_slice(&elements);
            }
        }
    }
    Some(found)
}

/// Marks the elements of one window that are inside of the input.
fn mark(
    axes: &[WindowAxis],
    window: &[usize],
    kernel: &[usize],
    strides: &[usize],
    elements: &mut [bool],
) {
    for_each_index(kernel, |at| {
        let mut position = 0;
        for (axis, axis_window) in axes.iter().enumerate() {
            if !axis_window.windows_inside(at[axis]).contains(&window[axis]) {
                return;
            }
            position += axis_window.position(window[axis], at[axis]) * strides[axis];
        }
        elements[position] = true;
    });
}

/// Whether an op puts elements of its float operands in other places, and does nothing else.
pub(super) fn is_movement(op: &GraphOp) -> bool {
    let GraphOp::Onnx(op) = op else {
        return false;
    };
    match op.family() {
        Family::Reshaping(_) => true,
        Family::Movement(op) => match op {
            Movement::Transpose(_)
            | Movement::Concat(_)
            | Movement::Split(_)
            | Movement::Slice
            | Movement::Gather(_)
            | Movement::Pad
            | Movement::Expand
            | Movement::Tile => true,
            Movement::Shape(_) | Movement::ConstantOfShape(_) => false,
        },
        Family::Elementwise(_)
        | Family::Contraction(_)
        | Family::Pooling(_)
        | Family::Normalization(_)
        | Family::Reduction(_)
        | Family::Conversion(_) => false,
    }
}

/// For ops that move elements: they are run on the numbers of the elements.
fn of_movement(
    op: &GraphOp,
    operands: &[Option<&Tensor>],
    constant: &[bool],
    operand: usize,
    wanted: &[Option<&[bool]>],
) -> Option<Vec<bool>> {
    let is_float = |tensor: &Tensor| tensor.as_f32().is_some();
    let total: usize = operands.iter().flatten().map(|tensor| tensor.len()).sum();
    let mut places = operands.iter().zip(constant);
    let known = places.all(|(tensor, constant)| *constant || tensor.is_none_or(is_float));
    if total >= COUNTABLE || !known || !is_float(operands[operand]?) {
        return None;
    }
    let (mut first, mut numbered) = (0, Vec::with_capacity(operands.len()));
    let mut start = 0;
    for (at, tensor) in operands.iter().enumerate() {
        if at == operand {
            start = first;
        }
        numbered.push(tensor.map(|tensor| {
            if !is_float(tensor) {
                return tensor.clone();
            }
            let numbers = (first..first + tensor.len()).map(|number| number as f32);
            first += tensor.len();
            // What an op puts in by itself is 0.
            Tensor::f32(
                tensor.shape.clone(),
                numbers.map(|number| number + 1.0).collect(),
            )
        }));
    }
    let numbered: Vec<Option<&Tensor>> = numbered.iter().map(Option::as_ref).collect();
    let mut found = vec![false; operands[operand]?.len()];
    for (result, wanted) in op.eval(&numbered).ok()?.iter().zip(wanted) {
        let Some(wanted) = wanted else { continue };
        for (number, &wanted) in result.as_f32()?.iter().zip(*wanted) {
            let at = (*number as usize).checked_sub(start + 1);
            if let (true, Some(found)) = (wanted, at.and_then(|at| found.get_mut(at))) {
                *found = true;
            }
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use onnx::{AutoPad, AveragePool, Conv, Gemm, MaxPool, Softmax};

    /// Distinct numbers.
    fn numbers(shape: &[usize]) -> Tensor {
        let count: usize = shape.iter().product();
        let values = (0..count).map(|at| ((at * 7 + 3) % 23) as f32 - 9.5);
        Tensor::f32(shape, values.collect())
    }

    /// Moves each element of each operand: what it changes must be said to depend on it. Returns how many elements are
    /// said to matter for the first element of the first result, by operand.
    fn check(op: impl Into<GraphOp>, operands: &[Option<Tensor>]) -> Vec<usize> {
        let op = op.into();
        let refs: Vec<Option<&Tensor>> = operands.iter().map(Option::as_ref).collect();
        let results = op.eval(&refs).expect("it can be evaluated");
        let tensors: Vec<Option<&Tensor>> = results.iter().map(Some).collect();
        let constant = vec![false; operands.len()];
        let mut counts = Vec::new();
        for (operand, tensor) in refs.iter().enumerate() {
            let Some(values) = tensor.and_then(|tensor| tensor.as_f32()) else {
                continue;
            };
            let constant: Vec<bool> = refs
                .iter()
                .zip(&constant)
                .map(|(tensor, _)| tensor.is_some_and(|tensor| tensor.as_f32().is_none()))
                .collect();
            for (output, result) in results.iter().enumerate() {
                for at in 0..result.len() {
                    let mask: Vec<bool> = (0..result.len()).map(|one| one == at).collect();
                    let wanted: Vec<_> = (0..results.len())
                        .map(|one| (one == output).then_some(mask.as_slice()))
                        .collect();
                    let found = on(&op, &refs, &constant, operand, &tensors, &wanted);
                    assert_eq!(found.len(), values.len());
                    if (output, at) == (0, 0) {
                        counts.push(found.iter().filter(|one| **one).count());
                    }
                    for element in 0..values.len() {
                        for by in [100.0, -100.0] {
                            let mut moved = values.to_vec();
                            moved[element] += by;
                            let moved = Tensor::f32(tensor.expect("present").shape.clone(), moved);
                            let mut operands = refs.clone();
                            operands[operand] = Some(&moved);
                            let others = op.eval(&operands).expect("it can be evaluated");
                            let changed = others[output].to_f32()[at] != result.to_f32()[at];
                            assert!(!changed || found[element], "{op:?} {operand} {element}");
                        }
                    }
                }
            }
        }
        counts
    }

    #[test]
    fn products_of_matrices() {
        let check = |op: onnx::Op, left: &[usize], right: &[usize]| {
            check(op, &[Some(numbers(left)), Some(numbers(right))])
        };
        assert_eq!(check(onnx::Op::MatMul, &[2, 3], &[3, 4]), [3, 3]);
        assert_eq!(check(onnx::Op::MatMul, &[2, 1, 2, 3], &[2, 3, 4]), [3, 3]);
        assert_eq!(check(onnx::Op::MatMul, &[2, 3], &[2, 2, 3, 1]), [3, 3]);
        check(onnx::Op::MatMul, &[3], &[3, 4]);
        check(onnx::Op::MatMul, &[2, 2, 3], &[3]);
        for (trans_a, trans_b) in [(false, false), (true, false), (false, true), (true, true)] {
            let gemm = Gemm {
                alpha: 0.5,
                beta: 2.0,
                trans_a,
                trans_b,
            };
            let left = if trans_a { [3, 2] } else { [2, 3] };
            let right = if trans_b { [4, 3] } else { [3, 4] };
            let operands = [numbers(&left), numbers(&right), numbers(&[4])].map(Some);
            assert_eq!(
                super::tests::check(onnx::Op::Gemm(gemm), &operands),
                [3, 3, 1]
            );
        }
    }

    #[test]
    fn windows() {
        let conv = |group, strides: &[usize], pads: &[usize], dilations: &[usize]| Conv {
            kernel_shape: None,
            strides: strides.to_vec(),
            pads: pads.to_vec(),
            dilations: dilations.to_vec(),
            group,
            auto_pad: AutoPad::NotSet,
        };
        let check_conv = |conv: Conv, x: &[usize], w: &[usize]| {
            check(
                onnx::Op::Conv(conv),
                &[Some(numbers(x)), Some(numbers(w)), None],
            )
        };
        let counts = check_conv(conv(1, &[], &[], &[]), &[2, 2, 4, 3], &[3, 2, 2, 2]);
        assert_eq!(counts[0], 8);
        let counts = check_conv(conv(2, &[2], &[1, 1], &[2]), &[1, 4, 7], &[2, 2, 3]);
        // Two channels of the group, and two of three elements: the first is padding.
        assert_eq!(counts[0], 4);
        let pool = MaxPool {
            kernel_shape: vec![2, 2],
            strides: vec![1, 2],
            pads: vec![1, 0, 0, 0],
            dilations: Vec::new(),
            ceil_mode: true,
            auto_pad: AutoPad::NotSet,
        };
        assert_eq!(
            check(onnx::Op::MaxPool(pool), &[Some(numbers(&[1, 2, 3, 4]))]),
            [2]
        );
        let pool = AveragePool {
            kernel_shape: vec![2, 2],
            strides: Vec::new(),
            pads: Vec::new(),
            dilations: Vec::new(),
            ceil_mode: false,
            count_include_pad: false,
            auto_pad: AutoPad::SameUpper,
        };
        assert_eq!(
            check(onnx::Op::AveragePool(pool), &[Some(numbers(&[1, 2, 3, 3]))]),
            [4]
        );
        assert_eq!(
            check(onnx::Op::GlobalAveragePool, &[Some(numbers(&[2, 2, 3, 2]))]),
            [6]
        );
    }

    #[test]
    fn elements_and_movement() {
        let pair = |left: &[usize], right: &[usize]| [numbers(left), numbers(right)].map(Some);
        assert_eq!(check(onnx::Op::Add, &pair(&[2, 1, 3], &[4, 1])), [1, 1]);
        assert_eq!(check(onnx::Op::Relu, &[Some(numbers(&[2, 3]))]), [1]);
        let affine = [&[1, 3, 2][..], &[3], &[3], &[3], &[3]].map(|shape| {
            let positive = numbers(shape).to_f32().into_iter().map(|x| x + 200.0);
            Some(Tensor::f32(shape, positive.collect()))
        });
        let normalization =
            onnx::Op::BatchNormalization(onnx::BatchNormalization { epsilon: 1e-5 });
        assert_eq!(check(normalization, &affine)[0], 1);
        let reversed = onnx::Op::Transpose(onnx::Transpose { perm: Vec::new() });
        assert_eq!(check(reversed, &[Some(numbers(&[2, 3, 2]))]), [1]);
        let concat = onnx::Op::Concat(onnx::Concat { axis: 1 });
        assert_eq!(check(concat, &pair(&[2, 1], &[2, 3])), [1, 0]);
        let split = onnx::Op::Split(onnx::Split {
            axis: 1,
            sizes: None,
            count: Some(2),
        });
        assert_eq!(check(split, &[Some(numbers(&[2, 4]))]), [1]);
        let pads = Tensor::i64([4], vec![0, 1, 0, 2]);
        let padded = [
            Some(numbers(&[2, 2])),
            Some(pads),
            Some(Tensor::scalar(3.0)),
        ];
        assert_eq!(check(onnx::Op::Pad, &padded), [0, 1]);
        let indices = Tensor::i64([2], vec![2, 0]);
        let gather = onnx::Op::Gather(onnx::Gather { axis: 0 });
        assert_eq!(check(gather, &[Some(numbers(&[3, 2])), Some(indices)]), [1]);
        let shape = Tensor::i64([1], vec![6]);
        let reshape = onnx::Op::Reshape(onnx::Reshape { allow_zero: false });
        assert_eq!(check(reshape, &[Some(numbers(&[3, 2])), Some(shape)]), [1]);
        // What has no rule depends on everything.
        let softmax = Softmax {
            axis: -1,
            flatten: false,
        };
        assert_eq!(
            check(onnx::Op::Softmax(softmax), &[Some(numbers(&[2, 3]))]),
            [6]
        );
    }

    #[test]
    fn indices_that_are_computed_may_be_any() {
        let op: GraphOp = onnx::Op::Gather(onnx::Gather { axis: 0 }).into();
        let (data, indices) = (numbers(&[3]), Tensor::i64([1], vec![2]));
        let operands = [Some(&data), Some(&indices)];
        let result = op.eval(&operands).expect("it can be evaluated").remove(0);
        let on = |constant: &[bool]| {
            on(
                &op,
                &operands,
                constant,
                0,
                &[Some(&result)],
                &[Some(&[true][..])],
            )
        };
        assert_eq!(on(&[false, true]), [false, false, true]);
        assert_eq!(on(&[false, false]), [true, true, true]);
    }
}
