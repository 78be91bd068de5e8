//! The operators of QONNX that say something in other words than their op.

use qonnx_dialects::onnx;
use qonnx_dialects::qonnx::{MultiThreshold, Op, QuantAvgPool2d};

use crate::frontend::onnx::node::{Node, Refusal, Translated};

/// Translates the operators of this file; `None` for others, which their declarations say all of.
pub fn translate(node: &Node<'_>) -> Result<Option<Translated>, Refusal> {
    Ok(Some(match node.op_type() {
        "MultiThreshold" => {
            let layout = node.string("data_layout", "NCHW")?;
            Translated::of_inputs(
                Op::MultiThreshold(MultiThreshold {
                    out_scale: node.float("out_scale", 1.0)?,
                    out_bias: node.float("out_bias", 0.0)?,
                    axis: MultiThreshold::axis_of_layout(&layout),
                }),
                2,
            )
        }
        "QuantAvgPool2d" => Translated::of_inputs(
            Op::QuantAvgPool2d(QuantAvgPool2d {
                stride: node.required_size("stride")?,
                kernel: node.required_size("kernel")?,
                input_bits: bits(node, "ibits")?,
                output_bits: bits(node, "obits")?,
                is_signed: node.boolean("signed", false)?,
                channels_last: node.string("data_layout", "NCHW")? == "NHWC",
            }),
            1,
        ),
        // A marker publishes its input under another name; the value is its input.
        "DebugMarker" => Translated::of_inputs(onnx::Op::Identity, 1),
        _ => return Ok(None),
    }))
}

fn bits(node: &Node<'_>, name: &str) -> Result<u32, Refusal> {
    let bits = node.required_size(name)?;
    u32::try_from(bits)
        .map_err(|_| format!("its attribute '{name}' is {bits}, expected at most 32").into())
}
