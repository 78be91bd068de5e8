//! The ops of the `qonnx` dialect as plain Rust values: an op's name and attributes, without its operands.
//!
//! The build makes the values of the definitions in `Qonnx.td`. An [`Op`] has one meaning, [`Op::eval`], which is that of
//! the QONNX 1.0 reference executor, deviations named where they are made. [`Op::infer`] makes every check that evaluation
//! relies on.

use super::rounding::Rounding;
use crate::declare::Named;

include!(concat!(env!("OUT_DIR"), "/qonnx.rs"));

impl Named for Rounding {
    const VALUES: &'static [Self] = &Self::ALL;

    fn value_name(self) -> &'static str {
        self.name()
    }
}

impl MultiThreshold {
    /// The channel dimension that a `data_layout` means: the last one if it ends with `C`, else number 1.
    pub fn axis_of_layout(data_layout: &str) -> i64 {
        if data_layout.ends_with('C') { -1 } else { 1 }
    }
}
