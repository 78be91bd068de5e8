//! The layers of one hardware network: conversion of each op of the level of layers.

use melior::Context;
use melior::ir::operation::OperationLike;
use qonnx_dialects::dataflow::{self, Link, Trace};
use qonnx_dialects::ir::{self, BlockHandle, NoElements, Node, Op, Val};
use qonnx_dialects::memory::Budget;
use qonnx_dialects::pass::{PassResult, Reported, fail};
use qonnx_dialects::qint;
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::upstream::{self, Slice};
use qonnx_dialects::word::Word;
use std::collections::HashMap;

use super::order::Order;

/// Words in hardware.
#[derive(Clone)]
pub struct Words<'c> {
    /// The array.
    pub value: Val<'c>,
    /// Its type.
    pub link: Link,
    /// The order of its dimensions.
    pub order: Order,
}

/// The conversion of one stage: a tensor of the level of layers is an array here.
pub struct Layers<'c> {
    context: &'c Context,
    block: BlockHandle<'c>,
    /// The words of each tensor in each order that they have been needed in.
    words: HashMap<(usize, Order), Words<'c>>,
    /// The op that is being converted.
    pub op: Op<'c>,
}

impl<'c> Layers<'c> {
    /// Layers are appended to `block`; the first op that is converted is `first`.
    pub fn new(context: &'c Context, block: BlockHandle<'c>, first: Op<'c>) -> Self {
        Self {
            context,
            block,
            words: HashMap::new(),
            op: first,
        }
    }

    /// Says which array holds a tensor, its dimensions in their own order.
    pub fn bind(&mut self, tensor: Val<'c>, value: Val<'c>, link: Link) {
        let order = Order::Tensor;
        self.keep(tensor, Words { value, link, order });
    }

    fn keep(&mut self, tensor: Val<'c>, words: Words<'c>) {
        let key = (ir::value_key(tensor), words.order);
        self.words.insert(key, words);
    }

