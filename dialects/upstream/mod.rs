//! The upstream dialects of level 3, one file or folder each: names, Rust values for the ops in use, and their evaluation.
//!
//! Level 3 uses few upstream ops: `arith.constant`, `tensor.empty`, `linalg.generic` with integer bodies,
//! `linalg.transpose`,
//! slices and reshapes of `tensor`. [`Op`] holds the ops with operands; everything that reads level 3 (the
//! interpreter, the dataflow lowering) goes through it.

mod arith;
mod bounds;
mod call;
mod code;
mod eval;
mod linalg;
mod loops;
mod math;
mod memref;
mod tensor;

pub use arith::{
    Binary, Bits, Compare, Conversion, Convert, Float, Integer, Resize, Scalar, Scalars, Unary,
    resize_of,
};
pub use bounds::check_bounds;
pub use call::{External, call, callee, declare};
pub use code::{Code, Intrinsic, is_elementwise, is_loop};
pub use linalg::affine::AffineMap;
pub use linalg::generic::{Body, Generic, Instr, IteratorKind};
pub use linalg::kernel::{kernel_of, mark_kernel};
pub use linalg::nest::Nest;
pub use linalg::outline::{
    Globals, append_argument, call_instead, function_hash, functions_equal, is_nest, nest_hash,
    outline,
};
pub use linalg::product::Factor;
pub use linalg::transpose::Transpose;
pub use loops::{Global, Layout, Literal, Step, is_machine, unaliased};
pub use math::{declare_libm, libm_function, libm_functions, replace_by_call};
pub use memref::{
    alloc, buffer_type, byte_size, bytes_type, copy, copy_nest, index_constant, is_alloc,
    is_contiguous, is_copy, is_view, root, view,
};
pub use tensor::{Slice, bitcast, bitcast_to, reshape, tensor_copy};

use melior::Context;
use melior::ir::{Attribute, Location, Type, operation::Operation};

use crate::ir::{self, Val, build_op_raw};
use crate::tensor::Tensor;

pub(crate) const CONSTANT: &str = "arith.constant";
pub(crate) const EMPTY: &str = "tensor.empty";
pub(crate) const FUNC: &str = "func.func";
pub(crate) const MODULE: &str = "builtin.module";
pub(crate) const RETURN: &str = "func.return";

/// An upstream op of level 3.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// `linalg.generic` with one result.
    Generic(Generic),
    /// `linalg.transpose`: operands source and destination.
    Transpose(Transpose),
    /// `tensor.insert_slice`: operands source and destination.
    InsertSlice(Slice),
    /// `tensor.extract_slice`.
    ExtractSlice(Slice),
    /// `tensor.collapse_shape` or `tensor.expand_shape`: the same elements in the shape of the result.
    Reshape,
    /// `tensor.bitcast`: the same bits as integers of another signedness.
    Bitcast,
}

impl Op {
    /// Reads an op in place; `None` if it is not one that level 3 uses.
    pub fn read(op: ir::Op<'_>) -> Option<Self> {
        if let Some(generic) = Generic::read(op) {
            return Some(Self::Generic(generic));
        }
        if let Some(transpose) = Transpose::read(op) {
            return Some(Self::Transpose(transpose));
        }
        tensor::read(op)
    }
}

/// `arith.constant` of a tensor.
pub fn constant<'c>(context: &'c Context, value: &Tensor, location: Location<'c>) -> Operation<'c> {
    constant_of(context, ir::elements_attribute(context, value), location)
}

/// `arith.constant` of an elements attribute of static shape.
pub fn constant_of<'c>(
    context: &'c Context,
    attribute: Attribute<'c>,
    location: Location<'c>,
) -> Operation<'c> {
    let r#type = ir::type_of_elements(attribute).expect("a tensor has a static type");
    build_op_raw(
        context,
        CONSTANT,
        &[],
        &[("value", attribute)],
        &[r#type],
        location,
    )
}

/// Whether the op is an `arith.constant`.
pub fn is_constant(op: ir::Op<'_>) -> bool {
    ir::op_name(op) == CONSTANT
}

/// `tensor.empty`.
pub fn empty<'c>(context: &'c Context, r#type: Type<'c>, location: Location<'c>) -> Operation<'c> {
    build_op_raw(context, EMPTY, &[], &[], &[r#type], location)
}

/// Whether the op is a `tensor.empty`.
pub fn is_empty(op: ir::Op<'_>) -> bool {
    ir::op_name(op) == EMPTY
}

/// The operand list that a destination-style op wants: its inputs, then its destination.
pub(crate) fn with_destination<'c>(inputs: &[Val<'c>], destination: Val<'c>) -> Vec<Val<'c>> {
    inputs.iter().copied().chain([destination]).collect()
}
