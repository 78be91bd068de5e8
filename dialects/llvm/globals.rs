//! Constants of the `llvm` dialect.

use crate::ffi;
use crate::ir;

/// Makes each constant of nested arrays one of a single array with the same elements, at the same address. LLVM keeps an
/// object for every innermost array of nested ones: of a convolution's weights that is one for every three bytes.
pub fn flatten_globals(module: ir::Op<'_>) {
    let Some(block) = ir::single_block(module) else {
        return;
    };
    for op in ir::block_ops(block) {
        #[expect(unsafe_code, reason = "calls C++")]
        // SAFETY: the op is in place.
        unsafe {
            ffi::qonnxFlattenGlobal(op.to_raw());
        }
    }
}
