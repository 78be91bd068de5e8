//! How far the carriers of another run may be from those of this one, although both are right.
//!
//! Levels 0 and 1 keep scaled integers in float32 carriers, each rounded; level 2 keeps the integers. A sum of
//! products of carriers is therefore off by a few units in the last place of the sum of magnitudes, and everything
//! behind it inherits that. Here the bound is carried along with a run: each value has a radius for each element.
//! Behind a quantizer the radius is that of one rounding again, because its integers are compared.
//!
//! The same arithmetic answers another question: how far can a value move at most when quantizers before it choose
//! among several integers ([`Spread::certain`])?

use melior::ir::operation::OperationLike;
use qonnx_dialects::error::EvalError;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Op, Val};
use qonnx_dialects::monotone::Direction;
use qonnx_dialects::onnx::{self, Gemm};
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::value::with_infos;
use std::collections::HashMap;

use super::depend::is_movement;
use super::exact;

/// The unit roundoff of float32.
const UNIT: f32 = 1.0 / 16_777_216.0;

/// Units that a sum of products may be off when both sides round it once: one each for the carriers of both
/// factors, one for the sum on either side, and as many again for the evaluation of this bound in float32.
const ROUNDED_ONCE: f32 = 8.0;

/// How the other run sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sums {
    /// Exactly, rounded once: another level of this compiler.
    RoundedOnce,
    /// In float32 in any order, as onnxruntime and numpy do. A sum of `n` terms is then off by at most about
    /// `4 * sqrt(n)` units of the sum of magnitudes, but for odds of 1 in 1000 (N. J. Higham and T. Mary, "A new
    /// approach to probabilistic rounding error analysis", SIAM J. Sci. Comput. 41(5), 2019).
    InFloat32,
}

/// The radii of a run's values.
pub struct Noise {
    sums: Sums,
    radii: HashMap<usize, Vec<f32>>,
}

impl Noise {
    /// Before the first op: the inputs are the same in both runs.
    pub fn new(sums: Sums) -> Self {
        Self {
            sums,
            radii: HashMap::new(),
        }
    }

    /// The radius of each element of a value; `None` if both runs have the same value.
    pub fn radius(&self, value: Val<'_>) -> Option<&[f32]> {
        self.radii.get(&ir::value_key(value)).map(Vec::as_slice)
    }

    /// The results of `op` are carriers of integers that are compared: one rounding, unless `is_exact` says of the
    /// element of that number and value that there was none.
    pub fn restart(
        &mut self,
        op: Op<'_>,
        results: &[Tensor],
        is_exact: impl Fn(usize, f32) -> bool,
    ) {
        for (value, tensor) in op.results().zip(results) {
            let radius = of_carrier(&tensor.to_f32(), &is_exact);
            self.radii.insert(ir::value_key(ir::val(value)), radius);
        }
    }

    /// Carries the radii of the operands through an op. Fails where the op does.
    pub fn propagate(
        &mut self,
        op: Op<'_>,
        graph: &GraphOp,
        operands: &[Option<&Tensor>],
        results: &[Tensor],
    ) -> Result<(), EvalError> {
        let radii: Vec<Option<&[f32]>> = op
            .operands()
            .map(|operand| self.radius(ir::val(operand)))
            .collect();
        let spread = Spread {
            sums: self.sums,
            certain: false,
        };
        let found = spread.through(graph, operands, &radii, results)?;
        for (value, radius) in op.results().zip(found) {
            if radius.iter().any(|&radius| radius != 0.0) {
                self.radii.insert(ir::value_key(ir::val(value)), radius);
            }
        }
        Ok(())
    }
}

/// The radius of each element of a carrier: one rounding, unless `is_exact` says of the element of that number and
/// value that there was none.
pub fn of_carrier(results: &[f32], is_exact: impl Fn(usize, f32) -> bool) -> Vec<f32> {
    let radius = |(at, &value): (usize, &f32)| {
        if is_exact(at, value) {
            0.0
        } else {
            value.abs() * UNIT
        }
    };
    results.iter().enumerate().map(radius).collect()
}

/// The radius of a result that is rounded elsewhere too, after the same operation.
pub fn of_rounding(result: f32) -> f32 {
    2.0 * UNIT * result.abs()
}

/// How radii go through an op.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// How the other run sums.
    pub sums: Sums,
    /// Whether the result must be a bound, however large the radii are. It is infinite where none is known. Without
    /// this it is an estimate for small radii: for ops that mix elements in other ways than sums, such as softmax, and
    /// for products of two values that both move.
    pub certain: bool,
}

impl Spread {
    /// The radius of each element of each result. `radii` has those of the operands, `None` where they do not move.
    /// Fails where the op does.
    pub fn through(
        &self,
        op: &GraphOp,
        operands: &[Option<&Tensor>],
        radii: &[Option<&[f32]>],
        results: &[Tensor],
    ) -> Result<Vec<Vec<f32>>, EvalError> {
        let mut found = match magnitudes(op) {
            Some(magnitudes) => vec![self.of_sum(&magnitudes, operands, radii)?],
            None => self.of_any(op, operands, radii, results)?,
        };
        if self.certain {
            certain(op, operands, radii, results, &mut found);
        }
        Ok(found)
    }

