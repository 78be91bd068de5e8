//! Loop nests whose body is built by a closure: `linalg.generic` with any scalar body.

use melior::Context;
use melior::ir::attribute::{ArrayAttribute, Attribute, DenseI32ArrayAttribute};
use melior::ir::operation::{OperationBuilder, OperationLike};
use melior::ir::r#type::{MemRefType, RankedTensorType};
use melior::ir::{
    Block, BlockLike, Identifier, Location, Region, RegionLike, ShapedTypeLike, Type, TypeLike,
    ValueLike, operation::Operation,
};

use super::affine::AffineMap;
use super::generic::{GENERIC, IteratorKind, YIELD};
use crate::ir::{self, Attributes, Val, build_op_raw};
use crate::upstream::arith::{self, Scalars};
use crate::upstream::with_destination;

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

    /// Reads the loops of an op in place, whatever its body; `None` if it is not a `linalg.generic` with one
    /// output.
    pub fn read(op: ir::Op<'_>) -> Option<Self> {
        if ir::op_name(op) != GENERIC {
            return None;
        }
        let attributes = Attributes::of(op);
        let maps = ArrayAttribute::try_from(attributes.any("indexing_maps")?).ok()?;
        let maps = (0..maps.len())
            .map(|at| AffineMap::read(maps.element(at).ok()?))
            .collect::<Option<Vec<_>>>()?;
        let iterators = ArrayAttribute::try_from(attributes.any("iterator_types")?).ok()?;
        let iterators = (0..iterators.len())
            .map(|at| IteratorKind::read(iterators.element(at).ok()?))
            .collect::<Option<Vec<_>>>()?;
        (maps.len() == op.operand_count()).then_some(Self { maps, iterators })
    }

    /// Extent of each loop, from the shapes of the operands, the destination last. `None` if no operand is
    /// indexed by one of the loops alone.
    pub fn extents(&self, shapes: &[&[usize]]) -> Option<Vec<usize>> {
        (0..self.iterators.len())
            .map(|dim| {
                self.maps.iter().zip(shapes).find_map(|(map, shape)| {
                    let is_loop = |(row, &constant): (&Vec<i64>, &i64)| {
                        constant == 0
                            && row
                                .iter()
                                .enumerate()
                                .all(|(other, &factor)| factor == i64::from(other == dim))
                    };
                    let mut rows = map.coefficients.iter().zip(&map.constants);
                    let at = rows.position(is_loop)?;
                    shape.get(at).copied()
                })
            })
            .collect()
    }

    /// Changes the order of the loops of an op in place: loop `at` becomes what loop `order[at]` was. The caller
    /// keeps the order of the reductions of floats among each other.
    pub fn interchange<'c>(&self, context: &'c Context, op: ir::Op<'c>, order: &[usize]) {
        let maps = self.maps.iter().map(|map| map.permuted(order)).collect();
        let iterators = order.iter().map(|&old| self.iterators[old]).collect();
        let changed = Self { maps, iterators };
        for (name, value) in changed.attributes(context, self.maps.len() - 1) {
            ir::set_attribute(op, name, value);
        }
        for inner in ir::single_block(op).map(ir::block_ops).unwrap_or_default() {
            arith::permute_loop_index(context, inner, order);
        }
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
        let elements: Vec<_> = operands
            .iter()
            .map(|value| (element_type(*value), location))
            .collect();
        let block = Block::new(&elements);
        let arguments: Vec<_> = (0..elements.len())
            .filter_map(|at| block.argument(at).ok())
            .map(ir::val)
            .collect();
        let result = body(
            &Scalars {
                context,
                block: &block,
                location,
            },
            &arguments,
        );
        block.append_operation(build_op_raw(context, YIELD, &[result], &[], &[], location));
        let region = Region::new();
        region.append_block(block);
        let attributes = self.attributes(context, inputs.len());
        let attributes = attributes.map(|(name, value)| (Identifier::new(context, name), value));
        // A nest on buffers writes in place.
        let result = [destination.r#type()];
        let results: &[_] = if result[0].is_ranked_tensor() {
            &result
        } else {
            &[]
        };
        OperationBuilder::new(GENERIC, location)
            .add_operands(&operands)
            .add_attributes(&attributes)
            .add_results(results)
            .add_regions([region])
            .build()
            .expect("an op with explicit result types can always be created")
    }

    /// The attributes of the op with `inputs` inputs and one output.
    pub(in crate::upstream) fn attributes<'c>(
        &self,
        context: &'c Context,
        inputs: usize,
    ) -> [(&'static str, Attribute<'c>); 3] {
        let maps: Vec<_> = self
            .maps
            .iter()
            .map(|map| map.to_attribute(context))
            .collect();
        let iterators: Vec<_> = self
            .iterators
            .iter()
            .map(|kind| kind.to_attribute(context))
            .collect();
        let segments = DenseI32ArrayAttribute::new(context, &[inputs as i32, 1]);
        [
            ("indexing_maps", ArrayAttribute::new(context, &maps).into()),
            (
                "iterator_types",
                ArrayAttribute::new(context, &iterators).into(),
            ),
            ("operandSegmentSizes", segments.into()),
        ]
    }
}

/// The type of the elements of a tensor or buffer.
pub(super) fn element_type<'c>(value: Val<'c>) -> Type<'c> {
    let r#type = value.r#type();
    let tensor = RankedTensorType::try_from(r#type).map(|tensor| tensor.element());
    let buffer = || MemRefType::try_from(r#type).map(|buffer| buffer.element());
    tensor.or_else(|_| buffer()).unwrap_or(r#type)
}
