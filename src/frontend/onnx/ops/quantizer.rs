//! The operators of QONNX.

use qonnx_dialects::onnx;
use qonnx_dialects::qonnx::{
    FloatQuant, IntQuant, MultiThreshold, Op, QuantAvgPool2d, Rounding, TruncV2,
};

use crate::frontend::onnx::node::{Node, Refusal, Translated};

pub fn translate(node: &Node<'_>) -> Result<Option<Translated>, Refusal> {
    let rounding = |default: &str| -> Result<Rounding, Refusal> {
        let name = node.string("rounding_mode", default)?;
        name.parse()
            .map_err(|error| Refusal::from(format!("{error}")))
    };
    Ok(Some(match node.op_type() {
        "Quant" | "IntQuant" => Translated::of_inputs(
            Op::IntQuant(IntQuant {
                signed: node.boolean("signed", true)?,
                narrow: node.boolean("narrow", false)?,
                rounding: rounding("ROUND")?,
            }),
            4,
        ),
        "BipolarQuant" => Translated::of_inputs(Op::BipolarQuant, 2),
        "Trunc" | "TruncQuant" if node.inputs() == 5 => Translated::of_inputs(
            Op::TruncV1 {
                rounding: rounding("FLOOR")?,
            },
            5,
        ),
        "Trunc" | "TruncQuant" => Translated::of_inputs(
            Op::TruncV2(TruncV2 {
                signed: node.boolean("signed", true)?,
                narrow: node.boolean("narrow", false)?,
                rounding: rounding("FLOOR")?,
            }),
            6,
        ),
        "FloatQuant" => Translated::of_inputs(
            Op::FloatQuant(FloatQuant {
                has_inf: node.boolean("has_inf", false)?,
                has_nan: node.boolean("has_nan", false)?,
                saturation: node.boolean("saturation", true)?,
                rounding: rounding("ROUND")?,
            }),
            6,
        ),
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
                signed: node.boolean("signed", false)?,
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
