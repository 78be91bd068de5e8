//! Calls of functions, and functions whose bodies are elsewhere.

use melior::Context;
use melior::ir::attribute::{
    ArrayAttribute, Attribute, FlatSymbolRefAttribute, StringAttribute, TypeAttribute,
};
use melior::ir::operation::{Operation, OperationBuilder, OperationLike};
use melior::ir::r#type::FunctionType;
use melior::ir::{Identifier, Location, Region, Type, ValueLike};

use super::FUNC;
use super::memref::alloc;
use crate::ir::{self, Attributes, BlockHandle, Op, Val, build_op};

pub(in crate::upstream) const CALL: &str = "func.call";
const CALLEE: &str = "callee";
/// What bufferization is told of an argument that a function only reads.
const ACCESS: &str = "bufferization.access";
/// Likewise, of a buffer.
const READ_ONLY: &str = "llvm.readonly";

/// A call.
pub fn call<'c>(
    context: &'c Context,
    callee: &str,
    operands: &[Val<'c>],
    results: &[Type<'c>],
    location: Location<'c>,
) -> Operation<'c> {
    let callee = FlatSymbolRefAttribute::new(context, callee).into();
    ir::build_op_raw(
        context,
        CALL,
        operands,
        &[(CALLEE, callee)],
        results,
        location,
    )
}

/// The function that an op calls; `None` if it is no call.
pub fn callee(op: Op<'_>) -> Option<String> {
    (ir::op_name(op) == CALL).then(|| Attributes::of(op).symbol(CALLEE))?
}

/// Makes a call one of another function.
pub(in crate::upstream) fn set_callee<'c>(context: &'c Context, call: Op<'c>, name: &str) {
    let callee = FlatSymbolRefAttribute::new(context, name).into();
    ir::set_attribute(call, CALLEE, callee);
}

/// Declares a function on tensors whose body is elsewhere, at the end of the module. It writes to none of its arguments.
pub fn declare<'c>(
    context: &'c Context,
    module_block: BlockHandle<'c>,
    name: &str,
    (inputs, outputs): (&[Type<'c>], &[Type<'c>]),
    location: Location<'c>,
) {
    let read = StringAttribute::new(context, "read").into();
    let read = ir::dictionary(context, &[(ACCESS, read)]);
    let arguments = vec![read; inputs.len()];
    let r#type = FunctionType::new(context, inputs, outputs);
    declare_of(context, module_block, name, r#type, &arguments, location);
}

/// Declares a function of a type whose arguments have attributes of their own, or none has any.
pub(in crate::upstream) fn declare_of<'c>(
    context: &'c Context,
    module_block: BlockHandle<'c>,
    name: &str,
    r#type: FunctionType<'c>,
    arguments: &[Attribute<'c>],
    location: Location<'c>,
) {
    let mut attributes: Vec<(Identifier<'c>, Attribute<'c>)> = [
        ("sym_name", StringAttribute::new(context, name).into()),
        (
            "sym_visibility",
            StringAttribute::new(context, "private").into(),
        ),
        ("function_type", TypeAttribute::new(r#type.into()).into()),
    ]
    .map(|(name, value)| (Identifier::new(context, name), value))
    .to_vec();
    if !arguments.is_empty() {
        let arguments = ArrayAttribute::new(context, arguments).into();
        attributes.push((Identifier::new(context, "arg_attrs"), arguments));
    }
    let op = OperationBuilder::new(FUNC, location)
        .add_attributes(&attributes)
        .add_regions([Region::new()])
        .build()
        .expect("a function op can always be created");
    build_op(module_block, None, op);
}

/// A function on buffers whose body is elsewhere.
#[derive(Clone, Copy)]
pub struct External<'c>(Op<'c>);

impl<'c> External<'c> {
    /// The view of a function without a body.
    pub fn new(op: Op<'c>) -> Option<Self> {
        let declares = ir::op_name(op) == FUNC && ir::single_block(op).is_none();
        declares.then_some(Self(op))
    }

    /// Its name.
    pub fn name(self) -> String {
        Attributes::of(self.0)
            .string("sym_name")
            .unwrap_or_default()
    }

    /// For each of `count` arguments whether the function only reads it.
    pub fn read_only(self, count: usize) -> Vec<bool> {
        ir::argument_entries(self.0, count, READ_ONLY)
    }

    /// Makes the results of the function, which are buffers, arguments that it writes to, here and where `calls` call it: each
    /// call gets buffers of its own.
    pub fn take_results(
        self,
        context: &'c Context,
        module_block: BlockHandle<'c>,
        calls: &[Op<'c>],
    ) {
        let Some(first) = calls.first() else {
            ir::erase(self.0);
            return;
        };
        let name = self.name();
        let types = |op: &Op<'c>| -> [Vec<Type<'c>>; 2] {
            let inputs = op.operands().map(|value| value.r#type());
            [
                inputs.collect(),
                op.results().map(|value| value.r#type()).collect(),
            ]
        };
        let [inputs, outputs] = types(first);
        let unit = Attribute::unit(context);
        let read = ir::dictionary(context, &[(READ_ONLY, unit)]);
        let written = ir::dictionary(context, &[]);
        let arguments = [vec![read; inputs.len()], vec![written; outputs.len()]].concat();
        let r#type = FunctionType::new(context, &[inputs, outputs].concat(), &[]);
        declare_of(
            context,
            module_block,
            &name,
            r#type,
            &arguments,
            self.0.location(),
        );
        ir::erase(self.0);
        for old in calls {
            let Some(block) = ir::block_of(*old) else {
                continue;
            };
            let mut operands: Vec<Val<'c>> = old.operands().map(ir::val).collect();
            for result in old.results().map(ir::val) {
                let buffer = alloc(context, result.r#type(), old.location());
                let buffer = build_op(block, Some(*old), buffer);
                let buffer = ir::val(buffer.result(0).expect("an allocation has one result"));
                operands.push(buffer);
            }
            let new = call(context, &name, &operands, &[], old.location());
            build_op(block, Some(*old), new);
            let made = operands.split_off(old.operand_count());
            for (result, buffer) in old.results().map(ir::val).zip(made) {
                ir::replace_all_uses(result, buffer);
            }
            ir::erase(*old);
        }
    }
}
