//! Results of the reference executor (spec section 5.4) and the traps of spec sections 1.1 to 1.6.

use crate::error::EvalError;
use crate::monotone::Direction;
use crate::qonnx::op::{FloatQuant, IntQuant, MultiThreshold, Op, QuantAvgPool2d, Trunc, TruncV1};
use crate::qonnx::rounding::Rounding;
use crate::tensor::{Data, Tensor};
use crate::value::with_infos;

fn vector(values: &[f32]) -> Tensor {
    Tensor::f32([values.len()], values.to_vec())
}

fn eval(op: Op, inputs: &[&Tensor]) -> Result<Vec<f32>, EvalError> {
    let inputs: Vec<_> = inputs.iter().map(|&input| Some(input)).collect();
    op.eval(&inputs).map(|results| results[0].to_f32())
}

/// The op on `x` with scalar parameters.
fn eval_scalars(op: Op, x: &[f32], parameters: &[f32]) -> Vec<f32> {
    let parameters: Vec<_> = parameters
        .iter()
        .map(|&value| Tensor::scalar(value))
        .collect();
    let x = vector(x);
    let inputs: Vec<_> = std::iter::once(&x).chain(&parameters).collect();
    eval(op, &inputs).expect("the reference has a result")
}

fn int_quant(signed: bool, narrow: bool) -> Op {
    Op::IntQuant(IntQuant {
        is_signed: signed,
        narrow,
        rounding_mode: Rounding::Round,
    })
}

/// An op, its operand, its parameters and its result.
type Case<'a> = (Op, &'a [f32], [f32; 3], &'a [f32]);

/// Next to a tie float64 gives the next code, 7 and 4.035, as numpy 2 does for a zero point of int64.
#[test]
fn zero_points_of_all_types_are_f32() {
    let x = vector(&[3.530_685_7]);
    let (scale, bits) = (Tensor::scalar(1.008_767_2), Tensor::scalar(3.0));
    let zero_points = [
        Tensor::scalar(3.0),
        Tensor::i64([], vec![3]),
        Tensor::i64([1], vec![3]),
        Tensor::int(8, [], vec![3]),
        Tensor::new(vec![], Data::F64(vec![3.0])),
    ];
    for zero_point in &zero_points {
        let operands = [&x, &scale, zero_point, &bits].map(Some);
        let found = int_quant(false, false).eval(&operands).expect("it fits");
        assert_eq!(found[0].to_f32(), [3.026_301_9], "{zero_point:?}");
    }
}

#[test]
fn int_quant_vectors() {
    let x = [-3.0, -1.0, -0.5, 0.2, 0.5, 0.7, 1.5, 2.5];
    let cases: [Case<'_>; 6] = [
        (
            int_quant(true, false),
            &x,
            [1.0, 0.0, 2.0],
            &[-2.0, -1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0],
        ),
        (
            int_quant(true, true),
            &x,
            [1.0, 0.0, 2.0],
            &[-1.0, -1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0],
        ),
        (
            int_quant(true, false),
            &[0.3, 0.76, 99.0],
            [0.5, 0.0, 4.0],
            &[0.5, 1.0, 3.5],
        ),
        // A zero point is subtracted from the bipolar code too.
        (
            int_quant(true, false),
            &[-9.0, 9.0],
            [1.0, 0.5, 1.0],
            &[-1.5, 0.5],
        ),
        (
            int_quant(false, true),
            &[-9.0, 9.0],
            [1.0, 0.0, 1.0],
            &[0.0, 0.0],
        ),
        // A negative scale mirrors the range.
        (
            int_quant(true, false),
            &[-9.0, 9.0],
            [-1.0, 0.0, 4.0],
            &[-7.0, 8.0],
        ),
    ];
    for (op, x, parameters, expected) in cases {
        assert_eq!(
            eval_scalars(op, x, &parameters),
            expected,
            "{op:?} {parameters:?}"
        );
    }
    let rounded = eval_scalars(
        int_quant(false, false),
        &[-9.0, -1.2, 0.2, 0.6, 9.0],
        &[0.5, 0.3, 4.0],
    );
    let printed: Vec<_> = rounded.iter().map(|y| format!("{y:.2}")).collect();
    assert_eq!(printed, ["-0.15", "-0.15", "0.35", "0.85", "7.35"]);
}

