//! The pass `infer-shapes`.

use melior::Context;
use melior::ir::operation::OperationLike;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Function, Op};
use qonnx_dialects::pass::{PassResult, fail};

declare_pass! {
    /// Infer the types of all values from the inputs on.
    ///
    /// Replaces unranked and stale types by the types that the ops' own rules give. A value whose shape is
    /// computed in the graph (`Shape`, `Gather`, `Concat`, `Reshape`) gets its type when `fold-constants` has
    /// folded that computation.
    pub struct InferShapes => "infer-shapes" on Function {}
}

impl InferShapes {
    fn run<'c>(&mut self, function: Function<'c>, context: &'c Context) -> PassResult {
        for op in function.ops() {
            infer_results(op, context)?;
        }
        function.update_type(context);
        Ok(())
    }
}

/// Sets the types of an op's results, where those of its operands are known. Fails after reporting where the
/// op's rules are violated.
pub fn infer_results<'c>(op: Op<'c>, context: &'c Context) -> PassResult {
    let Some(graph) = GraphOp::read(op) else {
        return Ok(());
    };
    match graph.infer_in_place(op) {
        None => Ok(()),
        Some(Err(error)) => fail(op, error.with_advice()),
        Some(Ok(types)) => {
            for (result, r#type) in op.results().zip(&types) {
                ir::set_type(ir::val(result), ir::tensor_type(context, r#type));
            }
            Ok(())
        }
    }
}
