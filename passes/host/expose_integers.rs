//! The pass `expose-integers`.

use melior::Context;
use melior::ir::operation::OperationLike;
use qonnx_dialects::hls;
use qonnx_dialects::ir::{self, Function, Node, Val};
use qonnx_dialects::pass::{PassResult, fail};
use qonnx_dialects::qint;

use super::machine::widened;

declare_pass! {
    /// Return the integers of every quantizer behind the outputs, for who checks code integer by integer.
    ///
    /// ## What it does
    /// Each result of a quantizer that belongs to an ONNX node is returned too, in integers of 8, 16, 32 or 64 bits and under
    /// the name of the node, in the order of the function. What hardware reads is not: that shows its integers itself.
    ///
    /// ## Guarantees
    /// The outputs stay, in front.
    pub struct ExposeIntegers => "expose-integers" on Function {}
}

impl ExposeIntegers {
    fn run<'c>(&mut self, function: Function<'c>, context: &'c Context) -> PassResult {
        let Some(end) = function.return_op() else {
            return Ok(());
        };
        let mut values = Vec::new();
        for (node, value) in exposed(function) {
            let location = end.location();
            match widened(context, function.block(), end, value, location) {
                Some(wide) => values.push((wide, node.name)),
                None => return fail(end, "a quantizer's result is no integer of static shape"),
            }
        }
        let outputs = 0..function.returned().len();
        function.return_others(context, outputs, &values);
        Ok(())
    }
}

/// The integers that the pass returns of a function, and the nodes that they belong to.
pub fn exposed(function: Function<'_>) -> Vec<(Node, Val<'_>)> {
    let mut found = Vec::new();
    for op in function.ops() {
        if !qint::Op::read(op).is_some_and(|op| op.is_quantizer()) {
            continue;
        }
        let (Some(node), Ok(result)) = (Node::at(op.location()), op.result(0)) else {
            continue;
        };
        let result = ir::val(result);
        let hardware = |user: &ir::Op<'_>| matches!(hls::Op::read(*user), Some(hls::Op::Run(_)));
        if !ir::users(result).iter().any(|(user, _)| hardware(user)) {
            found.push((node, result));
        }
    }
    found
}
