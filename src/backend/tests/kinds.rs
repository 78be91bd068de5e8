//! Ops on numbers of all kinds, quantizers of all kinds, and searches, against their evaluation.

use qonnx_dialects::onnx::*;
use qonnx_dialects::qonnx::{
    self, FloatQuant, IntQuant, MultiThreshold, QuantAvgPool2d, Rounding, Trunc, TruncV1,
};
use qonnx_dialects::tensor::{Data, Element, Tensor};
use qonnx_dialects::value::TensorType;

use super::{awkward, check, row};
use crate::random_graph::Rng;

const INTEGERS: [Element; 8] = [
    Element::int(8),
    Element::int(16),
    Element::int(32),
    Element::I64,
    Element::uint(8),
    Element::uint(16),
    Element::uint(32),
    Element::uint(64),
];

/// Integers of a type, its ends among them.
fn integers(element: Element, shape: &[usize]) -> Tensor {
    let count: usize = shape.iter().product();
    let values = (0..count as i64).map(|at| match at % 7 {
        0 => i64::MAX,
        1 => i64::MIN,
        2 => -1,
        3 => 0,
        4 => 127,
        _ => at.wrapping_mul(0x1234_5678_9abc),
    });
    Tensor::of_integers(element, shape, values.collect())
}

#[test]
fn quantizers_of_all_kinds() {
    let x = row(awkward());
    let scales = row(awkward().iter().map(|x| x.abs() * 0.7 + 0.01).collect());
    let widths = row((0..awkward().len())
        .map(|at| 1.0 + (at % 5) as f32)
        .collect());
    let types = [&x, &scales, &widths].map(TensorType::of);
    let samples = [vec![x, scales, widths]];
    let mut quantizers: Vec<(qonnx::Op, Vec<f32>)> = Vec::new();
    for rounding_mode in Rounding::ALL {
        let v1 = TruncV1 { rounding_mode };
        quantizers.push((qonnx::Op::TruncV1(v1), vec![0.3, 1.5, 8.0, 5.0]));
        for (is_signed, narrow) in [(true, false), (false, true)] {
            let v2 = Trunc {
                is_signed,
                narrow,
                rounding_mode,
            };
            quantizers.push((qonnx::Op::Trunc(v2), vec![0.25, 3.0, 8.0, 1.0, 4.0]));
        }
        for (has_inf, saturation) in [(true, false), (false, true), (false, false)] {
            let float = FloatQuant {
                has_inf,
                has_nan: true,
                saturation,
                rounding_mode,
            };
            let parameters = vec![0.5, 4.0, 3.0, 7.0, 448.0];
            quantizers.push((qonnx::Op::FloatQuant(float), parameters));
        }
    }
    let computed = [(true, false), (true, true), (false, false), (false, true)];
    let count = quantizers.len() + computed.len() + 1;
    check(&types, count, &samples, |net, inputs| {
        let scalar = |value| net.constant(&Tensor::scalar(value));
        let mut outputs = Vec::new();
        for (op, parameters) in &quantizers {
            let mut operands = vec![inputs[0]];
            operands.extend(parameters.iter().map(|&value| scalar(value)));
            outputs.push(net.graph(*op, &operands));
        }
        for (is_signed, narrow) in computed {
            let op = IntQuant {
                is_signed,
                narrow,
                rounding_mode: Rounding::HalfUp,
            };
            let operands = [inputs[0], inputs[1], scalar(0.5), inputs[2]];
            outputs.push(net.graph(qonnx::Op::IntQuant(op), &operands));
        }
        outputs.push(net.graph(qonnx::Op::BipolarQuant, &inputs[..2]));
        outputs
    });
}

