//! The pass `flatten-globals`.

use melior::Context;
use qonnx_dialects::ir::Op;
use qonnx_dialects::llvm;
use qonnx_dialects::pass::PassResult;

declare_pass! {
    /// Make the constants of the `llvm` dialect single arrays.
    ///
    /// Upstream makes a tensor of several dimensions an array of arrays, for which LLVM keeps an object for every
    /// innermost array: several times the bytes of a convolution's weights. Addresses stay the same.
    pub struct FlattenGlobals => "flatten-globals" on Module {}
}

impl FlattenGlobals {
    fn run<'c>(&mut self, module: Op<'c>, _: &'c Context) -> PassResult {
        llvm::flatten_globals(module);
        Ok(())
    }
}
