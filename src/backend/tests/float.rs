//! The float ops against their evaluation.

use qonnx_dialects::onnx::*;
use qonnx_dialects::qonnx::{self, IntQuant, Rounding};
use qonnx_dialects::tensor::{Element, Tensor};
use qonnx_dialects::value::TensorType;

use super::{awkward, check, row};
use crate::random_graph::Rng;

/// Random numbers that are not round.
fn random(shape: &[usize], rng: &mut Rng) -> Tensor {
    let count = shape.iter().product();
    Tensor::f32(
        shape,
        (0..count)
            .map(|_| rng.between(-9999, 9999) as f32 / 1234.5)
            .collect(),
    )
}

#[test]
fn functions_of_one_number() {
    let x = row(awkward());
    let ops = [
        Op::Sqrt,
        Op::Abs,
        Op::Neg,
        Op::Exp,
        Op::Log,
        Op::Floor,
        Op::Ceil,
        Op::Round,
        Op::Sign,
        Op::Relu,
        Op::LeakyRelu(LeakyRelu { alpha: 0.1 }),
        Op::Elu(Elu { alpha: 1.3 }),
        Op::Selu(Selu {
            alpha: 1.673,
            gamma: 1.05,
        }),
        Op::Sigmoid,
        Op::HardSigmoid(HardSigmoid {
            alpha: 0.2,
            beta: 0.5,
        }),
        Op::HardSwish,
        Op::Tanh,
        Op::Erf,
        Op::Gelu,
        Op::Softplus,
        Op::Identity,
        Op::Cast(Cast { to: Element::F32 }),
    ];
    check(
        &[TensorType::of(&x)],
        ops.len(),
        &[vec![x.clone()]],
        |net, inputs| ops.iter().map(|op| net.graph(op.clone(), inputs)).collect(),
    );
}

#[test]
fn functions_of_two_numbers() {
    // Every pair: a column against a row.
    let values = awkward();
    let count = values.len();
    let (a, b) = (
        Tensor::f32([count, 1], values.clone()),
        Tensor::f32([1, count], values),
    );
    let ops = [
        Op::Add,
        Op::Sub,
        Op::Mul,
        Op::Div,
        Op::Pow,
        Op::Min,
        Op::Max,
        Op::PRelu,
    ];
    check(
        &[TensorType::of(&a), TensorType::of(&b)],
        ops.len() + 8,
        &[vec![a.clone(), b.clone()]],
        |net, inputs| {
            let scalar = |value| net.constant(&Tensor::scalar(value));
            let mut outputs: Vec<_> = ops
                .iter()
                .map(|op| {
                    // The slope of `PRelu` broadcasts to the operand, not the other way round.
                    let left = if matches!(op, Op::PRelu) {
                        net.graph(Op::Add, inputs)
                    } else {
                        inputs[0]
                    };
                    net.graph(op.clone(), &[left, inputs[1]])
                })
                .collect();
            outputs.push(net.graph(Op::Pow, &[inputs[0], scalar(2.0)]));
            outputs.push(net.graph(Op::Pow, &[inputs[0], scalar(0.5)]));
            outputs.push(net.graph(Op::Pow, &[inputs[0], scalar(3.0)]));
            outputs.push(net.graph(Op::Clip, &[inputs[0], scalar(-1.5), scalar(2.0)]));
            outputs.push(net.graph(Op::Clip, &[inputs[0]]));
            outputs.push(net.graph(Op::Clip, &[inputs[0], scalar(-1.5)]));
            outputs.push(net.graph(Op::Clip, &[inputs[0], net.absent(), scalar(2.0)]));
            outputs.push(net.graph(Op::Max, &[inputs[0], inputs[1], scalar(0.25)]));
            outputs
        },
    );
}

#[test]
fn contractions() {
    let mut rng = Rng::new(3);
    let (a, b) = (
        random(&[2, 3, 5, 7], &mut rng),
        random(&[3, 7, 4], &mut rng),
    );
    let (vector, c) = (random(&[7], &mut rng), random(&[4], &mut rng));
    let types = [&a, &b, &vector, &c].map(TensorType::of);
    let gemm = |alpha, beta, trans_a, trans_b| Gemm {
        alpha,
        beta,
        trans_a,
        trans_b,
    };
    let flat = random(&[7, 5], &mut rng);
    check(
        &types,
        7,
        &[vec![a.clone(), b, vector, c]],
        |net, inputs| {
            let flat = net.constant(&flat);
            let other = net.constant(&random(&[4, 7], &mut Rng::new(5)));
            vec![
                net.graph(Op::MatMul, &[inputs[0], inputs[1]]),
                net.graph(Op::MatMul, &[inputs[0], inputs[2]]),
                net.graph(Op::MatMul, &[inputs[2], inputs[1]]),
                net.graph(Op::MatMul, &[inputs[2], inputs[2]]),
                net.graph(
                    Op::Gemm(gemm(1.0, 1.0, true, true)),
                    &[flat, other, inputs[3]],
                ),
                net.graph(
                    Op::Gemm(gemm(0.3, 1.7, true, true)),
                    &[flat, other, inputs[3]],
                ),
                net.graph(Op::Gemm(gemm(0.3, 1.0, true, true)), &[flat, other]),
            ]
        },
    );
}

