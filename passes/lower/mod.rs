//! Level 1 to level 2: from float32 carriers to exact-width integers.
//!
//! [`convert_to_int`] walks the graph once. What it knows of each value is a [`value::State`]; each family of
//! ops has its rule in a file of its own, and an op without a rule stays a float op between `qint.dequantize`
//! and `qint.quantize`.

mod activation;
mod constant;
mod contraction;
mod converter;
mod function;
mod movement;
pub mod parameters;
mod pooling;
mod reasons;
mod refusal;
mod steps;
mod value;

pub mod convert_to_int;

pass_registry! {
    convert_to_int::ConvertToInt,
}
