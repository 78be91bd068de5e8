//! Products of matrices.

use super::exact::Exact;
use crate::broadcast::{broadcast_strides, walk};
use crate::error::EvalError;
use crate::tensor::broadcast_shape;
use crate::value::TensorType;

/// The shape of a product.
pub fn shape(op: &'static str, x: &[usize], w: &[usize]) -> Result<Vec<usize>, EvalError> {
    let ([batches @ .., depth, columns], Some((&last, rows))) = (w, x.split_last()) else {
        let expected = "a matrix, and an 'x' with a dimension";
        return Err(EvalError::shape(op, "w", w, expected));
    };
    if last != *depth {
        let expected = format!("{last} rows, as many as 'x' of shape {x:?} has columns");
        return Err(EvalError::shape(op, "w", w, expected));
    }
    if batches.is_empty() {
        return Ok([rows, &[*columns]].concat());
    }
    let Some((&row, own)) = rows.split_last() else {
        return Err(EvalError::shape(op, "x", x, "a matrix, as 'w' are several"));
    };
    let batch = broadcast_shape(own, batches).ok_or_else(|| EvalError::Broadcast {
        op,
        left: x.to_vec(),
        right: w.to_vec(),
    })?;
    Ok([batch.as_slice(), &[row, *columns]].concat())
}

/// The sums of all results, in row-major order.
pub fn sums<T: Exact>(
    x: &[T],
    w: &[T],
    [x_shape, w_shape]: [&[usize]; 2],
    result: &TensorType,
) -> Vec<i128> {
    let count = result.shape.iter().product();
    let &[ref batches @ .., depth, columns] = w_shape else {
        return Vec::new();
    };
    if depth == 0 || count == 0 {
        return vec![0; count];
    }
    let mut values = Vec::with_capacity(count);
    if batches.is_empty() {
        product(x, w, columns, &mut values);
        return values;
    }
    let rank = result.shape.len() - 2;
    let (own, _) = x_shape.split_at(x_shape.len() - 2);
    let rows = result.shape[rank];
    // Distances of whole matrices.
    let strides = [own, batches].map(|shape| broadcast_strides(shape, rank));
    walk(&result.shape[..rank], &strides, |[x_at, w_at]| {
        let (row, matrix) = (rows * depth, depth * columns);
        let x = &x[x_at * row..][..row];
        product(x, &w[w_at * matrix..][..matrix], columns, &mut values);
    });
    values
}

/// Rows of `x` times the matrix `w`, which has some.
fn product<T: Exact>(x: &[T], w: &[T], columns: usize, values: &mut Vec<i128>) {
    let mut sums = vec![T::default(); columns];
    for row in x.chunks_exact(w.len() / columns) {
        sums.fill(T::default());
        for (&x, weights) in row.iter().zip(w.chunks_exact(columns)) {
            for (sum, &weight) in sums.iter_mut().zip(weights) {
                sum.add_product(x, weight);
            }
        }
        values.extend(sums.iter().map(|sum| sum.number()));
    }
}
