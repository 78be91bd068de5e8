//! Arbitrary ops on arbitrary operands: nothing panics, and inference tells whether there is a value.

use crate::declare::{Declared, arbitrary};
use crate::onnx::Op;
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
    let number = random.below(Op::declarations().len());
    arbitrary(number, &mut |bound| random.below(bound)).expect("the declaration exists")
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
