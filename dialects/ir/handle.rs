//! Ops, values and blocks in place.

use melior::ir::attribute::Attribute;
use melior::ir::operation::{OperationBuilder, OperationLike};
use melior::ir::{
    AttributeLike, BlockLike, BlockRef, Identifier, Location, OperationRef, RegionLike, Type,
    Value, ValueLike, operation::Operation,
};
use melior::{Context, StringRef};
use mlir_sys::*;

/// An op in place.
pub type Op<'c> = OperationRef<'c, 'c>;
/// An SSA value.
pub type Val<'c> = Value<'c, 'c>;
/// A block in place.
pub type BlockHandle<'c> = BlockRef<'c, 'c>;

/// The handle of any kind of value.
#[expect(
    unsafe_code,
    reason = "handles carry the context's lifetime; see the module documentation"
)]
pub fn val<'c>(value: impl ValueLike<'c>) -> Val<'c> {
    // SAFETY: the raw value is valid, as `value` is.
    unsafe { Value::from_raw(value.to_raw()) }
}

#[expect(
    unsafe_code,
    reason = "handles carry the context's lifetime; see the module documentation"
)]
pub(crate) fn op_handle<'c>(raw: MlirOperation) -> Option<Op<'c>> {
    // SAFETY: MLIR returned the pointer for an op that is in place.
    unsafe { OperationRef::from_option_raw(raw) }
}

#[expect(
    unsafe_code,
    reason = "handles carry the context's lifetime; see the module documentation"
)]
pub(crate) fn block_handle<'c>(raw: MlirBlock) -> Option<BlockHandle<'c>> {
    // SAFETY: MLIR returned the pointer for a block that is in place.
    unsafe { BlockRef::from_option_raw(raw) }
}

/// The full name of an op, such as `onnx.conv`.
pub fn op_name(op: Op<'_>) -> String {
    text(op.name().as_string_ref()).unwrap_or_default()
}

/// The ops of a block, in order.
pub fn block_ops<'c>(block: BlockHandle<'c>) -> Vec<Op<'c>> {
    let mut ops = Vec::new();
    let mut next = block
        .first_operation()
        .and_then(|op| op_handle(op.to_raw()));
    while let Some(op) = next {
        ops.push(op);
        next = next_in_block(op);
    }
    ops
}

#[expect(
    unsafe_code,
    reason = "melior ties the next op to the borrow of this one"
)]
fn next_in_block(op: Op<'_>) -> Option<Op<'_>> {
    // SAFETY: `op` is in place.
    op_handle(unsafe { mlirOperationGetNextInBlock(op.to_raw()) })
}

/// The arguments of a block.
pub fn block_arguments<'c>(block: BlockHandle<'c>) -> Vec<Val<'c>> {
    (0..block.argument_count())
        .filter_map(|at| block.argument(at).ok())
        .map(val)
        .collect()
}

/// The block that holds an op.
pub fn block_of<'c>(op: Op<'c>) -> Option<BlockHandle<'c>> {
    block_handle(op.block()?.to_raw())
}

/// The only block of the op's first region, if there is exactly one.
pub fn single_block<'c>(op: Op<'c>) -> Option<BlockHandle<'c>> {
    // melior prints an op that it finds no region of, into its error.
    if op.region_count() == 0 {
        return None;
    }
    let region = op.region(0).ok()?;
    let block = region.first_block()?;
    if block.next_in_region().is_some() {
        return None;
    }
    block_handle(block.to_raw())
}

/// The op that makes a value; `None` for block arguments.
#[expect(unsafe_code, reason = "melior has no such accessor on plain values")]
pub fn defining_op<'c>(value: Val<'c>) -> Option<Op<'c>> {
    // SAFETY: `value` is valid; the owner of an op result is an op in place.
    unsafe {
        mlirValueIsAOpResult(value.to_raw())
            .then(|| op_handle(mlirOpResultGetOwner(value.to_raw())))
            .flatten()
    }
}

/// The ops that use a value, with the operand number of each use.
#[expect(unsafe_code, reason = "melior does not wrap uses")]
pub fn users<'c>(value: Val<'c>) -> Vec<(Op<'c>, usize)> {
    let mut users = Vec::new();
    // SAFETY: uses are walked without changing them.
    unsafe {
        let mut next = mlirValueGetFirstUse(value.to_raw());
        while !mlirOpOperandIsNull(next) {
            let number = mlirOpOperandGetOperandNumber(next) as usize;
            users.extend(op_handle(mlirOpOperandGetOwner(next)).map(|op| (op, number)));
            next = mlirOpOperandGetNextUse(next);
        }
    }
    // MLIR's use lists run backwards.
    users.reverse();
    users
}

