//! Laws that tie the ops to each other and to their definitions.

use super::arbitrary::Random;
use crate::error::EvalError;
use crate::onnx::*;
use crate::tensor::{Data, Element, Sign, Tensor};
use crate::value::TensorType;

fn one(op: &Op, inputs: &[&Tensor]) -> Tensor {
    let inputs: Vec<_> = inputs.iter().map(|&input| Some(input)).collect();
    op.eval(&inputs).expect("the operands fit").remove(0)
}

fn ints(values: &[i64]) -> Tensor {
    Tensor::i64([values.len()], values.to_vec())
}

fn conv(strides: [usize; 2], pads: [usize; 4], dilations: [usize; 2], group: usize) -> Op {
    Op::Conv(Conv {
        kernel_shape: None,
        strides: strides.to_vec(),
        pads: pads.to_vec(),
        dilations: dilations.to_vec(),
        group,
        auto_pad: AutoPad::NotSet,
    })
}

fn plain_conv() -> Op {
    conv([1, 1], [0; 4], [1, 1], 1)
}

#[test]
fn sums_are_exact_before_their_one_rounding() {
    let left = Tensor::f32([1, 3], vec![1e8, 1.0, -1e8]);
    let ones = Tensor::f32([3, 1], vec![1.0; 3]);
    assert_eq!(one(&Op::MatMul, &[&left, &ones]).to_f32(), [1.0]);
    let gemm = Op::Gemm(Gemm {
        alpha: 1.0,
        beta: 1.0,
        trans_a: false,
        trans_b: false,
    });
    // The bias is part of the sum: 2^24 + 0.75 + 0.5 rounds up once, but in two roundings it would not.
    let left = Tensor::f32([1, 2], vec![16_777_216.0, 0.75]);
    let ones = Tensor::f32([2, 1], vec![1.0; 2]);
    let bias = Tensor::f32([1], vec![0.5]);
    assert_eq!(one(&gemm, &[&left, &ones, &bias]).to_f32(), [16_777_218.0]);
    let image = left.reshaped([1, 2, 1, 1]);
    let weights = ones.reshaped([1, 2, 1, 1]);
    assert_eq!(
        one(&plain_conv(), &[&image, &weights, &bias]).to_f32(),
        [16_777_218.0]
    );
}

#[test]
fn convolution_with_1x1_kernel_is_a_product() {
    let random = &mut Random(1);
    let (image, weights) = (random.tensor(&[1, 5, 3, 4]), random.tensor(&[6, 5, 1, 1]));
    let product = one(
        &Op::MatMul,
        &[
            &weights.clone().reshaped([6, 5]),
            &image.clone().reshaped([5, 12]),
        ],
    );
    assert_eq!(
        one(&plain_conv(), &[&image, &weights]),
        product.reshaped([1, 6, 3, 4])
    );
}

#[test]
fn grouped_convolution_is_one_for_each_group() {
    let random = &mut Random(2);
    let (image, weights) = (random.tensor(&[1, 4, 5, 5]), random.tensor(&[6, 2, 3, 3]));
    let grouped = one(&conv([2, 1], [1, 0, 1, 2], [1, 2], 2), &[&image, &weights]);
    let halves = |axis, tensor: &Tensor| {
        Op::Split(Split {
            axis,
            sizes: None,
            count: Some(2),
        })
        .eval(&[Some(tensor)])
        .expect("is even")
    };
    let single = conv([2, 1], [1, 0, 1, 2], [1, 2], 1);
    let parts: Vec<_> = halves(1, &image)
        .iter()
        .zip(halves(0, &weights))
        .map(|(image, weights)| one(&single, &[image, &weights]))
        .collect();
    assert_eq!(
        grouped,
        one(&Op::Concat(Concat { axis: 1 }), &[&parts[0], &parts[1]])
    );
}

