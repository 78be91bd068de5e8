//! Ops that move elements of any type without changing them.

use qonnx_dialects::ir::{self, Val};
use qonnx_dialects::onnx::{Movement, SliceAxis};
use qonnx_dialects::tensor::{Element, Tensor};
use qonnx_dialects::upstream::{AffineMap, Convert, Integer, Resize, Scalar, Scalars, Slice};
use qonnx_dialects::value::{Operands, TensorType};

use super::{Node, scalar};
use crate::cpu::Refusal;
use crate::cpu::machine::container;

/// Lowers an op of the family.
pub fn lower<'c>(op: Movement<'_>, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    match op {
        Movement::Transpose(op) => transpose(&op.perm, node),
        Movement::Concat(op) => concat(op.axis, node),
        Movement::Gather(op) => gather(op.axis, node),
        Movement::Slice => slice(node),
        Movement::Split(op) => split(op.axis, node),
        Movement::Pad => pad(node),
        Movement::Expand => expand(node),
        Movement::Tile => tile(node),
        // Both are constants where their operands are.
        Movement::Shape(_) | Movement::ConstantOfShape(_) => {
            Err("asks for a shape that is not known".to_owned())
        }
    }
}

/// An op whose result has the operand's elements in row-major order.
pub fn reshape<'c>(node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.machine_result(0)?;
    Ok(vec![node.emit.reshape(node.tensor(0)?, &result.shape)])
}

/// `Transpose`; no permutation reverses the dimensions.
pub fn transpose<'c>(perm: &[i64], node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.machine_result(0)?;
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
    let input = (node.tensor(0)?, AffineMap::select(rank, &inverse));
    Ok(vec![
        node.emit.map(&[input], &result, |_, elements| elements[0]),
    ])
}

/// `Concat`.
pub fn concat<'c>(axis: i64, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.machine_result(0)?;
    let axis = node.axis(axis, result.shape.len())?;
    let mut whole = node.emit.empty(&result);
    let mut offsets = vec![0; result.shape.len()];
    for index in 0..node.operands.len() {
        let shape = node.ty(index)?.shape.clone();
        let extent = shape[axis];
        if shape.contains(&0) {
            continue;
        }
        whole = node.emit.insert(
            &Slice::contiguous(offsets.clone(), shape),
            node.tensor(index)?,
            whole,
        );
        offsets[axis] += extent;
    }
    Ok(vec![whole])
}

/// `Gather`: an index below 0 counts from the end. One that is computed and beyond both ends takes the last element there, so
/// that nothing else is read.
pub fn gather<'c>(axis: i64, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.machine_result(0)?;
    let data = node.ty(0)?.clone();
    let axis = node.axis(axis, data.shape.len())?;
    let indices = node.ty(1)?.clone();
    let extent = data.shape[axis] as i64;
    let known = node.known(1, node.operand(1)?)?;
    let (table, element) = match known.as_ref().and_then(Tensor::as_int) {
        Some(places) => {
            let places = places.iter().map(|index| index.rem_euclid(extent.max(1)));
            let table = Tensor::i64(indices.shape.clone(), places.collect());
            (node.emit.constant(&table), None)
        }
        None => (node.tensor(1)?, Some(indices.element)),
    };
    let (rank, inserted) = (result.shape.len(), indices.shape.len());
    // The dimensions of the indices stand where the gathered one was.
    let within: Vec<usize> = (axis..axis + inserted).collect();
    let source = node.tensor(0)?;
    let table = (table, AffineMap::select(rank, &within));
    Ok(vec![node.emit.map(
        &[table],
        &result,
        |scalars, elements| {
            let place = match element {
                None => elements[0],
                Some(element) => place(scalars, elements[0], element, extent),
            };
            let place = scalars.convert(Convert::IndexCast, place, Scalar::Index);
            let at: Vec<_> = (0..data.shape.len())
                .map(|dim| match dim {
                    dim if dim < axis => scalars.loop_index(dim),
                    dim if dim == axis => place,
                    dim => scalars.loop_index(dim + inserted - 1),
                })
                .collect();
            scalars.extract(source, &at, scalar(data.element))
        },
    )])
}

/// The place from 0 on that an index of a dimension stands for.
fn place<'c>(scalars: &Scalars<'c, '_>, index: Val<'c>, element: Element, extent: i64) -> Val<'c> {
    let int = |value| scalars.int(value, 64);
    let index = match element {
        Element::Int { width, sign } if container(width) < 64 => {
            let extend = match sign.is_unsigned() {
                true => Resize::ExtU,
                false => Resize::ExtS,
            };
            scalars.convert(extend, index, Scalar::Int(64))
        }
        _ => index,
    };
    let from_end = scalars.binary(Integer::Add, index, int(extent));
    let below = scalars.compare(qonnx_dialects::upstream::Compare::LessS, index, int(0));
    let index = scalars.select(below, from_end, index);
    let index = scalars.binary(Integer::MaxS, index, int(0));
    scalars.binary(Integer::MinS, index, int(extent - 1))
}

