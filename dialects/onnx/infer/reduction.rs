//! Result types of normalizations, reductions and searches.

use super::INTEGERS;
use crate::error::EvalError;
use crate::onnx::op::{ArgMax, LayerNormalization, Reduce, Softmax, TopK};
use crate::tensor::{Element, broadcast_shape};
use crate::value::{Operands, TensorType};

/// `(X, scale, B, mean, var)` of `BatchNormalization`; the parameters have one element for each channel.
pub fn batch_normalization(operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.f32(0, "X")?;
    let Some(&channels) = input.shape.get(1) else {
        let expected = "a batch and a channel dimension";
        return Err(EvalError::shape(operands.op(), "X", &input.shape, expected));
    };
    for (index, name) in [(1, "scale"), (2, "B"), (3, "mean"), (4, "var")] {
        let parameter = operands.f32(index, name)?;
        if parameter.shape != [channels] {
            let expected = format!("[{channels}], one for each channel");
            return Err(EvalError::shape(
                operands.op(),
                name,
                &parameter.shape,
                expected,
            ));
        }
    }
    Ok(input.clone())
}

/// `(X, Scale, B?)` of `LayerNormalization`; the parameters broadcast to the normalized dimensions.
pub fn layer_normalization(
    layer: &LayerNormalization,
    operands: &Operands<'_>,
) -> Result<TensorType, EvalError> {
    let input = operands.f32(0, "X")?;
    let axis = operands.axis(layer.axis, input.rank())?;
    let normalized = &input.shape[axis..];
    let scale = operands.f32(1, "Scale")?;
    let bias = operands.optional_f32(2, "B")?;
    for (name, ty) in [("Scale", Some(scale)), ("B", bias)] {
        let Some(ty) = ty else { continue };
        if broadcast_shape(normalized, &ty.shape).as_deref() != Some(normalized) {
            let expected = format!("a shape that broadcasts to {normalized:?}");
            return Err(EvalError::shape(operands.op(), name, &ty.shape, expected));
        }
    }
    Ok(input.clone())
}

/// `(input)` of `Softmax` and `LogSoftmax`.
pub fn softmax(softmax: &Softmax, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.f32(0, "input")?;
    operands.axis(softmax.axis, input.rank())?;
    Ok(input.clone())
}

/// `(data)` of a `Reduce*` op over numbers of any type.
pub fn reduce(reduce: &Reduce, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.get(0, "data")?;
    let axes = match &reduce.axes {
        Some(axes) => operands.axes(axes, input.rank())?,
        None => (0..input.rank()).collect(),
    };
    Ok(TensorType::new(
        without(&input.shape, &axes, reduce.keepdims),
        input.element,
    ))
}

/// Like [`reduce`], over `f32` only.
pub fn float_reduce(attributes: &Reduce, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    operands.f32_of(INTEGERS, 0, "data")?;
    reduce(attributes, operands)
}

/// `(data)` of `ArgMax`.
pub fn arg_max(arg_max: &ArgMax, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let input = operands.get(0, "data")?;
    let axis = operands.axis(arg_max.axis, input.rank())?;
    if input.shape[axis] == 0 {
        let expected = format!("at least one element along dimension {axis}");
        return Err(EvalError::shape(
            operands.op(),
            "data",
            &input.shape,
            expected,
        ));
    }
    Ok(TensorType::new(
        without(&input.shape, &[axis], arg_max.keepdims),
        Element::I64,
    ))
}

/// `(X, K)` of `TopK`: values and indices.
pub fn top_k(top_k: &TopK, operands: &Operands<'_>) -> Result<Vec<TensorType>, EvalError> {
    let input = operands.get(0, "X")?;
    let axis = operands.axis(top_k.axis, input.rank())?;
    let wanted = operands.list(1, "K")?;
    let count = match wanted {
        &[count] => usize::try_from(count)
            .ok()
            .filter(|&count| count <= input.shape[axis]),
        _ => None,
    };
    let Some(count) = count else {
        let expected = format!("one number of at most {}", input.shape[axis]);
        return Err(EvalError::value(operands.op(), "K", wanted, expected));
    };
    let mut shape = input.shape.clone();
    shape[axis] = count;
    Ok(vec![
        TensorType::new(shape.clone(), input.element),
        TensorType::new(shape, Element::I64),
    ])
}

/// `shape` with `axes` left out, or of extent 1.
fn without(shape: &[usize], axes: &[usize], keepdims: bool) -> Vec<usize> {
    let kept = |(axis, &extent): (usize, &usize)| match (axes.contains(&axis), keepdims) {
        (false, _) => Some(extent),
        (true, true) => Some(1),
        (true, false) => None,
    };
    shape.iter().enumerate().filter_map(kept).collect()
}
