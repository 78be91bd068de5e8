//! Loops over buffers with vectors in registers: what the tiles of kernels are made of.
//!
//! [`super::Scalars`] appends the body of a nest, whose loops `linalg` has. What is made here has loops of its own, and
//! values that these carry.

use melior::Context;
use melior::ir::attribute::{
    ArrayAttribute, DenseI32ArrayAttribute, IntegerAttribute, StringAttribute,
};
use melior::ir::operation::{Operation, OperationBuilder, OperationLike};
use melior::ir::r#type::{IntegerType, MemRefType};
use melior::ir::{
    Attribute, Block, Identifier, Location, Region, RegionLike, ShapedTypeLike, Type, TypeLike,
    ValueLike,
};
use mlir_sys::{mlirShapedTypeGetElementType, mlirTypeIsAVector};

use super::arith::{Binary, Conversion};
use super::memref::{buffer_type, is_contiguous};
use crate::ffi;
use crate::ir::{self, BlockHandle, Op, Val, build_op, build_op_raw, element_type};
use crate::tensor::Element;

const FOR: &str = "scf.for";
const YIELD: &str = "scf.yield";
const LOAD: &str = "vector.load";
const STORE: &str = "vector.store";
const BROADCAST: &str = "vector.broadcast";
const BITCAST: &str = "vector.bitcast";
const FMA: &str = "vector.fma";
const CALL_INTRINSIC: &str = "llvm.call_intrinsic";
const LOAD_SCALAR: &str = "memref.load";
const COLLAPSE: &str = "memref.collapse_shape";

/// Whether the op is a loop of [`Code`].
pub fn is_loop(op: Op<'_>) -> bool {
    ir::op_name(op) == FOR
}

/// An instruction of a processor, by the name of LLVM's intrinsic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intrinsic {
    /// `vpdpbusd zmm`: adds to each of 16 numbers the products of four unsigned and four signed bytes.
    DotBytes512,
    /// `vpmaddubsw ymm`: each of 16 numbers is the sum of the products of two unsigned and two signed bytes, saturated to
    /// 16 bits.
    PairsOfBytes256,
    /// `vpmaddwd ymm`: each of 8 numbers is the sum of two products of signed numbers of 16 bits, modulo `2^32`.
    PairsOfWords256,
}

impl Intrinsic {
    const fn name(self) -> &'static str {
        match self {
            Self::DotBytes512 => "llvm.x86.avx512.vpdpbusd.512",
            Self::PairsOfBytes256 => "llvm.x86.avx2.pmadd.ub.sw",
            Self::PairsOfWords256 => "llvm.x86.avx2.pmadd.wd",
        }
    }
}

/// Appends ops to a block, or in front of an op of it.
#[derive(Clone, Copy)]
pub struct Code<'c> {
    context: &'c Context,
    block: BlockHandle<'c>,
    before: Option<Op<'c>>,
    location: Location<'c>,
}

impl<'c> Code<'c> {
    /// In front of an op.
    pub fn before(
        context: &'c Context,
        block: BlockHandle<'c>,
        op: Op<'c>,
        location: Location<'c>,
    ) -> Self {
        Self {
            context,
            block,
            before: Some(op),
            location,
        }
    }

