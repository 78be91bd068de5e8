//! Loops on buffers: the ops that are left when a network is about to become C, as Rust values.
//!
//! [`Step`] has all of them, so that a printer needs no names and the compiler tells it what it lacks.

use melior::ir::attribute::{FloatAttribute, IntegerAttribute};
use melior::ir::operation::OperationLike;
use melior::ir::r#type::MemRefType;
use melior::ir::{TypeLike, ValueLike};
use mlir_sys::{mlirMemRefTypeGetStridesAndOffset, mlirShapedTypeGetDynamicStrideOrOffset};

use super::arith::{Bits, Compare, Convert, Float, Integer, Resize, SELECT, Scalar, Unary};
use super::call::{self, CALL};
use super::linalg::outline::NO_ALIAS;
use super::memref::{self, GLOBAL};
use crate::ir::{self, Attributes, Function, Op, Val};
use crate::tensor::Element;
use crate::value::TensorType;

const FOR: &str = "scf.for";
const LOAD: &str = "memref.load";
const STORE: &str = "memref.store";
const YIELD: &str = "scf.yield";

/// A constant scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Literal {
    /// An integer or an index, sign-extended.
    Int(i128),
    /// A float; one of `f32` has its value.
    Float(f64),
}

/// An op of loops on buffers. Operands are those of the op in place, in its order.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A scalar constant.
    Constant(Literal),
    /// Arithmetic of two integers, or of indices.
    Integer(Integer),
    /// Two integers as rows of bits.
    Bits(Bits),
    /// Arithmetic of two floats.
    Float(Float),
    /// A function of a float.
    Unary(Unary),
    /// Another width.
    Resize(Resize),
    /// Another type.
    Convert(Convert),
    /// A comparison.
    Compare(Compare),
    /// The second operand where the first is true, else the third.
    Select,
    /// A loop from its first operand to before its second in steps of its third, without values that it hands on.
    For,
    /// The element of its first operand at the indices that follow.
    Load,
    /// The first operand becomes the element of the second at the indices that follow.
    Store,
    /// The bytes of its first operand from its second on, as a buffer.
    View,
    /// Its first operand under another shape: the elements lie as the type says, counted from the same address.
    SameBuffer,
    /// The address of a global.
    Global(String),
    /// A call of the function of this name.
    Call(String),
    /// The end of a function without results or of the body of a loop.
    End,
}

impl Step {
    /// Reads an op in place; `None` for all others.
    pub fn read(op: Op<'_>) -> Option<Self> {
        let name = ir::op_name(op);
        let attributes = Attributes::of(op);
        Some(match name.as_str() {
            super::CONSTANT => Self::Constant(literal(op)?),
            SELECT => Self::Select,
            FOR if op.operand_count() == 3 && op.result_count() == 0 => Self::For,
            LOAD => Self::Load,
            STORE => Self::Store,
            CALL => Self::Call(call::callee(op)?),
            YIELD | super::RETURN if op.operand_count() == 0 => Self::End,
            _ => {
                if let Some(integer) = Integer::named(&name) {
                    Self::Integer(integer)
                } else if let Some(bits) = Bits::named(&name) {
                    Self::Bits(bits)
                } else if let Some(float) = Float::named(&name) {
                    Self::Float(float)
                } else if let Some(unary) = Unary::named(&name) {
                    Self::Unary(unary)
                } else if let Some(resize) = Resize::named(&name) {
                    Self::Resize(resize)
                } else if let Some(convert) = Convert::named(&name) {
                    Self::Convert(convert)
                } else if let Some(compare) = Compare::read(op) {
                    Self::Compare(compare)
                } else if memref::is_bytes_view(op) {
                    Self::View
                } else if memref::is_view(op) {
                    Self::SameBuffer
                } else if memref::is_global_address(op) {
                    Self::Global(attributes.symbol("name")?)
                } else {
                    return None;
                }
            }
        })
    }
}

fn literal(op: Op<'_>) -> Option<Literal> {
    let value = op.attribute("value").ok()?;
    if let Ok(float) = FloatAttribute::try_from(value) {
        return Some(Literal::Float(float.value()));
    }
    let integer = IntegerAttribute::try_from(value).ok()?;
    match Scalar::of(ir::val(op.result(0).ok()?))? {
        // Some numbers of more than 64 bits cannot be asked for.
        Scalar::Int(width) if width > 64 => {
            let text = value.to_string();
            let number = text.split(' ').next()?.parse().ok()?;
            Some(Literal::Int(number))
        }
        _ => Some(Literal::Int(integer.value().into())),
    }
}

/// Where the elements of a buffer lie, in elements from its address on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Shape and element.
    pub ty: TensorType,
    /// The first element.
    pub offset: usize,
    /// Distance of neighbours along each dimension.
    pub strides: Vec<usize>,
}

impl Layout {
    /// That of a value; `None` if it is no buffer whose shape and layout are static.
    #[expect(unsafe_code, reason = "melior does not look at the layout of buffers")]
    pub fn of(value: Val<'_>) -> Option<Self> {
        let ty = memref::buffer_type(value)?;
        let memref = MemRefType::try_from(value.r#type()).ok()?;
        let mut strides = vec![0i64; ty.shape.len()];
        let mut offset = 0i64;
        // SAFETY: the type is that of a buffer, and there is room for a stride of each dimension.
        let dynamic = unsafe {
            let result = mlirMemRefTypeGetStridesAndOffset(
                memref.to_raw(),
                strides.as_mut_ptr(),
                &raw mut offset,
            );
            if result.value == 0 {
                return None;
            }
            mlirShapedTypeGetDynamicStrideOrOffset()
        };
        let fixed = |number: i64| {
            let number = Some(number).filter(|&number| number != dynamic)?;
            usize::try_from(number).ok()
        };
        Some(Self {
            offset: fixed(offset)?,
            strides: strides.into_iter().map(fixed).collect::<Option<_>>()?,
            ty,
        })
    }
}

/// A constant array of a module.
#[derive(Clone, Copy)]
pub struct Global<'c>(Op<'c>);

impl<'c> Global<'c> {
    /// The view of a `memref.global`.
    pub fn new(op: Op<'c>) -> Option<Self> {
        (ir::op_name(op) == GLOBAL).then_some(Self(op))
    }

    /// The op.
    pub fn op(self) -> Op<'c> {
        self.0
    }

    /// The symbol name.
    pub fn name(self) -> Option<String> {
        Attributes::of(self.0).string("sym_name")
    }

    /// Its elements, as [`ir::read_numbers`] and [`ir::read_packed`] read them.
    pub fn elements(self) -> Option<melior::ir::Attribute<'c>> {
        Attributes::of(self.0).any("initial_value")
    }
}

/// For each argument of a function whether its buffer is reached through no other argument.
pub fn unaliased(function: Function<'_>) -> Vec<bool> {
    function.arguments_with(NO_ALIAS)
}

/// Whether elements of this type are numbers of a processor.
pub fn is_machine(element: Element) -> bool {
    match element {
        Element::F32 | Element::F64 => true,
        Element::Int { width, .. } => [8, 16, 32, 64].contains(&width),
    }
}
