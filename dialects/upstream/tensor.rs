//! Slices and reshapes of the `tensor` dialect.

use melior::Context;
use melior::ir::attribute::{
    ArrayAttribute, DenseI32ArrayAttribute, DenseI64ArrayAttribute, IntegerAttribute,
};
use melior::ir::operation::OperationLike;
use melior::ir::r#type::IntegerType;
use melior::ir::{Attribute, Location, Type, ValueLike, operation::Operation};

use super::Op;
use crate::ir::{self, Attributes, BlockHandle, Val, build_op, build_op_raw};
use crate::tensor::Element;
use crate::value::TensorType;

const COLLAPSE: &str = "tensor.collapse_shape";
const EXPAND: &str = "tensor.expand_shape";
const EXTRACT: &str = "tensor.extract_slice";
const INSERT: &str = "tensor.insert_slice";
const BITCAST: &str = "tensor.bitcast";

const ALLOC_TENSOR: &str = "bufferization.alloc_tensor";

/// `bufferization.alloc_tensor` that copies: a tensor of the same elements in a buffer of its own.
pub fn tensor_copy<'c>(
    context: &'c Context,
    value: Val<'c>,
    location: Location<'c>,
) -> Operation<'c> {
    // Operands: extents, what is copied, a hint of the size.
    let segments = DenseI32ArrayAttribute::new(context, &[0, 1, 0]).into();
    build_op_raw(
        context,
        ALLOC_TENSOR,
        &[value],
        &[("operandSegmentSizes", segments)],
        &[value.r#type()],
        location,
    )
}

/// A rectangular part of a tensor; every vector has one element for each dimension of the larger tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Where the part begins.
    pub offsets: Vec<usize>,
    /// Its extents.
    pub sizes: Vec<usize>,
    /// Distance of its elements.
    pub strides: Vec<usize>,
}

impl Slice {
    /// The contiguous part of `sizes` at `offsets`.
    pub fn contiguous(offsets: Vec<usize>, sizes: Vec<usize>) -> Self {
        let strides = vec![1; sizes.len()];
        Self {
            offsets,
            sizes,
            strides,
        }
    }

    fn attributes<'c>(
        &self,
        context: &'c Context,
        operands: usize,
    ) -> [(&'static str, Attribute<'c>); 4] {
        let ints = |values: &[usize]| -> Attribute<'c> {
            let values: Vec<_> = values.iter().map(|&value| value as i64).collect();
            DenseI64ArrayAttribute::new(context, &values).into()
        };
        let segments: Vec<i32> = (0..operands).map(|_| 1).chain([0, 0, 0]).collect();
        [
            ("static_offsets", ints(&self.offsets)),
            ("static_sizes", ints(&self.sizes)),
            ("static_strides", ints(&self.strides)),
            (
                "operandSegmentSizes",
                DenseI32ArrayAttribute::new(context, &segments).into(),
            ),
        ]
    }

    /// `tensor.insert_slice` of `source` into `destination`.
    pub fn build_insert<'c>(
        &self,
        context: &'c Context,
        source: Val<'c>,
        destination: Val<'c>,
        location: Location<'c>,
    ) -> Operation<'c> {
        let attributes = self.attributes(context, 2);
        let results = [destination.r#type()];
        build_op_raw(
            context,
            INSERT,
            &[source, destination],
            &attributes,
            &results,
            location,
        )
    }

    /// `tensor.extract_slice` of `source`.
    pub fn build_extract<'c>(
        &self,
        context: &'c Context,
        source: Val<'c>,
        location: Location<'c>,
    ) -> Option<Operation<'c>> {
        let result = ir::reshaped_type(context, source, &self.sizes)?;
        let attributes = self.attributes(context, 1);
        Some(build_op_raw(
            context,
            EXTRACT,
            &[source],
            &attributes,
            &[result],
            location,
        ))
    }
}

/// `tensor.bitcast`: the same bits as elements of another integer type of that width.
pub fn bitcast<'c>(
    context: &'c Context,
    value: Val<'c>,
    element: Element,
    location: Location<'c>,
) -> Operation<'c> {
    let shape = ir::type_of(value).map_or_else(Vec::new, |r#type| r#type.shape);
    let result = ir::tensor_type(context, &TensorType { shape, element });
    bitcast_to(context, value, result, location)
}

