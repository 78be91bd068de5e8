//! Poolings, and what surrounds an input with padding.

use qonnx_dialects::error::EvalError;
use qonnx_dialects::ir::{self, Val};
use qonnx_dialects::onnx::WindowAxis;
use qonnx_dialects::qint::Pool;
use qonnx_dialects::tensor::Element;
use qonnx_dialects::upstream::{AffineMap, Generic, Instr, Integer, IteratorKind, Slice};
use qonnx_dialects::values::Values;

use super::emit::{Emitter, Integers, widened};

/// What is left of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Greatest,
    Least,
    Sum,
}

/// What is left of each window.
pub fn pool<'c>(
    emit: &Emitter<'c>,
    pool: &Pool,
    x: &Integers<'c>,
    kind: Kind,
    result: &Integers<'c>,
) -> Result<Val<'c>, EvalError> {
    let windows = pool.windows("pool", &x.shape)?;
    // Padding is what changes nothing.
    let values = ir::values_of(x.value).unwrap_or(Values::one(0));
    let loser = match kind {
        Kind::Greatest => values.lo(),
        Kind::Least => values.hi(),
        Kind::Sum => 0,
    };
    let (source, _) = padded(emit, x, &windows, loser);
    let spatial = windows.len();
    let loops = 2 + 2 * spatial;
    let outputs: Vec<usize> = (0..2 + spatial).collect();
    let taps: Vec<usize> = (2 + spatial..loops).collect();
    let mut map = AffineMap::select(loops, &outputs);
    for (at, axis) in windows.iter().enumerate() {
        let terms = [
            (2 + at, axis.stride as i64),
            (2 + spatial + at, axis.dilation as i64),
        ];
        map = map.with_sum(2 + at, &terms);
    }
    let op = match (kind, x.word.signed) {
        (Kind::Greatest, true) => Integer::MaxS,
        (Kind::Greatest, false) => Integer::MaxU,
        (Kind::Least, true) => Integer::MinS,
        (Kind::Least, false) => Integer::MinU,
        (Kind::Sum, _) => Integer::Add,
    };
    let bits = result.word.bits;
    let mut body = Vec::with_capacity(4);
    let element = widened(&mut body, Instr::Input(0), x.word, bits);
    body.push(Instr::Output);
    body.push(Instr::Integer(op, element, element + 1));
    let iterator = |at| match at < 2 + spatial {
        true => IteratorKind::Parallel,
        false => IteratorKind::Reduction,
    };
    let generic = Generic {
        maps: vec![
            map,
            AffineMap::select(loops, &taps),
            AffineMap::select(loops, &outputs),
        ],
        iterators: (0..loops).map(iterator).collect(),
        body,
    };
    // The window gives the loops over its elements their extents; it has no values.
    let extents: Vec<usize> = windows.iter().map(|axis| axis.kernel).collect();
    let window = emit.empty(Element::int(1), &extents);
    let start = emit.splat_bits(loser, result.word, &result.shape);
    Ok(emit.nest(&generic, &[source, window], start))
}

/// The bits of an input surrounded with `filler` as the windows need it, and its shape.
pub fn padded<'c>(
    emit: &Emitter<'c>,
    x: &Integers<'c>,
    windows: &[WindowAxis],
    filler: i64,
) -> (Val<'c>, Vec<usize>) {
    let bits = emit.bits(x);
    // The last window may end before the padding does.
    let reach = |axis: &WindowAxis| {
        ((axis.output.max(1) - 1) * axis.stride + (axis.kernel.max(1) - 1) * axis.dilation + 1)
            .max(axis.before + axis.input)
    };
    let mut shape = x.shape.clone();
    let mut offsets = vec![0; shape.len()];
    for (at, axis) in windows.iter().enumerate() {
        shape[2 + at] = reach(axis);
        offsets[2 + at] = axis.before;
    }
    if shape == x.shape {
        return (bits, shape);
    }
    let frame = emit.splat_bits(filler, x.word, &shape);
    // MLIR has no slices without elements.
    if x.shape.contains(&0) {
        return (frame, shape);
    }
    let slice = Slice::contiguous(offsets, x.shape.clone());
    (emit.insert(&slice, bits, frame), shape)
}
