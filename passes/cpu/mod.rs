//! From level 3 to machine code: the passes of the CPU backend before and after upstream's bufferization.

mod emit;
mod float;
mod integer;
pub mod kernels;
mod layout;
mod machine;
mod register;
mod rounding;
mod tile;

pub mod call_libm;
pub mod drop_unread_arguments;
pub mod flatten_globals;
pub mod int_to_linalg;
pub mod outline_kernels;
pub mod plan_workspace;
pub mod select_kernels;
pub mod separate_results;
pub mod split_uses;
pub mod tile_kernels;

pass_registry! {
    call_libm::CallLibm,
    drop_unread_arguments::DropUnreadArguments,
    flatten_globals::FlattenGlobals,
    int_to_linalg::IntToLinalg,
    outline_kernels::OutlineKernels,
    plan_workspace::PlanWorkspace,
    select_kernels::SelectKernels,
    separate_results::SeparateResults,
    split_uses::SplitUses,
    tile_kernels::TileKernels,
}

/// Why an op has no machine code: a predicate about the op, such as "has weights that are not constant".
type Refusal = String;
