//! Graphs of any declared ops: what the declarations do not say, operands that fit, is tried out.

use melior::ir::Location;
use qonnx_dialects::declare::arbitrary;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Val};
use qonnx_dialects::onnx::{self, Cast};
use qonnx_dialects::qonnx;
use qonnx_dialects::tensor::{Element, Tensor};
use qonnx_dialects::value::{TensorType, with_infos};

use super::{Builder, Rng, input};

/// How often an op is tried with other attributes and operands before it is given up.
const ATTEMPTS: usize = 300;
/// The most elements that a value may have.
const MOST: usize = 200;

/// A value of the graph, with what it is on each sample.
#[derive(Clone)]
struct Known<'c> {
    value: Val<'c>,
    on: Vec<Tensor>,
}

/// An operand that is tried.
#[derive(Clone)]
enum Candidate<'c> {
    Absent,
    Value(Known<'c>),
    Constant(Tensor),
}

impl Candidate<'_> {
    fn on(&self, sample: usize) -> Option<&Tensor> {
        match self {
            Self::Absent => None,
            Self::Value(known) => known.on.get(sample),
            Self::Constant(tensor) => Some(tensor),
        }
    }
}

impl<'c> Builder<'c> {
    /// Any ops, between quantizers of which some graphs have none; returns the samples.
    pub(super) fn any_ops(&mut self) -> Vec<Tensor> {
        let shape = self.shape.clone();
        let samples = vec![
            input(&shape, &mut self.rng.clone()),
            input(&shape, &mut self.rng),
        ];
        let mut known = vec![Known {
            value: self.value,
            on: samples.clone(),
        }];
        for _ in 0..1 + self.rng.below(6) {
            self.any_op(&mut known);
        }
        self.value = known[known.len() - 1].value;
        samples
    }

    /// Appends an op of any declaration, if one is found that fits and is finite on the samples. Which is one choice, and
    /// what is tried another: many attempts fail.
    fn any_op(&mut self, known: &mut Vec<Known<'c>>) {
        let standard = onnx::DECLARATIONS.len();
        let number = self.rng.below(standard + qonnx::DECLARATIONS.len());
        let attempts = Rng::new(self.rng.next_bits() >> 33);
        let choices = std::mem::replace(&mut self.rng, attempts);
        self.try_ops(number, standard, known);
        self.rng = choices;
    }

    fn try_ops(&mut self, number: usize, standard: usize, known: &mut Vec<Known<'c>>) {
        for _ in 0..ATTEMPTS {
            // Few attributes fit all operands; the plainest ones often do, or with one or two others among them.
            let mode = self.rng.below(3);
            let rng = &mut self.rng;
            let below = &mut |bound| match mode {
                0 => 0,
                1 if rng.chance(3, 4) => 0,
                _ => rng.below(bound),
            };
            let op = match number.checked_sub(standard) {
                None => arbitrary::<onnx::Op>(number, below).map(GraphOp::from),
                Some(number) => arbitrary::<qonnx::Op>(number, below).map(GraphOp::from),
            };
            let Some(op) = op else { return };
            let operands = self.candidates(&op, known);
            let results: Option<Vec<_>> = (0..known[0].on.len())
                .map(|sample| {
                    let values: Vec<_> =
                        operands.iter().map(|operand| operand.on(sample)).collect();
                    // Types first: an op that does not fit may ask for much memory.
                    let types = with_infos(&values, |infos| op.infer(infos)).ok()?;
                    let small = types.iter().all(|ty| {
                        ty.elements()
                            .is_some_and(|count| (1..=MOST).contains(&count))
                    });
                    small.then_some(())?;
                    op.eval(&values).ok()
                })
                .collect();
            let Some(results) = results else { continue };
            let finite = |tensor: &Tensor| !tensor.has_float(|x| !x.is_finite() || x.abs() > 1e6);
            if results.iter().flatten().all(finite) {
                self.append_op(&op, &operands, results, known);
                return;
            }
        }
    }