#[test]
fn padding_strides_and_dilations_are_what_they_say() {
    let random = &mut Random(3);
    let (image, weights) = (random.tensor(&[2, 3, 6, 7]), random.tensor(&[2, 3, 2, 3]));
    let padded = one(&Op::Pad, &[&image, &ints(&[0, 0, 1, 2, 0, 0, 0, 1])]);
    let dense = one(&plain_conv(), &[&padded, &weights]);
    assert_eq!(
        one(&conv([1, 1], [1, 2, 0, 1], [1, 1], 1), &[&image, &weights]),
        dense
    );
    let far = i64::MAX;
    let every = [
        ints(&[0, 0]),
        ints(&[far, far]),
        ints(&[2, 3]),
        ints(&[3, 2]),
    ];
    let thinned = one(
        &Op::Slice,
        &[&dense, &every[0], &every[1], &every[2], &every[3]],
    );
    assert_eq!(
        one(&conv([3, 2], [1, 2, 0, 1], [1, 1], 1), &[&image, &weights]),
        thinned
    );
    // A dilated kernel is a larger one with zeros between its elements.
    let mut spread = vec![0.0; 2 * 3 * 3 * 5];
    for (at, &weight) in weights.as_f32().expect("is f32").iter().enumerate() {
        let (filter, row, column) = (at / 6, at % 6 / 3, at % 3);
        spread[filter * 15 + row * 2 * 5 + column * 2] = weight;
    }
    let spread = Tensor::f32([2, 3, 3, 5], spread);
    assert_eq!(
        one(&conv([1, 1], [0; 4], [2, 2], 1), &[&image, &weights]),
        one(&plain_conv(), &[&image, &spread])
    );
}

#[test]
fn transposed_operands_of_gemm() {
    let random = &mut Random(4);
    let (a, b, c) = (
        random.tensor(&[3, 5]),
        random.tensor(&[5, 2]),
        random.tensor(&[3, 1]),
    );
    let gemm = |trans_a, trans_b| {
        Op::Gemm(Gemm {
            alpha: 0.5,
            beta: 2.0,
            trans_a,
            trans_b,
        })
    };
    let transpose = |tensor| one(&Op::Transpose(Transpose { perm: vec![] }), &[tensor]);
    let expected = one(&gemm(false, false), &[&a, &b, &c]);
    assert_eq!(one(&gemm(true, false), &[&transpose(&a), &b, &c]), expected);
    assert_eq!(
        one(&gemm(true, true), &[&transpose(&a), &transpose(&b), &c]),
        expected
    );
    let product = one(&Op::MatMul, &[&a, &b]);
    let unscaled = Op::Gemm(Gemm {
        alpha: 1.0,
        beta: 1.0,
        trans_a: false,
        trans_b: false,
    });
    assert_eq!(one(&unscaled, &[&a, &b]), product);
}

#[test]
fn pooling_leaves_padding_out() {
    let image = Tensor::f32([1, 1, 4], vec![-3.0, -1.0, -2.0, f32::NAN]);
    let max = |kernel, stride| {
        Op::MaxPool(MaxPool {
            kernel_shape: vec![kernel],
            strides: vec![stride],
            pads: vec![1, 1],
            dilations: vec![],
            ceil_mode: false,
            auto_pad: AutoPad::NotSet,
        })
    };
    let greatest = one(&max(2, 1), &[&image]).to_f32();
    assert_eq!(greatest[..3], [-3.0, -1.0, -1.0]);
    assert!(greatest[3].is_nan() && greatest[4].is_nan());
    let mean = |count_include_pad, ceil_mode| {
        let pool = AveragePool {
            kernel_shape: vec![3],
            strides: vec![2],
            pads: vec![1, 0],
            dilations: vec![],
            ceil_mode,
            count_include_pad,
            auto_pad: AutoPad::NotSet,
        };
        one(
            &Op::AveragePool(pool),
            &[&Tensor::f32([1, 1, 5], vec![2.0, 4.0, 6.0, 8.0, 10.0])],
        )
        .to_f32()
    };
    assert_eq!(mean(false, false), [3.0, 6.0]);
    assert_eq!(mean(true, false), [2.0, 6.0]);
    // What the partial window lacks does not count, even if padding does.
    assert_eq!(mean(true, true), [2.0, 6.0, 9.0]);
}

#[test]
fn softmax_of_one_axis_and_of_flattened_axes() {
    let x = Random(5).tensor(&[2, 3, 4]);
    let softmax = |axis, flatten| Op::Softmax(Softmax { axis, flatten });
    assert_eq!(
        one(&softmax(-1, false), &[&x]),
        one(&softmax(2, true), &[&x])
    );
    let matrix = x.clone().reshaped([2, 12]);
    let flat = one(&softmax(1, true), &[&x]);
    assert_eq!(
        flat.clone().reshaped([2, 12]),
        one(&softmax(1, false), &[&matrix])
    );
    let sum: f64 = flat.to_f64().iter().sum();
    assert!((sum - 2.0).abs() < 1e-6, "{sum}");
    let large = one(&softmax(0, false), &[&Tensor::f32([2], vec![1e30, 1e30])]);
    assert_eq!(large.to_f32(), [0.5, 0.5]);
}

