//! `linalg`: loop nests, their index maps and bodies, and their evaluation where it is sums of products.

pub(super) mod accumulate;
pub(super) mod affine;
pub(super) mod generic;
pub(super) mod kernel;
pub(super) mod nest;
pub(super) mod outline;
pub(super) mod product;
pub(super) mod transpose;
