//! Loop nests as functions of their own.

use melior::Context;
use melior::ir::attribute::{ArrayAttribute, Attribute, StringAttribute, TypeAttribute};
use melior::ir::operation::{OperationBuilder, OperationLike};
use melior::ir::r#type::FunctionType;
use melior::ir::{Block, BlockLike, Identifier, Location, Region, RegionLike, TypeLike, ValueLike};
use mlir_sys::*;
use std::collections::HashSet;

use super::generic::GENERIC;
use crate::ffi;
use crate::ir::{
    self, BlockHandle, Op, Val, block_arguments, block_ops, build_op, op_handle, set_attribute,
    single_block,
};
use crate::upstream::call::{call, set_callee};
use crate::upstream::memref::{is_contiguous, is_global_address, is_rematerializable, root};
use crate::upstream::{FUNC, RETURN};

pub(in crate::upstream) const NO_ALIAS: &str = "llvm.noalias";

/// Whether the op is a loop nest without loops of its own.
pub fn is_nest(op: Op<'_>) -> bool {
    ir::op_name(op) == GENERIC
}

/// Where an outlined nest gets the addresses of the globals that it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Globals {
    /// It makes them itself, so that their contents are known to LLVM.
    Inside,
    /// They are arguments, so that the function can serve several nests.
    Passed,
}

/// An outlined nest.
#[derive(Clone, Copy)]
pub struct Outlined<'c> {
    /// The function.
    pub function: Op<'c>,
    /// The call in the place of the nest.
    pub call: Op<'c>,
}

/// Moves a loop nest on buffers into a new private function at the end of `module_block` and calls it in its
/// place. Constants that the nest uses are made again in the function; its buffers become arguments, which are
/// marked as not aliasing each other if they are views of different buffers.
#[expect(
    unsafe_code,
    reason = "melior neither moves ops nor replaces single operands"
)]
pub fn outline<'c>(
    context: &'c Context,
    module_block: BlockHandle<'c>,
    nest: Op<'c>,
    name: &str,
    globals: Globals,
) -> Outlined<'c> {
    let remade = |value: Val<'c>| {
        remade(value).filter(|op| globals == Globals::Inside || !is_global_address(*op))
    };
    let location = nest.location();
    let uses = external_uses(nest);
    let mut arguments: Vec<Val<'c>> = Vec::new();
    for &(_, _, value) in &uses {
        if remade(value).is_none() && !arguments.contains(&value) {
            arguments.push(value);
        }
    }
    let types: Vec<_> = arguments.iter().map(|value| value.r#type()).collect();
    let region = Region::new();
    region.append_block(Block::new(
        &types
            .iter()
            .map(|r#type| (*r#type, location))
            .collect::<Vec<_>>(),
    ));
    let attributes: Vec<(Identifier<'c>, Attribute<'c>)> = [
        ("sym_name", StringAttribute::new(context, name).into()),
        (
            "sym_visibility",
            StringAttribute::new(context, "private").into(),
        ),
        (
            "function_type",
            TypeAttribute::new(FunctionType::new(context, &types, &[]).into()).into(),
        ),
        ("arg_attrs", argument_attributes(context, &arguments)),
    ]
    .map(|(name, value)| (Identifier::new(context, name), value))
    .into_iter()
    .collect();
    let function = OperationBuilder::new(FUNC, location)
        .add_attributes(&attributes)
        .add_regions([region])
        .build()
        .expect("a function op can always be created");
    let function = build_op(module_block, None, function);
    let body = single_block(function).expect("the function was built with one block");

    let call = call(context, name, &arguments, &[], location);
    let block = ir::block_of(nest).expect("the nest is in a block");
    let call = build_op(block, Some(nest), call);
    // SAFETY: the op is in place, and goes to the end of the new block.
    unsafe {
        mlirOperationRemoveFromParent(nest.to_raw());
        mlirBlockAppendOwnedOperation(body.to_raw(), nest.to_raw());
    }
    let parameters = block_arguments(body);
    for (user, operand, value) in uses {
        let inner = match (
            remade(value),
            arguments.iter().position(|argument| *argument == value),
        ) {
            (None, Some(at)) => parameters[at],
            (Some(op), _) => {
                // SAFETY: the clone has no operands and is inserted before its use.
                let clone = unsafe {
                    let clone = mlirOperationClone(op.to_raw());
                    mlirBlockInsertOwnedOperationBefore(body.to_raw(), nest.to_raw(), clone);
                    op_handle(clone).expect("just inserted")
                };
                ir::val(clone.result(0).expect("a constant has one result"))
            }
            (None, None) => continue,
        };
        // SAFETY: the operand number comes from the op.
        unsafe { mlirOperationSetOperand(user.to_raw(), operand as isize, inner.to_raw()) };
    }
    build_op(
        body,
        None,
        ir::build_op_raw(context, RETURN, &[], &[], &[], location),
    );
    Outlined { function, call }
}

/// Makes a call one of another function and erases the one that it called.
pub fn call_instead<'c>(context: &'c Context, outlined: Outlined<'c>, other: Op<'c>) {
    let name = ir::Function::new(other).map_or_else(String::new, |function| function.name());
    set_callee(context, outlined.call, &name);
    ir::erase(outlined.function);
}

