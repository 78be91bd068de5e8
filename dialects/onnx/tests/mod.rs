//! Tests of the ops as values.

mod arbitrary;
mod monotonicity;
mod properties;
