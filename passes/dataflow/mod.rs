//! From exact-width integers to the layers of a hardware network.

mod contraction;
mod elementwise;
pub mod int_to_dataflow;

pass_registry! {
    int_to_dataflow::IntToDataflow,
}
mod layers;
mod readers;
mod stages;
