//! Data movement and shape arithmetic.

use qonnx_dialects::onnx::{Op, SplitParts};
use qonnx_dialects::tensor::Tensor;

use crate::frontend::onnx::node::{Node, Operand, Refusal, Translated};

pub fn translate(node: &Node<'_>) -> Result<Option<Translated>, Refusal> {
    let axis = |default| node.int("axis", default);
    Ok(Some(match node.op_type() {
        "Reshape" if node.version < 5 => {
            let shape = node.ints("shape")?.unwrap_or_default();
            let shape = Operand::Constant(Tensor::i64([shape.len()], shape));
            Translated { op: Op::Reshape { allow_zero: false }.into(), operands: vec![Operand::Input(0), shape] }
        }
        "Reshape" => {
            Translated::of_inputs(Op::Reshape { allow_zero: node.boolean("allowzero", false)? }, 2)
        }
        "Flatten" => Translated::of_inputs(Op::Flatten { axis: axis(1)? }, 1),
        "Transpose" => {
            Translated::of_inputs(Op::Transpose { perm: node.ints("perm")?.unwrap_or_default() }, 1)
        }
        "Shape" => Translated::of_inputs(
            Op::Shape { start: node.int("start", 0)?, end: node.int_if("end")? },
            1,
        ),
        "Gather" => Translated::of_inputs(Op::Gather { axis: axis(0)? }, 2),
        "Unsqueeze" => {
            let axes = node.ints_of("axes", 1)?.ok_or("it has no axes")?;
            Translated::of_inputs(Op::Unsqueeze { axes }, 1)
        }
        "Squeeze" => Translated::of_inputs(Op::Squeeze { axes: node.ints_of("axes", 1)? }, 1),
        "Concat" => Translated::of_inputs(Op::Concat { axis: axis(1)? }, node.inputs()),
        "ConstantOfShape" => {
            let value = node.tensor("value")?.map_or_else(|| Tensor::f32([1], vec![0.0]), |value| value.to_tensor());
            Translated::of_inputs(Op::ConstantOfShape { value }, 1)
        }
        "Slice" if node.version < 10 => {
            let row = |name: &str| -> Result<Operand, Refusal> {
                let values = node.ints(name)?.ok_or_else(|| format!("attribute '{name}' is missing"))?;
                Ok(Operand::Constant(Tensor::i64([values.len()], values)))
            };
            let axes = if node.ints("axes")?.is_some() { row("axes")? } else { Operand::Absent };
            Translated {
                op: Op::Slice.into(),
                operands: vec![Operand::Input(0), row("starts")?, row("ends")?, axes, Operand::Absent],
            }
        }
        "Slice" => Translated::of_inputs(Op::Slice, 5),
        "Split" => split(node)?,
        "Pad" => pad(node)?,
        "Expand" => Translated::of_inputs(Op::Expand, 2),
        "Tile" => Translated::of_inputs(Op::Tile, 2),
        _ => return Ok(None),
    }))
}

fn split(node: &Node<'_>) -> Result<Translated, Refusal> {
    let parts = match node.ints_of("split", 1)? {
        Some(sizes) => SplitParts::Sizes(
            sizes
                .into_iter()
                .map(|size| usize::try_from(size).map_err(|_| format!("it has a part of size {size}")))
                .collect::<Result<_, _>>()?,
        ),
        None => SplitParts::Count(node.size("num_outputs", node.outputs())?),
    };
    Ok(Translated::of_inputs(Op::Split { axis: node.int("axis", 0)?, parts }, 1))
}

fn pad(node: &Node<'_>) -> Result<Translated, Refusal> {
    let mode = node.string("mode", "constant")?;
    if mode != "constant" {
        return Err(format!("its mode is '{mode}', expected 'constant'"));
    }
    if node.version >= 11 {
        return Ok(Translated::of_inputs(Op::Pad, 4));
    }
    let pads = node.ints("pads")?.ok_or("attribute 'pads' is missing")?;
    let pads = Operand::Constant(Tensor::i64([pads.len()], pads));
    let value = Operand::Constant(Tensor::scalar(node.float("value", 0.0)?));
    Ok(Translated {
        op: Op::Pad.into(),
        operands: vec![Operand::Input(0), pads, value, Operand::Absent],
    })
}
