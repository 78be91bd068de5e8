//! The pass `outline-kernels`.

use melior::Context;
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, Function, Op};
use qonnx_dialects::pass::{PassResult, fail};
use qonnx_dialects::upstream::{self, Globals};
use std::collections::HashMap;

declare_pass! {
    /// Make each loop nest on buffers a function of its own.
    ///
    /// Arguments are where LLVM can be told that buffers do not overlap, which loops over parts of one workspace
    /// could not know otherwise; functions are small, which keeps LLVM's passes fast; and profilers show the name
    /// of the ONNX node. Copies of buffers become loop nests first.
    ///
    /// Nests that do the same share the function of the first. Constants are part of a function, where LLVM can compute
    /// with them, but for those of nests that a deep network has many times: these get them as arguments and share.
    pub struct OutlineKernels => "outline-kernels" on Module {
        /// Nests alike but for their constants from which on they share one function.
        share_from ("share-from"): usize = 32,
    }
}

impl OutlineKernels {
    fn run<'c>(&mut self, module: Op<'c>, context: &'c Context) -> PassResult {
        let Some(block) = ir::single_block(module) else {
            return fail(module, "expected a module with one block");
        };
        let mut nests = Vec::new();
        for function in ir::block_ops(block).into_iter().filter_map(Function::new) {
            for op in function.ops() {
                if upstream::is_copy(op) {
                    let Some(nest) = upstream::copy_nest(context, op) else {
                        return fail(op, "copies a buffer of unknown shape");
                    };
                    nests.push(ir::build_op(function.block(), Some(op), nest));
                    ir::erase(op);
                } else if upstream::is_nest(op) || upstream::is_loop(op) {
                    nests.push(op);
                }
            }
        }
        let mut alike: HashMap<usize, usize> = HashMap::new();
        let hashes: Vec<usize> = nests
            .iter()
            .map(|nest| upstream::nest_hash(*nest))
            .collect();
        for hash in &hashes {
            *alike.entry(*hash).or_default() += 1;
        }
        let mut kernels: HashMap<usize, Vec<Op<'c>>> = HashMap::new();
        for (number, (nest, hash)) in nests.into_iter().zip(hashes).enumerate() {
            // A kernel in tiles is the same code for all weights and parameters.
            let shared = upstream::is_loop(nest)
                || alike
                    .get(&hash)
                    .is_some_and(|&count| count >= self.share_from);
            let globals = match shared {
                true => Globals::Passed,
                false => Globals::Inside,
            };
            let name = kernel_name(number, nest);
            let outlined = upstream::outline(context, block, nest, &name, globals);
            let same = kernels
                .entry(upstream::function_hash(outlined.function))
                .or_default();
            match same
                .iter()
                .find(|kernel| upstream::functions_equal(**kernel, outlined.function))
            {
                Some(kernel) => upstream::call_instead(context, outlined, *kernel),
                None => same.push(outlined.function),
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