/// Likewise, with all that a type says of the elements.
pub fn bitcast_to<'c>(
    context: &'c Context,
    value: Val<'c>,
    r#type: Type<'c>,
    location: Location<'c>,
) -> Operation<'c> {
    build_op_raw(context, BITCAST, &[value], &[], &[r#type], location)
}

/// Appends the ops that bring `source` into `shape`, row-major order kept: a collapse to one dimension and an
/// expansion, which canonicalisation composes with their neighbours; in front of `before`, or at the end of the block.
/// `None` if the numbers of elements differ.
pub fn reshape<'c>(
    context: &'c Context,
    block: BlockHandle<'c>,
    before: Option<ir::Op<'c>>,
    source: Val<'c>,
    shape: &[usize],
    location: Location<'c>,
) -> Option<Val<'c>> {
    let r#type = ir::type_of(source)?;
    let count: usize = r#type.shape.iter().product();
    if count != shape.iter().product::<usize>() {
        return None;
    }
    if r#type.shape == shape {
        return Some(source);
    }
    let append = |name, source, to: &[usize], rank: usize| {
        let result = ir::reshaped_type(context, source, to).expect("it has a type");
        let mut attributes = vec![("reassociation", reassociation(context, rank))];
        if name == EXPAND {
            let sizes: Vec<_> = to.iter().map(|&extent| extent as i64).collect();
            attributes.push((
                "static_output_shape",
                DenseI64ArrayAttribute::new(context, &sizes).into(),
            ));
        }
        let op = build_op_raw(context, name, &[source], &attributes, &[result], location);
        ir::val(
            build_op(block, before, op)
                .result(0)
                .expect("a reshape has one result"),
        )
    };
    // A tensor of rank 0 expands from and collapses to an empty list of groups.
    let flat = match r#type.shape.len() {
        1 => source,
        rank => {
            let to: &[usize] = if shape.is_empty() { &[] } else { &[count] };
            if rank == 0 {
                return Some(append(EXPAND, source, shape, 0));
            }
            append(
                COLLAPSE,
                source,
                to,
                if shape.is_empty() { 0 } else { rank },
            )
        }
    };
    match shape.len() {
        0 if r#type.shape.len() == 1 => Some(append(COLLAPSE, flat, &[], 0)),
        0 | 1 => Some(flat),
        rank => Some(append(EXPAND, flat, shape, rank)),
    }
}

/// One group of all dimensions, or no group for rank 0.
fn reassociation(context: &Context, rank: usize) -> Attribute<'_> {
    let i64_type = IntegerType::new(context, 64).into();
    let group: Vec<Attribute<'_>> = (0..rank as i64)
        .map(|dim| IntegerAttribute::new(i64_type, dim).into())
        .collect();
    let groups: Vec<Attribute<'_>> = if rank == 0 {
        Vec::new()
    } else {
        vec![ArrayAttribute::new(context, &group).into()]
    };
    ArrayAttribute::new(context, &groups).into()
}

pub(super) fn read(op: ir::Op<'_>) -> Option<Op> {
    let name = ir::op_name(op);
    let at = Attributes::of(op);
    let slice = || {
        let ints = |name| -> Option<Vec<usize>> {
            at.ints(name)?
                .into_iter()
                .map(|value| usize::try_from(value).ok())
                .collect()
        };
        let slice = Slice {
            offsets: ints("static_offsets")?,
            sizes: ints("static_sizes")?,
            strides: ints("static_strides")?,
        };
        // Dynamic or rank-changing slices are not made by this compiler.
        let part = if name == INSERT {
            ir::val(op.operand(0).ok()?)
        } else {
            ir::val(op.result(0).ok()?)
        };
        (ir::type_of(part)?.shape == slice.sizes).then_some(slice)
    };
    match name.as_str() {
        COLLAPSE | EXPAND => Some(Op::Reshape),
        EXTRACT => slice().map(Op::ExtractSlice),
        INSERT => slice().map(Op::InsertSlice),
        BITCAST => Some(Op::Bitcast),
        _ => None,
    }
}
