//! Calls of the C library's mathematical functions.

use melior::Context;
use melior::ir::operation::OperationLike;
use melior::ir::r#type::FunctionType;
use melior::ir::{Location, Type, TypeLike, ValueLike};

use super::arith::{Float, Unary};
use super::call::{call, declare_of};
use crate::ir::{self, BlockHandle, Op, build_op};

/// The op of `math` and the C function on `double` that it stands for.
const FUNCTIONS: [(&str, &str); 9] = [
    (Unary::Exp.name(), "exp"),
    (Unary::Exp2.name(), "exp2"),
    (Unary::ExpM1.name(), "expm1"),
    (Unary::Log.name(), "log"),
    (Unary::Log2.name(), "log2"),
    (Unary::Log1P.name(), "log1p"),
    (Unary::Tanh.name(), "tanh"),
    (Unary::Erf.name(), "erf"),
    (Float::Pow.name(), "pow"),
];

/// Names of the C functions that generated code may call.
pub fn libm_functions() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(_, function)| *function)
}

/// The C function that an op stands for; `None` for ops that are not transcendental functions of `f64`.
pub fn libm_function(op: Op<'_>) -> Option<&'static str> {
    let name = ir::op_name(op);
    let (_, function) = FUNCTIONS.iter().find(|(known, _)| *known == name)?;
    ir::val(op.result(0).ok()?)
        .r#type()
        .is_f64()
        .then_some(*function)
}

/// Declares a C function of `arity` arguments of type `double` at the end of the module.
pub fn declare_libm<'c>(
    context: &'c Context,
    module_block: BlockHandle<'c>,
    function: &str,
    arity: usize,
    location: Location<'c>,
) {
    let double = Type::float64(context);
    let r#type = FunctionType::new(context, &vec![double; arity], &[double]);
    declare_of(context, module_block, function, r#type, &[], location);
}

/// Replaces an op in a block by the call of a C function.
pub fn replace_by_call<'c>(context: &'c Context, op: Op<'c>, function: &str) {
    let operands: Vec<_> = op.operands().map(ir::val).collect();
    let old = ir::val(op.result(0).expect("the op has one result"));
    let call = call(context, function, &operands, &[old.r#type()], op.location());
    let block = ir::block_of(op).expect("the op is in a block");
    let call = build_op(block, Some(op), call);
    ir::replace_all_uses(
        old,
        ir::val(call.result(0).expect("the call has one result")),
    );
    ir::erase(op);
}
