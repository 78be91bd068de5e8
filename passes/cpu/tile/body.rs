//! Bodies of nests on vectors.

use std::collections::HashMap;

use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, Op, Val};
use qonnx_dialects::upstream::{self, Code};

/// Whether every op of a body can be computed on vectors, and the body does not read what it writes over.
pub fn is_vectorizable(nest: Op<'_>) -> bool {
    let Some(block) = ir::single_block(nest) else {
        return false;
    };
    let arguments = ir::block_arguments(block);
    let written_over = arguments
        .last()
        .is_some_and(|output| ir::users(*output).is_empty());
    let mut inside: Vec<usize> = arguments.into_iter().map(ir::value_key).collect();
    let ops = ir::block_ops(block);
    let Some((end, ops)) = ops.split_last() else {
        return false;
    };
    let known = |op: &Op<'_>, inside: &[usize]| {
        op.operands()
            .map(ir::val)
            .all(|value| inside.contains(&ir::value_key(value)) || outer_constant(value).is_some())
    };
    let computes = ops.iter().all(|op| {
        let known = known(op, &inside);
        inside.extend(op.results().map(|result| ir::value_key(ir::val(result))));
        known && upstream::is_elementwise(*op)
    });
    computes && written_over && known(end, &inside)
}

/// The constant from outside of a body that a value is.
fn outer_constant<'c>(value: Val<'c>) -> Option<Op<'c>> {
    ir::defining_op(value).filter(|op| upstream::is_constant(*op) && upstream::is_elementwise(*op))
}

/// What the body of a nest yields for vectors of `lanes` elements of its operands; `operand` gives one when it is read first.
/// The nest is vectorizable.
pub fn compute<'c>(
    code: &Code<'c>,
    nest: Op<'c>,
    lanes: usize,
    mut operand: impl FnMut(usize) -> Val<'c>,
) -> Option<Val<'c>> {
    let block = ir::single_block(nest)?;
    let arguments = ir::block_arguments(block);
    let mut values: HashMap<usize, Val<'c>> = HashMap::new();
    for op in ir::block_ops(block) {
        let mut operands = Vec::new();
        for value in op.operands().map(ir::val) {
            let key = ir::value_key(value);
            let known = values.get(&key).copied();
            let vector = match arguments.iter().position(|argument| *argument == value) {
                _ if known.is_some() => known?,
                Some(at) => operand(at),
                None => code.widened(outer_constant(value)?, &[], lanes)?,
            };
            values.insert(key, vector);
            operands.push(vector);
        }
        if op.result_count() == 0 {
            // The op that yields.
            return operands.first().copied();
        }
        let vector = code.widened(op, &operands, lanes)?;
        let result = ir::val(op.result(0).ok()?);
        values.insert(ir::value_key(result), vector);
    }
    None
}
