//! From hardware layers to C++ for high-level synthesis.

mod activations;
pub mod dataflow_to_hls;
mod functions;
mod names;
