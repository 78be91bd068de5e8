//! Products, convolutions and pooling.

use qonnx_dialects::onnx::{AutoPad, AveragePool, Conv, Gemm, MaxPool, Op};

use crate::frontend::onnx::node::{Node, Refusal, Translated};

pub fn translate(node: &Node<'_>) -> Result<Option<Translated>, Refusal> {
    let auto_pad = || {
        let name = node.string("auto_pad", "NOTSET")?;
        name.parse::<AutoPad>()
            .map_err(|error| Refusal::from(error.to_string()))
    };
    Ok(Some(match node.op_type() {
        "MatMul" => Translated::of_inputs(Op::MatMul, 2),
        "Gemm" => Translated::of_inputs(
            Op::Gemm(Gemm {
                alpha: node.float("alpha", 1.0)?,
                beta: node.float("beta", 1.0)?,
                trans_a: node.boolean("transA", false)?,
                trans_b: node.boolean("transB", false)?,
            }),
            3,
        ),
        "Conv" => Translated::of_inputs(
            Op::Conv(Conv {
                kernel_shape: node.sizes("kernel_shape")?,
                strides: node.sizes("strides")?,
                pads: node.sizes("pads")?,
                dilations: node.sizes("dilations")?,
                group: node.size("group", 1)?,
                auto_pad: auto_pad()?,
            }),
            3,
        ),
        "MaxPool" => Translated::of_inputs(
            Op::MaxPool(MaxPool {
                kernel_shape: node.required_sizes("kernel_shape")?,
                strides: node.sizes("strides")?,
                pads: node.sizes("pads")?,
                dilations: node.sizes("dilations")?,
                ceil_mode: node.boolean("ceil_mode", false)?,
                auto_pad: auto_pad()?,
            }),
            1,
        ),
        "AveragePool" => Translated::of_inputs(
            Op::AveragePool(AveragePool {
                kernel_shape: node.required_sizes("kernel_shape")?,
                strides: node.sizes("strides")?,
                pads: node.sizes("pads")?,
                dilations: node.sizes("dilations")?,
                ceil_mode: node.boolean("ceil_mode", false)?,
                count_include_pad: node.boolean("count_include_pad", false)?,
                auto_pad: auto_pad()?,
            }),
            1,
        ),
        "GlobalAveragePool" => Translated::of_inputs(Op::GlobalAveragePool, 1),
        _ => return Ok(None),
    }))
}
