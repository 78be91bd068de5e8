//! The passes of qonnx-mlir: one folder for each stage, one file for each pass, one registry.
//!
//! Each stage lists its passes, and [`passes`] all of them; command-line flags, pipeline texts, the documentation and the check
//! that every pass has a test are derived from it. [`pipelines::PIPELINES`] does the same for named pipelines.

#[macro_use]
mod framework;

pub mod analysis;
pub mod cleanup;
pub mod cpu;
pub mod dataflow;
pub mod hls;
pub mod host;
pub mod linalg;
pub mod lower;
pub mod pipelines;
mod room;

use qonnx_dialects::ir::register_passes_once;
use qonnx_dialects::pass::{PassInfo, register_pass, register_pipeline};

/// The passes of each stage.
const STAGES: &[&[&PassInfo]] = &[
    cleanup::PASSES,
    cpu::PASSES,
    dataflow::PASSES,
    hls::PASSES,
    host::PASSES,
    linalg::PASSES,
    lower::PASSES,
];

/// All passes of the project.
pub fn passes() -> impl Iterator<Item = &'static PassInfo> {
    STAGES.iter().flat_map(|stage| stage.iter().copied())
}

/// Registers all passes and pipelines, upstream's and the project's, once in a process.
pub fn register() {
    register_passes_once(|| {
        for info in passes() {
            register_pass(info);
        }
        for pipeline in pipelines::PIPELINES {
            register_pipeline(pipeline.name, pipeline.summary, &(pipeline.text)());
        }
    });
}