/// Whether no result of the op is used.
pub fn has_no_uses(op: Op<'_>) -> bool {
    op.results().all(|result| users(val(result)).is_empty())
}

/// Replaces one operand of an op.
#[expect(unsafe_code, reason = "melior changes operands only through owned ops")]
pub fn set_operand<'c>(op: Op<'c>, at: usize, value: Val<'c>) {
    assert!(at < op.operand_count(), "the op has the operand");
    // SAFETY: the op is in place, the operand exists and the value is valid.
    unsafe { mlirOperationSetOperand(op.to_raw(), at as isize, value.to_raw()) }
}

/// Makes every use of `old` a use of `new`.
#[expect(
    unsafe_code,
    reason = "melior does not wrap this call for plain values"
)]
pub fn replace_all_uses<'c>(old: Val<'c>, new: Val<'c>) {
    // SAFETY: both values are valid.
    unsafe { mlirValueReplaceAllUsesOfWith(old.to_raw(), new.to_raw()) }
}

/// Changes the type of a value in place.
#[expect(
    unsafe_code,
    reason = "melior changes only the types of block arguments"
)]
pub fn set_type<'c>(value: Val<'c>, r#type: Type<'c>) {
    use melior::ir::TypeLike;
    // SAFETY: value and type are valid.
    unsafe { mlirValueSetType(value.to_raw(), r#type.to_raw()) }
}

/// A number that identifies a value.
pub fn value_key(value: Val<'_>) -> usize {
    value.to_raw().ptr as usize
}

/// A number that identifies an op, as long as it is in place.
pub fn op_key(op: Op<'_>) -> usize {
    op.to_raw().ptr as usize
}

/// Sets an attribute of an op in place.
#[expect(unsafe_code, reason = "melior sets attributes only through owned ops")]
pub(crate) fn set_attribute<'c>(op: Op<'c>, name: &str, value: Attribute<'c>) {
    // SAFETY: the op is in place and the attribute of its context.
    unsafe {
        mlirOperationSetAttributeByName(op.to_raw(), StringRef::new(name).to_raw(), value.to_raw());
    }
}

/// Removes an op from its block and destroys it. Its results must have no uses left; handles to it die.
#[expect(unsafe_code, reason = "erasing through a handle")]
pub fn erase(op: Op<'_>) {
    // SAFETY: the op is in place; the caller gives up all handles to it.
    unsafe {
        mlirOperationRemoveFromParent(op.to_raw());
        mlirOperationDestroy(op.to_raw());
    }
}

/// Moves an op in front of another.
#[expect(unsafe_code, reason = "melior does not wrap this call")]
pub fn move_before<'c>(op: Op<'c>, anchor: Op<'c>) {
    // SAFETY: both ops are in place.
    unsafe { mlirOperationMoveBefore(op.to_raw(), anchor.to_raw()) }
}

/// Builds an op with explicit result types. Names come from the dialect modules.
pub(crate) fn build_op_raw<'c>(
    context: &'c Context,
    name: &str,
    operands: &[Val<'c>],
    attributes: &[(&str, Attribute<'c>)],
    results: &[Type<'c>],
    location: Location<'c>,
) -> Operation<'c> {
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(name, value)| (Identifier::new(context, name), *value))
        .collect();
    OperationBuilder::new(name, location)
        .add_operands(operands)
        .add_attributes(&attributes)
        .add_results(results)
        .build()
        .expect("an op with explicit result types can always be created")
}

/// Appends an op to a block, or inserts it before `before`, and returns its handle.
pub fn build_op<'c>(
    block: BlockHandle<'c>,
    before: Option<Op<'c>>,
    operation: Operation<'c>,
) -> Op<'c> {
    let raw = match before {
        Some(anchor) => block.insert_operation_before(anchor, operation).to_raw(),
        None => block.append_operation(operation).to_raw(),
    };
    op_handle(raw).expect("the op was just inserted")
}

/// The text of an MLIR string. melior 0.27: `StringRef::as_str` reads before the start of an empty string.
#[expect(unsafe_code, reason = "guards a landmine of melior")]
pub(crate) fn text(string: StringRef<'_>) -> Option<String> {
    let raw = string.to_raw();
    if raw.length == 0 || raw.data.is_null() {
        return Some(String::new());
    }
    // SAFETY: MLIR strings have `length` bytes at `data`.
    let bytes = unsafe { std::slice::from_raw_parts(raw.data.cast::<u8>(), raw.length) };
    Some(String::from_utf8_lossy(bytes).into_owned())
}
