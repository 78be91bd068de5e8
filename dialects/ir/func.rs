//! Functions: the unit that passes and backends work on.

use melior::Context;
use melior::ir::attribute::{ArrayAttribute, Attribute, StringAttribute, TypeAttribute};
use melior::ir::operation::{OperationBuilder, OperationLike};
use melior::ir::r#type::FunctionType;
use melior::ir::{
    AttributeLike, Block, BlockLike, Identifier, Location, Module, Region, RegionLike, Type,
    ValueLike,
};
use mlir_sys::{mlirDictionaryAttrGet, mlirDictionaryAttrGetElementByName, mlirNamedAttributeGet};

use super::attribute::{Attributes, string_value};
use super::handle::{
    BlockHandle, Op, Val, block_arguments, block_handle, block_ops, op_handle, op_name,
    set_attribute, single_block, val,
};
use super::types::OpenType;
use crate::text::Foreign;
use crate::upstream::{FUNC, RETURN};

const NAME: &str = "onnx.name";
const DECLARED: &str = "onnx.declared";

/// A function with one block: a network.
#[derive(Clone, Copy)]
pub struct Function<'c> {
    op: Op<'c>,
    block: BlockHandle<'c>,
}

impl<'c> Function<'c> {
    /// The view of a `func.func` with exactly one block.
    pub fn new(op: Op<'c>) -> Option<Self> {
        (op_name(op) == FUNC).then_some(())?;
        Some(Self {
            op,
            block: single_block(op)?,
        })
    }

