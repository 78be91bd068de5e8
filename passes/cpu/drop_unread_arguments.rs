//! The pass `drop-unread-arguments`.

use melior::Context;
use melior::ir::ValueLike;
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, BlockHandle, Op, Val};
use qonnx_dialects::pass::{PassResult, fail};
use qonnx_dialects::upstream;
use std::collections::HashMap;

declare_pass! {
    /// Drop the arguments of private functions that these do not use, there and where they are called.
    ///
    /// Such are the tensors that give a window its extents: they have no values. Upstream's `remove-dead-values` does this and
    /// more, but looks through the whole module for the calls of each function.
    pub struct DropUnreadArguments => "drop-unread-arguments" on Module {}
}

impl DropUnreadArguments {
    fn run<'c>(&mut self, module: Op<'c>, context: &'c Context) -> PassResult {
        let Some(body) = ir::single_block(module) else {
            return fail(module, "expected a module with one block");
        };
        let functions = ir::functions_in(body);
        let mut calls: HashMap<String, Vec<Op<'c>>> = HashMap::new();
        for function in &functions {
            collect(function.block(), &mut calls);
        }
        for function in functions
            .into_iter()
            .filter(|function| function.is_private())
        {
            let arguments = function.arguments();
            let used: Vec<bool> = arguments
                .iter()
                .map(|argument| !ir::users(*argument).is_empty())
                .collect();
            if used.iter().all(|used| *used) {
                continue;
            }
            for at in (0..used.len()).rev().filter(|at| !used[*at]) {
                function.remove_argument(context, at);
            }
            for call in calls.remove(&function.name()).unwrap_or_default() {
                replace(context, call, &used);
            }
        }
        Ok(())
    }
}

/// Adds the calls of a block, those of its regions included, to those of the functions that they call.
fn collect<'c>(block: BlockHandle<'c>, calls: &mut HashMap<String, Vec<Op<'c>>>) {
    for op in ir::block_ops(block) {
        if let Some(callee) = upstream::callee(op) {
            calls.entry(callee).or_default().push(op);
        } else if let Some(inner) = ir::single_block(op) {
            collect(inner, calls);
        }
    }
}

/// Makes a call one with those operands only that are used.
fn replace<'c>(context: &'c Context, call: Op<'c>, used: &[bool]) {
    let (Some(block), Some(callee)) = (ir::block_of(call), upstream::callee(call)) else {
        return;
    };
    let operands = call.operands().map(ir::val).zip(used);
    let operands: Vec<Val<'c>> = operands
        .filter_map(|(operand, used)| used.then_some(operand))
        .collect();
    let results: Vec<_> = call.results().map(|result| result.r#type()).collect();
    let new = upstream::call(context, &callee, &operands, &results, call.location());
    let new = ir::build_op(block, Some(call), new);
    for (old, new) in call.results().zip(new.results()) {
        ir::replace_all_uses(ir::val(old), ir::val(new));
    }
    ir::erase(call);
}
