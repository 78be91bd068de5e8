//! `MultiThreshold` (spec section 1.5).

use crate::error::EvalError;
use crate::qonnx::op::MultiThreshold;
use crate::tensor::Tensor;
use crate::value::Operands;

/// `(X, thresholds)`. Thresholds need not be sorted; NaN is above none.
pub fn eval(attributes: &MultiThreshold, operands: &Operands<'_>) -> Result<Tensor, EvalError> {
    let (x, input) = (operands.floats(0, "X")?, operands.get(0, "X")?);
    let (thresholds, table) = (
        operands.floats(1, "thresholds")?,
        operands.get(1, "thresholds")?,
    );
    let axis = operands.axis(attributes.axis, input.rank())?;
    let inner: usize = input.shape[axis + 1..].iter().product();
    let (rows, steps) = (table.shape[0], table.shape[1]);
    let level = |(at, &x): (usize, &f32)| {
        // A single row serves all channels.
        let row = at / inner % input.shape[axis] % rows;
        let count = thresholds[row * steps..][..steps]
            .iter()
            .filter(|&&bound| x >= bound)
            .count();
        attributes.out_scale * count as f32 + attributes.out_bias
    };
    Ok(Tensor::f32(
        input.shape.clone(),
        x.iter().enumerate().map(level).collect(),
    ))
}
