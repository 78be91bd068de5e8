//! What the results of ops can be, given what their operands can be.

use melior::ir::operation::OperationLike;

use super::op::{Elementwise, Lookup, Op};
use crate::ir;
use crate::qonnx::Codes;
use crate::tensor::Tensor;
use crate::upstream;
use crate::values::{Products, Values};

/// What follows for a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follows {
    /// It can be these.
    These(Values),
    /// It can be more than 62 bits hold.
    TooWide,
    /// Nothing: it is no integer, or one beyond `i64`.
    Nothing,
}

impl From<Option<Values>> for Follows {
    fn from(values: Option<Values>) -> Self {
        values.map_or(Self::TooWide, Self::These)
    }
}

impl Op {
    /// What the result can be. `operands` are what the operands can be, `shapes` theirs; `weights` are those of a product, if
    /// they are known. The op has been verified. Fails if an operand can be what the op has no result for.
    pub(crate) fn follows(
        &self,
        operands: &[Option<Values>],
        shapes: &[&[usize]],
        weights: Option<&Tensor>,
    ) -> Result<Follows, String> {
        if let Self::Quantize(op) = self {
            let ranges = op.zero_point.to_f32().into_iter().map(|zero_point| {
                let quantizer = op.quantizer(1.0, zero_point);
                let (lo, hi) = quantizer.integer_range(op.fraction_bits)?;
                Some(match quantizer.codes {
                    // NaN becomes 0.
                    Codes::Range { .. } => Values::new(lo, hi, 1 << op.fraction_bits)
                        .unwrap_or(Values::range(lo, hi))
                        .union(Values::one(0)),
                    Codes::SignOfCode | Codes::SignOfInput => {
                        Values::one(lo).union(Values::one(hi))
                    }
                })
            });
            let all = ranges.collect::<Option<Vec<_>>>();
            return Ok(all
                .and_then(|all| all.into_iter().reduce(Values::union))
                .into());
        }
        let Some(known) = operands.iter().copied().collect::<Option<Vec<_>>>() else {
            return Ok(Follows::Nothing);
        };
        let n = known[0];
        Ok(match self {
            Self::Quantize(_) | Self::Dequantize(_) => Follows::Nothing,
            Self::MaxPool(_) | Self::MinPool(_) | Self::Cast => Follows::These(n),
            Self::SumPool(pool) => {
                let mut extents = pool.kernel_shape.iter();
                let count = extents.try_fold(1usize, |all, extent| all.checked_mul(*extent));
                count.and_then(|count| self.padded(n).sum_of(count)).into()
            }
            Self::Elementwise(kind) => elementwise(*kind, n, known[1]).into(),
            Self::MatMul | Self::Conv(_) | Self::ConvTranspose(_) => match weights {
                Some(weights) => self.sums_of(n, weights),
                None => {
                    let term = self.padded(n).product(known[1]);
                    let sum = self.terms(shapes).and_then(|count| term?.sum_of(count));
                    sum.into()
                }
            },
            // Each is monotone in each channel, so that the ends say all.
            Self::Requantize(op) => {
                let channels = op.multiplier.len().max(op.addend.len());
                let ends =
                    |channel| Values::range(op.apply(n.lo(), channel), op.apply(n.hi(), channel));
                (0..channels).map(ends).reduce(Values::union).into()
            }
            Self::Threshold(op) => {
                let ends = |channel: usize| {
                    let (a, b) = (op.apply(n.lo(), channel), op.apply(n.hi(), channel));
                    let step = op.step[channel].unsigned_abs();
                    let steps = i64::try_from(step).ok();
                    let steps = steps.and_then(|step| Values::new(a.min(b), a.max(b), step));
                    steps.unwrap_or(Values::range(a, b))
                };
                (0..op.base.len()).map(ends).reduce(Values::union).into()
            }
            Self::Lookup(op) => lookup(op, n)?,
        })
    }

    /// What is summed: borders are 0, and so is what lies between the elements of a transposed convolution.
    fn padded(&self, x: Values) -> Values {
        let pads = match self {
            Self::Conv(conv) => &conv.pads,
            Self::SumPool(pool) => &pool.pads,
            Self::ConvTranspose(_) => return x.union(Values::one(0)),
            _ => return x,
        };
        match pads.iter().any(|&pad| pad != 0) {
            true => x.union(Values::one(0)),
            false => x,
        }
    }

    /// What the sums of products with these weights can be.
    fn sums_of(&self, x: Values, weights: &Tensor) -> Follows {
        let x = self.padded(x);
        let numbers = weights.as_int().unwrap_or_default();
        let sum = |numbers: &mut dyn Iterator<Item = i64>| {
            let mut sum = Products::default();
            numbers.for_each(|weight| sum.add(weight, x));
            sum
        };
        let sums: Vec<Products> = match self {
            // Matrices one after the other, the columns of each are outputs.
            Self::MatMul => {
                let (depth, columns) = (
                    weights.shape[weights.rank() - 2],
                    weights.shape[weights.rank() - 1],
                );
                let matrices = numbers.chunks((depth * columns).max(1));
                let columns_of = |matrix: &[i64]| {
                    let mut sums = vec![Products::default(); columns];
                    for row in matrix.chunks(columns.max(1)) {
                        for (sum, &weight) in sums.iter_mut().zip(row) {
                            sum.add(weight, x);
                        }
                    }
                    sums
                };
                matrices.flat_map(columns_of).collect()
            }
            // The filters of a transposed convolution are where others have their channels.
            Self::ConvTranspose(conv) => {
                let filters = conv.filters(weights);
                let each: usize = filters.shape[1..].iter().product();
                let numbers = filters.as_int().unwrap_or_default().chunks(each.max(1));
                numbers
                    .map(|filter| sum(&mut filter.iter().copied()))
                    .collect()
            }
            _ => {
                let each: usize = weights.shape[1..].iter().product();
                let filters = numbers.chunks(each.max(1));
                filters
                    .map(|filter| sum(&mut filter.iter().copied()))
                    .collect()
            }
        };
        let sums = sums
            .into_iter()
            .map(Products::get)
            .collect::<Option<Vec<_>>>();
        match sums {
            None => Follows::TooWide,
            Some(sums) => {
                let all = sums.into_iter().reduce(Values::union);
                all.map_or(Follows::Nothing, Follows::These)
            }
        }
    }
}

