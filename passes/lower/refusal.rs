//! Why an op stays float, and what bounds the search for an integer form.

/// Why an op has no integer form here; it stays float.
pub type Refusal = String;

/// The refusal of an op that no rule is for.
pub const NO_FORM: &str = "there is no integer form of this operation yet";
/// The refusal of a function that is NaN for an integer of its domain: no integer form has what the graph gives.
pub const NOT_A_NUMBER: &str =
    "it is not a number somewhere in its domain, and no integer stands for that";

/// The options of the conversion; see the pass.
#[derive(Clone, Debug)]
pub struct Options {
    /// Most steps of an activation that become thresholds where a multiplication would do.
    pub max_thresholds: usize,
    /// Most thresholds of an activation, over all channels, where no multiplication would do.
    pub max_table: usize,
    /// Largest domain of an activation that is not monotone and becomes a table.
    pub max_lookup: usize,
    /// Most work of constants that are computed.
    pub max_work: u64,
    /// Whether the reasons are reported.
    pub remarks: bool,
}
