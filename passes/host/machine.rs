//! Integers in the words of C.

use melior::Context;
use melior::ir::Location;
use melior::ir::ValueLike;
use qonnx_dialects::ir::{self, BlockHandle, Op, Val};
use qonnx_dialects::qint;
use qonnx_dialects::word::Word;

/// The word of a type of C that holds what a word does: of 8, 16 or 32 bits and the same sign, or signed ones of 64 bits, which
/// hold all integers that layers have.
pub fn container(word: Word) -> Word {
    let bits = word.bits.next_power_of_two().max(8);
    Word {
        bits,
        signed: word.signed || bits > 32,
    }
}

/// The same integers in the word of a type of C, made before an op of a block. `None` if they are no signed or unsigned
/// integers of static shape.
pub fn widened<'c>(
    context: &'c Context,
    block: BlockHandle<'c>,
    before: Op<'c>,
    value: Val<'c>,
    location: Location<'c>,
) -> Option<Val<'c>> {
    let ty = ir::type_of(value)?;
    let word = container(Word::of_element(ty.element)?);
    let r#type = ir::integers_type(context, &ty.shape, word, ir::values_of(value)?);
    if r#type == value.r#type() {
        return Some(value);
    }
    let cast = qint::Op::Cast.build(context, &[value], r#type, location);
    let cast = ir::build_op(block, Some(before), cast);
    cast.result(0).ok().map(ir::val)
}
