//! How the bits of each value of level 3 are read: as signed or as unsigned numbers.

use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, Function, Op, Val};
use qonnx_dialects::upstream::{Instr, Integer, Resize};
use qonnx_dialects::word::Word;
use qonnx_dialects::{qint, upstream};
use std::collections::HashMap;

/// How the first op that cares reads each value, for all values of a function: asking op by op would walk a chain of ops
/// that do not care from each of them to its end.
pub struct Readers(HashMap<usize, bool>);

impl Readers {
    /// Looks at the ops from the last one on, so that what reads a result is known before what reads the operands.
    pub fn of(function: Function<'_>) -> Self {
        let mut readers = Self(HashMap::new());
        for op in function.ops().into_iter().rev() {
            let reader = Reader::of(op);
            let result = op.result(0).ok().map(ir::val);
            let of_result = result.and_then(|result| readers.known(result));
            let operands: Vec<Val<'_>> = op.operands().map(ir::val).collect();
            for (at, operand) in operands.into_iter().enumerate().rev() {
                if let Some(signed) = reader.reads(at, of_result) {
                    // An earlier op than those before.
                    readers.0.insert(ir::value_key(operand), signed);
                }
            }
        }
        readers
    }

    /// Whether a value is read as signed; it is if no op says.
    pub fn signed(&self, value: Val<'_>) -> bool {
        self.known(value).unwrap_or(true)
    }

    fn known(&self, value: Val<'_>) -> Option<bool> {
        self.0.get(&ir::value_key(value)).copied()
    }
}

/// How an op reads its operands.
enum Reader {
    /// As it says.
    Certain(bool),
    /// As its body says, by operand, and where that does not say, as its result is read.
    Body(Vec<Instr>),
    /// As its result is read.
    Result,
    /// It reads no integers, or does not care.
    None,
}

impl Reader {
    fn of(op: Op<'_>) -> Self {
        match qint::Op::read(op) {
            Some(
                qint::Op::Threshold(_)
                | qint::Op::Requantize(_)
                | qint::Op::Lookup(_)
                | qint::Op::Dequantize(_),
            ) => {
                return op
                    .operand(0)
                    .map_or(Self::None, |x| Self::typed(ir::val(x)));
            }
            Some(_) => return Self::None,
            None => {}
        }
        match upstream::Op::read(op) {
            Some(upstream::Op::Generic(generic)) => Self::Body(generic.body),
            Some(upstream::Op::Bitcast) => {
                op.result(0).map_or(Self::None, |y| Self::typed(ir::val(y)))
            }
            Some(
                upstream::Op::Reshape
                | upstream::Op::ExtractSlice(_)
                | upstream::Op::InsertSlice(_),
            ) => Self::Result,
            None => Self::None,
        }
    }

    /// As the type of a value says, or as that is read.
    fn typed(value: Val<'_>) -> Self {
        let word = ir::type_of(value).and_then(|r#type| Word::of_element(r#type.element));
        word.map_or(Self::Result, |word| Self::Certain(word.signed))
    }

    /// How it reads operand `at`, if its result is read as `result`.
    fn reads(&self, at: usize, result: Option<bool>) -> Option<bool> {
        let body = match self {
            Self::Certain(signed) => return Some(*signed),
            Self::Body(body) => body,
            Self::Result => return result,
            Self::None => return None,
        };
        let input = |from: usize| body.get(from) == Some(&Instr::Input(at));
        let read = body.iter().find_map(|instr| match *instr {
            Instr::Resize(Resize::ExtS, from, _) if input(from) => Some(true),
            Instr::Resize(Resize::ExtU, from, _) if input(from) => Some(false),
            Instr::Integer(Integer::MaxS, a, b) | Instr::Integer(Integer::MinS, a, b)
                if input(a) || input(b) =>
            {
                Some(true)
            }
            Instr::Integer(Integer::MaxU, a, b) | Instr::Integer(Integer::MinU, a, b)
                if input(a) || input(b) =>
            {
                Some(false)
            }
            _ => None,
        });
        read.or(result)
    }
}
