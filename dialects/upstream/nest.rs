//! Loop nests whose body is built by a closure: `linalg.generic` with any scalar body.

use melior::Context;
use melior::ir::attribute::{ArrayAttribute, Attribute, DenseI32ArrayAttribute};
use melior::ir::operation::OperationBuilder;
use melior::ir::r#type::RankedTensorType;
use melior::ir::{
    Block, BlockLike, Identifier, Location, Region, RegionLike, ShapedTypeLike, Type, ValueLike,
    operation::Operation,
};

use super::affine::AffineMap;
use super::generic::{GENERIC, IteratorKind, YIELD};
use super::scalar::Scalars;
use super::with_destination;
use crate::ir::{self, Val, build_op_raw};

/// The loops of a nest and how its operands are indexed.
#[derive(Clone, Debug, PartialEq)]
pub struct Nest {
    /// One for each input, then one for the output.
    pub maps: Vec<AffineMap>,
    /// One for each loop.
    pub iterators: Vec<IteratorKind>,
}

impl Nest {
    /// A nest that computes each element of its output once.
    pub fn parallel(maps: Vec<AffineMap>) -> Self {
        let iterators = vec![IteratorKind::Parallel; maps.last().map_or(0, |map| map.dims)];
        Self { maps, iterators }
    }

    /// Builds the op. `destination` holds the initial values and gives the type of the result. `body` gets the
    /// elements of the inputs and, last, of the destination, and returns the element to store.
    pub fn build<'c>(
        &self,
        context: &'c Context,
        inputs: &[Val<'c>],
        destination: Val<'c>,
        location: Location<'c>,
        body: impl FnOnce(&Scalars<'c, '_>, &[Val<'c>]) -> Val<'c>,
    ) -> Operation<'c> {
        let operands = with_destination(inputs, destination);
        let elements: Vec<_> = operands.iter().map(|value| (element_type(*value), location)).collect();
        let block = Block::new(&elements);
        let arguments: Vec<_> = (0..elements.len()).filter_map(|at| block.argument(at).ok()).map(ir::val).collect();
        let result = body(&Scalars { context, block: &block, location }, &arguments);
        block.append_operation(build_op_raw(context, YIELD, &[result], &[], &[], location));
        let region = Region::new();
        region.append_block(block);
        OperationBuilder::new(GENERIC, location)
            .add_operands(&operands)
            .add_attributes(&self.attributes(context, inputs.len()))
            .add_results(&[destination.r#type()])
            .add_regions([region])
            .build()
            .expect("an op with explicit result types can always be created")
    }

    /// The attributes of the op with `inputs` inputs and one output.
    pub(super) fn attributes<'c>(&self, context: &'c Context, inputs: usize) -> Vec<(Identifier<'c>, Attribute<'c>)> {
        let maps: Vec<_> = self.maps.iter().map(|map| map.to_attribute(context)).collect();
        let iterators: Vec<_> = self.iterators.iter().map(|kind| kind.to_attribute(context)).collect();
        let segments = DenseI32ArrayAttribute::new(context, &[inputs as i32, 1]);
        vec![
            (Identifier::new(context, "indexing_maps"), ArrayAttribute::new(context, &maps).into()),
            (Identifier::new(context, "iterator_types"), ArrayAttribute::new(context, &iterators).into()),
            (Identifier::new(context, "operandSegmentSizes"), segments.into()),
        ]
    }
}

/// The type of the elements of a tensor.
fn element_type<'c>(value: Val<'c>) -> Type<'c> {
    RankedTensorType::try_from(value.r#type()).map_or(value.r#type(), |tensor| tensor.element())
}
