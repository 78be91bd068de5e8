//! The rules of the ops.

use melior::ir::operation::OperationLike;

use super::layers::permuted;
use super::op::{Op, Run, Trace};
use super::types::link_of;
use crate::ir::{self, Val};
use crate::word::Word;

/// Checks an op of this dialect; `None` if it is of another.
pub(crate) fn verify(op: ir::Op<'_>) -> Option<Result<(), String>> {
    let name = ir::op_name(op);
    if !name.starts_with("dataflow.") {
        return None;
    }
    let outcome = match (Op::read(op), Run::read(op), Trace::read(op)) {
        (Some(layer), ..) => verify_layer(&layer, op),
        (_, Some(_), _) => verify_run(op),
        (.., Some(trace)) => verify_trace(&trace, op),
        _ => Err("has an attribute out of range".to_owned()),
    };
    Some(outcome.map_err(|predicate| format!("'{name}' op {predicate}")))
}

fn verify_layer(layer: &Op, op: ir::Op<'_>) -> Result<(), String> {
    let links = |values: Vec<Val<'_>>| {
        let links = values.into_iter().map(link_of).collect::<Option<Vec<_>>>();
        links.ok_or("needs operands and a result of arrays or streams")
    };
    let operands = links(op.operands().map(ir::val).collect())?;
    let results = links(op.results().map(ir::val).collect())?;
    let result = results.first().ok_or("has no result")?;
    let shape = layer.layer().infer(&operands, result)?;
    if shape == result.shape {
        return Ok(());
    }
    Err(format!(
        "makes {result}, expected {}",
        result.with_shape(shape)
    ))
}

fn verify_run(op: ir::Op<'_>) -> Result<(), String> {
    let is_words = |value: Val<'_>| {
        ir::type_of(value).is_some_and(|r#type| Word::of_element(r#type.element).is_some())
    };
    match op.operands().map(ir::val).all(is_words) && op.results().map(ir::val).all(is_words) {
        true => Ok(()),
        false => Err("needs tensors of signed or unsigned integers of static shape".to_owned()),
    }
}

fn verify_trace(trace: &Trace, op: ir::Op<'_>) -> Result<(), String> {
    let link = op.operand(0).ok().map(ir::val).and_then(link_of);
    permuted(&trace.perm, &link.ok_or("needs an array or stream")?).map(|_| ())
}
