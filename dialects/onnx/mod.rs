//! The standard ONNX operators: level 0 and 1. One file for each family of ops.

mod auto_pad;
mod constant;
mod contraction;
mod conversion;
mod elementwise;
mod movement;
mod normalization;
mod op;
mod pooling;
mod reduction;
mod reshaping;
mod slice;
mod sweep;
#[cfg(test)]
mod tests;
mod undefined;
mod window;

pub use auto_pad::AutoPad;
pub(crate) use constant::CONSTANT;
pub use constant::{constant, is_constant, is_none, none};
pub use normalization::affine;
pub use op::*;
pub use slice::{SliceAxis, slice_axes};
pub(crate) use sweep::{sweep, window_elements};
pub use window::WindowAxis;
pub(crate) use window::explicit as explicit_windows;

use crate::error::EvalError;
use crate::tensor::Element;
use crate::value::TensorType;

/// Integers that ONNX also defines products and means on.
const INTEGERS: &[Element] = &[
    Element::int(32),
    Element::int(64),
    Element::uint(32),
    Element::uint(64),
];
/// Integers that ONNX also defines `MaxPool` on.
const BYTES: &[Element] = &[Element::int(8), Element::uint(8)];
/// All integers of ONNX.
pub(crate) const NUMBERS: &[Element] = &[
    Element::int(8),
    Element::int(16),
    Element::int(32),
    Element::int(64),
    Element::uint(8),
    Element::uint(16),
    Element::uint(32),
    Element::uint(64),
];

/// Batch, channels and spatial dimensions of an image.
fn batch_channels_spatial<'a>(
    op: &'static str,
    input: &'a TensorType,
) -> Result<(usize, usize, &'a [usize]), EvalError> {
    match input.shape.as_slice() {
        [batch, channels, spatial @ ..] if !spatial.is_empty() => Ok((*batch, *channels, spatial)),
        shape => {
            let expected = "a batch, a channel and at least one spatial dimension";
            Err(EvalError::shape(op, "X", shape, expected))
        }
    }
}
