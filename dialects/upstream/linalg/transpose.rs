//! `linalg.transpose`.

use melior::Context;
use melior::ir::attribute::DenseI64ArrayAttribute;
use melior::ir::operation::{Operation, OperationBuilder, OperationLike};
use melior::ir::{Block, BlockLike, Identifier, Location, Region, RegionLike, ValueLike};

use super::affine::AffineMap;
use super::generic::{Generic, Instr, YIELD};
use super::nest::{Nest, element_type};
use crate::ir::{self, Attributes, Val, build_op_raw};
use crate::upstream::with_destination;

const TRANSPOSE: &str = "linalg.transpose";
const PERMUTATION: &str = "permutation";

/// Dimensions in another order: dimension `at` of the result is dimension `perm[at]` of the operand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transpose {
    /// The dimension of the operand that each of the result is.
    pub perm: Vec<usize>,
}

impl Transpose {
    /// Builds the op; `destination` gives the type of the result.
    pub fn build<'c>(
        &self,
        context: &'c Context,
        input: Val<'c>,
        destination: Val<'c>,
        location: Location<'c>,
    ) -> Operation<'c> {
        let operands = with_destination(&[input], destination);
        let elements = operands
            .iter()
            .map(|value| (element_type(*value), location));
        let block = Block::new(&elements.collect::<Vec<_>>());
        let moved = block.argument(0).map(ir::val);
        let moved = moved.expect("the block was built with two arguments");
        block.append_operation(build_op_raw(context, YIELD, &[moved], &[], &[], location));
        let region = Region::new();
        region.append_block(block);
        let perm: Vec<_> = self.perm.iter().map(|&at| at as i64).collect();
        let perm = DenseI64ArrayAttribute::new(context, &perm).into();
        OperationBuilder::new(TRANSPOSE, location)
            .add_operands(&operands)
            .add_attributes(&[(Identifier::new(context, PERMUTATION), perm)])
            .add_results(&[destination.r#type()])
            .add_regions([region])
            .build()
            .expect("the op is complete")
    }

    /// Reads an op in place; `None` if it is another, or none of tensors.
    pub fn read(op: ir::Op<'_>) -> Option<Self> {
        if ir::op_name(op) != TRANSPOSE || op.result_count() != 1 {
            return None;
        }
        let perm = Attributes::of(op).ints(PERMUTATION)?.into_iter();
        let perm = perm.map(usize::try_from).collect::<Result<_, _>>().ok()?;
        Some(Self { perm })
    }

    /// The loop nest that it is.
    pub fn generic(&self) -> Generic {
        let rank = self.perm.len();
        let mut places = vec![0; rank];
        for (at, &axis) in self.perm.iter().enumerate() {
            places[axis] = at;
        }
        let Nest { maps, iterators } = Nest::parallel(vec![
            AffineMap::select(rank, &places),
            AffineMap::identity(rank),
        ]);
        Generic {
            maps,
            iterators,
            body: vec![Instr::Input(0)],
        }
    }
}