#[test]
fn int_quant_broadcasts_its_parameters() {
    let x = Tensor::f32([2, 4], (0..8).map(|x| x as f32).collect());
    let scale = Tensor::f32([2, 4], vec![1.0, 1.0, 2.0, 2.0, 0.5, 0.5, 4.0, 4.0]);
    let zero = Tensor::i64([], vec![0]);
    // A bit width counts as a number whatever carries it: an int8 8 must not overflow.
    let bits = |width| Tensor::int(8, [], vec![width]);
    let expected = [0.0, 1.0, 2.0, 4.0, 3.5, 3.5, 8.0, 8.0];
    assert_eq!(
        eval(int_quant(true, false), &[&x, &scale, &zero, &bits(4)]),
        Ok(expected.to_vec())
    );
    let one = Tensor::scalar(1.0);
    let wide = eval(
        int_quant(false, false),
        &[&vector(&[999.0]), &one, &zero, &bits(8)],
    );
    assert_eq!(wide, Ok(vec![255.0]));
    // A scale larger than the operand decides the shape; bit widths may differ by element.
    let widths = vector(&[2.0, 3.0, 4.0]);
    let several = eval(
        int_quant(true, false),
        &[&Tensor::scalar(99.0), &one, &zero, &widths],
    );
    assert_eq!(several, Ok(vec![1.0, 3.0, 7.0]));
    for width in [0.0, -1.0, f32::NAN] {
        let result = eval(
            int_quant(true, false),
            &[&x, &one, &zero, &Tensor::scalar(width)],
        );
        assert!(
            matches!(
                result,
                Err(EvalError::Value {
                    operand: "bitwidth",
                    ..
                })
            ),
            "{width}"
        );
    }
}

const TRUNC_INPUT: [f32; 12] = [
    -20.0, -9.0, -7.5, -1.0, 0.0, 0.4, 0.5, 3.0, 7.0, 8.0, 15.0, 100.0,
];

#[test]
fn trunc_v1_vectors() {
    let op = Op::TruncV1(TruncV1 {
        rounding_mode: Rounding::Floor,
    });
    let x = [
        -200.0, -90.0, -75.0, -10.0, 0.0, 4.0, 5.0, 30.0, 70.0, 80.0, 150.0, 1000.0,
    ];
    assert_eq!(
        eval_scalars(op, &x, &[1.0, 0.0, 10.0, 4.0]),
        [
            -4.0, -2.0, -2.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 15.0
        ]
    );
    assert_eq!(
        eval_scalars(op, &TRUNC_INPUT, &[0.5, 2.0, 8.0, 6.0]),
        [
            -6.0, -3.0, -3.0, -1.0, -1.0, -1.0, -1.0, 0.0, 1.0, 1.0, 3.0, 24.0
        ]
    );
    assert_eq!(
        eval_scalars(op, &TRUNC_INPUT, &[1.0, 0.0, 4.0, 6.0]),
        [
            -80.0, -36.0, -32.0, -4.0, 0.0, 0.0, 0.0, 12.0, 28.0, 32.0, 60.0, 400.0
        ]
    );
}

#[test]
fn trunc_v2_vectors() {
    let op = |signed, rounding| {
        Op::Trunc(Trunc {
            is_signed: signed,
            narrow: false,
            rounding_mode: rounding,
        })
    };
    let floor = op(true, Rounding::Floor);
    let cases: [(Op, [f32; 5], [f32; 12]); 4] = [
        (
            floor,
            [1.0, 0.0, 8.0, 4.0, 4.0],
            [
                -20.0, -12.0, -8.0, -4.0, 0.0, 0.0, 0.0, 0.0, 4.0, 8.0, 12.0, 28.0,
            ],
        ),
        // The divisor is a power of two, the factor is not.
        (
            floor,
            [1.0, 0.0, 8.0, 3.0, 4.0],
            [
                -15.0, -9.0, -6.0, -3.0, 0.0, 0.0, 0.0, 0.0, 3.0, 6.0, 9.0, 21.0,
            ],
        ),
        (
            op(false, Rounding::Round),
            [1.0, 0.0, 8.0, 4.0, 2.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0, 8.0, 8.0, 12.0, 12.0],
        ),
        (
            floor,
            [1.0, 2.0, 8.0, 4.0, 4.0],
            [
                -22.0, -10.0, -10.0, -2.0, -2.0, -2.0, -2.0, 2.0, 6.0, 6.0, 14.0, 26.0,
            ],
        ),
    ];
    for (op, parameters, expected) in cases {
        assert_eq!(
            eval_scalars(op, &TRUNC_INPUT, &parameters),
            expected,
            "{op:?} {parameters:?}"
        );
    }
    // One signed bit is not bipolar.
    assert_eq!(
        eval_scalars(floor, &[-9.0, 9.0], &[1.0, 0.0, 8.0, 1.0, 1.0]),
        [-1.0, 0.0]
    );
}

