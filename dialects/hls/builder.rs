//! Building functions of emitted C++ without a word about attributes.

use melior::Context;
use melior::ir::{Block, BlockLike, Location, Region, RegionLike, Type};

use super::op::*;
use super::types::{Memory, Scalar};
use crate::ir::{self, BlockHandle, Val, block_arguments, block_handle};
use crate::text::Foreign;
use crate::word::Word;

/// Appends ops to a block.
#[derive(Clone, Copy)]
pub struct Builder<'c> {
    context: &'c Context,
    block: BlockHandle<'c>,
    location: Location<'c>,
}

impl<'c> Builder<'c> {
    /// Appends to `block`.
    pub fn new(context: &'c Context, block: BlockHandle<'c>, location: Location<'c>) -> Self {
        Self {
            context,
            block,
            location,
        }
    }

    /// The same place, for another node.
    #[must_use]
    pub fn at(self, location: Location<'c>) -> Self {
        Self { location, ..self }
    }

    fn append(
        &self,
        op: &Op,
        operands: &[Val<'c>],
        results: &[Type<'c>],
        region: Option<Region<'c>>,
    ) -> ir::Op<'c> {
        let op = op.build(self.context, operands, results, region, self.location);
        ir::build_op(self.block, None, op)
    }

    fn expression(&self, op: &Op, operands: &[Val<'c>], result: Type<'c>) -> Val<'c> {
        ir::val(
            self.append(op, operands, &[result], None)
                .result(0)
                .expect("an expression has one result"),
        )
    }

    fn nested(&self, op: &Op, arguments: &[Type<'c>], body: impl FnOnce(&Self, &[Val<'c>])) {
        let arguments: Vec<_> = arguments
            .iter()
            .map(|r#type| (*r#type, self.location))
            .collect();
        let region = Region::new();
        let block = region.append_block(Block::new(&arguments));
        let block = block_handle(block.to_raw()).expect("just inserted");
        let inner = Self { block, ..*self };
        body(&inner, &block_arguments(block));
        self.append(op, &[], &[], Some(region));
    }

    /// A declaration at module level, or a statement without operands.
    pub fn declare(&self, op: &Op) {
        self.append(op, &[], &[], None);
    }

    /// A function; `body` gets its arguments.
    pub fn function(&self, head: Func, arguments: &[Memory], body: impl FnOnce(&Self, &[Val<'c>])) {
        let arguments: Vec<_> = arguments
            .iter()
            .map(|memory| memory.to_type(self.context))
            .collect();
        self.nested(&Op::Func(head), &arguments, body);
    }

    /// A loop; `body` gets its counter.
    pub fn for_each(
        &self,
        label: &str,
        counter: &str,
        extent: usize,
        body: impl FnOnce(&Self, Val<'c>),
    ) {
        let op = Op::For(For {
            label: label.to_owned(),
            counter: counter.to_owned(),
            extent,
        });
        self.nested(&op, &[Type::index(self.context)], |inner, arguments| {
            body(inner, arguments[0])
        });
    }

    /// `#pragma HLS`.
    pub fn pragma(&self, directive: &str, variable: Option<Val<'c>>, options: &str) {
        let op = Op::Pragma(Pragma {
            directive: directive.to_owned(),
            options: options.to_owned(),
        });
        self.append(&op, variable.as_slice(), &[], None);
    }

    /// A local array or variable.
    pub fn variable(&self, name: &str, type_name: &str, memory: &Memory) -> Val<'c> {
        let op = Op::Variable(Variable {
            name: name.to_owned(),
            type_name: type_name.to_owned(),
        });
        self.expression(&op, &[], memory.to_type(self.context))
    }

    /// A call.
    pub fn call(&self, callee: &str, arguments: &[Val<'c>]) {
        self.append(
            &Op::Call(Call {
                callee: callee.to_owned(),
            }),
            arguments,
            &[],
            None,
        );
    }

    /// Shows an array to the test bench: with no extents as it is, else as a tensor whose neighbours are `strides` apart.
    pub fn trace(&self, array: Val<'c>, name: &Foreign, [extents, strides]: [&[usize]; 2]) {
        let trace = Trace {
            name: name.clone(),
            extents: extents.to_vec(),
            strides: strides.to_vec(),
        };
        self.append(&Op::Trace(trace), &[array], &[], None);
    }

    /// `array[indices] = value`.
    pub fn store(&self, value: Val<'c>, array: Val<'c>, indices: &[Val<'c>]) {
        let operands: Vec<_> = [value, array]
            .into_iter()
            .chain(indices.iter().copied())
            .collect();
        self.append(&Op::Store, &operands, &[], None);
    }

    /// `array[indices]`.
    pub fn load(&self, array: Val<'c>, indices: &[Val<'c>]) -> Val<'c> {
        let element = super::memory_of(array)
            .expect("an array is loaded from")
            .element;
        let operands: Vec<_> = [array].into_iter().chain(indices.iter().copied()).collect();
        self.expression(&Op::Load, &operands, element.to_type(self.context))
    }

    /// A constant array of the module.
    pub fn global(&self, array: &str, memory: &Memory) -> Val<'c> {
        self.expression(
            &Op::Global(Global {
                array: array.to_owned(),
            }),
            &[],
            memory.to_type(self.context),
        )
    }

    /// A named constant.
    pub fn define(&self, name: &str, type_name: &str, value: Val<'c>, word: Word) -> Val<'c> {
        let op = Op::Define(Define {
            name: name.to_owned(),
            type_name: type_name.to_owned(),
        });
        self.expression(&op, &[value], word.to_type(self.context))
    }

    /// An index literal.
    pub fn index(&self, value: usize) -> Val<'c> {
        self.expression(
            &Op::Constant(Constant {
                value: value as i64,
            }),
            &[],
            Type::index(self.context),
        )
    }

    /// A literal of the narrowest word that holds it.
    pub fn literal(&self, value: i64) -> Val<'c> {
        let word = Word::of_range(value.min(0), value.max(0));
        self.expression(
            &Op::Constant(Constant { value }),
            &[],
            word.to_type(self.context),
        )
    }

    /// A literal of a word that holds it.
    pub fn literal_of(&self, value: i64, word: Word) -> Val<'c> {
        self.expression(
            &Op::Constant(Constant { value }),
            &[],
            word.to_type(self.context),
        )
    }

    /// `type(value)`; the typedef may be empty.
    pub fn cast(&self, value: Val<'c>, to: Scalar, type_name: &str) -> Val<'c> {
        let op = Op::Cast(Cast {
            type_name: type_name.to_owned(),
        });
        self.expression(&op, &[value], to.to_type(self.context))
    }

    /// `condition ? a : b`, both cast to `word`.
    pub fn select(&self, condition: Val<'c>, a: Val<'c>, b: Val<'c>, word: Word) -> Val<'c> {
        let same = |value| match Scalar::of(value) {
            Some(Scalar::Word(from)) if from == word => value,
            _ => self.cast(value, Scalar::Word(word), ""),
        };
        let operands = [condition, same(a), same(b)];
        self.expression(&Op::Select, &operands, word.to_type(self.context))
    }

    /// `a operator b`.
    pub fn binary(&self, kind: Binary, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        let result = Scalar::of(a)
            .zip(Scalar::of(b))
            .and_then(|(a, b)| kind.result(a, b))
            .expect("the operator is defined on these operands");
        self.expression(&Op::Binary(kind), &[a, b], result.to_type(self.context))
    }
}
