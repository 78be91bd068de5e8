//! Sums and casts.

use qonnx_dialects::ir::Val;
use qonnx_dialects::tensor::Element;
use qonnx_dialects::upstream::{AffineMap, Generic, Instr, Integer, IteratorKind};

use super::emit::{Emitter, Integers, widened};

/// `a + b`, or `a - b` if `subtract`, with broadcasting.
pub fn sum<'c>(
    emit: &Emitter<'c>,
    a: &Integers<'c>,
    b: &Integers<'c>,
    subtract: bool,
    result: &Integers<'c>,
) -> Val<'c> {
    let mut body = Vec::with_capacity(5);
    let left = widened(&mut body, Instr::Input(0), a.word, result.word.bits);
    let right = widened(&mut body, Instr::Input(1), b.word, result.word.bits);
    let op = if subtract { Integer::Sub } else { Integer::Add };
    body.push(Instr::Integer(op, left, right));
    elementwise(emit, &[a, b], body, result)
}

/// The same integers in another type.
pub fn cast<'c>(emit: &Emitter<'c>, n: &Integers<'c>, result: &Integers<'c>) -> Val<'c> {
    let mut body = Vec::with_capacity(2);
    widened(&mut body, Instr::Input(0), n.word, result.word.bits);
    elementwise(emit, &[n], body, result)
}

fn elementwise<'c>(
    emit: &Emitter<'c>,
    operands: &[&Integers<'c>],
    body: Vec<Instr>,
    result: &Integers<'c>,
) -> Val<'c> {
    let rank = result.shape.len();
    let maps = operands
        .iter()
        .map(|operand| AffineMap::broadcast(rank, &operand.shape));
    let generic = Generic {
        maps: maps.chain([AffineMap::identity(rank)]).collect(),
        iterators: vec![IteratorKind::Parallel; rank],
        body,
    };
    let inputs: Vec<_> = operands.iter().map(|operand| emit.bits(operand)).collect();
    let empty = emit.empty(Element::int(result.word.bits), &result.shape);
    emit.nest(&generic, &inputs, empty)
}