    /// Makes a function with an empty block and appends it to the module. `inputs` and `outputs` are the
    /// types with the names of the graph's tensors.
    pub fn create(
        context: &'c Context,
        module: &Module<'c>,
        name: &str,
        inputs: &[(Type<'c>, Foreign)],
        outputs: &[(Type<'c>, Foreign)],
        location: Location<'c>,
    ) -> Self {
        let body = block_handle(module.body().to_raw()).expect("a module has a body");
        Self::create_in(context, body, name, inputs, outputs, location)
    }

    /// Like [`Self::create`], in the body of a module.
    pub fn create_in(
        context: &'c Context,
        module: BlockHandle<'c>,
        name: &str,
        inputs: &[(Type<'c>, Foreign)],
        outputs: &[(Type<'c>, Foreign)],
        location: Location<'c>,
    ) -> Self {
        let input_types: Vec<_> = inputs.iter().map(|(r#type, _)| *r#type).collect();
        let output_types: Vec<_> = outputs.iter().map(|(r#type, _)| *r#type).collect();
        let arguments: Vec<_> = input_types
            .iter()
            .map(|r#type| (*r#type, location))
            .collect();
        let region = Region::new();
        region.append_block(Block::new(&arguments));
        let r#type = FunctionType::new(context, &input_types, &output_types);
        let attributes = [
            ("sym_name", StringAttribute::new(context, name).into()),
            ("function_type", TypeAttribute::new(r#type.into()).into()),
            (
                "arg_attrs",
                names(context, inputs.iter().map(|(_, name)| name)),
            ),
            (
                "res_attrs",
                names(context, outputs.iter().map(|(_, name)| name)),
            ),
        ];
        let attributes: Vec<(Identifier<'c>, Attribute<'c>)> = attributes
            .map(|(name, value)| (Identifier::new(context, name), value))
            .to_vec();
        let op = OperationBuilder::new(FUNC, location)
            .add_attributes(&attributes)
            .add_regions([region])
            .build()
            .expect("a function op can always be created");
        let op = op_handle(module.append_operation(op).to_raw()).expect("just inserted");
        Self::new(op).expect("a function with one block was just built")
    }

    /// The op.
    pub fn op(self) -> Op<'c> {
        self.op
    }

    /// The body.
    pub fn block(self) -> BlockHandle<'c> {
        self.block
    }

    /// The symbol name.
    pub fn name(self) -> String {
        Attributes::of(self.op)
            .string("sym_name")
            .unwrap_or_default()
    }

    /// Whether only the module itself may call the function.
    pub fn is_private(self) -> bool {
        Attributes::of(self.op)
            .string("sym_visibility")
            .is_some_and(|visibility| visibility == "private")
    }

    /// The arguments.
    pub fn arguments(self) -> Vec<Val<'c>> {
        block_arguments(self.block)
    }

    /// The ops of the body without the terminator, in order.
    pub fn ops(self) -> Vec<Op<'c>> {
        let mut ops = block_ops(self.block);
        if ops.last().is_some_and(|op| op_name(*op) == RETURN) {
            ops.pop();
        }
        ops
    }

    /// The terminator, if the body has one.
    pub fn return_op(self) -> Option<Op<'c>> {
        block_ops(self.block)
            .last()
            .copied()
            .filter(|op| op_name(*op) == RETURN)
    }

    /// The returned values.
    pub fn returned(self) -> Vec<Val<'c>> {
        self.return_op()
            .map(|op| op.operands().map(val).collect())
            .unwrap_or_default()
    }

    /// Names of the graph inputs, one for each argument.
    pub fn input_names(self) -> Vec<Foreign> {
        self.names("arg_attrs", self.block.argument_count(), "in")
    }

    /// Names of the graph outputs, one for each returned value.
    pub fn output_names(self) -> Vec<Foreign> {
        self.names("res_attrs", self.returned().len(), "out")
    }

    fn names(self, attribute: &str, count: usize, fallback: &str) -> Vec<Foreign> {
        self.boundary(attribute, count, NAME)
            .enumerate()
            .map(|(at, name)| {
                name.and_then(string_value)
                    .filter(|name| !name.is_empty())
                    .unwrap_or_else(|| format!("{fallback}{at}"))
                    .into()
            })
            .collect()
    }

    /// For each argument whether its dictionary has an entry of this name.
    pub(crate) fn arguments_with(self, entry: &'static str) -> Vec<bool> {
        argument_entries(self.op, self.block.argument_count(), entry)
    }

    /// What the file says that each output is, where it says anything that has not been checked yet.
    pub fn declared_outputs(self) -> Vec<Option<OpenType>> {
        let read = |attribute| OpenType::read(TypeAttribute::try_from(attribute).ok()?.value());
        self.boundary("res_attrs", self.returned().len(), DECLARED)
            .map(|attribute| attribute.and_then(read))
            .collect()
    }

    /// Notes what the file says that each output is; `None` where it says nothing.
    pub fn declare_outputs(self, context: &'c Context, types: &[Option<OpenType>]) {
        let names = self.output_names();
        let entries = names.iter().zip(types).map(|(name, r#type)| {
            let mut entry = vec![(NAME, StringAttribute::new(context, name.verbatim()).into())];
            if let Some(r#type) = r#type {
                entry.push((DECLARED, TypeAttribute::new(r#type.to_type(context)).into()));
            }
            dictionary(context, &entry)
        });
        let entries: Vec<_> = entries.collect();
        let value = ArrayAttribute::new(context, &entries).into();
        set_attribute(self.op, "res_attrs", value);
    }

    /// The entry of a name in the dictionary of each argument or result.
    fn boundary(
        self,
        attribute: &str,
        count: usize,
        entry: &'static str,
    ) -> impl Iterator<Item = Option<Attribute<'c>>> {
        entries(self.op, attribute, count, entry)
    }

    /// Sets the function's type from its arguments and returned values, after these have changed.
    pub fn update_type(self, context: &'c Context) {
        let inputs: Vec<_> = self
            .arguments()
            .iter()
            .map(|value| value.r#type())
            .collect();
        let outputs: Vec<_> = self.returned().iter().map(|value| value.r#type()).collect();
        let r#type = FunctionType::new(context, &inputs, &outputs);
        set_attribute(
            self.op,
            "function_type",
            TypeAttribute::new(r#type.into()).into(),
        );
    }

    /// Replaces the body by a new block with the same arguments: calls `fill` with the old block and the new,
    /// which it must end with [`append_return`], then drops the old one. If `fill`
    /// fails or panics, the old body stays as it was.
    pub fn rebuild<E>(
        &mut self,
        context: &'c Context,
        fill: impl FnOnce(BlockHandle<'c>, BlockHandle<'c>) -> Result<(), E>,
    ) -> Result<(), E> {
        let arguments: Vec<_> = self
            .arguments()
            .iter()
            .map(|value| (value.r#type(), self.op.location()))
            .collect();
        let region = self.op.region(0).expect("a function has a region");
        let new = region.append_block(Block::new(&arguments));
        let new = block_handle(new.to_raw()).expect("just inserted");
        let mut dead = DeadBlock(new);
        fill(self.block, new)?;
        dead.0 = self.block;
        self.block = new;
        drop(dead);
        self.update_type(context);
        Ok(())
    }
}

/// For each of the first arguments of a function, be it a mere declaration, whether its dictionary has an entry of this name.
pub fn argument_entries(function: Op<'_>, count: usize, entry: &'static str) -> Vec<bool> {
    entries(function, "arg_attrs", count, entry)
        .map(|entry| entry.is_some())
        .collect()
}

/// The entry of a name in each dictionary of an array of them.
#[expect(
    unsafe_code,
    reason = "melior does not look up dictionary entries by name"
)]
fn entries<'c>(
    op: Op<'c>,
    attribute: &str,
    count: usize,
    entry: &'static str,
) -> impl Iterator<Item = Option<Attribute<'c>>> + use<'c> {
    let array = Attributes::of(op)
        .any(attribute)
        .and_then(|array| ArrayAttribute::try_from(array).ok());
    (0..count).map(move |at| {
        let dictionary = array?.element(at).ok().filter(Attribute::is_dictionary)?;
        // SAFETY: the attribute is a dictionary.
        unsafe {
            Attribute::from_option_raw(mlirDictionaryAttrGetElementByName(
                dictionary.to_raw(),
                melior::StringRef::new(entry).to_raw(),
            ))
        }
    })
}

/// Destroys its block when dropped.
struct DeadBlock<'c>(BlockHandle<'c>);

impl Drop for DeadBlock<'_> {
    #[expect(unsafe_code, reason = "blocks are detached and destroyed by handle")]
    fn drop(&mut self) {
        // Ops are erased from the end, so that no value is erased before its uses.
        for op in block_ops(self.0).into_iter().rev() {
            super::handle::erase(op);
        }
        // SAFETY: the block is in place and nothing outside of it uses its values.
        unsafe {
            mlir_sys::mlirBlockDetach(self.0.to_raw());
            mlir_sys::mlirBlockDestroy(self.0.to_raw());
        }
    }
}

fn names<'c, 'n>(context: &'c Context, names: impl Iterator<Item = &'n Foreign>) -> Attribute<'c> {
    let entries = names.map(|name| named(context, name));
    ArrayAttribute::new(context, &entries.collect::<Vec<_>>()).into()
}

/// The dictionary of what has a name.
pub(super) fn named<'c>(context: &'c Context, name: &Foreign) -> Attribute<'c> {
    let value = StringAttribute::new(context, name.verbatim()).into();
    dictionary(context, &[(NAME, value)])
}

/// A dictionary.
#[expect(unsafe_code, reason = "melior does not build dictionaries")]
pub fn dictionary<'c>(context: &'c Context, entries: &[(&str, Attribute<'c>)]) -> Attribute<'c> {
    // SAFETY: identifiers and values are of this context, and as many entries as said are read.
    unsafe {
        let entries: Vec<_> = entries
            .iter()
            .map(|(name, value)| {
                mlirNamedAttributeGet(Identifier::new(context, name).to_raw(), value.to_raw())
            })
            .collect();
        let (count, first) = (entries.len() as isize, entries.as_ptr());
        Attribute::from_raw(mlirDictionaryAttrGet(context.to_raw(), count, first))
    }
}

/// Ends a block with the return of `values`.
pub fn append_return<'c>(block: BlockHandle<'c>, values: &[Val<'c>], location: Location<'c>) {
    let op = OperationBuilder::new(RETURN, location)
        .add_operands(values)
        .build()
        .expect("a return op can always be created");
    block.append_operation(op);
}

/// The ops in the body of a module.
pub fn module_ops<'c>(module: &Module<'c>) -> Vec<Op<'c>> {
    block_handle(module.body().to_raw())
        .map(block_ops)
        .unwrap_or_default()
}

/// The functions of a module that have a single-block body.
pub fn functions<'c>(module: &Module<'c>) -> Vec<Function<'c>> {
    block_handle(module.body().to_raw())
        .map(functions_in)
        .unwrap_or_default()
}

/// The functions in the body of a module that have a single-block body.
pub fn functions_in(module: BlockHandle<'_>) -> Vec<Function<'_>> {
    block_ops(module)
        .into_iter()
        .filter_map(Function::new)
        .collect()
}

/// The network of a module: the function `main`, or the only function.
pub fn main_function<'c>(module: &Module<'c>) -> Option<Function<'c>> {
    network_of(&functions(module))
}

/// Of a module's functions, `main`, or the only one.
pub fn network_of<'c>(functions: &[Function<'c>]) -> Option<Function<'c>> {
    functions
        .iter()
        .find(|function| function.name() == "main")
        .or(if functions.len() == 1 {
            functions.first()
        } else {
            None
        })
        .copied()
}
