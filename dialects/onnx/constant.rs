//! Constants and absent inputs, which are no `Op`: a constant's value is an attribute that is shared, not read.

use melior::Context;
use melior::ir::{Location, Type, operation::Operation};

use crate::ir;

/// Builds an `onnx.constant` with the value of an elements attribute.
pub fn constant<'c>(
    context: &'c Context,
    value: melior::ir::Attribute<'c>,
    location: Location<'c>,
) -> Option<Operation<'c>> {
    let r#type = ir::type_of_elements(value)?;
    let attributes = [("value", value)];
    Some(ir::build_op_raw(
        context,
        CONSTANT,
        &[],
        &attributes,
        &[r#type],
        location,
    ))
}

/// Builds an `onnx.none`: an optional input that is left out.
pub fn none<'c>(context: &'c Context, location: Location<'c>) -> Operation<'c> {
    let r#type = Type::none(context);
    ir::build_op_raw(context, NONE, &[], &[], &[r#type], location)
}

/// Whether the op is an `onnx.none`.
pub fn is_none(op: ir::Op<'_>) -> bool {
    ir::op_name(op) == NONE
}

/// Whether the op is an `onnx.constant`.
pub fn is_constant(op: ir::Op<'_>) -> bool {
    ir::op_name(op) == CONSTANT
}

/// Name of the constant op.
pub(crate) const CONSTANT: &str = "onnx.constant";

/// Name of the op that stands for an absent input.
const NONE: &str = "onnx.none";