    /// For sums of products: rounding of the terms and the sum, plus what the operands bring.
    fn of_sum(
        &self,
        op: &GraphOp,
        operands: &[Option<&Tensor>],
        radii: &[Option<&[f32]>],
    ) -> Result<Vec<f32>, EvalError> {
        let eval = |map: &dyn Fn(usize, usize, f32) -> f32| -> Result<Vec<f32>, EvalError> {
            let mapped: Vec<Option<Tensor>> = operands
                .iter()
                .enumerate()
                .map(|(operand, tensor)| {
                    tensor.map(|tensor| map_floats(tensor, |at, x| map(operand, at, x)))
                })
                .collect();
            let mapped: Vec<Option<&Tensor>> = mapped.iter().map(Option::as_ref).collect();
            Ok(op
                .eval(&mapped)?
                .first()
                .map(Tensor::to_f32)
                .unwrap_or_default())
        };
        let radius_at = |operand: usize, at: usize| radii[operand].map_or(0.0, |radius| radius[at]);
        let sums = eval(&|_, _, x| x.abs())?;
        let shifted = eval(&|operand, at, x| x.abs() + radius_at(operand, at))?;
        let terms = match self.sums {
            Sums::RoundedOnce => vec![0.0; sums.len()],
            Sums::InFloat32 => eval(&|_, _, _| 1.0)?,
        };
        let input = operands.first().copied().flatten().map_or(0, Tensor::len);
        // Means count as one term: what is summed is then the operand's share of each result.
        let share = if self.sums == Sums::InFloat32 {
            input / sums.len().max(1)
        } else {
            0
        };
        let still = radii
            .iter()
            .flatten()
            .all(|radius| radius.iter().all(|&r| r == 0.0));
        let exact_below = if still {
            exact::sums_below(op, operands)
        } else {
            0.0
        };
        let radius = sums
            .iter()
            .zip(&shifted)
            .zip(&terms)
            .map(|((sum, shifted), terms)| {
                if *sum < exact_below || *sum == 0.0 {
                    return 0.0;
                }
                let units = ROUNDED_ONCE + 4.0 * terms.abs().max(share as f32).sqrt();
                let moved = shifted - sum;
                if self.certain && moved.is_nan() {
                    return f32::INFINITY;
                }
                moved.max(0.0) + units * UNIT * sum
            });
        Ok(radius.collect())
    }

    /// For all other ops: how far the results move when the operands do, one operand after the other. This is a
    /// bound where an op is monotone in each element (see [`bounded`]), and else an estimate.
    fn of_any(
        &self,
        op: &GraphOp,
        operands: &[Option<&Tensor>],
        radii: &[Option<&[f32]>],
        results: &[Tensor],
    ) -> Result<Vec<Vec<f32>>, EvalError> {
        let mut found: Vec<Vec<f32>> = results
            .iter()
            .map(|result| vec![0.0; result.len()])
            .collect();
        for (operand, radius) in radii.iter().enumerate() {
            let (Some(radius), Some(tensor)) = (radius, operands[operand]) else {
                continue;
            };
            let shifts: [fn(usize) -> f32; 4] = [
                |_| 1.0,
                |_| -1.0,
                |at| [1.0, -1.0][at % 2],
                |at| [-1.0, 1.0][at % 2],
            ];
            let mut moved = found
                .iter()
                .map(|all| vec![0f32; all.len()])
                .collect::<Vec<_>>();
            for shift in shifts {
                let shifted = map_floats(tensor, |at, x| x + shift(at) * radius[at]);
                let mut operands = operands.to_vec();
                operands[operand] = Some(&shifted);
                for ((moved, result), shifted) in
                    moved.iter_mut().zip(results).zip(op.eval(&operands)?)
                {
                    let (Some(old), Some(new)) = (result.as_f32(), shifted.as_f32()) else {
                        continue;
                    };
                    for ((moved, old), new) in moved.iter_mut().zip(old).zip(new) {
                        // Where it becomes NaN only beyond the domain of an op, the estimate is that within.
                        let by = (new - old).abs();
                        let unknown = self.certain && by.is_nan() && !old.is_nan();
                        *moved = moved.max(if unknown { f32::INFINITY } else { by });
                    }
                }
            }
            for (found, moved) in found.iter_mut().zip(moved) {
                found
                    .iter_mut()
                    .zip(moved)
                    .for_each(|(found, moved)| *found += moved);
            }
        }
        if exact::never_rounds(op) {
            return Ok(found);
        }
        // Elsewhere the same operation may round another way, where it rounds at all.
        let unrounded = match self.sums {
            Sums::InFloat32 => Some(exact::unrounded(op, operands, results)),
            Sums::RoundedOnce => None,
        };
        for (number, (found, result)) in found.iter_mut().zip(results).enumerate() {
            let Some(values) = result.as_f32() else {
                continue;
            };
            for (at, (found, &value)) in found.iter_mut().zip(values).enumerate() {
                let elsewhere = unrounded.as_ref().is_some_and(|exact| !exact(number, at));
                if elsewhere || *found > 0.0 {
                    *found += of_rounding(value);
                }
            }
        }
        Ok(found)
    }
}

