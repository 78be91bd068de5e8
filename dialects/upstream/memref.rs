//! Buffers: what the CPU pipeline asks of the ops that bufferization leaves behind.

use melior::Context;
use melior::ir::attribute::{DenseI32ArrayAttribute, IntegerAttribute};
use melior::ir::operation::OperationLike;
use melior::ir::r#type::{DimSize, IntegerType, MemRefType};
use melior::ir::{Location, ShapedTypeLike, Type, TypeLike, ValueLike, operation::Operation};
use mlir_sys::{mlirAffineMapIsIdentity, mlirMemRefTypeGetAffineMap};

use super::linalg::affine::AffineMap;
use super::linalg::nest::Nest;
use crate::ir::{self, Op, Val, build_op_raw};
use crate::tensor::Element;
use crate::value::TensorType;

const ALLOC: &str = "memref.alloc";
const COPY: &str = "memref.copy";
pub(super) const GLOBAL: &str = "memref.global";
const GET_GLOBAL: &str = "memref.get_global";
const VIEW: &str = "memref.view";
/// Ops whose result is another view of their first operand's buffer.
const VIEWS: [&str; 6] = [
    "memref.cast",
    "memref.collapse_shape",
    "memref.expand_shape",
    "memref.reinterpret_cast",
    "memref.subview",
    VIEW,
];

/// Whether the op makes a temporary buffer.
pub fn is_alloc(op: Op<'_>) -> bool {
    ir::op_name(op) == ALLOC
}

/// Whether the op copies a buffer into another.
pub fn is_copy(op: Op<'_>) -> bool {
    ir::op_name(op) == COPY
}

/// Whether the op makes a value that can be made again anywhere: a scalar constant, or the address of a global.
pub fn is_rematerializable(op: Op<'_>) -> bool {
    ir::op_name(op) == super::CONSTANT || is_global_address(op)
}

/// Whether the op makes the address of a global.
pub fn is_global_address(op: Op<'_>) -> bool {
    ir::op_name(op) == GET_GLOBAL
}

/// Whether the op's result is another view of its first operand's buffer.
pub fn is_view(op: Op<'_>) -> bool {
    VIEWS.contains(&ir::op_name(op).as_str())
}

/// Whether the op makes a buffer of the bytes of its first operand.
pub fn is_bytes_view(op: Op<'_>) -> bool {
    ir::op_name(op) == VIEW
}

/// The value that stands for the whole buffer that `value` is a view of.
pub fn root<'c>(value: Val<'c>) -> Val<'c> {
    let mut root = value;
    while let Some(op) = ir::defining_op(root).filter(|op| is_view(*op)) {
        match op.operand(0) {
            Ok(source) => root = ir::val(source),
            Err(_) => break,
        }
    }
    root
}

/// Shape and element of a buffer of static shape.
pub fn buffer_type(value: Val<'_>) -> Option<TensorType> {
    let memref = MemRefType::try_from(value.r#type()).ok()?;
    let shape = (0..memref.rank())
        .map(|axis| match memref.dim_size(axis) {
            Ok(DimSize::Static(extent)) => usize::try_from(extent).ok(),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()?;
    Some(TensorType {
        shape,
        element: ir::element_of(memref.element())?,
    })
}

/// Whether the elements of a buffer lie one after the other from its address on.
#[expect(unsafe_code, reason = "melior does not look at the layout of buffers")]
pub fn is_contiguous(value: Val<'_>) -> bool {
    let r#type = value.r#type();
    // SAFETY: guarded by the kind of the type.
    MemRefType::try_from(r#type).is_ok_and(|_| unsafe {
        mlirAffineMapIsIdentity(mlirMemRefTypeGetAffineMap(r#type.to_raw()))
    })
}

/// Number of bytes that the elements of a buffer take; `None` if it overflows.
pub fn byte_size(r#type: &TensorType) -> Option<usize> {
    let size = match r#type.element {
        Element::F32 => 4,
        Element::F64 => 8,
        Element::Int { width, .. } => width.div_ceil(8) as usize,
    };
    r#type
        .shape
        .iter()
        .try_fold(size, |bytes, &extent| bytes.checked_mul(extent))
}

/// A temporary buffer of a static type.
pub fn alloc<'c>(context: &'c Context, r#type: Type<'c>, location: Location<'c>) -> Operation<'c> {
    // No dynamic sizes, no symbols.
    let segments = DenseI32ArrayAttribute::new(context, &[0, 0]);
    build_op_raw(
        context,
        ALLOC,
        &[],
        &[("operandSegmentSizes", segments.into())],
        &[r#type],
        location,
    )
}

/// A copy of the elements of one buffer to another.
pub fn copy<'c>(
    context: &'c Context,
    source: Val<'c>,
    destination: Val<'c>,
    location: Location<'c>,
) -> Operation<'c> {
    build_op_raw(context, COPY, &[source, destination], &[], &[], location)
}

/// The type of a buffer of bytes.
pub fn bytes_type(context: &Context, bytes: usize) -> Type<'_> {
    MemRefType::new(
        IntegerType::new(context, 8).into(),
        &[bytes as i64],
        None,
        None,
    )
    .into()
}

/// An index constant.
pub fn index_constant<'c>(
    context: &'c Context,
    value: usize,
    location: Location<'c>,
) -> Operation<'c> {
    let r#type = Type::index(context);
    let value = IntegerAttribute::new(r#type, value as i64).into();
    build_op_raw(
        context,
        super::CONSTANT,
        &[],
        &[("value", value)],
        &[r#type],
        location,
    )
}

/// The part of a buffer of bytes from `offset` on, as a buffer of `type`.
pub fn view<'c>(
    context: &'c Context,
    bytes: Val<'c>,
    offset: Val<'c>,
    r#type: Type<'c>,
    location: Location<'c>,
) -> Operation<'c> {
    build_op_raw(context, VIEW, &[bytes, offset], &[], &[r#type], location)
}

/// The loop nest that does what a copy op does. The copy of a buffer with gaps would call a run-time library.
pub fn copy_nest<'c>(context: &'c Context, copy: Op<'c>) -> Option<Operation<'c>> {
    let (source, destination) = (
        ir::val(copy.operand(0).ok()?),
        ir::val(copy.operand(1).ok()?),
    );
    let rank = buffer_type(destination)?.shape.len();
    let nest = Nest::parallel(vec![AffineMap::identity(rank), AffineMap::identity(rank)]);
    Some(nest.build(
        context,
        &[source],
        destination,
        copy.location(),
        |_, elements| elements[0],
    ))
}