#[test]
fn quantizers_of_computed_parameters() {
    let x = row(awkward());
    let spread = |step: usize, numbers: &[f32]| {
        let number = |at: usize| numbers[at / step % numbers.len()];
        row((0..awkward().len()).map(number).collect())
    };
    let scales = spread(1, &[0.25, 1.0, 0.3, 2.0]);
    let bits = spread(3, &[1.0, 2.0, 4.0]);
    let types = [&x, &scales, &bits].map(TensorType::of);
    let rounding_mode = Rounding::HalfDown;
    check(&types, 5, &[vec![x, scales, bits]], |net, inputs| {
        let scalar = |value| net.constant(&Tensor::scalar(value));
        let [x, scale, bits] = [inputs[0], inputs[1], inputs[2]];
        let v2 = |is_signed| Trunc {
            is_signed,
            narrow: is_signed,
            rounding_mode,
        };
        let float = FloatQuant {
            has_inf: false,
            has_nan: true,
            saturation: true,
            rounding_mode,
        };
        let eight = scalar(8.0);
        vec![
            net.graph(
                qonnx::Op::TruncV1(TruncV1 { rounding_mode }),
                &[x, scale, scalar(1.5), eight, bits],
            ),
            net.graph(
                qonnx::Op::Trunc(v2(true)),
                &[x, scalar(0.25), scalar(1.5), eight, scale, bits],
            ),
            net.graph(
                qonnx::Op::Trunc(v2(false)),
                &[x, scale, scalar(0.0), eight, scalar(0.5), bits],
            ),
            net.graph(
                qonnx::Op::FloatQuant(float),
                &[x, scale, scalar(4.0), bits, scalar(7.0), scalar(448.0)],
            ),
            // One bit and more in one tensor.
            net.graph(
                qonnx::Op::IntQuant(IntQuant {
                    is_signed: true,
                    narrow: false,
                    rounding_mode,
                }),
                &[x, scale, scalar(0.5), bits],
            ),
        ]
    });
}

#[test]
fn counted_thresholds_and_pools() {
    let mut rng = Rng::new(21);
    let values = (0..2 * 3 * 4 * 4).map(|_| rng.between(0, 15) as f32);
    let x = Tensor::f32([2, 3, 4, 4], values.collect());
    let mut odd = x.clone();
    if let Data::F32(values) = &mut odd.data {
        (values[0], values[5]) = (f32::NAN, f32::INFINITY);
    }
    let pool = |channels_last| QuantAvgPool2d {
        stride: 1,
        kernel: 2,
        input_bits: 4,
        output_bits: 4,
        is_signed: false,
        channels_last,
    };
    let samples = [vec![x.clone()], vec![odd]];
    check(&[TensorType::of(&x)], 4, &samples, |net, inputs| {
        let thresholds = |axis, shape: &[usize]| {
            let count = shape.iter().product();
            let values = (0..count).map(|at| (at * 5 % 11) as f32 + 0.5);
            let table = net.constant(&Tensor::f32(shape, values.collect()));
            let op = MultiThreshold {
                out_scale: 0.3,
                out_bias: -1.1,
                axis,
            };
            net.graph(qonnx::Op::MultiThreshold(op), &[inputs[0], table])
        };
        vec![
            thresholds(1, &[3, 5]),
            thresholds(3, &[1, 4]),
            net.graph(qonnx::Op::QuantAvgPool2d(pool(false)), inputs),
            net.graph(qonnx::Op::QuantAvgPool2d(pool(true)), inputs),
        ]
    });
}

#[test]
fn searches() {
    let values = vec![
        1.0,
        3.0,
        3.0,
        -0.0,
        0.0,
        f32::NAN,
        2.0,
        f32::NAN,
        f32::INFINITY,
        1.0,
        -1.0,
        3.0,
    ];
    let x = Tensor::f32([2, 3, 2], values);
    for input in [
        x,
        integers(Element::int(16), &[2, 3, 2]),
        integers(Element::uint(64), &[2, 3, 2]),
    ] {
        let arg_max = |axis, keepdims, select_last_index| {
            Op::ArgMax(ArgMax {
                axis,
                keepdims,
                select_last_index,
            })
        };
        let top_k = |axis, largest| {
            Op::TopK(TopK {
                axis,
                largest,
                sorted: true,
            })
        };
        let ty = TensorType::of(&input);
        check(&[ty], 9, &[vec![input]], |net, inputs| {
            let count = net.constant(&Tensor::i64([1], vec![2]));
            let mut outputs = vec![
                net.graph(arg_max(1, true, false), inputs),
                net.graph(arg_max(-1, false, true), inputs),
                net.graph(arg_max(1, false, true), inputs),
            ];
            for (axis, largest) in [(1, true), (1, false), (0, true)] {
                outputs.extend(net.graph_results(top_k(axis, largest), &[inputs[0], count]));
            }
            outputs
        });
    }
}

