//! The pass `call-out-params`.

use melior::Context;
use qonnx_dialects::ir::{self, Function, Op};
use qonnx_dialects::pass::{PassResult, fail};
use qonnx_dialects::upstream::{self, External};
use std::collections::HashMap;

declare_pass! {
    /// Make the results of functions that are elsewhere arguments that they write to.
    ///
    /// Each call gets a buffer of its own for each result, and the declaration says which arguments are only read. Upstream's
    /// `buffer-results-to-out-params` leaves declarations as they are.
    pub struct CallOutParams => "call-out-params" on Module {}
}

impl CallOutParams {
    fn run<'c>(&mut self, module: Op<'c>, context: &'c Context) -> PassResult {
        let Some(body) = ir::single_block(module) else {
            return fail(module, "expected a module with one block");
        };
        let ops = ir::block_ops(body);
        let mut calls: HashMap<String, Vec<Op<'c>>> = HashMap::new();
        for op in ops
            .iter()
            .copied()
            .filter_map(Function::new)
            .flat_map(Function::ops)
        {
            if let Some(callee) = upstream::callee(op) {
                calls.entry(callee).or_default().push(op);
            }
        }
        for external in ops.into_iter().filter_map(External::new) {
            let calls = calls.remove(&external.name()).unwrap_or_default();
            external.take_results(context, body, &calls);
        }
        Ok(())
    }
}
