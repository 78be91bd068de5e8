//! Tiles of sums in registers: what the kernels of the table become.
//!
//! A [`group::Group`] is a contraction with what its sums begin with and what is made of them; [`plan`] chooses how many
//! positions and filters a tile has, [`emit`] makes the loops and [`body`] computes nests on vectors.

pub mod body;
pub mod emit;
pub mod group;
pub mod plan;
