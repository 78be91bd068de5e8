//! Products with matrices, and convolutions.

use qonnx_dialects::error::EvalError;
use qonnx_dialects::ir::Val;
use qonnx_dialects::onnx::WindowAxis;
use qonnx_dialects::qint::{Conv, ConvTranspose, Placed};
use qonnx_dialects::tensor::{Element, Tensor};
use qonnx_dialects::upstream::{AffineMap, Generic, Instr, Integer, IteratorKind, Slice};
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

/// `[..., M, K] x [..., K, N] -> [..., M, N]`, or one matrix for all rows of `x`.
pub fn matmul<'c>(
    emit: &Emitter<'c>,
    x: &Integers<'c>,
    w: &Integers<'c>,
    result: &Integers<'c>,
) -> Val<'c> {
    let outer = result.shape.len() - 1;
    let (loops, k) = (outer + 2, outer + 1);
    let rows: Vec<usize> = (0..outer).collect();
    let several = w.shape.len() > 2;
    let generic = Generic {
        maps: vec![
            match several {
                true => batched(loops, &x.shape, &[outer - 1, k]),
                false => AffineMap::select(loops, &[rows.as_slice(), &[k]].concat()),
            },
            batched(loops, &w.shape, &[k, outer]),
            AffineMap::select(loops, &[rows.as_slice(), &[outer]].concat()),
        ],
        iterators: iterators(loops, k),
        body: multiply_accumulate(x.word, w.word, result.word.bits),
    };
    let (x, w) = (emit.bits(x), emit.bits(w));
    let zeros = emit.splat(0, Element::int(result.word.bits), &result.shape);
    emit.nest(&generic, &[x, w], zeros)
}

/// How loops over batches, of which there are two fewer than dimensions of the result, and over a matrix index a tensor whose
/// leading dimensions are broadcast to the batches.
fn batched(loops: usize, shape: &[usize], matrix: &[usize]) -> AffineMap {
    let own = shape.len() - matrix.len();
    // Loops: batches, rows, columns, what is summed; a vector has no rows.
    let batches = loops.saturating_sub(3);
    let skipped = batches.saturating_sub(own);
    let leading = skipped..skipped + own;
    let selected: Vec<usize> = leading.chain(matrix.iter().copied()).collect();
    let mut map = AffineMap::select(loops, &selected);
    for (row, &extent) in map.coefficients.iter_mut().zip(&shape[..own]) {
        if extent == 1 {
            row.fill(0);
        }
    }
    map
}

/// Transposed convolution: the elements of the operand in a frame of zeros, and a convolution without strides over it.
pub fn transposed<'c>(
    emit: &Emitter<'c>,
    conv: &ConvTranspose,
    x: &Integers<'c>,
    w: &Integers<'c>,
    filters: &Tensor,
    result: &Integers<'c>,
) -> Result<Val<'c>, EvalError> {
    let windows = conv.windows("conv_transpose", &x.shape, &w.shape)?;
    let placed = ConvTranspose::placed(&windows);
    let (batch, channels) = (x.shape[0], x.shape[1]);
    let along = |lead: [usize; 2], of: fn(&Placed) -> usize| -> Vec<usize> {
        lead.into_iter().chain(placed.iter().map(of)).collect()
    };
    let sizes = along([batch, channels], |axis| axis.count);
    let inside = Slice::contiguous(along([0, 0], |axis| axis.first), sizes.clone());
    let frame_shape = along([batch, channels], |axis| axis.frame);
    let frame = emit.splat_bits(0, x.word, &frame_shape);
    let source = match sizes.contains(&0) {
        true => frame,
        false => {
            let part = match sizes == x.shape {
                true => emit.bits(x),
                false => emit.extract(&inside, emit.bits(x)),
            };
            let places = Slice {
                offsets: along([0, 0], |axis| axis.offset),
                sizes,
                strides: along([1, 1], |axis| axis.stride),
            };
            emit.insert(&places, part, frame)
        }
    };
    let filters = conv.filters(filters);
    let filter_shape = filters.shape.clone();
    let weights =
        |shape: &[usize]| emit.constant_bits(&filters.clone().reshaped(shape.to_vec()), w.word);
    let plain: Vec<WindowAxis> = windows
        .iter()
        .zip(&placed)
        .map(|(axis, placed)| WindowAxis {
            input: placed.frame,
            output: axis.input,
            stride: 1,
            before: 0,
            after: 0,
            ..*axis
        })
        .collect();
    let body = multiply_accumulate(x.word, w.word, result.word.bits);
    let (source, weights) = ((source, frame_shape), (weights, filter_shape.as_slice()));
    Ok(grouped(
        emit, conv.group, &plain, source, weights, body, result,
    ))
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
    let body = multiply_accumulate(x.word, w.word, result.word.bits);
    let source = padded(emit, x, &windows, 0);
    let weights = (
        |shape: &[usize]| emit.reshaped_bits(w, shape),
        w.shape.as_slice(),
    );
    Ok(grouped(
        emit, conv.group, &windows, source, weights, body, result,
    ))
}

/// The sums of a convolution over an image with its border; `weights` makes those in a shape.
fn grouped<'c>(
    emit: &Emitter<'c>,
    group: usize,
    windows: &[WindowAxis],
    (source, source_shape): (Val<'c>, Vec<usize>),
    (weights, weights_shape): (impl FnOnce(&[usize]) -> Val<'c>, &[usize]),
    body: Vec<Instr>,
    result: &Integers<'c>,
) -> Val<'c> {
    let element = Element::int(result.word.bits);
    if group == 1 {
        let weights = weights(weights_shape);
        let zeros = emit.splat(0, element, &result.shape);
        return emit.nest(&loops(windows, false, body), &[source, weights], zeros);
    }
    let split = |shape: &[usize], axis: usize| {
        let mut split = shape.to_vec();
        split.splice(axis..=axis, [group, shape[axis] / group]);
        split
    };
    let source = emit.reshape(source, &split(&source_shape, 1));
    let weights = weights(&split(weights_shape, 0));
    let zeros = emit.splat(0, element, &split(&result.shape, 1));
    let sums = emit.nest(&loops(windows, true, body), &[source, weights], zeros);
    emit.reshape(sums, &result.shape)
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
