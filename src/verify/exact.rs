//! What is exact has no noise: with scales that are powers of two, float32 computes the very numbers, and a value that
//! lies on a tie is decided by the rounding mode alone.

use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::onnx;
use qonnx_dialects::tensor::{Data, Tensor, least_exponent};

use super::depend::is_movement;

/// Bits of the significand of float32.
const SIGNIFICAND: i32 = 24;
/// The exponent of the least positive number of float32.
const LEAST: i32 = -149;

/// Whether an op gives elements of its operands, or small whole numbers, and so never rounds.
pub fn never_rounds(op: &GraphOp) -> bool {
    let GraphOp::Onnx(graph) = op else {
        return false;
    };
    let picks = match &graph.declaration().formula {
        Some(formula) => formula.never_rounds(),
        None => matches!(
            graph,
            onnx::Op::MaxPool(_) | onnx::Op::ReduceMax(_) | onnx::Op::ReduceMin(_)
        ),
    };
    picks || is_movement(op)
}

/// A bound of sums of magnitudes: below it every sum of the op is exact in float32, in any order, if its operands are.
/// All terms are then multiples of one power of two, and no partial sum has more bits than a significand. 0 where nothing
/// of the kind is known.
pub fn sums_below(op: &GraphOp, operands: &[Option<&Tensor>]) -> f32 {
    let GraphOp::Onnx(op) = op else { return 0.0 };
    let grid = |at: usize| match operands.get(at).copied().flatten() {
        Some(tensor) => grid(tensor),
        None => Some(i32::MAX),
    };
    let product = || Some(grid(0)?.saturating_add(grid(1)?));
    let exponent = match op {
        onnx::Op::MatMul => product(),
        onnx::Op::Conv(_) => product()
            .zip(grid(2))
            .map(|(product, bias)| product.min(bias)),
        onnx::Op::Gemm(gemm) if gemm.alpha == 1.0 && gemm.beta == 1.0 => product()
            .zip(grid(2))
            .map(|(product, bias)| product.min(bias)),
        onnx::Op::ReduceSum(_) => grid(0),
        _ => None,
    };
    match exponent {
        Some(exponent) if exponent >= LEAST => {
            f32::powi(2.0, exponent.saturating_add(SIGNIFICAND).min(127))
        }
        _ => 0.0,
    }
}

/// The greatest exponent of a power of two that all elements are multiples of; `None` if one is not finite, or the
/// elements are not float32.
fn grid(tensor: &Tensor) -> Option<i32> {
    let mut exponent = i32::MAX;
    for &x in tensor.as_f32()? {
        if !x.is_finite() {
            return None;
        }
        if x != 0.0 {
            exponent = exponent.min(least_exponent(x));
        }
    }
    Some(exponent)
}

/// Tells of each element (number of the result, number of the element) of an elementwise op whether it is what the op
/// gives in float64 too: then float32 has not rounded it.
pub fn unrounded(
    op: &GraphOp,
    operands: &[Option<&Tensor>],
    results: &[Tensor],
) -> impl Fn(usize, usize) -> bool {
    let wide: Vec<Option<Tensor>> = operands
        .iter()
        .map(|operand| operand.map(widened))
        .collect();
    let wide: Vec<Option<&Tensor>> = wide.iter().map(Option::as_ref).collect();
    let exact = if op.is_elementwise() {
        op.eval(&wide).unwrap_or_default()
    } else {
        Vec::new()
    };
    let same: Vec<Vec<bool>> = exact
        .iter()
        .zip(results)
        .map(|(exact, result)| match (&exact.data, &result.data) {
            (Data::F64(exact), Data::F32(found)) => {
                let pairs = exact.iter().zip(found);
                pairs
                    .map(|(exact, found)| *exact == f64::from(*found))
                    .collect()
            }
            _ => Vec::new(),
        })
        .collect();
    move |result, at| {
        let same = same.get(result).and_then(|same| same.get(at));
        same.copied().unwrap_or(false)
    }
}

fn widened(tensor: &Tensor) -> Tensor {
    match &tensor.data {
        Data::F32(values) => {
            let values = values.iter().map(|&x| f64::from(x)).collect();
            Tensor::new(tensor.shape.clone(), Data::F64(values))
        }
        _ => tensor.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_small_multiples_of_a_power_of_two_are_exact() {
        let op = GraphOp::Onnx(onnx::Op::MatMul);
        let below = |a: f32, b: f32| {
            let (a, b) = (Tensor::f32([1, 1], vec![a]), Tensor::f32([1, 1], vec![b]));
            sums_below(&op, &[Some(&a), Some(&b)])
        };
        assert_eq!(below(0.5, 3.0), f32::powi(2.0, 23));
        // 0.1 has 24 significant bits: no sum of its multiples is exact.
        assert!(below(0.1, 3.0) < 1.0);
        assert_eq!(below(f32::INFINITY, 1.0), 0.0);
        assert_eq!(below(f32::from_bits(1), f32::from_bits(1)), 0.0);
    }

    #[test]
    fn float64_tells_what_float32_has_rounded() {
        let op = GraphOp::Onnx(onnx::Op::Add);
        let (a, b) = (
            Tensor::f32([2], vec![0.5, 0.1]),
            Tensor::f32([2], vec![0.25, 0.7]),
        );
        let operands = [Some(&a), Some(&b)];
        let results = op.eval(&operands).expect("two tensors");
        let exact = unrounded(&op, &operands, &results);
        assert!(exact(0, 0) && !exact(0, 1) && !exact(0, 2));
    }
}
