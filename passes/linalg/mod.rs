//! Level 2 to level 3: layers of integers to loop nests on their bits.

mod contraction;
mod emit;
mod pooling;
mod sum;

pub mod qint_to_linalg;

pass_registry! {
    qint_to_linalg::QintToLinalg,
}
