//! How ops move, on neighbouring numbers.

use std::cmp::Ordering;

use crate::monotone::Direction;
use crate::onnx::*;
use crate::tensor::Tensor;
use crate::value::{ValueInfo, with_infos};

fn check(op: &Op, moving: usize, x: &Tensor, others: &[&Tensor]) -> Vec<Direction> {
    let mut inputs: Vec<_> = others.iter().map(|&other| Some(other)).collect();
    inputs.insert(moving, Some(x));
    let found = with_infos(&inputs, |infos| op.monotonicity(moving, infos));
    let result = op.eval(&inputs).expect("the operands fit")[0].clone();
    let columns = *result.shape.last().expect("at least one dimension");
    let values = result.to_f64();
    let mut directions = Vec::new();
    crate::broadcast::walk_broadcast(&result.shape, [&found.shape], |[at]| {
        directions.push(found.directions[at]);
    });
    for at in columns..values.len() {
        let (low, high) = (values[at - columns], values[at]);
        // NaN is outside of what a direction speaks about.
        let order = low.partial_cmp(&high);
        let holds = match directions[at] {
            Direction::NonDecreasing => order != Some(Ordering::Greater),
            Direction::NonIncreasing => order != Some(Ordering::Less),
            Direction::Constant => order == Some(Ordering::Equal),
            Direction::Unknown => true,
        };
        assert!(
            holds,
            "{op:?} in operand {moving}, element {at}: {low} then {high}"
        );
    }
    found.directions
}

/// Neighbouring `f32` numbers around those places where results saturate, turn or overflow.
#[test]
fn library_functions_do_not_step_back() {
    let ops = [
        Op::Sqrt,
        Op::Exp,
        Op::Log,
        Op::Sigmoid,
        Op::Tanh,
        Op::Erf,
        Op::Softplus,
        Op::Round,
        Op::Elu(Elu { alpha: 0.7 }),
        Op::Selu(Selu {
            alpha: 1.67,
            gamma: 1.05,
        }),
        Op::LeakyRelu(LeakyRelu { alpha: 0.1 }),
        Op::HardSigmoid(HardSigmoid {
            alpha: 0.2,
            beta: 0.5,
        }),
    ];
    let centres = [
        0.0, 1e-7, 0.3, 0.5, 1.0, 3.83, 9.01, 17.3, 60.0, 88.7, 1e30_f32,
    ];
    let mut x = Vec::new();
    for centre in centres {
        let bits = centre.to_bits().saturating_sub(2000);
        x.extend((bits..bits + 4000).map(f32::from_bits));
    }
    x.extend(x.clone().into_iter().map(|x| -x));
    x.sort_by(f32::total_cmp);
    let x = Tensor::f32([x.len(), 1], x);
    for op in ops {
        assert_eq!(check(&op, 0, &x, &[]), [Direction::NonDecreasing], "{op:?}");
    }
}

#[test]
fn signs_of_constants_decide() {
    use Direction::{Constant, NonDecreasing, NonIncreasing, Unknown};
    let x: Vec<_> = (-300..300).flat_map(|x| [x as f32 * 0.37; 5]).collect();
    let x = Tensor::f32([600, 5], x);
    let by = Tensor::f32([5], vec![0.3, -0.7, 0.0, f32::NAN, f32::INFINITY]);
    let [up, down, zero] = [NonDecreasing, NonIncreasing, Constant];
    let cases = [
        (Op::Add, 0, [up, up, up, Unknown, Unknown]),
        (Op::Sub, 0, [up, up, up, Unknown, Unknown]),
        (Op::Sub, 1, [down, down, down, Unknown, Unknown]),
        (Op::Mul, 1, [up, down, zero, Unknown, Unknown]),
        (Op::Div, 0, [up, down, Unknown, Unknown, Unknown]),
        (Op::PRelu, 0, [up, Unknown, up, Unknown, Unknown]),
    ];
    for (op, moving, expected) in cases {
        assert_eq!(check(&op, moving, &x, &[&by]), expected, "{op:?} {moving}");
    }
    for op in [Op::Max, Op::Min] {
        assert_eq!(check(&op, 1, &x, &[&Tensor::scalar(0.5)]), [up]);
        assert_eq!(check(&op, 1, &x, &[&by]), [up, up, up, Unknown, up]);
    }
    assert_eq!(check(&Op::Neg, 0, &x, &[]), [down]);
    assert_eq!(check(&Op::Abs, 0, &x, &[]), [Unknown]);
    let bounds = [&Tensor::scalar(-1.0), &Tensor::scalar(6.0)];
    assert_eq!(check(&Op::Clip, 0, &x, &bounds), [up]);

    let parameter = |values: [f32; 5]| Tensor::f32([5], values.to_vec());
    let (scale, mean) = (parameter([0.3, -0.7, 0.0, 1.0, 1.0]), parameter([1.0; 5]));
    let (bias, variance) = (parameter([0.1; 5]), parameter([2.0, 3.0, 1.0, -1.0, 0.0]));
    let norm = Op::BatchNormalization(BatchNormalization { epsilon: 1e-5 });
    let found = check(&norm, 0, &x, &[&scale, &bias, &mean, &variance]);
    assert_eq!(found, [up, down, zero, Unknown, up]);
}

#[test]
fn nothing_is_claimed_without_constants() {
    let ty = crate::value::TensorType::f32([2]);
    let dynamic = Some(ValueInfo {
        ty: &ty,
        value: None,
    });
    let inputs = [dynamic, dynamic, None];
    for op in [Op::Add, Op::Mul, Op::Min, Op::Clip, Op::MatMul, Op::PRelu] {
        let found = op.monotonicity(0, &inputs).as_uniform();
        assert_eq!(found, Some(Direction::Unknown), "{op:?}");
    }
    assert_eq!(
        Op::Relu.monotonicity(0, &[]).as_uniform(),
        Some(Direction::Unknown)
    );
}
