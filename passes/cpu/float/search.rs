//! Searches along a dimension: `ArgMax` and `TopK`.
//!
//! A place is found by a loop that compares elements, whose order is that of evaluation: NaN is greater than all
//! numbers, and equal elements keep their order.

use qonnx_dialects::ir::Val;
use qonnx_dialects::onnx::{ArgMax, TopK};
use qonnx_dialects::tensor::{Element, Sign};
use qonnx_dialects::upstream::{
    AffineMap, Bits, Compare, Convert, Integer, IteratorKind, Nest, Resize, Scalar, Scalars,
};
use qonnx_dialects::value::TensorType;

use super::{Node, reduction, scalar};
use crate::cpu::Refusal;

/// Whether `a` is greater than `b`, and whether they are equal.
fn order<'c>(
    scalars: &Scalars<'c, '_>,
    element: Element,
    a: Val<'c>,
    b: Val<'c>,
) -> (Val<'c>, Val<'c>) {
    if let Element::Int { sign, .. } = element {
        let greater = match sign {
            Sign::Unsigned => Compare::GreaterU,
            _ => Compare::GreaterS,
        };
        return (
            scalars.compare(greater, a, b),
            scalars.compare(Compare::Equal, a, b),
        );
    }
    let nan = |x| scalars.compare(Compare::Unordered, x, x);
    let number = |x| scalars.compare(Compare::Ordered, x, x);
    let greater = scalars.compare(Compare::OrderedGreater, a, b);
    let first_nan = scalars.binary(Bits::And, nan(a), number(b));
    let equal = scalars.compare(Compare::OrderedEqual, a, b);
    let both_nan = scalars.binary(Bits::And, nan(a), nan(b));
    (
        scalars.binary(Bits::Or, greater, first_nan),
        scalars.binary(Bits::Or, equal, both_nan),
    )
}

/// A loop's index as an integer.
fn place<'c>(scalars: &Scalars<'c, '_>, dim: usize) -> Val<'c> {
    let index = scalars.loop_index(dim);
    scalars.convert(Convert::IndexCast, index, Scalar::Int(64))
}

/// The element of a tensor at the indices of the loops, but for one dimension at `at`.
fn element_at<'c>(
    scalars: &Scalars<'c, '_>,
    source: (Val<'c>, &TensorType),
    axis: usize,
    at: Val<'c>,
) -> Val<'c> {
    let at = scalars.convert(Convert::IndexCast, at, Scalar::Index);
    let (tensor, ty) = source;
    let indices: Vec<_> = (0..ty.shape.len())
        .map(|dim| match dim {
            dim if dim == axis => at,
            dim => scalars.loop_index(dim),
        })
        .collect();
    scalars.extract(tensor, &indices, scalar(ty.element))
}

/// `ArgMax`: the best place so far is held against each element.
pub fn arg_max<'c>(op: &ArgMax, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let ty = node.ty(0)?.clone();
    let axis = node.axis(op.axis, ty.shape.len())?;
    let result = node.machine_result(0)?;
    let x = node.tensor(0)?;
    let (kept, nest) = reduction::over(&ty.shape, &[axis]);
    let places = TensorType::new(kept, Element::I64);
    let first = node.emit.fill(&places, |scalars| scalars.int(0, 64));
    let places = node.emit.nest(&nest, &[x], first, |scalars, elements| {
        let best = element_at(scalars, (x, &ty), axis, elements[1]);
        let (greater, equal) = order(scalars, ty.element, elements[0], best);
        let better = match op.select_last_index {
            true => scalars.binary(Bits::Or, greater, equal),
            false => greater,
        };
        scalars.select(better, place(scalars, axis), elements[1])
    });
    Ok(vec![node.emit.reshape(places, &result.shape)])
}

/// `TopK`: how many elements come before each one is its place in the result.
pub fn top_k<'c>(op: &TopK, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let ty = node.ty(0)?.clone();
    let rank = ty.shape.len();
    let axis = node.axis(op.axis, rank)?;
    let values = node.machine_result(0)?;
    let x = node.tensor(0)?;
    // Loops: those of the operand, then the elements that each is compared with.
    let every = AffineMap::select(rank + 1, &(0..rank).collect::<Vec<_>>());
    let other = every.clone().with_sum(axis, &[(rank, 1)]);
    let iterators = [
        vec![IteratorKind::Parallel; rank],
        vec![IteratorKind::Reduction],
    ]
    .concat();
    let nest = Nest {
        maps: vec![every.clone(), other, every],
        iterators: iterators.clone(),
    };
    let ranks = TensorType::new(ty.shape.clone(), Element::I64);
    let none = node.emit.fill(&ranks, |scalars| scalars.int(0, 64));
    let ranks = node.emit.nest(&nest, &[x, x], none, |scalars, elements| {
        let (first, second) = match op.largest {
            true => (elements[1], elements[0]),
            false => (elements[0], elements[1]),
        };
        let (greater, equal) = order(scalars, ty.element, first, second);
        let earlier = scalars.compare(Compare::LessS, place(scalars, rank), place(scalars, axis));
        let tie = scalars.binary(Bits::And, equal, earlier);
        let before = scalars.binary(Bits::Or, greater, tie);
        let one = scalars.convert(Resize::ExtU, before, Scalar::Int(64));
        scalars.binary(Integer::Add, elements[2], one)
    });
    // Loops: those of the result, then the places that an element may have come from.
    let result = AffineMap::select(rank + 1, &(0..rank).collect::<Vec<_>>());
    let source = result.clone().with_sum(axis, &[(rank, 1)]);
    let nest = Nest {
        maps: vec![source, result],
        iterators,
    };
    let indices = TensorType::new(values.shape.clone(), Element::I64);
    let first = node.emit.fill(&indices, |scalars| scalars.int(0, 64));
    let indices = node.emit.nest(&nest, &[ranks], first, |scalars, elements| {
        let here = scalars.compare(Compare::Equal, elements[0], place(scalars, axis));
        scalars.select(here, place(scalars, rank), elements[1])
    });
    let inputs = [(indices, AffineMap::identity(rank))];
    let found = node.emit.map(&inputs, &values, |scalars, elements| {
        element_at(scalars, (x, &ty), axis, elements[0])
    });
    Ok(vec![found, indices])
}
