//! Reductions along axes and softmax, which old versions of the operator set say otherwise.

use qonnx_dialects::onnx::{Op, Reduce, Softmax, TopK};
use qonnx_dialects::tensor::Tensor;

use crate::frontend::onnx::node::{Node, Operand, Refusal, Translated};

/// Translates the operators of this file; `None` for others, which their declarations say all of.
pub fn translate(node: &Node<'_>) -> Result<Option<Translated>, Refusal> {
    Ok(Some(match node.op_type() {
        "Softmax" => Translated::of_inputs(Op::Softmax(softmax(node)?), 1),
        "LogSoftmax" => Translated::of_inputs(Op::LogSoftmax(softmax(node)?), 1),
        "ReduceMean" => Translated::of_inputs(Op::ReduceMean(reduce(node)?), 1),
        "ReduceSum" => Translated::of_inputs(Op::ReduceSum(reduce(node)?), 1),
        "ReduceMax" => Translated::of_inputs(Op::ReduceMax(reduce(node)?), 1),
        "ReduceMin" => Translated::of_inputs(Op::ReduceMin(reduce(node)?), 1),
        "TopK" if node.version < 10 => old_top_k(node)?,
        _ => return Ok(None),
    }))
}

/// Before version 13 the axis defaults to 1 and everything from it on is normalised together.
fn softmax(node: &Node<'_>) -> Result<Softmax, Refusal> {
    let flatten = node.version < 13;
    Ok(Softmax {
        axis: node.int("axis", if flatten { 1 } else { -1 })?,
        flatten,
    })
}

/// The axes are an attribute before version 18 (13 for the sum), an input since.
fn reduce(node: &Node<'_>) -> Result<Reduce, Refusal> {
    let since = if node.op_type() == "ReduceSum" {
        13
    } else {
        18
    };
    let axes = node.ints_of("axes", 1, since)?;
    let none = axes.as_ref().is_none_or(Vec::is_empty);
    let axes = match (none, node.boolean("noop_with_empty_axes", false)?) {
        (true, true) => Some(Vec::new()),
        (true, false) => None,
        (false, _) => axes,
    };
    Ok(Reduce {
        axes,
        keepdims: node.boolean("keepdims", true)?,
    })
}

/// The number of results is an attribute before version 10, an input since.
fn old_top_k(node: &Node<'_>) -> Result<Translated, Refusal> {
    let op = Op::TopK(TopK {
        axis: node.int("axis", -1)?,
        largest: true,
        sorted: true,
    });
    let k = Operand::Constant(Tensor::i64([1], vec![node.int("k", 1)?]));
    Ok(Translated::new(op, vec![Operand::Input(0), k]).results(2))
}