fn float_quant(saturation: bool, has_inf: bool, rounding: Rounding) -> Op {
    Op::FloatQuant(FloatQuant {
        has_inf,
        has_nan: false,
        saturation,
        rounding_mode: rounding,
    })
}

#[test]
fn float_quant_vectors() {
    let op = float_quant(true, false, Rounding::Round);
    let e4m3 = [1.0, 4.0, 3.0, 7.0, 448.0];
    let x = [
        1e-9,
        0.001,
        0.000_976_562_5,
        0.0019,
        0.00293,
        0.013,
        0.1,
        1.06,
        447.0,
        460.0,
        500.0,
        -1e9,
    ];
    let expected = [
        0.0,
        0.001_953_125,
        0.0,
        0.001_953_125,
        0.003_906_25,
        0.013_671_875,
        0.101_562_5,
        1.0,
        448.0,
        448.0,
        448.0,
        -448.0,
    ];
    assert_eq!(eval_scalars(op, &x, &e4m3), expected);
    assert_eq!(
        eval_scalars(op, &[1.06, 447.0, 1000.0], &[0.5, 4.0, 3.0, 7.0, 448.0]),
        [1.0, 224.0, 224.0]
    );
    let unlimited = [1.0, 4.0, 3.0, 7.0, f32::INFINITY];
    assert_eq!(
        eval_scalars(op, &[464.0, 465.0], &unlimited),
        [448.0, 480.0]
    );
    let infinite = float_quant(false, true, Rounding::Round);
    let limited = eval_scalars(infinite, &[460.0, 480.0, 500.0, -1e9], &e4m3);
    assert_eq!(
        limited,
        [448.0, f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY]
    );
    let nan = eval_scalars(op, &[f32::INFINITY, f32::NEG_INFINITY, f32::NAN], &e4m3);
    assert!(nan.iter().all(|y| y.is_nan()), "{nan:?}");
}

#[test]
fn float_quant_ranges() {
    let op = float_quant(true, false, Rounding::Round);
    let maxima = [
        (2.0, 1.0, 6.0),
        (2.0, 3.0, 7.5),
        (3.0, 2.0, 28.0),
        (3.0, 1.0, 24.0),
        (4.0, 3.0, 480.0),
        (5.0, 2.0, 114_688.0),
    ];
    for (exponent, mantissa, greatest) in maxima {
        let bias = f32::exp2(exponent - 1.0) - 1.0;
        let parameters = [1.0, exponent, mantissa, bias, f32::INFINITY];
        assert_eq!(
            eval_scalars(op, &[1e9, -1e9], &parameters),
            [greatest, -greatest]
        );
    }
    // The exponent is exact, also just below a power of two (the reference gives 7 here).
    let floor = float_quant(true, false, Rounding::Floor);
    assert_eq!(
        eval_scalars(floor, &[7.999_999_5], &[1.0, 8.0, 3.0, 127.0, 1e9]),
        [7.5]
    );
    let refused = float_quant(false, false, Rounding::Round);
    let scalars = [1.0, 4.0, 3.0, 7.0, 448.0].map(Tensor::scalar);
    let x = vector(&[1.0, 480.0]);
    let inputs: Vec<_> = std::iter::once(&x).chain(&scalars).collect();
    assert!(matches!(
        eval(refused, &inputs),
        Err(EvalError::Value { operand: "X", .. })
    ));
}

#[test]
fn multi_threshold_vectors() {
    let op = |axis| {
        Op::MultiThreshold(MultiThreshold {
            out_scale: 2.0,
            out_bias: -1.0,
            axis,
        })
    };
    let thresholds = Tensor::f32([1, 3], vec![0.5, 1.5, 2.5]);
    let x = Tensor::f32([1, 5], vec![0.5, 1.4, f32::NAN, f32::INFINITY, -1.0]);
    assert_eq!(
        eval(op(1), &[&x, &thresholds]),
        Ok(vec![1.0, 1.0, -1.0, 5.0, -1.0])
    );
    // One row for each channel, channels first and last; rows need not be sorted.
    let rows = Tensor::f32([2, 2], vec![1.0, 0.0, 5.0, 7.0]);
    let x = Tensor::f32([1, 2, 2], vec![0.0, 1.0, 5.0, 9.0]);
    assert_eq!(eval(op(1), &[&x, &rows]), Ok(vec![1.0, 3.0, 1.0, 3.0]));
    assert_eq!(eval(op(-1), &[&x, &rows]), Ok(vec![1.0, -1.0, 3.0, 3.0]));
    let axes = ["NCHW", "", "NHWC", "NWC", "NC"].map(MultiThreshold::axis_of_layout);
    assert_eq!(axes, [1, 1, -1, -1, -1]);
    assert!(matches!(
        eval(op(2), &[&x, &Tensor::f32([3, 1], vec![0.0; 3])]),
        Err(EvalError::Shape { .. })
    ));
}

