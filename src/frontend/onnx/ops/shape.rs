//! Data movement that says more than its op has, or says it otherwise in old versions.

use qonnx_dialects::onnx::{ConstantOfShape, Op, Split, Squeeze, Unsqueeze};
use qonnx_dialects::tensor::Tensor;

use crate::frontend::onnx::node::{Node, Operand, Refusal, Translated};

/// Translates the operators of this file; `None` for others, which their declarations say all of.
pub fn translate(node: &Node<'_>) -> Result<Option<Translated>, Refusal> {
    Ok(Some(match node.op_type() {
        "Unsqueeze" => {
            let axes = node
                .ints_of("axes", 1, 13)?
                .ok_or("it has no axes, expected an attribute or an input")?;
            Translated::of_inputs(Op::Unsqueeze(Unsqueeze { axes }), 1)
        }
        "Squeeze" => {
            let axes = node.ints_of("axes", 1, 13)?;
            Translated::of_inputs(Op::Squeeze(Squeeze { axes }), 1)
        }
        "ConstantOfShape" => {
            let value = node
                .tensor("value")?
                .map_or_else(|| Tensor::f32([1], vec![0.0]), |value| value.to_tensor());
            Translated::of_inputs(Op::ConstantOfShape(ConstantOfShape { value }), 1)
        }
        "Slice" if node.version < 10 => old_slice(node)?,
        "Split" => split(node)?,
        "Pad" => return pad(node),
        _ => return Ok(None),
    }))
}

/// Starts, ends and axes are attributes before version 10, inputs since.
fn old_slice(node: &Node<'_>) -> Result<Translated, Refusal> {
    let row = |values: Vec<i64>| Operand::Constant(Tensor::i64([values.len()], values));
    let axes = node.ints("axes")?.map_or(Operand::Absent, row);
    let (starts, ends) = (
        row(node.required_ints("starts")?),
        row(node.required_ints("ends")?),
    );
    Ok(Translated::new(
        Op::Slice,
        vec![Operand::Input(0), starts, ends, axes, Operand::Absent],
    ))
}

/// Sizes are an attribute before version 13, an input since.
fn split(node: &Node<'_>) -> Result<Translated, Refusal> {
    let results = node.outputs();
    let sizes = match node.ints_of("split", 1, 13)? {
        Some(sizes) => Some(
            sizes
                .into_iter()
                .map(|size| {
                    usize::try_from(size)
                        .map_err(|_| format!("it has a part of size {size}, expected at least 0"))
                })
                .collect::<Result<Vec<_>, _>>()?,
        ),
        None => None,
    };
    let count = match &sizes {
        Some(_) => None,
        None => Some(node.size("num_outputs", results)?),
    };
    let expected = sizes.as_ref().map_or(count.unwrap_or(0), Vec::len);
    if expected != results {
        return Err(
            format!("it has {results} outputs, expected one for each of {expected} parts").into(),
        );
    }
    Ok(Translated::of_inputs(
        Op::Split(Split {
            axis: node.int("axis", 0)?,
            sizes,
            count,
        }),
        1,
    )
    .results(results))
}

/// Pads and value are attributes before version 11, inputs since.
fn pad(node: &Node<'_>) -> Result<Option<Translated>, Refusal> {
    let mode = node.string("mode", "constant")?;
    if mode != "constant" {
        return Err(Refusal::unsupported(
            format!("its mode is '{mode}', which is not supported, expected 'constant'"),
            "pad with a constant, or outside of the model",
        ));
    }
    if node.version >= 11 {
        return Ok(None);
    }
    let pads = node.required_ints("pads")?;
    let pads = Operand::Constant(Tensor::i64([pads.len()], pads));
    let value = Operand::Constant(Tensor::scalar(node.float("value", 0.0)?));
    let operands = vec![Operand::Input(0), pads, value, Operand::Absent];
    Ok(Some(Translated::new(Op::Pad, operands)))
}