/// What two operands give, element by element.
fn elementwise(kind: Elementwise, a: Values, b: Values) -> Option<Values> {
    let choice = |lo, hi| {
        // Both ends are among those of the operands.
        let step = a.union(b).step();
        Values::new(lo, hi, step).or(Some(Values::range(lo, hi)))
    };
    match kind {
        Elementwise::Add => a.sum(b),
        Elementwise::Sub => a.sum(b.negated()?),
        Elementwise::Mul => a.product(b),
        Elementwise::Max => choice(a.lo().max(b.lo()), a.hi().max(b.hi())),
        Elementwise::Min => choice(a.lo().min(b.lo()), a.hi().min(b.hi())),
    }
}

/// What a table gives for the integers of a range.
fn lookup(op: &Lookup, n: Values) -> Result<Follows, String> {
    let columns = op.table.shape[1];
    let place = |n: i64| {
        let place = i128::from(n) - i128::from(op.low);
        usize::try_from(place).ok().filter(|place| *place < columns)
    };
    let (Some(first), Some(last)) = (place(n.lo()), place(n.hi())) else {
        let high = i128::from(op.low) + columns as i128 - 1;
        return Err(format!(
            "has a table for {} to {high}, and its operand can be {n}",
            op.low
        ));
    };
    let step = usize::try_from(n.step().max(1)).unwrap_or(usize::MAX);
    let rows = op.table.as_int().unwrap_or_default().chunks(columns);
    let entries = rows.flat_map(|row| row[first..=last].iter().step_by(step).copied());
    Ok(Values::of(entries).into())
}

/// Checks that the result of an op can hold what follows from its operands, other than products with constant weights.
pub(crate) fn check_values(op: &Op, operation: ir::Op<'_>) -> Result<(), String> {
    check(op, operation, None)
}

/// Checks that the results of a product with constant weights are what its type says. This looks at all weights: it is for
/// what comes from outside.
pub fn check_products(operation: ir::Op<'_>) -> Result<(), String> {
    if upstream::is_constant(operation) {
        return check_constant(operation);
    }
    let Some(op @ (Op::MatMul | Op::Conv(_) | Op::ConvTranspose(_))) = Op::read(operation) else {
        return Ok(());
    };
    let weights = operation.operand(1).ok().map(ir::val);
    match weights.map(ir::constant_elements) {
        Some(Ok(weights)) => check(&op, operation, Some(&weights))
            .map_err(|predicate| format!("'{}' op {predicate}", ir::op_name(operation))),
        _ => Ok(()),
    }
}

/// Checks that the elements of a constant are what its type says.
fn check_constant(operation: ir::Op<'_>) -> Result<(), String> {
    let Some(result) = operation.results().next().map(ir::val) else {
        return Ok(());
    };
    let Some(declared) = ir::encoded_values(result) else {
        return Ok(());
    };
    let Some(elements) = ir::constant_numbers(result) else {
        return Err(format!(
            "'{}' op is not known to hold {declared} only",
            ir::op_name(operation)
        ));
    };
    let mut numbers = elements.as_int().unwrap_or_default().iter();
    match numbers.find(|&&n| !declared.contains(Values::one(n))) {
        None => Ok(()),
        Some(n) => Err(format!(
            "'{}' op has the element {n}, and its type holds {declared}",
            ir::op_name(operation)
        )),
    }
}

fn check(op: &Op, operation: ir::Op<'_>, weights: Option<&Tensor>) -> Result<(), String> {
    let operands: Vec<_> = operation.operands().map(ir::val).collect();
    let product = matches!(op, Op::MatMul | Op::Conv(_) | Op::ConvTranspose(_));
    if product && weights.is_none() && operands.get(1).is_some_and(|w| ir::is_constant_value(*w)) {
        return Ok(());
    }
    let types: Option<Vec<_>> = operands
        .iter()
        .map(|operand| ir::type_of(*operand))
        .collect();
    let (Some(types), Some(result)) = (types, operation.results().next().map(ir::val)) else {
        return Ok(());
    };
    if types.iter().any(crate::value::TensorType::is_empty) {
        return Ok(());
    }
    let shapes: Vec<&[usize]> = types.iter().map(|r#type| r#type.shape.as_slice()).collect();
    let values: Vec<_> = operands
        .iter()
        .map(|operand| ir::values_of(*operand))
        .collect();
    let Some(declared) = ir::values_of(result) else {
        return Ok(());
    };
    match op.follows(&values, &shapes, weights)? {
        Follows::These(values) if declared.contains(values) => Ok(()),
        Follows::These(values) => Err(format!(
            "can give {values}, and its result holds {declared}"
        )),
        Follows::TooWide => Err(format!(
            "can give more than 62 bits hold, and its result holds {declared}"
        )),
        Follows::Nothing => Ok(()),
    }
}
