//! Data movement and shape arithmetic.

use qonnx_dialects::onnx::{Op, SplitParts};
use qonnx_dialects::tensor::Tensor;

use crate::frontend::onnx::node::{Node, Operand, Refusal, Translated};

pub fn translate(node: &Node<'_>) -> Result<Option<Translated>, Refusal> {
    let axis = |default| node.int("axis", default);
    Ok(Some(match node.op_type() {
        "Reshape" => Translated::of_inputs(
            Op::Reshape {
                allow_zero: node.boolean("allowzero", false)?,
            },
            2,
        ),
        "Flatten" => Translated::of_inputs(Op::Flatten { axis: axis(1)? }, 1),
        "Transpose" => Translated::of_inputs(
            Op::Transpose {
                perm: node.ints("perm")?.unwrap_or_default(),
            },
            1,
        ),
        "Shape" => Translated::of_inputs(
            Op::Shape {
                start: node.int("start", 0)?,
                end: node.int_if("end")?,
            },
            1,
        ),
        "Gather" => Translated::of_inputs(Op::Gather { axis: axis(0)? }, 2),
        "Unsqueeze" => {
            let axes = node
                .ints_of("axes", 1, 13)?
                .ok_or("it has no axes, expected an attribute or an input")?;
            Translated::of_inputs(Op::Unsqueeze { axes }, 1)
        }
        "Squeeze" => Translated::of_inputs(
            Op::Squeeze {
                axes: node.ints_of("axes", 1, 13)?,
            },
            1,
        ),
        "Concat" => {
            let axis = node.required_int("axis")?;
            Translated::of_inputs(Op::Concat { axis }, node.inputs())
        }
        "ConstantOfShape" => {
            let value = node
                .tensor("value")?
                .map_or_else(|| Tensor::f32([1], vec![0.0]), |value| value.to_tensor());
            Translated::of_inputs(Op::ConstantOfShape { value }, 1)
        }
        "Slice" if node.version < 10 => old_slice(node)?,
        "Slice" => Translated::of_inputs(Op::Slice, 5),
        "Split" => split(node)?,
        "Pad" => pad(node)?,
        "Expand" => Translated::of_inputs(Op::Expand, 2),
        "Tile" => Translated::of_inputs(Op::Tile, 2),
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
    let parts = match node.ints_of("split", 1, 13)? {
        Some(sizes) => SplitParts::Sizes(
            sizes
                .into_iter()
                .map(|size| {
                    usize::try_from(size)
                        .map_err(|_| format!("it has a part of size {size}, expected at least 0"))
                })
                .collect::<Result<_, _>>()?,
        ),
        None => SplitParts::Count(node.size("num_outputs", results)?),
    };
    let expected = match &parts {
        SplitParts::Sizes(sizes) => sizes.len(),
        SplitParts::Count(count) => *count,
    };
    if expected != results {
        return Err(
            format!("it has {results} outputs, expected one for each of {expected} parts").into(),
        );
    }
    Ok(Translated::of_inputs(
        Op::Split {
            axis: node.int("axis", 0)?,
            parts,
        },
        1,
    )
    .results(results))
}

/// Pads and value are attributes before version 11, inputs since.
fn pad(node: &Node<'_>) -> Result<Translated, Refusal> {
    let mode = node.string("mode", "constant")?;
    if mode != "constant" {
        return Err(Refusal::unsupported(
            format!("its mode is '{mode}', which is not supported, expected 'constant'"),
            "pad with a constant, or outside of the model",
        ));
    }
    if node.version >= 11 {
        return Ok(Translated::of_inputs(Op::Pad, 4));
    }
    let pads = node.required_ints("pads")?;
    let pads = Operand::Constant(Tensor::i64([pads.len()], pads));
    let value = Operand::Constant(Tensor::scalar(node.float("value", 0.0)?));
    Ok(Translated::new(
        Op::Pad,
        vec![Operand::Input(0), pads, value, Operand::Absent],
    ))
}
