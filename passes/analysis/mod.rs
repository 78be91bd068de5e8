//! What is proved about a graph before it is lowered.

pub mod requantize;
pub mod scaled_int;
pub mod thresholds;
