//! The pass `remove-identities`.

use melior::Context;
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, Function, Op, Val};
use qonnx_dialects::onnx;
use qonnx_dialects::pass::PassResult;
use qonnx_dialects::tensor::Tensor;

declare_pass! {
    /// Remove ops that return their operand unchanged.
    ///
    /// `Identity`, reshapes and transposes that change nothing, `Mul` and `Div` by 1 and `Sub` of 0. Only exact
    /// identities go: `Add` of 0 turns -0 into 0 and stays, as does a factor that merely is close to 1.
    pub struct RemoveIdentities => "remove-identities" on Function {}
}

impl RemoveIdentities {
    fn run<'c>(&mut self, function: Function<'c>, _: &'c Context) -> PassResult {
        for op in function.ops() {
            if let Some(operand) = identity_operand(op)
                && let Ok(result) = op.result(0)
            {
                ir::replace_all_uses(ir::val(result), operand);
                ir::erase(op);
            }
        }
        Ok(())
    }
}

/// The operand that the op returns unchanged, if it does.
fn identity_operand<'c>(op: Op<'c>) -> Option<Val<'c>> {
    use onnx::Op::{
        Cast, Concat, Div, Flatten, Identity, Mul, Reshape, Squeeze, Sub, Transpose, Unsqueeze,
    };
    let operand = |at| op.operand(at).ok().map(ir::val);
    let result = ir::type_of(ir::val(op.result(0).ok()?))?;
    let unchanged = |value: Val<'_>| ir::type_of(value).is_some_and(|r#type| r#type == result);
    let all = |value: Val<'_>, wanted: f32| {
        ir::constant_numbers(value)
            .as_ref()
            .and_then(Tensor::as_f32)
            // By bits: subtracting -0 turns -0 into 0.
            .is_some_and(|values| {
                values
                    .iter()
                    .all(|value| value.to_bits() == wanted.to_bits())
            })
    };
    match onnx::Op::read(op)? {
        Identity | Reshape(_) | Flatten(_) | Squeeze(_) | Unsqueeze(_) | Cast(_) => {
            operand(0).filter(|value| unchanged(*value))
        }
        Transpose(op) => {
            let perm = &op.perm;
            let sorted = perm.iter().enumerate().all(|(at, &axis)| axis == at as i64);
            operand(0).filter(|_| sorted && !perm.is_empty())
        }
        Concat(_) if op.operand_count() == 1 => operand(0),
        Mul => [(0, 1), (1, 0)].into_iter().find_map(|(kept, one)| {
            let kept = operand(kept)?;
            (all(operand(one)?, 1.0) && unchanged(kept)).then_some(kept)
        }),
        Div => operand(0)
            .filter(|value| unchanged(*value) && operand(1).is_some_and(|by| all(by, 1.0))),
        Sub => operand(0)
            .filter(|value| unchanged(*value) && operand(1).is_some_and(|by| all(by, 0.0))),
        _ => None,
    }
}
