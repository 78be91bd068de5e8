//! The layers on small tensors.

use super::*;
use crate::qint::{Conv, ConvTranspose, Elementwise, Pool};
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
    let most = tensor(Element::uint(63), &[1, 1], &[i64::MAX]);
    let one = tensor(Element::uint(1), &[1, 1], &[1]);
    let found = eval(&Op::MatMul, &[&most, &one], Element::uint(63));
    assert_eq!(found, Ok(most.clone()));
    assert!(eval(&Op::MatMul, &[&most, &most], Element::uint(63)).is_err());
    // Beyond `i64` is nothing of this level.
    assert!(eval(&Op::MatMul, &[&most, &one], Element::uint(64)).is_err());
}

#[test]
fn a_result_beyond_its_type_is_an_error() {
    let (a, b) = (
        tensor(Element::uint(63), &[2], &[i64::MAX, 5]),
        tensor(Element::sint(4), &[1], &[-8]),
    );
    assert!(
        eval(
            &Op::Elementwise(Elementwise::Add),
            &[&a, &a],
            Element::uint(63)
        )
        .is_err()
    );
    assert!(
        eval(
            &Op::Elementwise(Elementwise::Sub),
            &[&b, &a],
            Element::sint(64)
        )
        .is_err()
    );
    assert!(eval(&Op::Cast, &[&b], Element::uint(4)).is_err());
    assert!(eval(&Op::Cast, &[&b], Element::sint(3)).is_err());
    let sum = eval(
        &Op::Elementwise(Elementwise::Add),
        &[&b, &b],
        Element::sint(5),
    );
    assert_eq!(sum, Ok(tensor(Element::sint(5), &[1], &[-16])));
    let difference = eval(
        &Op::Elementwise(Elementwise::Sub),
        &[&a, &b],
        Element::sint(64),
    );
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
    let large = tensor(Element::uint(63), &[1, 1, 2], &[i64::MAX, 1]);
    let least = eval(&Op::MinPool(pool), &[&large], Element::uint(63));
    assert_eq!(least, Ok(tensor(Element::uint(63), &[1, 1, 2], &[1, 1])));
}

#[test]
fn matrices_are_broadcast() {
    let x = tensor(Element::sint(4), &[2, 1, 1, 2], &[1, 2, -1, 3]);
    let w = tensor(Element::sint(4), &[2, 2, 1], &[1, 1, 2, -1]);
    let found = eval(&Op::MatMul, &[&x, &w], Element::sint(6));
    let expected = [1 + 2, 2 - 2, -1 + 3, -2 - 3];
    assert_eq!(
        found,
        Ok(tensor(Element::sint(6), &[2, 2, 1, 1], &expected))
    );
    let row = tensor(Element::sint(4), &[2], &[1, 1]);
    assert!(Op::MatMul.shape(&[&row.shape, &w.shape]).is_err());
}

#[test]
fn sums_and_choices_of_windows() {
    let x = tensor(Element::sint(4), &[1, 1, 4], &[1, -2, 3, 4]);
    let pool = Pool {
        kernel_shape: vec![2],
        strides: vec![2],
        pads: vec![1, 1],
        dilations: vec![1],
    };
    let sums = eval(&Op::SumPool(pool), &[&x], Element::sint(6));
    assert_eq!(sums, Ok(tensor(Element::sint(6), &[1, 1, 3], &[1, 1, 4])));
    let a = tensor(Element::uint(63), &[2], &[i64::MAX, 1]);
    let b = tensor(Element::sint(4), &[1], &[-3]);
    let of = |kind, element| eval(&Op::Elementwise(kind), &[&a, &b], element);
    let max = of(Elementwise::Max, Element::uint(63));
    assert_eq!(max, Ok(a.clone()));
    let min = of(Elementwise::Min, Element::sint(4));
    assert_eq!(min, Ok(tensor(Element::sint(4), &[2], &[-3, -3])));
    assert!(of(Elementwise::Mul, Element::sint(64)).is_err());
}

/// Each element of a transposed convolution by the definition, and by way of the convolution that it is lowered to.
#[test]
fn transposed_convolutions_are_convolutions_of_a_frame() {
    let mut compared = 0;
    for (stride, dilation, kernel, extra) in [
        (1, 1, 3, 0),
        (2, 1, 2, 1),
        (3, 2, 2, 0),
        (2, 3, 1, 1),
        (4, 1, 2, 2),
    ] {
        for pads in [[0, 0], [1, 0], [0, 2], [3, 1]] {
            let conv = ConvTranspose {
                strides: vec![stride],
                pads: pads.to_vec(),
                dilations: vec![dilation],
                output_padding: vec![extra],
                group: 2,
            };
            let x = tensor(
                Element::sint(4),
                &[1, 4, 3],
                &[1, -2, 3, 4, 0, -1, 2, 2, -3, 1, 1, 5],
            );
            let weights: Vec<i64> = (0..4 * 3 * kernel as i64).map(|n| n % 5 - 2).collect();
            let w = tensor(Element::sint(3), &[4, 3, kernel], &weights);
            let op = Op::ConvTranspose(conv.clone());
            let Ok(shape) = op.shape(&[&x.shape, &w.shape]) else {
                continue;
            };
            let found = eval(&op, &[&x, &w], Element::sint(16)).expect("small");
            let at = |c: usize, i: usize| x.as_int().expect("integers")[c * 3 + i];
            let mut expected = vec![0; shape.iter().product()];
            for (c, i, m, k) in (0..4 * 3 * 3 * kernel).map(|n| {
                (
                    n / (9 * kernel),
                    n / (3 * kernel) % 3,
                    n / kernel % 3,
                    n % kernel,
                )
            }) {
                let place = (i * stride + k * dilation) as i64 - pads[0] as i64;
                if (0..shape[2] as i64).contains(&place) {
                    let to = (c / 2 * 3 + m) * shape[2] + place as usize;
                    expected[to] += at(c, i) * weights[(c * 3 + m) * kernel + k];
                }
            }
            assert_eq!(found.as_int(), Some(expected.as_slice()), "{conv:?}");

            let windows = conv
                .windows("conv", &x.shape, &w.shape)
                .expect("it has a shape");
            let placed = ConvTranspose::placed(&windows)[0];
            let mut frame = vec![0; 4 * placed.frame];
            for c in 0..4 {
                for n in 0..placed.count {
                    frame[c * placed.frame + placed.offset + n * placed.stride] =
                        at(c, placed.first + n);
                }
            }
            let frame = tensor(Element::sint(4), &[1, 4, placed.frame], &frame);
            let plain = Op::Conv(Conv {
                strides: vec![1],
                pads: vec![0, 0],
                dilations: vec![dilation],
                group: 2,
            });
            let by_conv = eval(&plain, &[&frame, &conv.filters(&w)], Element::sint(16));
            assert_eq!(by_conv, Ok(found), "{conv:?}");
            compared += 1;
        }
    }
    assert!(compared >= 15, "{compared}");
}