#[test]
fn elementwise_values() {
    let nan = f32::NAN;
    let x = Tensor::f32([6], vec![-1.5, -0.0, 0.5, 2.5, nan, f32::INFINITY]);
    let cases: [(Op, [f32; 6]); 8] = [
        (Op::Relu, [0.0, 0.0, 0.5, 2.5, nan, f32::INFINITY]),
        (Op::Round, [-2.0, 0.0, 0.0, 2.0, nan, f32::INFINITY]),
        (Op::Sign, [-1.0, 0.0, 1.0, 1.0, nan, 1.0]),
        (
            Op::LeakyRelu(LeakyRelu { alpha: 0.5 }),
            [-0.75, 0.0, 0.5, 2.5, nan, f32::INFINITY],
        ),
        (
            Op::HardSigmoid(HardSigmoid {
                alpha: 0.25,
                beta: 0.5,
            }),
            [0.125, 0.5, 0.625, 1.0, nan, 1.0],
        ),
        (
            Op::Tanh,
            [-0.905_148_27, 0.0, 0.462_117_17, 0.986_614_3, nan, 1.0],
        ),
        (
            Op::Erf,
            [-0.966_105_16, 0.0, 0.520_499_9, 0.999_593, nan, 1.0],
        ),
        (
            Op::Softplus,
            [
                0.201_413_27,
                std::f32::consts::LN_2,
                0.974_077,
                2.578_889_8,
                nan,
                f32::INFINITY,
            ],
        ),
    ];
    for (op, expected) in cases {
        let found = one(&op, &[&x]).to_f32();
        let same = |(a, b): (&f32, &f32)| a == b || (a.is_nan() && b.is_nan());
        assert!(found.iter().zip(&expected).all(same), "{op:?}: {found:?}");
    }
    let power = |base, exponent| {
        one(
            &Op::Pow,
            &[&Tensor::scalar(base), &Tensor::scalar(exponent)],
        )
        .to_f32()[0]
    };
    for base in [0.1_f32, 3.3, 1e-20, 7e18] {
        assert_eq!(power(base, 2.0), base * base);
        assert_eq!(power(base, 0.5), base.sqrt());
    }
    // IEEE 754 and C99 agree on all of these; exponents that are computed in other ways are no exception.
    let special = [0.0, 0.5, 1.0, 2.0, 3.0, 0.75, f32::INFINITY, f32::NAN];
    for base in special.into_iter().flat_map(|base| [base, -base]) {
        for exponent in special
            .into_iter()
            .flat_map(|exponent| [exponent, -exponent])
        {
            let expected = f64::from(base).powf(f64::from(exponent)) as f32;
            let found = power(base, exponent);
            let same = found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan();
            assert!(
                same,
                "{base} to the power {exponent}: {found}, expected {expected}"
            );
        }
    }
    assert_eq!(power(f32::NEG_INFINITY, 0.5), f32::INFINITY);
    assert!(power(-0.0, 0.5).is_sign_positive());
    assert_eq!(
        one(&Op::Softplus, &[&Tensor::scalar(1e30)]).to_f32(),
        [1e30]
    );
    let crossed = [&x, &Tensor::scalar(1.0), &Tensor::scalar(-1.0)];
    assert_eq!(one(&Op::Clip, &crossed).to_f32()[..4], [-1.0; 4]);
    let infinities = Tensor::f32([2], vec![f32::NEG_INFINITY, f32::INFINITY]);
    let open = Op::Clip
        .eval(&[Some(&infinities), None, None])
        .expect("no bounds");
    assert_eq!(open[0].to_f32(), [f32::MIN, f32::MAX]);
    let above = Op::Clip.eval(&[Some(&infinities), Some(&Tensor::scalar(0.0))]);
    assert_eq!(above.expect("one bound")[0].to_f32(), [0.0, f32::MAX]);
    let doubles = Tensor::new(vec![2], Data::F64(infinities.to_f64()));
    let open = Op::Clip.eval(&[Some(&doubles)]).expect("no bounds");
    assert_eq!(open[0].to_f64(), [f64::MIN, f64::MAX]);
}

