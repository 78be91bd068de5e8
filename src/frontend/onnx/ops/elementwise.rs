//! Elementwise operators that say more than their op has, or say it otherwise in old versions.

use qonnx_dialects::onnx::{Cast, Op};
use qonnx_dialects::tensor::Tensor;

use crate::frontend::onnx::node::{Node, Operand, Refusal, Translated};
use crate::frontend::onnx::tensor::{element, is_narrow_float};

/// Translates the operators of this file; `None` for others, which their declarations say all of.
pub fn translate(node: &Node<'_>) -> Result<Option<Translated>, Refusal> {
    match node.op_type() {
        "Dropout" => dropout(node).map(Some),
        "Gelu" => match node.string("approximate", "none")?.as_str() {
            "none" => Ok(Some(Translated::of_inputs(Op::Gelu, 1))),
            other => Err(Refusal::unsupported(
                format!("its approximation is '{other}', which is not supported, expected 'none'"),
                "export the model with the exact function",
            )),
        },
        "Clip" => clip(node).map(Some),
        "Cast" => cast(node).map(Some),
        "BatchNormalization" => check_inference(node).map(|()| None),
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
fn check_inference(node: &Node<'_>) -> Result<(), Refusal> {
    if node.boolean("training_mode", false)? {
        return Err(training());
    }
    if node.version < 9 && !node.boolean("spatial", true)? {
        return Err(Refusal::unsupported(
            "its attribute 'spatial' is 0, which is not supported, expected 1",
            "convert the model to operator set 9 or newer",
        ));
    }
    Ok(())
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
    Ok(Translated::of_inputs(Op::Cast(Cast { to }), 1))
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
