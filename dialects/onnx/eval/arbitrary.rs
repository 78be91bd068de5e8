//! Arbitrary ops on arbitrary operands: nothing panics, and inference tells whether there is a value.

use crate::onnx::op::*;
use crate::tensor::{Data, Element, Tensor};
use crate::value::{TensorType, with_infos};

/// A generator of arbitrary but fixed numbers (Knuth's constants for a linear congruential generator).
pub struct Random(pub u64);

impl Random {
    /// The next number, below 2^31.
    pub fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.next() as usize % bound
    }

    /// One of `values`.
    pub fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    /// Numbers between -4 and 4.
    pub fn tensor(&mut self, shape: &[usize]) -> Tensor {
        let count = shape.iter().product();
        let value = |_| (self.next() % 20_001) as f32 / 2_500.0 - 4.0;
        Tensor::f32(shape.to_vec(), (0..count).map(value).collect())
    }
}

/// An op with arbitrary attributes, many of which fit nothing.
fn arbitrary_op(random: &mut Random) -> Op {
    let axis = random.below(7) as i64 - 3;
    let axes = (0..random.below(3))
        .map(|_| random.below(7) as i64 - 3)
        .collect::<Vec<_>>();
    let sizes = |random: &mut Random, count: usize| -> Vec<usize> {
        (0..count)
            .map(|_| random.pick(&[0, 1, 1, 2, 3, usize::MAX]))
            .collect()
    };
    let keepdims = random.below(2) == 0;
    let spatial = random.below(3);
    let reduce = Reduce {
        axes: keepdims.then(|| axes.clone()),
        keepdims,
    };
    let softmax = Softmax {
        axis,
        flatten: keepdims,
    };
    let auto_pad = random.pick(&AutoPad::ALL);
    let strides = sizes(random, spatial);
    let dilations = sizes(random, spatial);
    let pads = sizes(random, 2 * spatial);
    let kernel_shape = sizes(random, spatial);
    let simple = [
        Op::MatMul,
        Op::GlobalAveragePool,
        Op::Add,
        Op::Sub,
        Op::Mul,
        Op::Pow,
        Op::Min,
        Op::Max,
        Op::Equal,
        Op::Less,
        Op::GreaterOrEqual,
        Op::Where,
        Op::Sqrt,
        Op::Abs,
        Op::Neg,
        Op::Log,
        Op::Sign,
        Op::Clip,
        Op::Relu,
        Op::PRelu,
        Op::Gelu,
        Op::HardSwish,
        Op::Identity,
        Op::Slice,
        Op::Pad,
        Op::Expand,
        Op::Tile,
        Op::BatchNormalization { epsilon: 1e-5 },
    ];
    match random.below(44) {
        0 => Op::Gemm(Gemm {
            alpha: 1.0,
            beta: 0.5,
            trans_a: keepdims,
            trans_b: axis > 0,
        }),
        1 => Op::Conv(Conv {
            kernel_shape: Vec::new(),
            strides,
            pads,
            dilations,
            group: random.below(3),
            auto_pad,
        }),
        2 => Op::MaxPool(MaxPool {
            kernel_shape,
            strides,
            pads,
            dilations,
            ceil_mode: keepdims,
            auto_pad,
        }),
        3 => Op::AveragePool(AveragePool {
            kernel_shape,
            strides,
            pads,
            dilations,
            ceil_mode: keepdims,
            count_include_pad: axis > 0,
            auto_pad,
        }),
        4 => Op::Reshape {
            allow_zero: keepdims,
        },
        5 => Op::Flatten { axis },
        6 => Op::Transpose { perm: axes },
        7 => Op::Shape {
            start: axis,
            end: keepdims.then_some(axis),
        },
        8 => Op::Gather { axis },
        9 => Op::Unsqueeze { axes },
        10 => Op::Squeeze {
            axes: keepdims.then_some(axes),
        },
        11 => Op::Concat { axis },
        12 => Op::ConstantOfShape {
            value: random.tensor(&[1]),
        },
        13 => Op::Split {
            axis,
            parts: SplitParts::Count(random.below(4)),
        },
        14 => Op::Split {
            axis,
            parts: SplitParts::Sizes(sizes(random, 2)),
        },
        15 => Op::ReduceMean(reduce),
        16 => Op::ReduceSum(reduce),
        17 => Op::ReduceMin(reduce),
        18 => Op::ArgMax(ArgMax {
            axis,
            keepdims,
            select_last_index: false,
        }),
        19 => Op::TopK(TopK {
            axis,
            largest: keepdims,
            sorted: true,
        }),
        20 => Op::Softmax(softmax),
        21 => Op::LogSoftmax(softmax),
        22 => Op::LayerNormalization(LayerNormalization {
            axis,
            epsilon: 1e-5,
        }),
        23 => Op::Cast {
            to: random.pick(&[Element::F64, Element::BOOL, Element::int(7)]),
        },
        _ => simple[random.below(simple.len())].clone(),
    }
}

fn arbitrary_operand(random: &mut Random) -> Tensor {
    let rank = random.below(4);
    let shape: Vec<_> = (0..rank)
        .map(|_| random.pick(&[0, 1, 1, 2, 2, 3, 4]))
        .collect();
    let floats = random.tensor(&shape);
    match random.below(6) {
        0 => Tensor::new(shape, Data::F64(floats.to_f64())),
        1 | 2 => {
            let extremes = [0, 1, -1, 2, 3, -4, i64::MAX, i64::MIN, 1 << 33];
            let values = (0..floats.len()).map(|_| random.pick(&extremes)).collect();
            // Lists of axes and extents have one dimension.
            let shape = random.pick(&[true, false]).then(|| vec![floats.len()]);
            let shape = shape.unwrap_or(floats.shape);
            let element =
                random.pick(&[Element::I64, Element::I64, Element::BOOL, Element::int(5)]);
            Tensor::of_integers(element, shape, values)
        }
        _ => floats,
    }
}

/// Whatever the operands, there is an answer or an error, and both inference and evaluation give the same one.
#[test]
fn inference_decides_whether_there_is_a_value() {
    let random = &mut Random(6);
    let mut answered = 0;
    for round in 0..60_000 {
        let op = arbitrary_op(random);
        let inputs: Vec<_> = (0..random.below(5))
            .map(|_| arbitrary_operand(random))
            .collect();
        let mut operands: Vec<_> = inputs.iter().map(Some).collect();
        if operands.len() > 1 && random.below(8) == 0 {
            let absent = random.below(operands.len());
            operands[absent] = None;
        }
        let inferred = with_infos(&operands, |infos| op.infer(infos));
        let evaluated = op.eval(&operands);
        let types = evaluated.map(|results| results.iter().map(TensorType::of).collect::<Vec<_>>());
        assert_eq!(types, inferred, "round {round}: {op:?} of {operands:?}");
        for operand in 0..operands.len() {
            with_infos(&operands, |infos| op.monotonicity(operand, infos));
        }
        answered += usize::from(inferred.is_ok());
    }
    assert!(answered > 5_000, "only {answered} cases had a result");
}