/// A hash of a loop nest that is the same for nests that differ in places, locations and globals only.
#[expect(unsafe_code, reason = "calls C++")]
pub fn nest_hash(nest: Op<'_>) -> usize {
    // SAFETY: the op is in place.
    unsafe { ffi::qonnxNestHash(nest.to_raw()) }
}

/// A hash of an outlined function that is the same for all that do the same.
#[expect(unsafe_code, reason = "calls C++")]
pub fn function_hash(function: Op<'_>) -> usize {
    // SAFETY: the op is in place and a function.
    unsafe { ffi::qonnxFunctionHash(function.to_raw()) }
}

/// Whether two outlined functions do the same: they differ in names and locations only.
#[expect(unsafe_code, reason = "calls C++")]
pub fn functions_equal(left: Op<'_>, right: Op<'_>) -> bool {
    // SAFETY: the ops are in place and functions.
    unsafe { ffi::qonnxFunctionsEqual(left.to_raw(), right.to_raw()) }
}

/// The constant that makes a value, if one does.
fn remade(value: Val<'_>) -> Option<Op<'_>> {
    ir::defining_op(value).filter(|op| is_rematerializable(*op))
}

/// Every use in a nest, bodies included, of a value from outside of it: user, operand number, value.
fn external_uses<'c>(nest: Op<'c>) -> Vec<(Op<'c>, usize, Val<'c>)> {
    let mut ops = vec![nest];
    let mut own = HashSet::new();
    let mut next = 0;
    while let Some(&op) = ops.get(next) {
        next += 1;
        if op != nest {
            own.extend(op.results().map(|result| ir::value_key(ir::val(result))));
        }
        if let Some(block) = single_block(op) {
            own.extend(block_arguments(block).into_iter().map(ir::value_key));
            ops.extend(block_ops(block));
        }
    }
    ops.into_iter()
        .flat_map(|op| {
            let operands: Vec<_> = op.operands().map(ir::val).enumerate().collect();
            operands
                .into_iter()
                .map(move |(number, value)| (op, number, value))
        })
        .filter(|(_, _, value)| !own.contains(&ir::value_key(*value)))
        .collect()
}

/// One dictionary for each argument.
fn argument_attributes<'c>(context: &'c Context, arguments: &[Val<'c>]) -> Attribute<'c> {
    let roots: Vec<_> = arguments.iter().map(|value| root(*value)).collect();
    let distinct = (1..roots.len()).all(|at| !roots[..at].contains(&roots[at]));
    let entries: Vec<_> = arguments
        .iter()
        .map(|_| dictionary(context, distinct))
        .collect();
    ArrayAttribute::new(context, &entries).into()
}

fn dictionary(context: &Context, no_alias: bool) -> Attribute<'_> {
    let entry = [(NO_ALIAS, Attribute::unit(context))];
    ir::dictionary(context, &entry[..usize::from(no_alias)])
}

/// Appends an argument to a function on buffers and marks all its arguments as not aliasing each other: the
/// caller owns them and keeps them apart. What the arguments were called is dropped.
#[expect(
    unsafe_code,
    reason = "melior appends arguments only to blocks that it owns"
)]
pub fn append_argument<'c>(
    context: &'c Context,
    function: ir::Function<'c>,
    r#type: melior::ir::Type<'c>,
    location: Location<'c>,
) -> Val<'c> {
    // SAFETY: block, type and location are valid and of one context.
    let raw = unsafe {
        mlirBlockAddArgument(
            function.block().to_raw(),
            r#type.to_raw(),
            location.to_raw(),
        )
    };
    let arguments = function.arguments();
    function.update_type(context);
    let dictionaries: Vec<_> = arguments
        .iter()
        .map(|value| dictionary(context, is_contiguous(*value)))
        .collect();
    set_attribute(
        function.op(),
        "arg_attrs",
        ArrayAttribute::new(context, &dictionaries).into(),
    );
    arguments
        .into_iter()
        .find(|value| value.to_raw().ptr == raw.ptr)
        .expect("just appended")
}