/// The operands moved by their radii where these are finite: the first by `direction[0]` of them, others by
/// `direction[1]`.
pub fn shifted(
    operands: &[Option<&Tensor>],
    radii: &[Option<&[f32]>],
    direction: [f32; 2],
) -> Vec<Option<Tensor>> {
    let all = operands.iter().zip(radii).enumerate();
    all.map(|(operand, (tensor, radii))| {
        let direction = direction[operand.min(1)];
        let by = |at: usize| radii.map_or(0.0, |radii| radii[at]);
        let by = |at: usize| {
            if by(at).is_finite() {
                direction * by(at)
            } else {
                0.0
            }
        };
        tensor.map(|tensor| map_floats(tensor, |at, x| x + by(at)))
    })
    .collect()
}

/// Makes the radii of the results infinite where they are no bound.
fn certain(
    op: &GraphOp,
    operands: &[Option<&Tensor>],
    radii: &[Option<&[f32]>],
    results: &[Tensor],
    found: &mut [Vec<f32>],
) {
    let is_float = |tensor: &Tensor| tensor.as_f32().is_some();
    let mut moving = operands.iter().zip(radii).filter(|(_, r)| r.is_some());
    if moving.clone().next().is_none() {
        return;
    }
    // Only float32 elements are moved to see what happens.
    let seen = moving.all(|(tensor, _)| tensor.is_some_and(is_float));
    let known = seen && (magnitudes(op).is_some() || bounded(op, operands, radii));
    let most = match op {
        // It moves by less than 1, whatever its operands do.
        GraphOp::Onnx(onnx::Op::Softmax(_)) => 1.0,
        _ => f32::INFINITY,
    };
    for (found, result) in found.iter_mut().zip(results) {
        if !known || !is_float(result) {
            found.fill(most);
        }
    }
}

/// Whether the moves of the operands, one after the other, add up to a bound of the move of the result, however far
/// they move: so for ops that are linear or only move elements or take the greatest of them, and for monotone ops
/// of which one operand moves.
fn bounded(op: &GraphOp, operands: &[Option<&Tensor>], radii: &[Option<&[f32]>]) -> bool {
    use onnx::Op::{Add, MaxPool, ReduceMax, ReduceMin, Sub};
    let sums = matches!(
        op,
        GraphOp::Onnx(Add | Sub | MaxPool(_) | ReduceMax(_) | ReduceMin(_))
    );
    if sums || is_movement(op) {
        return true;
    }
    let mut moving = radii.iter().enumerate().filter(|(_, r)| r.is_some());
    let (Some((operand, _)), None) = (moving.next(), moving.next()) else {
        return false;
    };
    let monotonicity = with_infos(operands, |infos| {
        let constant = |at: usize| at != operand;
        let infos: Vec<_> = infos
            .iter()
            .enumerate()
            .map(|(at, info)| {
                info.map(|mut info| {
                    info.value = info.value.filter(|_| constant(at));
                    info
                })
            })
            .collect();
        op.monotonicity(operand, &infos)
    });
    let directions = &monotonicity.directions;
    !directions.is_empty() && !directions.contains(&Direction::Unknown)
}

/// The op that sums the magnitudes of what `op` sums; `None` if it does not sum.
fn magnitudes(op: &GraphOp) -> Option<GraphOp> {
    let GraphOp::Onnx(op) = op else { return None };
    let sums = match op {
        onnx::Op::Gemm(gemm) => onnx::Op::Gemm(Gemm {
            alpha: gemm.alpha.abs(),
            beta: gemm.beta.abs(),
            ..*gemm
        }),
        onnx::Op::MatMul
        | onnx::Op::Conv(_)
        | onnx::Op::AveragePool(_)
        | onnx::Op::GlobalAveragePool
        | onnx::Op::ReduceSum(_)
        | onnx::Op::ReduceMean(_) => op.clone(),
        _ => return None,
    };
    Some(GraphOp::Onnx(sums))
}

/// The tensor with each element mapped, if they are float32; otherwise as it is.
fn map_floats(tensor: &Tensor, map: impl Fn(usize, f32) -> f32) -> Tensor {
    match tensor.as_f32() {
        Some(values) => {
            let mapped = values
                .iter()
                .enumerate()
                .map(|(at, &x)| map(at, x))
                .collect();
            Tensor::f32(tensor.shape.clone(), mapped)
        }
        None => tensor.clone(),
    }
}
