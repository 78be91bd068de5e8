//! Level 0 to level 1: a graph whose shapes are known and whose constants are folded.

pub mod check_outputs;
pub mod fold_constants;
pub mod infer_shapes;
pub mod quantize_inputs;
pub mod remove_identities;
pub mod split_bias;

pass_registry! {
    check_outputs::CheckOutputs,
    fold_constants::FoldConstants,
    infer_shapes::InferShapes,
    quantize_inputs::QuantizeInputs,
    remove_identities::RemoveIdentities,
    split_bias::SplitBias,
}
