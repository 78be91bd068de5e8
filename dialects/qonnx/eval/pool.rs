//! `QuantAvgPool2d` (spec section 1.6).

use crate::error::EvalError;
use crate::qonnx::op::QuantAvgPool2d;
use crate::tensor::{Tensor, for_each_index, strides};
use crate::value::{Operands, TensorType};

/// `(X)`: the exact sum over each window, its low bits dropped toward minus infinity.
pub fn eval(
    attributes: &QuantAvgPool2d,
    operands: &Operands<'_>,
    ty: &TensorType,
) -> Result<Tensor, EvalError> {
    let (x, input) = (operands.floats(0, "X")?, operands.get(0, "X")?);
    let steps = strides(&input.shape);
    let [row_axis, column_axis] = attributes.spatial();
    let divisor = f64::from(attributes.shift()).exp2();
    let mut result = Vec::with_capacity(ty.shape.iter().product());
    for_each_index(&ty.shape, |index| {
        let mut first = 0;
        for (axis, &at) in index.iter().enumerate() {
            let slides = axis == row_axis || axis == column_axis;
            first += steps[axis] * if slides { at * attributes.stride } else { at };
        }
        let mut sum = 0.0;
        for row in 0..attributes.kernel {
            for column in 0..attributes.kernel {
                let at = first + row * steps[row_axis] + column * steps[column_axis];
                sum += f64::from(x[at]);
            }
        }
        result.push((sum.round_ties_even() / divisor).floor() as f32);
    });
    Ok(Tensor::f32(ty.shape.clone(), result))
}