    fn append(&self, operation: Operation<'c>) -> Op<'c> {
        build_op(self.block, self.before, operation)
    }

    fn value(
        &self,
        name: &str,
        operands: &[Val<'c>],
        attributes: &[(&str, Attribute<'c>)],
        result: Type<'c>,
    ) -> Val<'c> {
        let results = [result];
        let op = build_op_raw(
            self.context,
            name,
            operands,
            attributes,
            &results,
            self.location,
        );
        ir::val(
            self.append(op)
                .result(0)
                .expect("the op was built with one result"),
        )
    }

    /// The type of `lanes` elements.
    pub fn vector(&self, element: Element, lanes: usize) -> Type<'c> {
        Type::vector(&[lanes as u64], element_type(self.context, element))
    }

    /// An index constant.
    pub fn index(&self, value: usize) -> Val<'c> {
        let r#type = Type::index(self.context);
        let value = IntegerAttribute::new(r#type, value as i64).into();
        self.value(super::CONSTANT, &[], &[("value", value)], r#type)
    }

    /// A vector of equal integers.
    pub fn splat(&self, value: i64, element: Element, lanes: usize) -> Val<'c> {
        let r#type = self.vector(element, lanes);
        let text = format!("dense<{value}> : {type}");
        let value =
            Attribute::parse(self.context, &text).expect("the text of a vector is well formed");
        self.value(super::CONSTANT, &[], &[("value", value)], r#type)
    }

    /// `start` and the products of indices with numbers, added up.
    pub fn address(&self, start: usize, terms: &[(Val<'c>, usize)]) -> Val<'c> {
        let index = Type::index(self.context);
        let mut sum: Option<Val<'c>> = None;
        for &(value, factor) in terms {
            let product = match factor {
                0 => continue,
                _ if is_zero(value) => continue,
                1 => value,
                factor => self.value(
                    Binary::from(super::Integer::Mul).name(),
                    &[value, self.index(factor)],
                    &[],
                    index,
                ),
            };
            sum = Some(match sum {
                Some(sum) => self.binary(super::Integer::Add, sum, product),
                None => product,
            });
        }
        match sum {
            Some(sum) if start == 0 => sum,
            Some(sum) => self.binary(super::Integer::Add, sum, self.index(start)),
            None => self.index(start),
        }
    }

    /// A loop over `0, step, ...` below `end`, which carries values: `body` gets its index and them, and returns what they
    /// are after the iteration. A loop of one iteration is its body, one of none nothing.
    pub fn repeat(
        &self,
        end: usize,
        step: usize,
        start: &[Val<'c>],
        body: impl FnOnce(&Self, Val<'c>, &[Val<'c>]) -> Vec<Val<'c>>,
    ) -> Vec<Val<'c>> {
        if end == 0 {
            return start.to_vec();
        }
        if end <= step {
            return body(self, self.index(0), start);
        }
        self.loop_of(end, step, start, body)
    }

    /// One op around what `body` appends.
    pub fn together(&self, body: impl FnOnce(&Self)) {
        self.loop_of(1, 1, &[], |code, _, _| {
            body(code);
            Vec::new()
        });
    }

    fn loop_of(
        &self,
        end: usize,
        step: usize,
        start: &[Val<'c>],
        body: impl FnOnce(&Self, Val<'c>, &[Val<'c>]) -> Vec<Val<'c>>,
    ) -> Vec<Val<'c>> {
        let bounds = [self.index(0), self.index(end), self.index(step)];
        let arguments: Vec<_> = std::iter::once(Type::index(self.context))
            .chain(start.iter().map(|value| value.r#type()))
            .map(|r#type| (r#type, self.location))
            .collect();
        let region = Region::new();
        region.append_block(Block::new(&arguments));
        let carried: Vec<_> = start.iter().map(|value| value.r#type()).collect();
        let operands: Vec<_> = bounds.iter().chain(start).copied().collect();
        let op = OperationBuilder::new(FOR, self.location)
            .add_operands(&operands)
            .add_results(&carried)
            .add_regions([region])
            .build()
            .expect("an op with explicit result types can always be created");
        let op = self.append(op);
        let block = ir::single_block(op).expect("the loop was built with one block");
        let inside = Self {
            block,
            before: None,
            ..*self
        };
        let arguments = ir::block_arguments(block);
        let after = body(&inside, arguments[0], &arguments[1..]);
        inside.append(build_op_raw(
            self.context,
            YIELD,
            &after,
            &[],
            &[],
            self.location,
        ));
        op.results().map(ir::val).collect()
    }

    /// The elements of a buffer as a buffer of one dimension; `None` if they are not one after the other.
    pub fn flat(&self, buffer: Val<'c>) -> Option<Val<'c>> {
        let r#type = buffer_type(buffer).filter(|_| is_contiguous(buffer))?;
        let rank = r#type.shape.len();
        if rank == 1 {
            return Some(buffer);
        }
        if rank == 0 {
            return None;
        }
        let i64_type = IntegerType::new(self.context, 64).into();
        let group: Vec<Attribute<'c>> = (0..rank as i64)
            .map(|dim| IntegerAttribute::new(i64_type, dim).into())
            .collect();
        let groups = [ArrayAttribute::new(self.context, &group).into()];
        let groups = ArrayAttribute::new(self.context, &groups).into();
        let count: usize = r#type.shape.iter().product();
        let element = MemRefType::try_from(buffer.r#type()).ok()?.element();
        let flat = MemRefType::new(element, &[count as i64], None, None).into();
        Some(self.value(COLLAPSE, &[buffer], &[("reassociation", groups)], flat))
    }

    /// `lanes` elements of a buffer of one dimension from an index on.
    pub fn load(&self, buffer: Val<'c>, at: Val<'c>, lanes: usize) -> Val<'c> {
        let r#type = Type::vector(&[lanes as u64], element_of(buffer));
        self.value(LOAD, &[buffer, at], &[], r#type)
    }

    /// An element of a buffer of one dimension, `lanes` times.
    pub fn load_same(&self, buffer: Val<'c>, at: Val<'c>, lanes: usize) -> Val<'c> {
        let element = element_of(buffer);
        let scalar = self.value(LOAD_SCALAR, &[buffer, at], &[], element);
        self.broadcast(scalar, lanes)
    }

    /// A scalar, or the element of a vector of one, `lanes` times.
    pub fn broadcast(&self, value: Val<'c>, lanes: usize) -> Val<'c> {
        let element = vector_element(value.r#type());
        let r#type = Type::vector(&[lanes as u64], element);
        self.value(BROADCAST, &[value], &[], r#type)
    }

    /// The bits of a vector as `lanes` elements.
    pub fn bits_as(&self, value: Val<'c>, element: Element, lanes: usize) -> Val<'c> {
        self.value(BITCAST, &[value], &[], self.vector(element, lanes))
    }

    /// Puts a vector into a buffer of one dimension from an index on.
    pub fn store(&self, value: Val<'c>, buffer: Val<'c>, at: Val<'c>) {
        let operands = [value, buffer, at];
        self.append(build_op_raw(
            self.context,
            STORE,
            &operands,
            &[],
            &[],
            self.location,
        ));
    }

    /// A two-operand op on vectors or scalars of one type.
    pub fn binary(&self, op: impl Into<Binary>, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        self.value(op.into().name(), &[a, b], &[], a.r#type())
    }

    /// A vector of `lanes` elements in another element type.
    pub fn convert(
        &self,
        op: impl Into<Conversion>,
        a: Val<'c>,
        to: Element,
        lanes: usize,
    ) -> Val<'c> {
        self.value(op.into().name(), &[a], &[], self.vector(to, lanes))
    }

    /// `a * b + c` of floats, where it makes no difference whether the product is rounded.
    pub fn multiply_add(&self, a: Val<'c>, b: Val<'c>, c: Val<'c>) -> Val<'c> {
        self.value(FMA, &[a, b, c], &[], c.r#type())
    }

    /// An instruction of the processor.
    pub fn call(&self, intrinsic: Intrinsic, operands: &[Val<'c>], result: Type<'c>) -> Val<'c> {
        let name = StringAttribute::new(self.context, intrinsic.name()).into();
        let count = i32::try_from(operands.len()).expect("an instruction has few operands");
        let segments = DenseI32ArrayAttribute::new(self.context, &[count, 0]).into();
        let bundles = DenseI32ArrayAttribute::new(self.context, &[]).into();
        let attributes = [
            ("intrin", name),
            ("operandSegmentSizes", segments),
            ("op_bundle_sizes", bundles),
        ];
        self.value(CALL_INTRINSIC, operands, &attributes, result)
    }

    /// What an op of the body of a nest does, on vectors of `lanes` elements instead of scalars; `operands` stand for its
    /// operands. `None` if vectors are not computed element by element; see [`is_elementwise`].
    pub fn widened(&self, op: Op<'c>, operands: &[Val<'c>], lanes: usize) -> Option<Val<'c>> {
        let scalar = ir::val(op.result(0).ok()?).r#type();
        let wide = Type::vector(&[lanes as u64], scalar);
        if super::is_constant(op) {
            let text = op.attribute("value").ok()?.to_string();
            // Of a bit the text has no type.
            let number = text.split(" : ").next()?;
            let value = Attribute::parse(self.context, &format!("dense<{number}> : {wide}"))?;
            return Some(self.value(super::CONSTANT, &[], &[("value", value)], wide));
        }
        if !is_elementwise(op) {
            return None;
        }
        let attributes: Vec<(Identifier<'c>, Attribute<'c>)> = op.attributes().collect();
        let built = OperationBuilder::new(&ir::op_name(op), self.location)
            .add_operands(operands)
            .add_attributes(&attributes)
            .add_results(&[wide])
            .build()
            .ok()?;
        Some(ir::val(self.append(built).result(0).ok()?))
    }
}

/// Whether an op of a body has one result and does on each element of vectors what it does on scalars.
#[expect(unsafe_code, reason = "calls C++")]
pub fn is_elementwise(op: Op<'_>) -> bool {
    if op.result_count() != 1 {
        return false;
    }
    // Not an index, which stays one, nor more than 64 bits.
    let is_number = op
        .result(0)
        .is_ok_and(|result| ir::element_of(result.r#type()).is_some());
    // The C library has no functions of vectors.
    if !is_number || super::libm_function(op).is_some() {
        return false;
    }
    // SAFETY: the op is in place.
    super::is_constant(op) || unsafe { ffi::qonnxIsElementwise(op.to_raw()) }
}

/// Whether a value is the constant 0: the index of a loop of one iteration.
fn is_zero(value: Val<'_>) -> bool {
    let constant = ir::defining_op(value).filter(|op| super::is_constant(*op));
    constant.is_some_and(|op| ir::Attributes::of(op).int("value") == Some(0))
}

/// The type of the elements of a buffer.
fn element_of<'c>(buffer: Val<'c>) -> Type<'c> {
    MemRefType::try_from(buffer.r#type()).map_or(buffer.r#type(), |buffer| buffer.element())
}

/// The type of the elements of a vector; a scalar's own.
#[expect(unsafe_code, reason = "melior has no vector types")]
fn vector_element(r#type: Type<'_>) -> Type<'_> {
    // SAFETY: guarded by the kind of the type.
    unsafe {
        if mlirTypeIsAVector(r#type.to_raw()) {
            Type::from_raw(mlirShapedTypeGetElementType(r#type.to_raw()))
        } else {
            r#type
        }
    }
}
