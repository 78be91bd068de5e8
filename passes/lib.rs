//! The passes of qonnx-mlir: one folder for each stage, one file for each pass, one registry.
//!
//! [`PASSES`] is the only list of passes; command-line flags, pipeline texts, the documentation and the check
//! that every pass has a test are derived from it. [`pipelines::PIPELINES`] does the same for named pipelines.

#[macro_use]
mod framework;

pub mod analysis;
pub mod cleanup;
pub mod cpu;
pub mod dataflow;
pub mod hls;
pub mod lower;
pub mod pipelines;
mod room;

use qonnx_dialects::ir::register_passes_once;
use qonnx_dialects::pass::{PassInfo, register_pass, register_pipeline};

pass_registry! {
    cleanup::check_outputs::CheckOutputs,
    cleanup::fold_constants::FoldConstants,
    cleanup::infer_shapes::InferShapes,
    cleanup::quantize_inputs::QuantizeInputs,
    cleanup::remove_identities::RemoveIdentities,
    cleanup::split_bias::SplitBias,
    cpu::call_libm::CallLibm,
    cpu::flatten_globals::FlattenGlobals,
    cpu::int_to_linalg::IntToLinalg,
    cpu::outline_kernels::OutlineKernels,
    cpu::plan_workspace::PlanWorkspace,
    cpu::select_kernels::SelectKernels,
    cpu::separate_results::SeparateResults,
    cpu::split_uses::SplitUses,
    dataflow::int_to_dataflow::IntToDataflow,
    hls::dataflow_to_hls::DataflowToHls,
    lower::convert_to_int::ConvertToInt,
}

/// Registers all passes and pipelines, upstream's and the project's, once in a process.
pub fn register() {
    register_passes_once(|| {
        for info in PASSES {
            register_pass(info);
        }
        for pipeline in pipelines::PIPELINES {
            register_pipeline(pipeline.name, pipeline.summary, &(pipeline.text)());
        }
    });
}
