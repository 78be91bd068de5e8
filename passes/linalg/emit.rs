//! Ops in front of the layer that they replace.

use melior::Context;
use melior::ir::operation::{Operation, OperationLike};
use melior::ir::{Location, ValueLike};
use qonnx_dialects::ir::{self, BlockHandle, Op, Val};
use qonnx_dialects::tensor::{Element, Tensor};
use qonnx_dialects::upstream::{self, Generic, Instr, Resize};
use qonnx_dialects::value::TensorType;
use qonnx_dialects::word::Word;
use std::cmp::Ordering;

/// Integers: an operand or the result of a layer.
pub struct Integers<'c> {
    /// The value; of a result, the one that is replaced.
    pub value: Val<'c>,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its elements.
    pub word: Word,
}

impl<'c> Integers<'c> {
    fn of(value: Val<'c>) -> Option<Self> {
        let r#type = ir::type_of(value)?;
        Some(Self {
            value,
            word: Word::of_element(r#type.element)?,
            shape: r#type.shape,
        })
    }
}

/// Builds what replaces a layer.
pub struct Emitter<'c> {
    pub context: &'c Context,
    block: BlockHandle<'c>,
    layer: Op<'c>,
    location: Location<'c>,
}

impl<'c> Emitter<'c> {
    /// In front of a layer of a block.
    pub fn new(context: &'c Context, block: BlockHandle<'c>, layer: Op<'c>) -> Self {
        Self {
            context,
            block,
            layer,
            location: layer.location(),
        }
    }

    /// The operands of the layer; `None` if one is no tensor of integers.
    pub fn operands(&self, op: Op<'c>) -> Option<Vec<Integers<'c>>> {
        op.operands().map(ir::val).map(Integers::of).collect()
    }

    /// Its result; `None` if it is no tensor of integers.
    pub fn result(&self, op: Op<'c>) -> Option<Integers<'c>> {
        Integers::of(op.result(0).map(ir::val).ok()?)
    }

    pub fn append(&self, operation: Operation<'c>) -> Val<'c> {
        let op = ir::build_op(self.block, Some(self.layer), operation);
        ir::val(op.result(0).expect("every op built here has a result"))
    }

    /// The bits of integers. The integers stay beside them, so that what their type says is not lost.
    pub fn bits(&self, n: &Integers<'c>) -> Val<'c> {
        self.bits_of(n.value, n.word)
    }

    fn bits_of(&self, value: Val<'c>, word: Word) -> Val<'c> {
        let element = Element::int(word.bits);
        self.append(upstream::bitcast(
            self.context,
            value,
            element,
            self.location,
        ))
    }

    /// The bits of integers in another shape of as many. Those of a constant are a constant in that shape.
    pub fn reshaped_bits(&self, n: &Integers<'c>, shape: &[usize]) -> Val<'c> {
        self.bits_of(self.reshape(n.value, shape), n.word)
    }

    /// The bits of a constant whose elements all are one integer.
    pub fn splat_bits(&self, value: i64, word: Word, shape: &[usize]) -> Val<'c> {
        self.bits_of(self.splat(value, word.element(), shape), word)
    }

    /// Bits as the integers of what a layer made, with all that its type says of them.
    pub fn words(&self, bits: Val<'c>, result: &Integers<'c>) -> Val<'c> {
        let r#type = result.value.r#type();
        self.append(upstream::bitcast_to(
            self.context,
            bits,
            r#type,
            self.location,
        ))
    }

    /// A constant whose elements all are one integer.
    pub fn splat(&self, value: i64, element: Element, shape: &[usize]) -> Val<'c> {
        let r#type = TensorType::new(shape, element);
        let attribute = ir::splat_attribute(self.context, value, &r#type);
        self.append(upstream::constant_of(
            self.context,
            attribute,
            self.location,
        ))
    }

    /// A tensor that nobody has written.
    pub fn empty(&self, element: Element, shape: &[usize]) -> Val<'c> {
        let r#type = ir::tensor_type(self.context, &TensorType::new(shape, element));
        self.append(upstream::empty(self.context, r#type, self.location))
    }

    /// A loop nest.
    pub fn nest(&self, generic: &Generic, inputs: &[Val<'c>], destination: Val<'c>) -> Val<'c> {
        self.append(generic.build(self.context, inputs, destination, self.location))
    }

    /// The same elements in another shape of as many.
    pub fn reshape(&self, value: Val<'c>, shape: &[usize]) -> Val<'c> {
        let before = Some(self.layer);
        upstream::reshape(
            self.context,
            self.block,
            before,
            value,
            shape,
            self.location,
        )
        .expect("the shapes have as many elements")
    }

    /// A part of `whole`.
    pub fn extract(&self, slice: &upstream::Slice, whole: Val<'c>) -> Val<'c> {
        let op = slice.build_extract(self.context, whole, self.location);
        self.append(op.expect("the whole is a tensor of static shape"))
    }

    /// The bits of constant integers.
    pub fn constant_bits(&self, numbers: &Tensor, word: Word) -> Val<'c> {
        let value = upstream::constant(self.context, numbers, self.location);
        self.bits_of(self.append(value), word)
    }

    /// `part` within `frame` from `offsets` on.
    pub fn insert(&self, slice: &upstream::Slice, part: Val<'c>, frame: Val<'c>) -> Val<'c> {
        self.append(slice.build_insert(self.context, part, frame, self.location))
    }
}

/// Appends an operand and its conversion to `bits` bits; returns the number of the converted instruction. Arithmetic is
/// modulo `2^bits`, so an operand that is wider may be cut.
pub fn widened(body: &mut Vec<Instr>, operand: Instr, from: Word, bits: u32) -> usize {
    body.push(operand);
    let at = body.len() - 1;
    let resize = match from.bits.cmp(&bits) {
        Ordering::Less if from.signed => Resize::ExtS,
        Ordering::Less => Resize::ExtU,
        Ordering::Greater => Resize::Trunc,
        Ordering::Equal => return at,
    };
    body.push(Instr::Resize(resize, at, bits));
    at + 1
}
