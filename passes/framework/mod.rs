//! How a pass is declared.

#[macro_use]
mod declare;
