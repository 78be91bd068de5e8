//! Two operands element by element, and casts.

use qonnx_dialects::ir::Val;
use qonnx_dialects::qint::Elementwise;
use qonnx_dialects::tensor::Element;
use qonnx_dialects::upstream::{AffineMap, Generic, Instr, Integer, IteratorKind, Resize};
use std::cmp::Ordering;

use super::emit::{Emitter, Integers, widened};

/// An op of two operands, with broadcasting.
pub fn combined<'c>(
    emit: &Emitter<'c>,
    kind: Elementwise,
    a: &Integers<'c>,
    b: &Integers<'c>,
    result: &Integers<'c>,
) -> Val<'c> {
    let bits = result.word.bits;
    // Sums and products modulo the result's width are those of what it keeps; a comparison sees all of both operands.
    let joined = a.word.joined(b.word);
    let (op, wide) = match kind {
        Elementwise::Add => (Integer::Add, bits),
        Elementwise::Sub => (Integer::Sub, bits),
        Elementwise::Mul => (Integer::Mul, bits),
        Elementwise::Max if joined.signed => (Integer::MaxS, joined.bits),
        Elementwise::Max => (Integer::MaxU, joined.bits),
        Elementwise::Min if joined.signed => (Integer::MinS, joined.bits),
        Elementwise::Min => (Integer::MinU, joined.bits),
    };
    let mut body = Vec::with_capacity(6);
    let left = widened(&mut body, Instr::Input(0), a.word, wide);
    let right = widened(&mut body, Instr::Input(1), b.word, wide);
    body.push(Instr::Integer(op, left, right));
    let combined = body.len() - 1;
    match wide.cmp(&bits) {
        Ordering::Greater => body.push(Instr::Resize(Resize::Trunc, combined, bits)),
        Ordering::Less if joined.signed => body.push(Instr::Resize(Resize::ExtS, combined, bits)),
        Ordering::Less => body.push(Instr::Resize(Resize::ExtU, combined, bits)),
        Ordering::Equal => {}
    }
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
