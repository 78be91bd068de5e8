//! Elementwise operators.

use qonnx_dialects::onnx::Op;
use qonnx_dialects::tensor::Tensor;

use crate::frontend::onnx::node::{Node, Operand, Refusal, Translated};
use crate::frontend::onnx::tensor::{element, is_narrow_float};

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
        "Identity" => unary(Op::Identity),
        "Dropout" => dropout(node).map(Some),
        "Gelu" => match node.string("approximate", "none")?.as_str() {
            "none" => unary(Op::Gelu),
            other => Err(Refusal::unsupported(
                format!("its approximation is '{other}', which is not supported, expected 'none'"),
                "export the model with the exact function",
            )),
        },
        "LeakyRelu" => unary(Op::LeakyRelu {
            alpha: node.float("alpha", 0.01)?,
        }),
        "Elu" => unary(Op::Elu {
            alpha: node.float("alpha", 1.0)?,
        }),
        "Selu" => unary(Op::Selu {
            alpha: node.float("alpha", 1.673_263_2)?,
            gamma: node.float("gamma", 1.050_701)?,
        }),
        "HardSigmoid" => unary(Op::HardSigmoid {
            alpha: node.float("alpha", 0.2)?,
            beta: node.float("beta", 0.5)?,
        }),
        "PRelu" => binary(Op::PRelu),
        "Add" => binary(Op::Add),
        "Sub" => binary(Op::Sub),
        "Mul" => binary(Op::Mul),
        "Div" => binary(Op::Div),
        "Pow" => binary(Op::Pow),
        "Equal" => binary(Op::Equal),
        "Less" => binary(Op::Less),
        "LessOrEqual" => binary(Op::LessOrEqual),
        "Greater" => binary(Op::Greater),
        "GreaterOrEqual" => binary(Op::GreaterOrEqual),
        "Min" => Ok(Some(Translated::of_inputs(Op::Min, node.inputs()))),
        "Max" => Ok(Some(Translated::of_inputs(Op::Max, node.inputs()))),
        "Where" => Ok(Some(Translated::of_inputs(Op::Where, 3))),
        "Clip" => clip(node).map(Some),
        "Cast" => cast(node).map(Some),
        "BatchNormalization" => batch_normalization(node).map(Some),
        _ => Ok(None),
    }
}

/// At inference a Dropout returns its input. The ratio does not matter then; since version 12 an input says
/// whether it is in training.
fn dropout(node: &Node<'_>) -> Result<Translated, Refusal> {
    let trains = node.version >= 12
        && match node.constant(2, "training_mode")? {
            Some(mode) => mode.as_scalar() != Some(0.0),
            None => false,
        };
    if trains {
        Err(training())
    } else {
        Ok(Translated::of_inputs(Op::Identity, 1))
    }
}

/// The variants of old versions: `spatial` 0 (before 9) has parameters for each element.
fn batch_normalization(node: &Node<'_>) -> Result<Translated, Refusal> {
    if node.boolean("training_mode", false)? {
        return Err(training());
    }
    if node.version < 9 && !node.boolean("spatial", true)? {
        return Err(Refusal::unsupported(
            "its attribute 'spatial' is 0, which is not supported, expected 1",
            "convert the model to operator set 9 or newer",
        ));
    }
    let op = Op::BatchNormalization {
        epsilon: node.float("epsilon", 1e-5)?,
    };
    Ok(Translated::of_inputs(op, 5))
}

fn training() -> Refusal {
    Refusal::unsupported(
        "it is in training mode, which is not supported, expected inference",
        "export the model for inference",
    )
}

/// Floats narrower than float32 are refused: a float32 carrier would keep what the cast drops.
fn cast(node: &Node<'_>) -> Result<Translated, Refusal> {
    let to = node.required_size("to")?;
    let to = i32::try_from(to)
        .map_err(|_| format!("its attribute 'to' is {to}, expected an element type"))?;
    if is_narrow_float(to) {
        return Err(Refusal::unsupported(
            "it casts to a float narrower than float32, which is not supported: float32 carriers cannot keep it exact",
            "remove the cast, or quantize with FloatQuant",
        ));
    }
    let to = element(to).map_err(|refusal| refusal.of("it casts to"))?;
    Ok(Translated::of_inputs(Op::Cast { to }, 1))
}

/// Bounds are attributes before version 11, inputs since.
fn clip(node: &Node<'_>) -> Result<Translated, Refusal> {
    if node.version >= 11 {
        return Ok(Translated::of_inputs(Op::Clip, 3));
    }
    let bound = |name, default| {
        Ok::<_, Refusal>(Operand::Constant(Tensor::scalar(
            node.float(name, default)?,
        )))
    };
    Ok(Translated::new(
        Op::Clip,
        vec![
            Operand::Input(0),
            bound("min", f32::MIN)?,
            bound("max", f32::MAX)?,
        ],
    ))
}
