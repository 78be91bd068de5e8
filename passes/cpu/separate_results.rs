//! The pass `separate-results`.

use melior::Context;
use melior::ir::ValueLike;
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, Function};
use qonnx_dialects::pass::PassResult;
use qonnx_dialects::upstream;

declare_pass! {
    /// Give every result of a function a buffer of its own.
    ///
    /// Two outputs of a network may be one value. The caller has a buffer for each, and upstream's
    /// `buffer-results-to-out-params` (LLVM 22) crashes when it hoists one allocation into two of them, so all
    /// but the first get a copy.
    pub struct SeparateResults => "separate-results" on Function {}
}

impl SeparateResults {
    fn run<'c>(&mut self, function: Function<'c>, context: &'c Context) -> PassResult {
        let Some(end) = function.return_op() else {
            return Ok(());
        };
        let returned = function.returned();
        for (at, &value) in returned.iter().enumerate() {
            if !returned[..at].contains(&value) {
                continue;
            }
            let location = end.location();
            let buffer = upstream::alloc(context, value.r#type(), location);
            let buffer = ir::build_op(function.block(), Some(end), buffer);
            let buffer = ir::val(buffer.result(0).expect("an allocation has one result"));
            ir::build_op(
                function.block(),
                Some(end),
                upstream::copy(context, value, buffer, location),
            );
            ir::set_operand(end, at, buffer);
        }
        Ok(())
    }
}
