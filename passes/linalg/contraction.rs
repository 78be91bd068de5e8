//! Products with matrices, and convolutions.

use qonnx_dialects::error::EvalError;
use qonnx_dialects::ir::Val;
use qonnx_dialects::onnx::WindowAxis;
use qonnx_dialects::qint::Conv;
use qonnx_dialects::tensor::Element;
use qonnx_dialects::upstream::{AffineMap, Generic, Instr, Integer, IteratorKind};
use qonnx_dialects::word::Word;

use super::emit::{Emitter, Integers, widened};
use super::pooling::padded;

/// `out += extend(x) * extend(w)` with an accumulator of `bits` bits.
fn multiply_accumulate(x: Word, w: Word, bits: u32) -> Vec<Instr> {
    let mut body = Vec::with_capacity(7);
    let x = widened(&mut body, Instr::Input(0), x, bits);
    let w = widened(&mut body, Instr::Input(1), w, bits);
    body.push(Instr::Integer(Integer::Mul, x, w));
    let product = body.len() - 1;
    body.push(Instr::Output);
    body.push(Instr::Integer(Integer::Add, product + 1, product));
    body
}

/// The loops from `reduced` on sum.
fn iterators(loops: usize, reduced: usize) -> Vec<IteratorKind> {
    let kind = |at| match at >= reduced {
        true => IteratorKind::Reduction,
        false => IteratorKind::Parallel,
    };
    (0..loops).map(kind).collect()
}

/// `[..., K] x [K, N] -> [..., N]`.
pub fn matmul<'c>(
    emit: &Emitter<'c>,
    x: &Integers<'c>,
    w: &Integers<'c>,
    result: &Integers<'c>,
) -> Val<'c> {
    let outer = result.shape.len() - 1;
    let (loops, k) = (outer + 2, outer + 1);
    let rows: Vec<usize> = (0..outer).collect();
    let generic = Generic {
        maps: vec![
            AffineMap::select(loops, &[rows.as_slice(), &[k]].concat()),
            AffineMap::select(loops, &[k, outer]),
            AffineMap::select(loops, &[rows.as_slice(), &[outer]].concat()),
        ],
        iterators: iterators(loops, k),
        body: multiply_accumulate(x.word, w.word, result.word.bits),
    };
    let (x, w) = (emit.bits(x), emit.bits(w));
    let zeros = emit.splat(0, Element::int(result.word.bits), &result.shape);
    emit.nest(&generic, &[x, w], zeros)
}

/// Convolution, with channels in two dimensions where there are groups: the group, and the position within it.
pub fn conv<'c>(
    emit: &Emitter<'c>,
    conv: &Conv,
    x: &Integers<'c>,
    w: &Integers<'c>,
    result: &Integers<'c>,
) -> Result<Val<'c>, EvalError> {
    let windows = conv.windows("conv", &x.shape, &w.shape)?;
    let element = Element::int(result.word.bits);
    let body = multiply_accumulate(x.word, w.word, result.word.bits);
    let (source, padded_shape) = padded(emit, x, &windows, 0);
    let weights = emit.bits(w);
    if conv.group == 1 {
        let zeros = emit.splat(0, element, &result.shape);
        return Ok(emit.nest(&loops(&windows, false, body), &[source, weights], zeros));
    }
    let grouped = |shape: &[usize], axis: usize| {
        let mut split = shape.to_vec();
        split.splice(axis..=axis, [conv.group, shape[axis] / conv.group]);
        split
    };
    let source = emit.reshape(source, &grouped(&padded_shape, 1));
    let weights = emit.reshape(weights, &grouped(&w.shape, 0));
    let zeros = emit.splat(0, element, &grouped(&result.shape, 1));
    let sums = emit.nest(&loops(&windows, true, body), &[source, weights], zeros);
    Ok(emit.reshape(sums, &result.shape))
}

/// Loops of a convolution: batch, (group,) output channel, output positions, input channel, kernel positions.
fn loops(windows: &[WindowAxis], grouped: bool, body: Vec<Instr>) -> Generic {
    let spatial = windows.len();
    let lead = if grouped { 3 } else { 2 };
    let (group, output) = (1, lead - 1);
    let position = lead;
    let input = lead + spatial;
    let tap = input + 1;
    let loops = tap + spatial;
    let groups: &[usize] = if grouped { &[group] } else { &[] };
    let positions: Vec<usize> = (position..position + spatial).collect();
    let taps: Vec<usize> = (tap..tap + spatial).collect();
    let mut x = AffineMap::select(loops, &[&[0], groups, &[input], &positions].concat());
    for (at, axis) in windows.iter().enumerate() {
        let terms = [
            (position + at, axis.stride as i64),
            (tap + at, axis.dilation as i64),
        ];
        x = x.with_sum(lead + at, &terms);
    }
    Generic {
        maps: vec![
            x,
            AffineMap::select(loops, &[groups, &[output, input], &taps].concat()),
            AffineMap::select(loops, &[&[0], groups, &[output], &positions].concat()),
        ],
        iterators: iterators(loops, input),
        body,
    }
}