#[test]
fn convolutions() {
    let mut rng = Rng::new(4);
    let x = random(&[2, 4, 7, 6], &mut rng);
    let line = random(&[1, 2, 9], &mut rng);
    let conv = |strides: &[usize], pads: &[usize], dilations: &[usize], group, auto_pad| Conv {
        kernel_shape: None,
        strides: strides.to_vec(),
        pads: pads.to_vec(),
        dilations: dilations.to_vec(),
        group,
        auto_pad,
    };
    check(
        &[TensorType::of(&x), TensorType::of(&line)],
        5,
        &[vec![x.clone(), line.clone()]],
        |net, inputs| {
            let rng = &mut Rng::new(6);
            let mut weights = |shape: &[usize]| net.constant(&random(shape, rng));
            let (full, bias) = (weights(&[6, 4, 3, 2]), weights(&[6]));
            let grouped = weights(&[6, 2, 3, 3]);
            let depthwise = weights(&[4, 1, 3, 3]);
            let short = weights(&[3, 2, 4]);
            let not_set = AutoPad::NotSet;
            vec![
                net.graph(
                    Op::Conv(conv(&[], &[], &[], 1, not_set)),
                    &[inputs[0], full],
                ),
                net.graph(
                    Op::Conv(conv(&[2, 1], &[1, 0, 2, 1], &[1, 2], 1, not_set)),
                    &[inputs[0], full, bias],
                ),
                net.graph(
                    Op::Conv(conv(&[1, 2], &[1, 1, 1, 1], &[2, 1], 2, not_set)),
                    &[inputs[0], grouped, bias],
                ),
                net.graph(
                    Op::Conv(conv(&[2, 2], &[], &[], 4, AutoPad::SameUpper)),
                    &[inputs[0], depthwise],
                ),
                net.graph(
                    Op::Conv(conv(&[3], &[2, 0], &[], 1, not_set)),
                    &[inputs[1], short],
                ),
            ]
        },
    );
}

#[test]
fn pools_and_reductions() {
    let mut rng = Rng::new(8);
    let x = random(&[2, 3, 7, 6], &mut rng);
    let mut odd = x.clone();
    if let qonnx_dialects::tensor::Data::F32(values) = &mut odd.data {
        values[..42].fill(-0.0);
        values[60] = f32::NAN;
        values[100] = f32::NEG_INFINITY;
    }
    let samples = [vec![x.clone()], vec![odd]];
    let max = |strides: &[usize], pads: &[usize], ceil_mode| {
        Op::MaxPool(MaxPool {
            kernel_shape: vec![3, 2],
            strides: strides.to_vec(),
            pads: pads.to_vec(),
            dilations: vec![],
            ceil_mode,
            auto_pad: AutoPad::NotSet,
        })
    };
    let average = |pads: &[usize], ceil_mode, count_include_pad| {
        Op::AveragePool(AveragePool {
            kernel_shape: vec![3, 2],
            strides: vec![2, 2],
            pads: pads.to_vec(),
            dilations: vec![],
            ceil_mode,
            count_include_pad,
            auto_pad: AutoPad::NotSet,
        })
    };
    let reduce = |axes: Option<&[i64]>, keepdims| Reduce {
        axes: axes.map(<[i64]>::to_vec),
        keepdims,
    };
    let ops = [
        max(&[], &[], false),
        max(&[2, 2], &[1, 0, 1, 1], true),
        average(&[], false, false),
        average(&[1, 1, 1, 0], true, false),
        average(&[1, 1, 1, 0], true, true),
        Op::GlobalAveragePool,
        Op::ReduceMean(reduce(Some(&[1, -1]), true)),
        Op::ReduceSum(reduce(Some(&[2]), false)),
        Op::ReduceMax(reduce(None, false)),
        Op::ReduceMin(reduce(Some(&[0, 3]), true)),
    ];
    check(&[TensorType::of(&x)], ops.len(), &samples, |net, inputs| {
        ops.iter().map(|op| net.graph(op.clone(), inputs)).collect()
    });
}