/// `Slice` with bounds that are known.
pub fn slice<'c>(node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.machine_result(0)?;
    let axes: Vec<SliceAxis> = node
        .with_infos(|infos| {
            let operands = Operands::new("Slice", infos, (3, 5))?;
            qonnx_dialects::onnx::slice_axes(&operands)
        })?
        .map_err(|error| format!("is malformed: {error}"))?;
    let source = node.tensor(0)?;
    if axes.iter().all(|axis| axis.step > 0) {
        let mut slice = Slice::contiguous(vec![0; axes.len()], result.shape.clone());
        for (dim, axis) in axes.iter().enumerate() {
            slice.offsets[dim] = axis.start;
            slice.strides[dim] = usize::try_from(axis.step).unwrap_or(usize::MAX);
        }
        return Ok(vec![node.emit.extract(&slice, source)]);
    }
    if result.is_empty() {
        return Ok(vec![node.emit.empty(&result)]);
    }
    // Backward, a slice is no part of a buffer.
    let rank = axes.len();
    let map = axes
        .iter()
        .enumerate()
        .fold(AffineMap::identity(rank), |map, (dim, axis)| {
            let step = if axis.extent > 1 { axis.step } else { 1 };
            let mut map = map.with_sum(dim, &[(dim, step)]);
            map.constants[dim] = axis.start as i64;
            map
        });
    Ok(vec![node.emit.map(
        &[(source, map)],
        &result,
        |_, elements| elements[0],
    )])
}

/// `Split`.
pub fn split<'c>(axis: i64, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let shape = node.ty(0)?.shape.clone();
    let axis = node.axis(axis, shape.len())?;
    let source = node.tensor(0)?;
    let mut offsets = vec![0; shape.len()];
    let mut parts = Vec::new();
    for result in node.results {
        let slice = Slice::contiguous(offsets.clone(), result.shape.clone());
        parts.push(node.emit.extract(&slice, source));
        offsets[axis] += result.shape[axis];
    }
    Ok(parts)
}

/// `Expand`.
fn expand<'c>(node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.machine_result(0)?;
    let map = AffineMap::broadcast(result.shape.len(), &node.ty(0)?.shape);
    let input = [(node.tensor(0)?, map)];
    Ok(vec![
        node.emit.map(&input, &result, |_, elements| elements[0]),
    ])
}

/// `Tile`: each dimension counts as two, of which the operand has the second.
fn tile<'c>(node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.machine_result(0)?;
    let shape = &node.ty(0)?.shape;
    let repeats = node.integers(1)?;
    let doubled: Vec<usize> = shape
        .iter()
        .zip(&repeats)
        .flat_map(|(&extent, &repeat)| [usize::try_from(repeat).unwrap_or(0), extent])
        .collect();
    if result.is_empty() {
        return Ok(vec![node.emit.empty(&result)]);
    }
    let own: Vec<usize> = (0..shape.len()).map(|dim| 2 * dim + 1).collect();
    let input = [(node.tensor(0)?, AffineMap::select(doubled.len(), &own))];
    let repeated = TensorType::new(doubled, result.element);
    let value = node.emit.map(&input, &repeated, |_, elements| elements[0]);
    Ok(vec![node.emit.reshape(value, &result.shape)])
}

/// `Pad`; what is added is known, and less than nothing where elements are cropped.
pub fn pad<'c>(node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.machine_result(0)?;
    let shape = node.ty(0)?.shape.clone();
    let rank = result.shape.len();
    let pads = node.integers(1)?;
    let axes = if node.has(3) {
        node.integers(3)?
    } else {
        (0..rank as i64).collect()
    };
    let mut padding = vec![(0, 0); rank];
    for (at, &axis) in axes.iter().enumerate() {
        let ends = (pads.get(at), pads.get(axes.len() + at));
        let (Some(&before), Some(&after)) = ends else {
            return Err("has fewer pads than dimensions".to_owned());
        };
        padding[node.axis(axis, rank)?] = (before, after);
    }
    let mut part = Slice::contiguous(vec![0; rank], shape.clone());
    let mut within = Slice::contiguous(vec![0; rank], shape);
    for (dim, &(before, after)) in padding.iter().enumerate() {
        let size = part.sizes[dim] as i64 + before.min(0) + after.min(0);
        part.sizes[dim] = size.max(0) as usize;
        within.sizes[dim] = part.sizes[dim];
        part.offsets[dim] = before.min(0).unsigned_abs() as usize;
        within.offsets[dim] = before.max(0) as usize;
    }
    let source = node.tensor(0)?;
    let source = match part.sizes == ir::type_of(source).map_or(Vec::new(), |ty| ty.shape) {
        true => source,
        false => node.emit.extract(&part, source),
    };
    if part.sizes == result.shape {
        return Ok(vec![source]);
    }
    let fill = if node.has(2) {
        node.tensor(2)?
    } else {
        node.emit
            .constant(&Tensor::of_integers(result.element, [], vec![0]))
    };
    let fill = (node.emit.reshape(fill, &[]), AffineMap::scalar(rank));
    let whole = node.emit.map(&[fill], &result, |_, elements| elements[0]);
    Ok(vec![node.emit.insert(&within, source, whole)])
}
