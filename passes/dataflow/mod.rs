//! From layers of exact-width integers to the layers of a hardware network.

pub mod qint_to_dataflow;

pass_registry! {
    qint_to_dataflow::QintToDataflow,
}
mod kinds;
mod layers;
mod order;
mod stages;