#[test]
fn integers_wrap_and_divide_toward_zero() {
    let (a, b) = (ints(&[7, -7, i64::MAX]), ints(&[2, 2, -1]));
    assert_eq!(one(&Op::Div, &[&a, &b]), ints(&[3, -3, -i64::MAX]));
    assert_eq!(one(&Op::Add, &[&a, &ints(&[1])]), ints(&[8, -6, i64::MIN]));
    let zero = Op::Div.eval(&[Some(&a), Some(&ints(&[0]))]);
    assert!(
        matches!(zero, Err(EvalError::Value { operand: "B", .. })),
        "{zero:?}"
    );
    let bytes = Tensor::of_integers(
        Element::Int {
            width: 8,
            sign: Sign::Unsigned,
        },
        [2],
        vec![250, 3],
    );
    assert_eq!(
        one(&Op::Add, &[&bytes, &bytes]).as_int(),
        Some(&[244, 6][..])
    );
    let floats = Tensor::f32([5], vec![1.9, -1.9, 300.0, -300.0, f32::NAN]);
    let cast = |to, input: &Tensor| one(&Op::Cast(Cast { to }), &[input]);
    assert_eq!(
        cast(Element::int(8), &floats).as_int(),
        Some(&[1, -1, 127, -128, 0][..])
    );
    assert_eq!(
        cast(Element::int(8), &ints(&[300, -129])).as_int(),
        Some(&[44, 127][..])
    );
    assert_eq!(cast(Element::BOOL, &floats).to_f32(), [1.0; 5]);
}

#[test]
fn shape_arithmetic_of_old_exports() {
    let image = TensorType::f32([2, 3, 4]);
    let info = crate::value::ValueInfo {
        ty: &image,
        value: None,
    };
    let shape = Op::Shape(Shape {
        start: 0,
        end: None,
    });
    let shape = shape
        .fold(&[Some(info)])
        .expect("fits")
        .expect("is known from the type")
        .remove(0);
    let batch = one(
        &Op::Gather(Gather { axis: 0 }),
        &[&shape, &Tensor::i64([], vec![0])],
    );
    let batch = one(&Op::Unsqueeze(Unsqueeze { axes: vec![0] }), &[&batch]);
    let target = one(&Op::Concat(Concat { axis: 0 }), &[&batch, &ints(&[-1])]);
    assert_eq!(target, ints(&[2, -1]));
    let reshape = Op::Reshape(Reshape { allow_zero: false });
    let target_type = TensorType::of(&target);
    let known = crate::value::ValueInfo {
        ty: &target_type,
        value: Some(&target),
    };
    assert_eq!(
        reshape.infer(&[Some(info), Some(known)]),
        Ok(vec![TensorType::f32([2, 12])])
    );
    assert_eq!(reshape.fold(&[Some(info), Some(known)]), Ok(None));
    let unknown = crate::value::ValueInfo {
        value: None,
        ..known
    };
    let refused = reshape.infer(&[Some(info), Some(unknown)]);
    assert_eq!(
        refused,
        Err(EvalError::NotConstant {
            op: "Reshape",
            operand: "shape"
        })
    );
}

#[test]
fn slices_follow_onnx() {
    let x = Tensor::f32([5], vec![0.0, 1.0, 2.0, 3.0, 4.0]);
    let cases: [(_, &[f32]); 7] = [
        ((1, 4, 2), &[1.0, 3.0]),
        ((-2, 9, 1), &[3.0, 4.0]),
        ((4, i64::MIN, -2), &[4.0, 2.0, 0.0]),
        // Before the first element means the first one, also backward.
        ((-9, i64::MIN, -1), &[0.0]),
        ((0, i64::MAX, i64::MAX), &[0.0]),
        ((9, 0, i64::MIN), &[4.0]),
        ((3, 1, 1), &[]),
    ];
    for ((start, end, step), expected) in cases {
        let operands = [
            &x,
            &ints(&[start]),
            &ints(&[end]),
            &ints(&[0]),
            &ints(&[step]),
        ];
        assert_eq!(
            one(&Op::Slice, &operands).to_f32(),
            expected,
            "{start}:{end}:{step}"
        );
    }
}

#[test]
fn searches_prefer_the_first_of_equals() {
    let x = Tensor::f32([2, 4], vec![1.0, 3.0, 3.0, 0.0, 2.0, 2.0, 2.0, 2.0]);
    let arg_max = |select_last_index| {
        one(
            &Op::ArgMax(ArgMax {
                axis: -1,
                keepdims: false,
                select_last_index,
            }),
            &[&x],
        )
    };
    assert_eq!(arg_max(false), ints(&[1, 0]));
    assert_eq!(arg_max(true), ints(&[2, 3]));
    let top = |largest| {
        let top_k = Op::TopK(TopK {
            axis: 1,
            largest,
            sorted: true,
        });
        top_k.eval(&[Some(&x), Some(&ints(&[2]))]).expect("fits")[1].clone()
    };
    assert_eq!(top(true), Tensor::i64([2, 2], vec![1, 2, 0, 1]));
    assert_eq!(top(false), Tensor::i64([2, 2], vec![3, 0, 0, 1]));
}
