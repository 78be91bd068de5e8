//! Walking several tensors in step, some of them broadcast.

/// Row-major strides of an operand of `shape` that is broadcast to `rank` dimensions: 0 where it repeats.
pub fn broadcast_strides(shape: &[usize], rank: usize) -> Vec<usize> {
    let mut strides = vec![0; rank];
    let mut stride = 1;
    for (axis, &extent) in (0..rank).rev().zip(shape.iter().rev()) {
        if extent != 1 {
            strides[axis] = stride;
        }
        stride *= extent;
    }
    strides
}

/// Calls `visit` for every position of `shape` in row-major order with the linear index into each of the `N`
/// operands, given by their strides (one for each dimension of `shape`).
pub fn walk<const N: usize>(
    shape: &[usize],
    strides: &[Vec<usize>; N],
    mut visit: impl FnMut([usize; N]),
) {
    if shape.contains(&0) {
        return;
    }
    let (shape, strides) = collapse(shape, strides);
    let Some((&inner, outer)) = shape.split_last() else {
        return visit([0; N]);
    };
    let step = strides[outer.len()];
    let mut index = vec![0; outer.len()];
    let mut base = [0; N];
    loop {
        let mut at = base;
        for _ in 0..inner {
            visit(at);
            for operand in 0..N {
                at[operand] += step[operand];
            }
        }
        // Count up like an odometer: the last axis that is not yet at its end steps, those after it start again.
        let Some(axis) = (0..outer.len())
            .rev()
            .find(|&axis| index[axis] + 1 < outer[axis])
        else {
            return;
        };
        for operand in 0..N {
            let restart: usize = (axis + 1..outer.len())
                .map(|later| index[later] * strides[later][operand])
                .sum();
            base[operand] = base[operand] + strides[axis][operand] - restart;
        }
        index[axis] += 1;
        index[axis + 1..].fill(0);
    }
}

/// Merges neighbouring dimensions that every operand walks as if they were one, and drops those of extent 1: long
/// inner loops are what makes [`walk`] fast. The result's strides are by dimension, then by operand.
fn collapse<const N: usize>(
    shape: &[usize],
    strides: &[Vec<usize>; N],
) -> (Vec<usize>, Vec<[usize; N]>) {
    let mut extents: Vec<usize> = Vec::new();
    let mut steps: Vec<[usize; N]> = Vec::new();
    for (axis, &extent) in shape.iter().enumerate().filter(|&(_, &extent)| extent != 1) {
        let step: [usize; N] = std::array::from_fn(|operand| strides[operand][axis]);
        match (extents.last_mut(), steps.last_mut()) {
            (Some(outer), Some(outer_step))
                if (0..N).all(|operand| outer_step[operand] == step[operand] * extent) =>
            {
                *outer *= extent;
                *outer_step = step;
            }
            _ => {
                extents.push(extent);
                steps.push(step);
            }
        }
    }
    (extents, steps)
}

/// [`walk`] over operands of the given shapes, each broadcast to `result` by numpy's rule.
pub fn walk_broadcast<const N: usize>(
    result: &[usize],
    shapes: [&[usize]; N],
    visit: impl FnMut([usize; N]),
) {
    let strides = shapes.map(|shape| broadcast_strides(shape, result.len()));
    walk(result, &strides, visit);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{broadcast_index, for_each_index};

    #[test]
    fn agrees_with_indexing_one_by_one() {
        let cases: [(&[usize], [&[usize]; 2]); 6] = [
            (&[], [&[], &[]]),
            (&[2, 3, 4], [&[2, 3, 4], &[3, 1]]),
            (&[2, 3, 4], [&[4], &[2, 1, 4]]),
            (&[2, 3, 1, 5], [&[1, 3, 1, 1], &[]]),
            (&[3, 2], [&[3, 1], &[1, 2]]),
            (&[0, 2], [&[1, 2], &[0, 1]]),
        ];
        for (result, shapes) in cases {
            let mut expected = Vec::new();
            for_each_index(result, |index| {
                expected.push(shapes.map(|shape| broadcast_index(shape, index)));
            });
            let mut found = Vec::new();
            walk_broadcast(result, shapes, |at| found.push(at));
            assert_eq!(found, expected, "{shapes:?} to {result:?}");
        }
    }
}
