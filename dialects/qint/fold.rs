//! Ops of `qint` that return their operand unchanged, which MLIR's folder removes.

use melior::ir::ValueLike;
use melior::ir::operation::OperationLike;
use mlir_sys::MlirOperation;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::op::{Op, Requantize};
use crate::ir;
use crate::values::Values;

impl Op {
    /// Whether the op returns its first operand unchanged, of which every integer is one of `n`. Nothing is said here of
    /// how the result is stored.
    pub fn is_identity(&self, n: Values) -> bool {
        match self {
            Self::Cast => true,
            Self::Requantize(op) => op.is_identity(n),
            // As many results take as many thresholds, so that this looks at no more integers than there are of these.
            Self::Threshold(op) => {
                let most = op.thresholds.shape[1].saturating_add(1);
                is_kept(n, most, op.base.len(), |n, row| op.apply(n, row))
            }
            Self::Lookup(op) => {
                let (rows, columns) = (op.table.shape[0], op.table.shape[1]);
                is_kept(n, columns, rows, |n, row| op.apply(n, row))
            }
            _ => false,
        }
    }
}

/// Whether a function of each row keeps every one of some integers, of which there are at most `most`.
fn is_kept(n: Values, most: usize, rows: usize, apply: impl Fn(i64, usize) -> i64) -> bool {
    let step = i128::from(n.step().max(1));
    let count = (i128::from(n.hi()) - i128::from(n.lo())) / step + 1;
    let Some(count) = usize::try_from(count).ok().filter(|count| *count <= most) else {
        return false;
    };
    let integers = || (0..count as i64).map(|at| n.lo() + at * n.step());
    (0..rows).all(|row| integers().all(|n| apply(n, row) == n))
}

impl Requantize {
    /// The product with a power of two that the shift takes back leaves nothing to round.
    fn is_identity(&self, n: Values) -> bool {
        let one = 1i64.checked_shl(self.shift).filter(|&one| one > 0);
        self.multiplier.iter().all(|&factor| Some(factor) == one)
            && self.addend.iter().all(|&addend| addend == 0)
            && self.lo <= n.lo()
            && n.hi() <= self.hi
    }
}

/// Whether the result of an op is its first operand, and has its type: the same integers in another type are another
/// value to whoever reads the type.
fn is_identity(operation: ir::Op<'_>) -> bool {
    let operand = operation.operand(0).ok().map(ir::val);
    let result = operation.results().next().map(ir::val);
    let (Some(operand), Some(result)) = (operand, result) else {
        return false;
    };
    if operand.r#type() != result.r#type() {
        return false;
    }
    let op = Op::read(operation);
    op.zip(ir::values_of(operand))
        .is_some_and(|(op, n)| op.is_identity(n))
}

#[expect(unsafe_code, reason = "called from C++")]
#[unsafe(no_mangle)]
unsafe extern "C" fn qonnxRustIsIdentity(operation: MlirOperation) -> bool {
    // A panic must not go on into C++; then nothing is folded.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        ir::op_handle(operation).is_some_and(is_identity)
    }));
    outcome.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qint::op::{Lookup, Threshold};
    use crate::qonnx::Rounding;
    use crate::tensor::{Element, Tensor};

    #[test]
    fn tables_and_thresholds_are_looked_at() {
        let table = |rows, values: Vec<i64>| {
            let columns = values.len() / rows;
            Tensor::of_integers(Element::I64, [rows, columns], values)
        };
        let threshold = |rows, thresholds, base: i64, step: i64| {
            Op::Threshold(Threshold {
                thresholds: table(rows, thresholds),
                base: vec![base; rows],
                step: vec![step; rows],
                axis: 0,
            })
        };
        let lookup = |rows, values| {
            Op::Lookup(Lookup {
                table: table(rows, values),
                low: -2,
                axis: 0,
            })
        };
        let all = Values::range(-2, 1);
        let bipolar = Values::new(-1, 1, 2).expect("two integers");
        for (op, n, expected) in [
            (threshold(1, vec![-1, 0, 1], -2, 1), all, true),
            (threshold(1, vec![-1, 0, 1, 2], -2, 1), all, true),
            (threshold(1, vec![-1, 0, 2], -2, 1), all, false),
            (threshold(1, vec![-1, 0], -2, 1), all, false),
            (threshold(2, vec![-1, 0, 1, -1, 0, 0], -2, 1), all, false),
            (threshold(1, vec![0], -1, 2), bipolar, true),
            (threshold(1, vec![0], -1, 2), Values::range(-1, 1), false),
            (threshold(1, vec![], 5, 1), Values::one(5), true),
            (
                threshold(1, vec![0], 0, 1),
                Values::range(i64::MIN, i64::MAX),
                false,
            ),
            (lookup(1, vec![-2, -1, 0, 1]), all, true),
            (lookup(2, vec![-2, -1, 0, 1, -2, -1, 0, 0]), all, false),
            (lookup(1, vec![7, -1, 7, 1]), bipolar, true),
        ] {
            assert_eq!(op.is_identity(n), expected, "{op:?} {n}");
        }
    }

    /// What is called an identity is one by evaluation, for all integers and rounding modes.
    #[test]
    fn identities_change_nothing() {
        let modes = [
            Rounding::Round,
            Rounding::Ceil,
            Rounding::Floor,
            Rounding::Up,
            Rounding::Down,
            Rounding::HalfUp,
            Rounding::HalfDown,
        ];
        let n = Values::range(-7, 5);
        let mut found = 0;
        for rounding_mode in modes {
            for (multiplier, addend, shift, (lo, hi)) in [
                (vec![1], vec![0], 0, (-8, 7)),
                (vec![1, 1], vec![0], 0, (-7, 5)),
                (vec![8], vec![0, 0], 3, (-7, 5)),
                (vec![1 << 62], vec![0], 62, (i64::MIN, i64::MAX)),
                (vec![1], vec![1], 0, (-8, 7)),
                (vec![1, 2], vec![0], 0, (-8, 7)),
                (vec![1], vec![0], 1, (-8, 7)),
                (vec![1], vec![0], 0, (-6, 7)),
                (vec![1], vec![0], 0, (-8, 4)),
                (vec![8], vec![4], 3, (-8, 7)),
            ] {
                let op = Requantize {
                    multiplier,
                    addend,
                    shift,
                    lo,
                    hi,
                    rounding_mode,
                    axis: 0,
                };
                let same = (n.lo()..=n.hi()).all(|n| (0..2).all(|c| op.apply(n, c) == n));
                let said = op.is_identity(n);
                assert!(!said || same, "{op:?}");
                found += usize::from(said);
            }
        }
        assert_eq!(found, 4 * modes.len());
    }
}