#[test]
fn casts() {
    let mut floats = awkward();
    floats.extend([
        255.5,
        -128.9,
        65_536.0,
        4_294_967_296.0,
        9.3e18,
        -9.3e18,
        1.85e19,
    ]);
    let x = row(floats);
    let all = INTEGERS
        .into_iter()
        .chain([Element::BOOL, Element::F32, Element::F64]);
    let all: Vec<Element> = all.collect();
    let doubles = Tensor::new(x.shape.clone(), Data::F64(x.to_f64()));
    let sources = INTEGERS.map(|element| integers(element, &[14]));
    for source in [x, doubles].into_iter().chain(sources) {
        let ty = TensorType::of(&source);
        check(&[ty], all.len(), &[vec![source]], |net, inputs| {
            let cast = |to: &Element| net.graph(Op::Cast(Cast { to: *to }), inputs);
            all.iter().map(cast).collect()
        });
    }
}

#[test]
fn numbers_of_all_kinds_move() {
    for element in INTEGERS.into_iter().chain([Element::F64]) {
        let x = integers(element, &[2, 3, 4]);
        let at = Tensor::of_integers(Element::int(32), [3], vec![2, -3, 1]);
        let types = [&x, &at].map(TensorType::of);
        check(&types, 8, &[vec![x, at]], |net, inputs| {
            let list = |values: &[i64]| net.constant(&Tensor::i64([values.len()], values.to_vec()));
            let x = inputs[0];
            let backward = [
                x,
                list(&[-1, 2]),
                list(&[-9, 0]),
                list(&[1, 2]),
                list(&[-1, -2]),
            ];
            let crop = [x, list(&[0, -1, 2, 1, 1, -3])];
            vec![
                net.graph(
                    Op::Transpose(Transpose {
                        perm: vec![1, 2, 0],
                    }),
                    &[x],
                ),
                net.graph(Op::Concat(Concat { axis: 2 }), &[x, x]),
                net.graph(Op::Gather(Gather { axis: 1 }), inputs),
                net.graph(Op::Slice, &backward),
                net.graph(Op::Pad, &crop),
                net.graph(Op::Tile, &[x, list(&[2, 1, 3])]),
                net.graph(Op::Expand, &[x, list(&[2, 2, 3, 4])]),
                x,
            ]
        });
    }
}

#[test]
fn arithmetic_of_integers_and_doubles() {
    let conditions = Tensor::of_integers(Element::BOOL, [14], (0..14).map(|at| at % 2).collect());
    for element in INTEGERS.into_iter().chain([Element::F64]) {
        let (a, b) = (integers(element, &[14]), integers(element, &[1]));
        let types = [&a, &b, &conditions].map(TensorType::of);
        let sample = vec![a, b, conditions.clone()];
        let ops = [
            Op::Add,
            Op::Sub,
            Op::Mul,
            Op::Min,
            Op::Max,
            Op::Equal,
            Op::Less,
            Op::GreaterOrEqual,
        ];
        let unary = [Op::Neg, Op::Abs, Op::Sign, Op::Relu];
        let count = ops.len() + unary.len() + 1;
        check(&types, count, &[sample], |net, inputs| {
            let two = ops.iter().map(|op| net.graph(op.clone(), &inputs[..2]));
            let one = unary.iter().map(|op| net.graph(op.clone(), &inputs[..1]));
            let mut outputs: Vec<_> = two.chain(one).collect();
            outputs.push(net.graph(Op::Where, &[inputs[2], inputs[0], inputs[1]]));
            outputs
        });
    }
}
