//! Changes of functions and constants, some of which change what is computed: for the search for a smaller network.

use melior::Context;
use melior::StringRef;
use melior::ir::attribute::{ArrayAttribute, Attribute};
use melior::ir::operation::OperationLike;
use melior::ir::{BlockLike, Location, Type};
use mlir_sys::{
    mlirBlockEraseArgument, mlirIdentifierStr, mlirOperationGetAttribute,
    mlirOperationGetNumAttributes, mlirOperationGetParentOperation,
};

use super::attribute::Attributes;
use super::elements::splat_of_first;
use super::func::{Function, append_return, dictionary, named};
use super::handle::{
    BlockHandle, Op, Val, block_of, erase, op_handle, set_attribute, text, users, val,
};
use crate::text::Foreign;

/// The attributes of arguments and of results.
const ARGUMENTS: &str = "arg_attrs";
const RESULTS: &str = "res_attrs";

impl<'c> Function<'c> {
    /// Appends an argument that has no name.
    pub fn add_argument(
        self,
        context: &'c Context,
        r#type: Type<'c>,
        location: Location<'c>,
    ) -> Val<'c> {
        let count = self.block().argument_count();
        let mut entries = self.entries(context, ARGUMENTS, count);
        let argument = val(self.block().add_argument(r#type, location));
        entries.push(dictionary(context, &[]));
        self.set_entries(context, ARGUMENTS, &entries);
        self.update_type(context);
        argument
    }

    /// Removes the argument at a position, which nothing may use; false if there is none, or if it is used.
    #[expect(unsafe_code, reason = "melior erases arguments of owned blocks only")]
    pub fn remove_argument(self, context: &'c Context, at: usize) -> bool {
        let count = self.block().argument_count();
        let argument = self.block().argument(at).ok();
        if argument.is_none_or(|argument| !users(val(argument)).is_empty()) {
            return false;
        }
        let mut entries = self.entries(context, ARGUMENTS, count);
        entries.remove(at);
        // SAFETY: the block is in place and has the argument, which has no uses.
        unsafe { mlirBlockEraseArgument(self.block().to_raw(), at as u32) };
        self.set_entries(context, ARGUMENTS, &entries);
        self.update_type(context);
        true
    }

    /// Returns some of the values that have been returned, by their positions, and others behind them, with their names if they have one.
    /// Nothing happens if the function does not return.
    pub fn return_others(
        self,
        context: &'c Context,
        kept: impl Iterator<Item = usize> + Clone,
        more: &[(Val<'c>, Foreign)],
    ) {
        let Some(old) = self.return_op() else {
            return;
        };
        let returned = self.returned();
        let entries = self.entries(context, RESULTS, returned.len());
        let values = kept.clone().filter_map(|at| returned.get(at)).copied();
        let values: Vec<_> = values.chain(more.iter().map(|(value, _)| *value)).collect();
        let names = kept.filter_map(|at| entries.get(at)).copied();
        let names: Vec<_> = names
            .chain(more.iter().map(|(_, name)| match name.is_empty() {
                true => dictionary(context, &[]),
                false => named(context, name),
            }))
            .collect();
        let location = old.location();
        erase(old);
        append_return(self.block(), &values, location);
        self.set_entries(context, RESULTS, &names);
        self.update_type(context);
    }

    /// The dictionaries of arguments or results; empty ones where the function has none.
    fn entries(self, context: &'c Context, name: &str, count: usize) -> Vec<Attribute<'c>> {
        let array = Attributes::of(self.op()).any(name);
        let array = array.and_then(|array| ArrayAttribute::try_from(array).ok());
        let entry = |at| array?.element(at).ok();
        let entries = (0..count).map(|at| entry(at).unwrap_or_else(|| dictionary(context, &[])));
        entries.collect()
    }

    fn set_entries(self, context: &'c Context, name: &str, entries: &[Attribute<'c>]) {
        set_attribute(
            self.op(),
            name,
            ArrayAttribute::new(context, entries).into(),
        );
    }
}

/// The op of a block that another op is or is in.
#[expect(unsafe_code, reason = "melior ties the parent to a borrow")]
pub fn ancestor_in<'c>(op: Op<'c>, block: BlockHandle<'c>) -> Option<Op<'c>> {
    let mut op = op;
    while block_of(op)?.to_raw().ptr != block.to_raw().ptr {
        // SAFETY: the op is in place.
        op = op_handle(unsafe { mlirOperationGetParentOperation(op.to_raw()) })?;
    }
    Some(op)
}

/// Whether an op has elements that [`make_splats`] would make equal.
pub fn has_elements(op: Op<'_>) -> bool {
    !splats(op).is_empty()
}

/// Makes all elements of each dense or resource attribute of an op equal to its first; returns whether there was one whose
/// elements differ in how they are stored.
pub fn make_splats(op: Op<'_>) -> bool {
    let found = splats(op);
    for (name, splat) in &found {
        set_attribute(op, name, *splat);
    }
    !found.is_empty()
}

/// The splats of the first elements of an op's attributes that are none yet, with the names of these.
#[expect(unsafe_code, reason = "melior copies no names of attributes")]
fn splats(op: Op<'_>) -> Vec<(String, Attribute<'_>)> {
    // SAFETY: the op is in place and positions are in range; identifiers live as long as the context.
    let all = (0..unsafe { mlirOperationGetNumAttributes(op.to_raw()) }).map(|at| unsafe {
        let named = mlirOperationGetAttribute(op.to_raw(), at);
        let name = text(StringRef::from_raw(mlirIdentifierStr(named.name))).unwrap_or_default();
        (name, Attribute::from_raw(named.attribute))
    });
    all.filter_map(|(name, attribute)| Some((name, splat_of_first(attribute)?)))
        .collect()
}
