//! The pass `outline-kernels`.

use melior::Context;
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, Function, Op};
use qonnx_dialects::pass::{PassResult, fail};
use qonnx_dialects::upstream;

declare_pass! {
    /// Make each loop nest on buffers a function of its own.
    ///
    /// Arguments are where LLVM can be told that buffers do not overlap, which loops over parts of one workspace
    /// could not know otherwise; functions are small, which keeps LLVM's passes fast; and profilers show the name
    /// of the ONNX node. Copies of buffers become loop nests first.
    pub struct OutlineKernels => "outline-kernels" on Module {}
}

impl OutlineKernels {
    fn run<'c>(&mut self, module: Op<'c>, context: &'c Context) -> PassResult {
        let Some(block) = ir::single_block(module) else {
            return fail(module, "expected a module with one block");
        };
        let mut number = 0;
        for function in ir::block_ops(block).into_iter().filter_map(Function::new) {
            for op in function.ops() {
                let nest = if upstream::is_copy(op) {
                    let Some(nest) = upstream::copy_nest(context, op) else {
                        return fail(op, "copies a buffer of unknown shape");
                    };
                    let nest = ir::build_op(function.block(), Some(op), nest);
                    ir::erase(op);
                    nest
                } else if upstream::is_nest(op) {
                    op
                } else {
                    continue;
                };
                upstream::outline(context, block, nest, &kernel_name(number, nest));
                number += 1;
            }
        }
        Ok(())
    }
}

/// A name for the kernel that tells its place and its node.
fn kernel_name(number: usize, nest: Op<'_>) -> String {
    match ir::node_name(nest.location()) {
        Some(node) => format!("kernel{number}_{}", node.identifier("node")),
        None => format!("kernel{number}"),
    }
}
