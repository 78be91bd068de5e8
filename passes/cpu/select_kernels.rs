//! The pass `select-kernels`.

use melior::Context;
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, Function, Op};
use qonnx_dialects::pass::PassResult;
use qonnx_dialects::upstream::{AffineMap, IteratorKind, Nest};

declare_pass! {
    /// Choose how each contraction is computed.
    ///
    /// The choice is the order of its loops: innermost the longest parallel loop along which every operand lies
    /// still or runs through memory element by element, which LLVM turns into vector code; outside of it the
    /// reductions in their own order, which keeps the order of float sums; outside of them the other parallel
    /// loops. A contraction without such a loop keeps its order, unless a reduction of integers runs through
    /// memory like that.
    pub struct SelectKernels => "select-kernels" on Function {}
}

impl SelectKernels {
    fn run<'c>(&mut self, function: Function<'c>, context: &'c Context) -> PassResult {
        for op in function.ops() {
            let Some(nest) = Nest::read(op) else { continue };
            if let Some(order) = order(&nest, op) {
                nest.interchange(context, op, &order);
            }
        }
        Ok(())
    }
}

/// How far apart in memory the elements of neighbouring iterations of a loop are, for one operand.
fn step(map: &AffineMap, strides: &[usize], dim: usize) -> i64 {
    map.coefficients
        .iter()
        .zip(strides)
        .map(|(row, &stride)| row[dim] * stride as i64)
        .sum()
}

/// The order of loops to compute a reduction in; `None` to keep the order it has.
fn order(nest: &Nest, op: Op<'_>) -> Option<Vec<usize>> {
    if !nest.iterators.contains(&IteratorKind::Reduction) {
        return None;
    }
    let types = op
        .operands()
        .map(|operand| ir::type_of(ir::val(operand)))
        .collect::<Option<Vec<_>>>()?;
    let strides: Vec<_> = types
        .iter()
        .map(|ty| qonnx_dialects::tensor::strides(&ty.shape))
        .collect();
    let shapes: Vec<_> = types.iter().map(|ty| ty.shape.as_slice()).collect();
    let extents = nest.extents(&shapes)?;
    let output = types.len() - 1;
    // Whether neighbouring iterations of a loop read the same or neighbouring elements, and where they write.
    let reads = |dim: usize| {
        (0..output)
            .all(|operand| matches!(step(&nest.maps[operand], &strides[operand], dim), 0 | 1))
    };
    let writes = |dim: usize| step(&nest.maps[output], &strides[output], dim);
    let is_parallel = |dim: &usize| nest.iterators[*dim] == IteratorKind::Parallel;

    let vector = (0..extents.len())
        .filter(|dim| is_parallel(dim) && extents[*dim] > 1)
        .filter(|&dim| reads(dim) && writes(dim) == 1)
        .max_by_key(|&dim| extents[dim]);
    let reductions = (0..extents.len()).filter(|dim| !is_parallel(dim));
    let outer = (0..extents.len()).filter(|dim| is_parallel(dim) && Some(*dim) != vector);
    if vector.is_some() {
        return Some(outer.chain(reductions).chain(vector).collect());
    }
    // Sums of floats keep their order, so only sums of integers can be vectorized along the sum.
    let last = reductions
        .clone()
        .filter(|&dim| types[output].element.is_int() && extents[dim] > 1)
        .filter(|&dim| reads(dim))
        .max_by_key(|&dim| extents[dim])?;
    Some(
        outer
            .chain(reductions.filter(|dim| *dim != last))
            .chain([last])
            .collect(),
    )
}
