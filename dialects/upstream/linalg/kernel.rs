//! Which kernel a loop nest was laid out for.

use melior::Context;
use melior::ir::attribute::{IntegerAttribute, StringAttribute};
use melior::ir::r#type::IntegerType;

use crate::ir::{self, Attributes, Op};

const KERNEL: &str = "qonnx.kernel";
const STEPS: &str = "qonnx.steps";

/// Says of a nest which kernel computes it, and how many steps this may take before its sums have to be widened.
pub fn mark_kernel<'c>(context: &'c Context, nest: Op<'c>, kernel: &str, steps: usize) {
    let steps = IntegerAttribute::new(IntegerType::new(context, 64).into(), steps as i64);
    ir::set_attribute(nest, KERNEL, StringAttribute::new(context, kernel).into());
    ir::set_attribute(nest, STEPS, steps.into());
}

/// What [`mark_kernel`] has said.
pub fn kernel_of(nest: Op<'_>) -> Option<(String, usize)> {
    let attributes = Attributes::of(nest);
    let steps = usize::try_from(attributes.int(STEPS)?).ok()?;
    Some((attributes.string(KERNEL)?, steps))
}