#[test]
fn quant_avg_pool_vectors() {
    let cases = [
        ((2, 1, 4, 4, false), 15.0, 15.0),
        ((3, 1, 4, 4, false), 15.0, 8.0),
        ((3, 1, 4, 2, true), -8.0, -2.0),
        ((7, 7, 8, 8, false), 255.0, 195.0),
    ];
    for ((kernel, stride, input_bits, output_bits, signed), x, expected) in cases {
        for channels_last in [false, true] {
            let attributes = QuantAvgPool2d {
                stride,
                kernel,
                input_bits,
                output_bits,
                is_signed: signed,
                channels_last,
            };
            let shape = if channels_last {
                [1, 7, 7, 2]
            } else {
                [1, 2, 7, 7]
            };
            let results = Op::QuantAvgPool2d(attributes)
                .eval(&[Some(&Tensor::f32(shape, vec![x; 98]))])
                .expect("the windows fit");
            let windows = (7 - kernel) / stride + 1;
            assert_eq!(results[0].len(), 2 * windows * windows);
            assert!(
                results[0].to_f32().iter().all(|&y| y == expected),
                "{attributes:?}"
            );
        }
    }
}

#[test]
fn directions_are_those_of_the_values() {
    let pool = QuantAvgPool2d {
        stride: 1,
        kernel: 1,
        input_bits: 4,
        output_bits: 4,
        is_signed: false,
        channels_last: false,
    };
    let image = Tensor::f32([1, 1, 1, 1], vec![1.0]);
    let unknown = with_infos(&[Some(&image)], |infos| {
        Op::QuantAvgPool2d(pool).monotonicity(0, infos)
    });
    assert_eq!(unknown.as_uniform(), Some(Direction::Unknown));
    let ops = [
        (
            int_quant(true, false),
            vec![vec![0.5, -0.5], vec![1.0], vec![3.0]],
        ),
        (Op::BipolarQuant, vec![vec![0.5, -0.5]]),
        (
            Op::TruncV1(TruncV1 {
                rounding_mode: Rounding::Down,
            }),
            vec![vec![0.5, -0.5], vec![1.0], vec![5.0], vec![3.0]],
        ),
        (
            float_quant(true, false, Rounding::Up),
            vec![vec![0.5, -0.5], vec![2.0], vec![1.0], vec![1.0], vec![6.0]],
        ),
    ];
    for (op, parameters) in ops {
        let parameters: Vec<_> = parameters.iter().map(|values| vector(values)).collect();
        let at = |x: f32| {
            let x = vector(&[x, x]);
            let inputs: Vec<_> = std::iter::once(&x).chain(&parameters).map(Some).collect();
            let result = op.eval(&inputs).expect("fits")[0].to_f32();
            let found = with_infos(&inputs, |infos| op.monotonicity(0, infos));
            (result, found)
        };
        for step in -40..40 {
            let ((low, found), (high, _)) = (at(step as f32 * 0.21), at(step as f32 * 0.21 + 0.21));
            for element in 0..2 {
                let holds = match found.directions[element] {
                    Direction::NonDecreasing => low[element] <= high[element],
                    Direction::NonIncreasing => low[element] >= high[element],
                    _ => false,
                };
                assert!(holds, "{op:?} at {step}: {low:?} {high:?} {found:?}");
            }
        }
    }
}

#[test]
fn wrong_operands_are_named() {
    let x = vector(&[1.0]);
    let missing = int_quant(true, false).eval(&[Some(&x), Some(&x)]);
    assert!(
        matches!(missing, Err(EvalError::OperandCount { found: 2, .. })),
        "{missing:?}"
    );
    let absent = Op::BipolarQuant.eval(&[None, Some(&x)]);
    assert!(
        matches!(absent, Err(EvalError::OperandAbsent { operand: "X", .. })),
        "{absent:?}"
    );
    let double = Tensor::new(vec![1], Data::F64(vec![1.0]));
    let wrong = Op::BipolarQuant.eval(&[Some(&double), Some(&x)]);
    assert!(
        matches!(
            wrong,
            Err(EvalError::UnsupportedElement { operand: "X", .. })
        ),
        "{wrong:?}"
    );
    let apart = Op::BipolarQuant.eval(&[Some(&vector(&[1.0, 2.0])), Some(&vector(&[1.0; 3]))]);
    assert!(
        matches!(apart, Err(EvalError::Broadcast { .. })),
        "{apart:?}"
    );
}