#[test]
fn normalizations() {
    let mut rng = Rng::new(9);
    let x = random(&[3, 5, 4], &mut rng);
    let softmax = |axis, flatten| Softmax { axis, flatten };
    check(
        &[TensorType::of(&x)],
        7,
        &[vec![x.clone()]],
        |net, inputs| {
            let rng = &mut Rng::new(10);
            let mut constant = |shape: &[usize]| net.constant(&random(shape, rng));
            let (scale, bias, mean) = (constant(&[5]), constant(&[5]), constant(&[5]));
            let (gamma, beta) = (constant(&[4]), constant(&[5, 4]));
            let variance = net.constant(&row(vec![0.3, 1.7, 2.0, 0.01, 5.5]));
            let layer = |axis| LayerNormalization {
                axis,
                epsilon: 1e-5,
            };
            let batch = Op::BatchNormalization(BatchNormalization { epsilon: 1e-3 });
            vec![
                net.graph(Op::Softmax(softmax(-1, false)), inputs),
                net.graph(Op::Softmax(softmax(1, false)), inputs),
                net.graph(Op::Softmax(softmax(1, true)), inputs),
                net.graph(Op::LogSoftmax(softmax(-1, false)), inputs),
                net.graph(batch, &[inputs[0], scale, bias, mean, variance]),
                net.graph(Op::LayerNormalization(layer(-1)), &[inputs[0], gamma]),
                net.graph(Op::LayerNormalization(layer(1)), &[inputs[0], gamma, beta]),
            ]
        },
    );
}

#[test]
fn movements() {
    let mut rng = Rng::new(11);
    let (x, other) = (random(&[2, 3, 4], &mut rng), random(&[2, 2, 4], &mut rng));
    let samples = [vec![x.clone(), other.clone()]];
    check(
        &[TensorType::of(&x), TensorType::of(&other)],
        15,
        &samples,
        |net, inputs| {
            let integers =
                |values: &[i64]| net.constant(&Tensor::i64([values.len()], values.to_vec()));
            let x = inputs[0];
            let split = Op::Split(Split {
                axis: 1,
                sizes: Some(vec![1, 2]),
                count: None,
            });
            let mut outputs = net.graph_results(split, &[x]);
            let pad = [
                x,
                integers(&[1, 0, 2, 0, 1, 0]),
                net.constant(&Tensor::scalar(-1.5)),
            ];
            let slice = [
                x,
                integers(&[-2, 0]),
                integers(&[9, 4]),
                integers(&[1, 2]),
                integers(&[1, 3]),
            ];
            let table = net.constant(&Tensor::i64([2, 2], vec![0, -1, 1, 1]));
            outputs.extend([
                net.graph(
                    Op::Reshape(Reshape { allow_zero: false }),
                    &[x, integers(&[4, -1])],
                ),
                net.graph(Op::Flatten(Flatten { axis: 1 }), &[x]),
                net.graph(Op::Flatten(Flatten { axis: 0 }), &[x]),
                net.graph(Op::Unsqueeze(Unsqueeze { axes: vec![0, 4] }), &[x]),
                net.graph(
                    Op::Transpose(Transpose {
                        perm: vec![2, 0, 1],
                    }),
                    &[x],
                ),
                net.graph(Op::Transpose(Transpose { perm: vec![] }), &[x]),
                net.graph(Op::Concat(Concat { axis: 1 }), &[x, inputs[1], x]),
                net.graph(Op::Gather(Gather { axis: 1 }), &[x, table]),
                net.graph(Op::Slice, &slice),
                net.graph(Op::Pad, &pad),
                net.graph(Op::Expand, &[x, integers(&[2, 2, 3, 4])]),
                // An input and a constant are results too.
                x,
                net.constant(&row(vec![1.0, -0.0])),
            ]);
            outputs
        },
    );
}

#[test]
fn quantizers_that_stay_float() {
    let x = row(awkward());
    let mut ops = Vec::new();
    for rounding in Rounding::ALL {
        ops.push(qonnx::Op::IntQuant(IntQuant {
            is_signed: true,
            narrow: false,
            rounding_mode: rounding,
        }));
        ops.push(qonnx::Op::IntQuant(IntQuant {
            is_signed: false,
            narrow: true,
            rounding_mode: rounding,
        }));
    }
    check(
        &[TensorType::of(&x)],
        ops.len() + 2,
        &[vec![x.clone()]],
        |net, inputs| {
            let scalar = |value| net.constant(&Tensor::scalar(value));
            let mut outputs: Vec<_> = ops
                .iter()
                .map(|op| net.graph(*op, &[inputs[0], scalar(0.3), scalar(1.5), scalar(4.0)]))
                .collect();
            let one_bit = qonnx::Op::IntQuant(IntQuant {
                is_signed: true,
                narrow: false,
                rounding_mode: Rounding::Round,
            });
            outputs.push(net.graph(one_bit, &[inputs[0], scalar(0.3), scalar(0.0), scalar(1.0)]));
            outputs.push(net.graph(qonnx::Op::BipolarQuant, &[inputs[0], scalar(0.7)]));
            outputs
        },
    );
}
