//! The pass `call-libm`.

use melior::Context;
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, Function, Op};
use qonnx_dialects::pass::{PassResult, fail};
use qonnx_dialects::upstream;

declare_pass! {
    /// Call the C library's functions for transcendental functions of `f64`.
    ///
    /// The interpreter calls them too, so results agree bit for bit. Upstream's own lowering would expand some
    /// (`expm1`, `log1p`) into formulas that round differently, and turn the others into intrinsics that LLVM may
    /// rewrite.
    pub struct CallLibm => "call-libm" on Module {}
}

impl CallLibm {
    fn run<'c>(&mut self, module: Op<'c>, context: &'c Context) -> PassResult {
        let Some(block) = ir::single_block(module) else {
            return fail(module, "expected a module with one block");
        };
        let mut declared: Vec<&str> = Vec::new();
        let nests = ir::block_ops(block)
            .into_iter()
            .filter_map(Function::new)
            .flat_map(Function::ops);
        let bodies = nests
            .filter(|op| upstream::is_nest(*op))
            .filter_map(ir::single_block);
        for op in bodies.flat_map(ir::block_ops).collect::<Vec<_>>() {
            let Some(function) = upstream::libm_function(op) else {
                continue;
            };
            if !declared.contains(&function) {
                upstream::declare_libm(context, block, function, op.operand_count(), op.location());
                declared.push(function);
            }
            upstream::replace_by_call(context, op, function);
        }
        Ok(())
    }
}
