//! The rules of the project's ops, as MLIR's verifier asks for them (trait `RustVerified`).
//!
//! Type inference makes every check that evaluation relies on, so verifying an op is inferring its result
//! types and comparing.

use melior::ir::Location;
use melior::ir::operation::OperationLike;
use mlir_sys::MlirOperation;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::dataflow;
use crate::graph::GraphOp;
use crate::hls;
use crate::ir::{self, Attributes, Op, emit_error};
use crate::pass::panic_text;
use crate::qint;

/// Checks an op; the error says what is wrong.
fn verify(op: Op<'_>) -> Result<(), String> {
    // Attributes with the name of a dialect are notes, which mean nothing to the op.
    if let Some(name) = Attributes::of(op).unknown() {
        return Err(format!(
            "'{}' op has the attribute '{name}', which it does not have, expected only its own",
            ir::op_name(op)
        ));
    }
    let results: Vec<_> = op
        .results()
        .map(|result| ir::type_of(ir::val(result)))
        .collect();
    if let Some(qint) = qint::Op::read(op) {
        let operands = op.operands().map(|value| ir::type_of(ir::val(value)));
        return match (operands.collect::<Option<Vec<_>>>(), results.first()) {
            (Some(operands), Some(Some(result))) => qint
                .verify(&operands, result)
                .map_err(|error| error.to_string())
                .and_then(|()| {
                    let outcome = qint::check_values(&qint, op);
                    outcome.map_err(|predicate| format!("'{}' op {predicate}", ir::op_name(op)))
                }),
            _ => Err("operands and result need static shapes".to_owned()),
        };
    }
    if let Some(outcome) = dataflow::verify(op).or_else(|| hls::verify(op)) {
        return outcome;
    }
    let Some(graph) = GraphOp::read(op) else {
        return Err(format!(
            "'{}' op has an attribute out of range",
            ir::op_name(op)
        ));
    };
    // Where an operand's type is not known yet, `infer-shapes` will check.
    let Some(inferred) = graph.infer_in_place(op) else {
        return Ok(());
    };
    let inferred = inferred.map_err(|error| error.with_advice())?;
    for (at, (inferred, result)) in inferred.iter().zip(&results).enumerate() {
        if let Some(result) = result
            && result != inferred
        {
            return Err(format!(
                "'{}' op result {at} has type {}x{}, expected {}x{}",
                ir::op_name(op),
                text(&result.shape),
                result.element,
                text(&inferred.shape),
                inferred.element
            ));
        }
    }
    if inferred.len() != results.len() {
        return Err(format!(
            "'{}' op has {} results, expected {}",
            ir::op_name(op),
            results.len(),
            inferred.len()
        ));
    }
    Ok(())
}

fn text(shape: &[usize]) -> String {
    let extents: Vec<_> = shape.iter().map(usize::to_string).collect();
    if extents.is_empty() {
        "scalar ".to_owned()
    } else {
        extents.join("x")
    }
}

#[expect(unsafe_code, reason = "called from C++")]
#[unsafe(no_mangle)]
unsafe extern "C" fn qonnxRustVerify(operation: MlirOperation) -> bool {
    // SAFETY: C++ passes an op in place.
    let op = unsafe { Op::from_raw(operation) };
    let location: Location<'_> = op.location();
    let outcome = catch_unwind(AssertUnwindSafe(|| verify(op)));
    let message = match outcome {
        Ok(Ok(())) => return true,
        Ok(Err(message)) => message,
        Err(panic) => format!("internal error while verifying: {}", panic_text(&*panic)),
    };
    emit_error(location, &message);
    false
}
