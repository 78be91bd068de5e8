//! Ops that move elements without changing them.

use qonnx_dialects::ir::Val;
use qonnx_dialects::onnx::Movement;
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::upstream::{AffineMap, Convert, Scalar, Slice};
use qonnx_dialects::value::TensorType;

use super::{Node, padded};
use crate::cpu::Refusal;

/// Lowers an op of the family.
pub fn lower<'c>(op: Movement<'_>, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    match op {
        Movement::Transpose(op) => transpose(&op.perm, node),
        Movement::Concat(op) => concat(op.axis, node),
        Movement::Gather(op) => gather(op.axis, node),
        Movement::Slice => slice(node),
        Movement::Split(op) => split(op.axis, node),
        Movement::Pad => pad(node),
        Movement::Expand => node.map(&[0], |_, elements| elements[0]),
        Movement::Tile | Movement::Shape(_) | Movement::ConstantOfShape(_) => {
            Err("is none of the float operations with machine code".to_owned())
        }
    }
}

/// An op whose result has the operand's elements in row-major order.
pub fn reshape<'c>(node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    Ok(vec![node.emit.reshape(node.value(0)?, &result.shape)])
}

/// `Transpose`; no permutation reverses the dimensions.
pub fn transpose<'c>(perm: &[i64], node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let rank = result.shape.len();
    let order: Vec<usize> = if perm.is_empty() {
        (0..rank).rev().collect()
    } else {
        perm.iter()
            .map(|&axis| node.axis(axis, rank))
            .collect::<Result<_, _>>()?
    };
    let mut inverse = vec![0; rank];
    for (to, &from) in order.iter().enumerate() {
        inverse[from] = to;
    }
    let input = (node.value(0)?, AffineMap::select(rank, &inverse));
    Ok(vec![
        node.emit.map(&[input], result, |_, elements| elements[0]),
    ])
}

/// `Concat`.
pub fn concat<'c>(axis: i64, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let axis = node.axis(axis, result.shape.len())?;
    let mut whole = node.emit.empty(result);
    let mut offsets = vec![0; result.shape.len()];
    for index in 0..node.operands.len() {
        let shape = node.ty(index)?.shape.clone();
        let extent = shape[axis];
        if shape.contains(&0) {
            continue;
        }
        whole = node.emit.insert(
            &Slice::contiguous(offsets.clone(), shape),
            node.value(index)?,
            whole,
        );
        offsets[axis] += extent;
    }
    Ok(vec![whole])
}

/// `Gather` with indices that are known.
pub fn gather<'c>(axis: i64, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let data = node.ty(0)?.shape.clone();
    let axis = node.axis(axis, data.len())?;
    let indices = node.constant(1)?;
    let extent = data[axis] as i64;
    let places: Vec<i64> = node
        .integers(1)?
        .iter()
        .map(|index| index.rem_euclid(extent.max(1)))
        .collect();
    let rank = result.shape.len();
    // The dimensions of the indices stand where the gathered one was.
    let within: Vec<usize> = (axis..axis + indices.rank()).collect();
    let table = node
        .emit
        .constant(&Tensor::i64(indices.shape.clone(), places));
    let source = node.value(0)?;
    let table = (table, AffineMap::select(rank, &within));
    Ok(vec![node.emit.map(
        &[table],
        result,
        |scalars, elements| {
            let place = scalars.convert(Convert::IndexCast, elements[0], Scalar::Index);
            let at: Vec<_> = (0..data.len())
                .map(|dim| match dim {
                    dim if dim < axis => scalars.loop_index(dim),
                    dim if dim == axis => place,
                    dim => scalars.loop_index(dim + indices.rank() - 1),
                })
                .collect();
            scalars.extract(source, &at, Scalar::F32)
        },
    )])
}

/// `Slice` with bounds that are known and steps forward.
pub fn slice<'c>(node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let shape = node.ty(0)?.shape.clone();
    let starts = node.integers(1)?;
    let axes = if node.has(3) {
        node.integers(3)?
    } else {
        (0..starts.len() as i64).collect()
    };
    let steps = if node.has(4) {
        node.integers(4)?
    } else {
        vec![1; starts.len()]
    };
    let mut slice = Slice::contiguous(vec![0; shape.len()], result.shape.clone());
    for ((&start, &axis), &step) in starts.iter().zip(&axes).zip(&steps) {
        let axis = node.axis(axis, shape.len())?;
        if step < 1 {
            return Err(format!("has step {step}, only steps forward have code"));
        }
        let extent = shape[axis] as i64;
        let start = if start < 0 {
            start.saturating_add(extent)
        } else {
            start
        };
        slice.offsets[axis] = start.clamp(0, extent) as usize;
        slice.strides[axis] = step as usize;
    }
    Ok(vec![node.emit.extract(&slice, node.value(0)?)])
}

/// `Split`.
pub fn split<'c>(axis: i64, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let shape = node.ty(0)?.shape.clone();
    let axis = node.axis(axis, shape.len())?;
    let source = node.value(0)?;
    let mut offsets = vec![0; shape.len()];
    let mut parts = Vec::new();
    for result in node.results {
        let slice = Slice::contiguous(offsets.clone(), result.shape.clone());
        parts.push(node.emit.extract(&slice, source));
        offsets[axis] += result.shape[axis];
    }
    Ok(parts)
}

/// `Pad` with a constant; padding is known and not negative.
pub fn pad<'c>(node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result: &TensorType = node.result()?;
    let rank = result.shape.len();
    let pads = node.integers(1)?;
    if let Some(negative) = pads.iter().find(|&&pad| pad < 0) {
        return Err(format!("crops by a padding of {negative}"));
    }
    let fill = if node.has(2) {
        node.constant(2)?
            .as_scalar()
            .ok_or("has no single fill value")?
    } else {
        0.0
    };
    let axes = if node.has(3) {
        node.integers(3)?
    } else {
        (0..rank as i64).collect()
    };
    let mut before = vec![0; rank];
    for (&axis, &pad) in axes.iter().zip(&pads) {
        before[node.axis(axis, rank)?] = pad as usize;
    }
    Ok(vec![padded(
        &node.emit,
        node.value(0)?,
        &before,
        &result.shape,
        fill as f32,
    )])
}