    /// Operands of which some op may be.
    fn candidates(&mut self, op: &GraphOp, known: &[Known<'c>]) -> Vec<Candidate<'c>> {
        let declared = match op {
            GraphOp::Onnx(op) => op.declaration(),
            GraphOp::Qonnx(op) => op.declaration(),
        };
        let (least, most) = declared.arity();
        let count = if most == usize::MAX {
            least + self.rng.below(3)
        } else {
            most
        };
        // The newest value mostly, so that the graph is one.
        let recent = known.len() - 1 - self.rng.below(known.len().min(2));
        let moving = Candidate::Value(known[recent].clone());
        let shape = known[recent].on[0].shape.clone();
        let place = match self.rng.below(8) {
            1 => self.rng.below(count.max(1)),
            // None of them.
            2 => count,
            _ => 0,
        };
        // Parameters are mostly of one kind.
        let same = self.rng.chance(1, 2).then(|| self.rng.below(KINDS));
        (0..count)
            .map(|at| {
                if at == place {
                    return moving.clone();
                }
                if at >= least && most != usize::MAX && self.rng.chance(1, 2) {
                    return Candidate::Absent;
                }
                let kind = same.unwrap_or_else(|| self.rng.below(KINDS));
                self.candidate(kind, &shape, known)
            })
            .collect()
    }

    fn candidate(&mut self, kind: usize, shape: &[usize], known: &[Known<'c>]) -> Candidate<'c> {
        let rank = shape.len();
        let channels = shape.get(1).copied().unwrap_or(1);
        let list = |values: Vec<i64>| Candidate::Constant(Tensor::i64([values.len()], values));
        let mut small = |count: usize, least: i64, greatest: i64| -> Vec<i64> {
            (0..count)
                .map(|_| self.rng.between(least, greatest))
                .collect()
        };
        match kind {
            0 => Candidate::Constant(self.dyadic(&[], 1, 8, 0.25)),
            1 => Candidate::Constant(self.dyadic(&[channels], -8, 8, 0.25)),
            2 => {
                let mut extents = vec![1; rank];
                if let Some(extent) = extents.get_mut(1) {
                    *extent = channels;
                }
                Candidate::Constant(self.dyadic(&extents, 1, 8, 0.25))
            }
            3 => list(small(rank, 0, 2)),
            4 => list(small(1, -1, 2)),
            5 => list(small(2 * rank, 0, 1)),
            6 => list(shape.iter().map(|&extent| extent as i64).collect()),
            7 => {
                let bits = small(shape.iter().product(), 0, 1);
                Candidate::Constant(Tensor::of_integers(Element::BOOL, shape, bits))
            }
            8 => {
                let depth = shape.last().copied().unwrap_or(1);
                Candidate::Constant(self.dyadic(&[depth, 3], -4, 4, 0.5))
            }
            9 => {
                let depth = channels;
                let extents: Vec<_> = [2, depth]
                    .into_iter()
                    .chain(vec![1; rank.saturating_sub(2)])
                    .collect();
                Candidate::Constant(self.dyadic(&extents, -4, 4, 0.5))
            }
            // A number of bits.
            10 => Candidate::Constant(Tensor::scalar(self.rng.between(2, 6) as f32)),
            _ => {
                let other = self.rng.below(known.len());
                Candidate::Value(known[other].clone())
            }
        }
    }

    /// Appends the op; its first result is the newest value, as float32.
    fn append_op(
        &mut self,
        op: &GraphOp,
        operands: &[Candidate<'c>],
        results: Vec<Vec<Tensor>>,
        known: &mut Vec<Known<'c>>,
    ) {
        let location = Location::unknown(self.context);
        let operands: Vec<_> = operands
            .iter()
            .map(|operand| match operand {
                Candidate::Absent => self.append(onnx::none(self.context, location)),
                Candidate::Value(known) => known.value,
                Candidate::Constant(tensor) => self.constant(tensor),
            })
            .collect();
        let name = self.location(op.name());
        let types: Vec<_> = results[0]
            .iter()
            .map(|result| ir::tensor_type(self.context, &TensorType::of(result)))
            .collect();
        let mut value = self.append(op.build(self.context, &operands, &types, name));
        let mut on: Vec<_> = results
            .into_iter()
            .map(|mut all| all.swap_remove(0))
            .collect();
        if on[0].element() != Element::F32 {
            let cast = onnx::Op::Cast(Cast { to: Element::F32 });
            let float = |tensor: &Tensor| Tensor::f32(tensor.shape.clone(), tensor.to_f32());
            on = on.iter().map(float).collect();
            let r#type = ir::tensor_type(self.context, &TensorType::of(&on[0]));
            let location = self.location("Cast");
            value = self.append(cast.build(self.context, &[value], &[r#type], location));
        }
        // What does not depend on the input would be folded away.
        let fixed = on
            .windows(2)
            .all(|pair| pair[0].to_f32() == pair[1].to_f32());
        if !fixed || self.rng.chance(1, 2) {
            known.push(Known { value, on });
        }
    }
}

/// How many kinds of operands there are.
const KINDS: usize = 13;
