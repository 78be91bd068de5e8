//! Elementwise operators.

use qonnx_dialects::onnx::Op;
use qonnx_dialects::tensor::Tensor;

use crate::frontend::onnx::node::{Node, Operand, Refusal, Translated};
use crate::frontend::onnx::tensor::element;

pub fn translate(node: &Node<'_>) -> Result<Option<Translated>, Refusal> {
    let unary = |op: Op| Ok(Some(Translated::of_inputs(op, 1)));
    let binary = |op: Op| Ok(Some(Translated::of_inputs(op, 2)));
    match node.op_type() {
        "Relu" => unary(Op::Relu),
        "Sigmoid" => unary(Op::Sigmoid),
        "Tanh" => unary(Op::Tanh),
        "Erf" => unary(Op::Erf),
        "Softplus" => unary(Op::Softplus),
        "Sqrt" => unary(Op::Sqrt),
        "Abs" => unary(Op::Abs),
        "Neg" => unary(Op::Neg),
        "Exp" => unary(Op::Exp),
        "Log" => unary(Op::Log),
        "Floor" => unary(Op::Floor),
        "Ceil" => unary(Op::Ceil),
        "Round" => unary(Op::Round),
        "Sign" => unary(Op::Sign),
        "HardSwish" => unary(Op::HardSwish),
        // At inference, what a Dropout returns first is its input.
        "Identity" | "Dropout" if node.outputs() <= 1 => unary(Op::Identity),
        "Gelu" if node.string("approximate", "none")? == "none" => unary(Op::Gelu),
        "LeakyRelu" => unary(Op::LeakyRelu { alpha: node.float("alpha", 0.01)? }),
        "Elu" => unary(Op::Elu { alpha: node.float("alpha", 1.0)? }),
        "Selu" => unary(Op::Selu {
            alpha: node.float("alpha", 1.673_263_2)?,
            gamma: node.float("gamma", 1.050_701)?,
        }),
        "HardSigmoid" => {
            unary(Op::HardSigmoid { alpha: node.float("alpha", 0.2)?, beta: node.float("beta", 0.5)? })
        }
        "PRelu" => binary(Op::PRelu),
        "Add" => legacy_broadcast(node, Op::Add),
        "Sub" => legacy_broadcast(node, Op::Sub),
        "Mul" => legacy_broadcast(node, Op::Mul),
        "Div" => legacy_broadcast(node, Op::Div),
        "Pow" => legacy_broadcast(node, Op::Pow),
        "Equal" => binary(Op::Equal),
        "Less" => binary(Op::Less),
        "LessOrEqual" => binary(Op::LessOrEqual),
        "Greater" => binary(Op::Greater),
        "GreaterOrEqual" => binary(Op::GreaterOrEqual),
        "Min" => Ok(Some(Translated::of_inputs(Op::Min, node.inputs()))),
        "Max" => Ok(Some(Translated::of_inputs(Op::Max, node.inputs()))),
        "Where" => Ok(Some(Translated::of_inputs(Op::Where, 3))),
        "Clip" => clip(node).map(Some),
        "Cast" => {
            let to = i32::try_from(node.int("to", 0)?).unwrap_or(0);
            unary(Op::Cast { to: element(to)? })
        }
        "BatchNormalization" => {
            if node.boolean("training_mode", false)? || node.outputs() > 1 {
                return Err("it is in training mode; export the model for inference".to_owned());
            }
            Ok(Some(Translated::of_inputs(
                Op::BatchNormalization { epsilon: node.float("epsilon", 1e-5)? },
                5,
            )))
        }
        _ => Ok(None),
    }
}

/// Before version 7, operands broadcast only where an attribute says so, and along an axis.
fn legacy_broadcast(node: &Node<'_>, op: Op) -> Result<Option<Translated>, Refusal> {
    if node.version < 7 && node.int_if("axis")?.is_some() {
        return Err("it broadcasts along an axis as before operator set 7; \
                    convert the model to operator set 9 or newer"
            .to_owned());
    }
    Ok(Some(Translated::of_inputs(op, 2)))
}

/// Bounds are attributes before version 11, inputs since.
fn clip(node: &Node<'_>) -> Result<Translated, Refusal> {
    if node.version >= 11 {
        return Ok(Translated::of_inputs(Op::Clip, 3));
    }
    let bound = |name, default| Ok::<_, Refusal>(Operand::Constant(Tensor::scalar(node.float(name, default)?)));
    Ok(Translated {
        op: Op::Clip.into(),
        operands: vec![Operand::Input(0), bound("min", f32::MIN)?, bound("max", f32::MAX)?],
    })
}
