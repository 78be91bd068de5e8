//! From hardware layers to C++ for high-level synthesis.

mod activations;
pub mod dataflow_to_hls;

pass_registry! {
    dataflow_to_hls::DataflowToHls,
}
mod dense;
mod functions;
mod names;
mod top;
mod wires;
