//! Appending tensor ops to the new function.

use melior::Context;
use melior::ir::operation::Operation;
use melior::ir::{Attribute, Location, ValueLike};
use qonnx_dialects::ir::{self, BlockHandle, Val};
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::upstream::{self, AffineMap, Nest, Scalars, Slice};
use qonnx_dialects::value::TensorType;

/// Appends ops of one level-3 op, at its location.
#[derive(Clone, Copy)]
pub struct Emitter<'c> {
    /// The context of the module.
    pub context: &'c Context,
    /// Where ops go.
    pub block: BlockHandle<'c>,
    /// The location of the level-3 op.
    pub location: Location<'c>,
}

/// An operand of a nest: a tensor and how the loops index it.
pub type Indexed<'c> = (Val<'c>, AffineMap);

impl<'c> Emitter<'c> {
    /// Appends an op and returns its only result.
    pub fn append(&self, operation: Operation<'c>) -> Val<'c> {
        let op = ir::build_op(self.block, None, operation);
        ir::val(op.result(0).expect("the op was built with one result"))
    }

    /// A tensor of undefined elements.
    pub fn empty(&self, r#type: &TensorType) -> Val<'c> {
        let r#type = ir::tensor_type(self.context, r#type);
        self.append(upstream::empty(self.context, r#type, self.location))
    }

    /// A constant tensor.
    pub fn constant(&self, value: &Tensor) -> Val<'c> {
        self.append(upstream::constant(self.context, value, self.location))
    }

    /// A constant tensor of an attribute's elements.
    pub fn constant_of(&self, value: Attribute<'c>) -> Val<'c> {
        self.append(upstream::constant_of(self.context, value, self.location))
    }

    /// A loop nest that updates `destination`.
    pub fn nest(
        &self,
        nest: &Nest,
        inputs: &[Val<'c>],
        destination: Val<'c>,
        body: impl FnOnce(&Scalars<'c, '_>, &[Val<'c>]) -> Val<'c>,
    ) -> Val<'c> {
        self.append(nest.build(self.context, inputs, destination, self.location, body))
    }

    /// A tensor of which each element is `body` of the inputs' elements.
    pub fn map(
        &self,
        inputs: &[Indexed<'c>],
        result: &TensorType,
        body: impl FnOnce(&Scalars<'c, '_>, &[Val<'c>]) -> Val<'c>,
    ) -> Val<'c> {
        let rank = result.shape.len();
        let maps = inputs
            .iter()
            .map(|(_, map)| map.clone())
            .chain([AffineMap::identity(rank)])
            .collect();
        let values: Vec<_> = inputs.iter().map(|(value, _)| *value).collect();
        self.nest(&Nest::parallel(maps), &values, self.empty(result), body)
    }

    /// A tensor of equal elements.
    pub fn fill(
        &self,
        r#type: &TensorType,
        element: impl FnOnce(&Scalars<'c, '_>) -> Val<'c>,
    ) -> Val<'c> {
        self.map(&[], r#type, |scalars, _| element(scalars))
    }

    /// The elements of `value` in another shape of as many elements, row-major order kept.
    pub fn reshape(&self, value: Val<'c>, shape: &[usize]) -> Val<'c> {
        upstream::reshape(self.context, self.block, None, value, shape, self.location)
            .expect("the caller keeps the number of elements")
    }

    /// A part of `value`. One without elements may begin behind the last element, where MLIR has no parts.
    pub fn extract(&self, slice: &Slice, value: Val<'c>) -> Val<'c> {
        if slice.sizes.contains(&0) {
            let element = self.type_of(value).element;
            return self.empty(&TensorType::new(slice.sizes.clone(), element));
        }
        let op = slice.build_extract(self.context, value, self.location);
        self.append(op.expect("the operand is a tensor of static shape"))
    }

    /// `destination` with `value` in place of a part, which likewise may have no elements.
    pub fn insert(&self, slice: &Slice, value: Val<'c>, destination: Val<'c>) -> Val<'c> {
        if slice.sizes.contains(&0) {
            return destination;
        }
        self.append(slice.build_insert(self.context, value, destination, self.location))
    }

    /// The type of a tensor of static shape.
    pub fn type_of(&self, value: Val<'c>) -> TensorType {
        ir::type_of(value)
            .unwrap_or_else(|| panic!("a tensor of static shape, got {}", value.r#type()))
    }
}
