//! Result types of elementwise ops.

use super::{INTEGERS, SIGNED};
use crate::error::EvalError;
use crate::tensor::{Element, broadcast_shape};
use crate::value::{Operands, TensorType};

/// Two operands of one element type, broadcast.
pub fn binary(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let element = operands.same_element((0, "A"), (1, "B"))?;
    operands.result(operands.broadcast()?, element)
}

/// Two operands of one element type, broadcast to `bool`.
pub fn comparison(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    operands.same_element((0, "A"), (1, "B"))?;
    operands.result(operands.broadcast()?, Element::BOOL)
}

/// Any number of operands of one element type, broadcast.
pub fn variadic(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let element = operands.get(0, "data_0")?.element;
    for index in 1..operands.len() {
        operands.same_element((0, "data_0"), (index, "data_n"))?;
    }
    operands.result(operands.broadcast()?, element)
}

/// A float base and an exponent of any type; the result has the base's type.
pub fn pow(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let base = operands.get(0, "X")?;
    expect_float(SIGNED, operands, base, "X")?;
    operands.get(1, "Y")?;
    operands.result(operands.broadcast()?, base.element)
}

/// `(condition, X, Y)` of `Where`.
pub fn select(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let condition = operands.get(0, "condition")?;
    if !condition.element.is_int() {
        return Err(EvalError::element(
            operands.op(),
            "condition",
            condition.element,
            "bool",
        ));
    }
    let element = operands.same_element((1, "X"), (2, "Y"))?;
    operands.result(operands.broadcast()?, element)
}

/// `(input, min?, max?)` of `Clip`.
pub fn clip(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.get(0, "input")?;
    for (index, name) in [(1, "min"), (2, "max")] {
        let Some(bound) = operands.optional(index) else {
            continue;
        };
        operands.same_element((0, "input"), (index, name))?;
        if bound.shape.iter().any(|&extent| extent != 1) {
            return Err(EvalError::shape(
                operands.op(),
                name,
                &bound.shape,
                "one element",
            ));
        }
    }
    Ok(input.clone())
}

/// `(X, slope)` of `PRelu`: the slope broadcasts to X.
pub fn prelu(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.get(0, "X")?;
    expect_float(INTEGERS, operands, input, "X")?;
    operands.same_element((0, "X"), (1, "slope"))?;
    let slope = operands.get(1, "slope")?;
    if broadcast_shape(&input.shape, &slope.shape).as_ref() != Some(&input.shape) {
        let expected = format!("a shape that broadcasts to {:?}", input.shape);
        return Err(EvalError::shape(
            operands.op(),
            "slope",
            &slope.shape,
            expected,
        ));
    }
    Ok(input.clone())
}

/// One float operand; ONNX defines the op also on `others`.
pub fn float_unary(others: &[Element], operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.get(0, "X")?;
    expect_float(others, operands, input, "X")?;
    Ok(input.clone())
}

/// Fails unless the elements are floats; ONNX allows `others` too.
fn expect_float(
    others: &[Element],
    operands: &Operands<'_>,
    ty: &TensorType,
    operand: &'static str,
) -> Result<(), EvalError> {
    if ty.element.is_int() {
        return Err(operands.not_f32(others, ty.element, operand));
    }
    Ok(())
}
