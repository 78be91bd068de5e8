//! The pass `tile-kernels`.

use std::collections::HashMap;

use melior::Context;
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, Function, Op, Val};
use qonnx_dialects::pass::PassResult;
use qonnx_dialects::upstream;

use super::tile::emit::emit;
use super::tile::group::Group;

declare_pass! {
    /// Compute contractions that were packed for a kernel in tiles of registers.
    ///
    /// ## What it does
    /// A nest that `qonnx.kernel` names a kernel of becomes loops over tiles: some positions times some vectors of filters,
    /// whose sums stay in registers while the channels and the taps are added up by the instruction of the kernel. What is
    /// left of positions or filters is a smaller tile. The nest that makes the sums in the beginning is computed there
    /// too, and so is the nest that alone reads them, if it computes element by element: the sums then never go to memory.
    ///
    /// ## Requires
    /// Loop nests on buffers, with the operands that `int-to-linalg` packs.
    ///
    /// ## Guarantees
    /// The same integers. Other nests stay as they are.
    pub struct TileKernels => "tile-kernels" on Function {
        /// Report as a remark which contraction stays a scalar nest although it was packed.
        remarks ("remarks"): bool = false,
    }
}

impl TileKernels {
    fn run<'c>(&mut self, function: Function<'c>, context: &'c Context) -> PassResult {
        let ops = function.ops();
        // All are read before one is changed: they look at what is between their nests.
        let places = ops.iter().enumerate();
        let places: HashMap<_, _> = places.map(|(at, op)| (ir::op_key(*op), at)).collect();
        let groups: Vec<_> = (0..ops.len())
            .filter_map(|at| {
                let group = Group::read(&ops, &places, at);
                if group.is_none() {
                    self.not_tiled(ops[at]);
                }
                group
            })
            .collect();
        for group in groups {
            let last = group.after.as_ref().map(|after| after.nest);
            let (first, contraction) = (group.before.nest, group.contraction.nest);
            let sums = upstream::root(group.contraction.out.buffer);
            if emit(context, group).is_none() {
                self.not_tiled(contraction);
                continue;
            }
            for nest in last.into_iter().chain([contraction, first]) {
                ir::erase(nest);
            }
            erase_unused(sums);
        }
        Ok(())
    }

    /// Says of a nest that was packed for a kernel that it stays one.
    fn not_tiled(&self, nest: Op<'_>) {
        if let Some((kernel, _)) = upstream::kernel_of(nest).filter(|_| self.remarks) {
            let said = format!(
                "'{}' was packed for kernel '{kernel}' and is computed by scalar code: its sums are not on their own in a buffer",
                ir::op_name(nest)
            );
            ir::emit_remark(nest.location(), &said);
        }
    }
}

/// Erases a buffer that nothing uses any more, with its views.
fn erase_unused(buffer: Val<'_>) {
    let mut views: Vec<Op<'_>> = ir::defining_op(buffer).into_iter().collect();
    let mut next = 0;
    while let Some(view) = views.get(next) {
        next += 1;
        let results: Vec<_> = view.results().map(ir::val).collect();
        let users = results.into_iter().flat_map(ir::users);
        views.extend(
            users
                .map(|(user, _)| user)
                .filter(|user| upstream::is_view(*user))
                .collect::<Vec<_>>(),
        );
    }
    for view in views.into_iter().rev() {
        let removable = upstream::is_view(view) || upstream::is_alloc(view);
        if removable && ir::has_no_uses(view) {
            ir::erase(view);
        }
    }
}