    /// Appends a layer of the op that is being converted. Fails if hardware has no such array.
    pub fn append(
        &self,
        layer: dataflow::Op,
        operands: &[&Words<'c>],
        link: Link,
        order: Order,
    ) -> Result<Words<'c>, Reported> {
        let location = self.op.location();
        let r#type = type_of_link(&link, self.context, self.op)?;
        let operands: Vec<_> = operands.iter().map(|words| words.value).collect();
        let op = layer.build(self.context, &operands, r#type, location);
        let op = ir::build_op(self.block, None, op);
        let value = ir::val(op.result(0).expect("a layer has one result"));
        Ok(Words { value, link, order })
    }

    /// The order that a tensor has been made in, if it has been.
    pub fn order(&self, tensor: Val<'c>) -> Option<Order> {
        let key = ir::value_key(tensor);
        let mut orders = [Order::Tensor, Order::ChannelsLast].into_iter();
        orders.find(|order| self.words.contains_key(&(key, *order)))
    }

    /// The words of a tensor with its dimensions in an order.
    pub fn words(&mut self, tensor: Val<'c>, order: Order) -> Result<Words<'c>, Reported> {
        let key = ir::value_key(tensor);
        if let Some(words) = self.words.get(&(key, order)) {
            return Ok(words.clone());
        }
        let other = [Order::Tensor, Order::ChannelsLast]
            .into_iter()
            .find_map(|other| self.words.get(&(key, other)).cloned());
        let words = match other {
            Some(words) => words,
            None => {
                let constant = self.constant(tensor)?;
                self.keep(tensor, constant.clone());
                constant
            }
        };
        let ordered = self.reordered(&words, order)?;
        self.keep(tensor, ordered.clone());
        Ok(ordered)
    }

    /// Words with their dimensions in another order.
    pub fn reordered(&self, words: &Words<'c>, order: Order) -> Result<Words<'c>, Reported> {
        let rank = words.link.shape.len();
        // What has no spatial dimension has the same order either way.
        if words.order == order || rank < 3 {
            return Ok(Words {
                order,
                ..words.clone()
            });
        }
        let perm = words.order.permutation(order, rank);
        let shape: Vec<_> = perm.iter().map(|&at| words.link.shape[at]).collect();
        let link = words.link.with_shape(shape);
        self.append(
            dataflow::Op::Transpose(dataflow::Transpose { perm }),
            &[words],
            link,
            order,
        )
    }

    /// The integers of a constant operand.
    pub fn constant_tensor(&self, value: Val<'c>) -> Result<Option<Tensor>, Reported> {
        match ir::constant_elements(value) {
            Ok(tensor) => Ok(Some(tensor)),
            Err(NoElements::TooLarge(reason)) => {
                fail(self.op, format!("a constant operand {reason}"))
            }
            Err(_) => Ok(None),
        }
    }

    /// Fails if so many words are more than the compiler may hold.
    pub fn check_room(&self, link: &Link) -> PassResult {
        let room = Budget::default().take(&link.tensor());
        room.or_else(|error| fail(self.op, error.to_string()))
    }

    fn constant(&self, value: Val<'c>) -> Result<Words<'c>, Reported> {
        let empty = ir::defining_op(value).is_some_and(upstream::is_empty);
        if let Some(r#type) = ir::type_of(value).filter(|_| empty) {
            let room = Budget::default().take(&r#type);
            room.or_else(|error| fail(self.op, error.to_string()))?;
        }
        let tensor = match ir::type_of(value).filter(|_| empty) {
            Some(r#type) => Some(Tensor::zeros(&r#type)),
            None => self.constant_tensor(value)?,
        };
        let word = tensor
            .as_ref()
            .and_then(|tensor| Word::of_element(tensor.element()));
        let (Some(tensor), Some(word)) = (tensor, word) else {
            return fail(
                self.op,
                "an operand is neither computed in hardware nor a constant of signed or unsigned integers",
            );
        };
        let values = tensor.as_int().unwrap_or_default().to_vec();
        let layer = dataflow::Constant {
            value: Tensor::i64([values.len()], values),
        };
        let link = Link::array(tensor.shape, word);
        self.append(dataflow::Op::Constant(layer), &[], link, Order::Tensor)
    }

    /// Converts one op of the level of layers.
    pub fn convert(&mut self, op: Op<'c>) -> PassResult {
        self.op = op;
        let operands: Vec<_> = op.operands().map(ir::val).collect();
        let Some(result) = op.result(0).ok().map(ir::val) else {
            return fail(op, "the op has no result");
        };
        let r#type = ir::type_of(result);
        let link = r#type.and_then(|r#type| {
            let word = Word::of_element(r#type.element)?;
            Some(Link::array(r#type.shape, word))
        });
        let Some(link) = link else {
            return fail(
                op,
                format!(
                    "the result is {}, expected signed or unsigned integers of static shape; hardware starts from the \
                     level of layers, run 'lower-to-qint'",
                    melior::ir::ValueLike::r#type(&result)
                ),
            );
        };
        let words = match (qint::Op::read(op), upstream::Op::read(op), &operands[..]) {
            (Some(layer), _, operands) => self.layer(layer, operands, link)?,
            (_, Some(upstream::Op::Reshape), &[x, ..]) => {
                let x = self.words(x, Order::Tensor)?;
                self.append(dataflow::Op::Reshape, &[&x], link, Order::Tensor)?
            }
            // The same bits, read in another way.
            (_, Some(upstream::Op::Bitcast), &[x]) => {
                self.each_word(x, link, |_| dataflow::Op::Cast)?
            }
            (_, Some(upstream::Op::Transpose(transpose)), &[x, _]) => {
                let x = self.words(x, Order::Tensor)?;
                let perm = transpose.perm;
                self.append(
                    dataflow::Op::Transpose(dataflow::Transpose { perm }),
                    &[&x],
                    link,
                    Order::Tensor,
                )?
            }
            (_, Some(upstream::Op::ExtractSlice(slice)), &[x, ..]) => {
                let x = self.words(x, Order::Tensor)?;
                let Slice {
                    offsets, strides, ..
                } = slice;
                let layer = dataflow::Slice { offsets, strides };
                self.append(dataflow::Op::Slice(layer), &[&x], link, Order::Tensor)?
            }
            (_, Some(upstream::Op::InsertSlice(slice)), &[part, whole]) => {
                let part = self.words(part, Order::Tensor)?;
                let whole = self.words(whole, Order::Tensor)?;
                let Slice {
                    offsets, strides, ..
                } = slice;
                let layer = dataflow::Insert { offsets, strides };
                self.append(
                    dataflow::Op::Insert(layer),
                    &[&whole, &part],
                    link,
                    Order::Tensor,
                )?
            }
            _ => return fail(op, self.unsupported()),
        };
        if Node::at(op.location()).is_some() {
            let rank = words.link.shape.len();
            let perm = words.order.permutation(Order::Tensor, rank);
            let trace = Trace { perm }.build(self.context, words.value, op.location());
            ir::build_op(self.block, None, trace);
        }
        self.keep(result, words);
        Ok(())
    }

    /// A function of each word, made with the places that axes of the tensor have here.
    pub fn each_word(
        &mut self,
        n: Val<'c>,
        link: Link,
        layer: impl FnOnce(&dyn Fn(usize) -> usize) -> dataflow::Op,
    ) -> Result<Words<'c>, Reported> {
        let order = self.order(n).unwrap_or(Order::Tensor);
        let n = self.words(n, order)?;
        let layer = layer(&|axis| order.place(axis, n.link.shape.len()));
        let link = Link::array(n.link.shape.clone(), link.word);
        self.append(layer, &[&n], link, order)
    }

    /// The refusal of an op that has no layer.
    pub fn unsupported(&self) -> String {
        format!(
            "'{}' is no layer that hardware is made of; hardware starts from the level of layers, run 'lower-to-qint'",
            ir::op_name(self.op)
        )
    }
}

/// The type of an array that an op needs. Fails if hardware has none.
pub fn type_of_link<'c>(
    link: &Link,
    context: &'c Context,
    op: Op<'c>,
) -> Result<melior::ir::Type<'c>, Reported> {
    match link.to_type(context) {
        Some(r#type) => Ok(r#type),
        None if link.size() == 0 => fail(
            op,
            "an operand or the result holds no elements, which is not supported in hardware; expected extents of at \
             least 1",
        ),
        None => fail(
            op,
            format!(
                "it needs words of {} bits, which is not supported in hardware: arrays have words of 1 to 63 bits",
                link.word.bits
            ),
        ),
    }
}
