//! Front ends: from files to level 0.

pub mod onnx;
