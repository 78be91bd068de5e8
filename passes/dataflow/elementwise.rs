//! Loop nests without a reduction: elementwise arithmetic, and data movement.

use melior::ir::operation::OperationLike;
use qonnx_dialects::dataflow::{self, Array, Elementwise};
use qonnx_dialects::ir::{self, Op, Val};
use qonnx_dialects::pass::{Reported, fail};
use qonnx_dialects::tensor::{Tensor, for_each_index, strides};
use qonnx_dialects::upstream::{AffineMap, Generic, Instr, Integer, Resize};
use qonnx_dialects::word::Word;

use super::layers::{Layers, unsupported};

/// An instruction's result: an array whose words, extended to `bits` bits, are the result's bits.
#[derive(Clone, Copy)]
struct Register<'c> {
    array: (Val<'c>, Array),
    bits: u32,
}

impl<'c> Layers<'c, '_> {
    /// One layer for each instruction of the body, and wires where an operand is permuted or broadcast.
    pub fn elementwise(
        &mut self,
        op: Op<'c>,
        generic: &Generic,
        word: Word,
    ) -> Result<(Val<'c>, Array), Reported> {
        let shape = op
            .result(0)
            .ok()
            .and_then(|value| ir::type_of(ir::val(value)))
            .map(|found| found.shape);
        let Some((shape, result_map)) = shape.zip(generic.maps.last()) else {
            return fail(op, unsupported(op));
        };
        if *result_map != AffineMap::identity(shape.len()) || shape.contains(&0) {
            return fail(op, unsupported(op));
        }
        let size = shape.iter().product();
        let mut registers: Vec<Register<'c>> = Vec::with_capacity(generic.body.len());
        let node = op.location();
        for (number, instr) in generic.body.iter().enumerate() {
            // Only the last layer makes the node's result; the others have no name.
            let location = if number + 1 == generic.body.len() {
                node
            } else {
                self.nameless()
            };
            let at = |index: usize| registers[index];
            let register = match *instr {
                Instr::Input(_) | Instr::Output => {
                    let input = if let Instr::Input(input) = *instr {
                        input
                    } else {
                        generic.maps.len() - 1
                    };
                    let Ok(operand) = op.operand(input).map(ir::val) else {
                        return fail(op, unsupported(op));
                    };
                    let extents = ir::type_of(operand)
                        .map(|found| found.shape)
                        .unwrap_or_default();
                    let Some(order) = order(&generic.maps[input], &extents, &shape) else {
                        return fail(op, unsupported(op));
                    };
                    let array = self.array(operand, read_signed(generic, number), op)?;
                    let bits = array.1.word.bits;
                    Register {
                        array: self.gather(&[array], order, location)?,
                        bits,
                    }
                }
                Instr::Constant(value, bits) => {
                    let word = Word { bits, signed: true };
                    let layer = dataflow::Op::Constant(dataflow::Constant {
                        value: Tensor::i64([size], vec![word.wrap(value); size]),
                    });
                    Register {
                        array: self.append(&layer, &[], Array { size, word }, location)?,
                        bits,
                    }
                }
                Instr::Resize(Resize::ExtS, from, bits) => Register {
                    array: self.number(at(from), true, location)?,
                    bits,
                },
                Instr::Resize(Resize::ExtU, from, bits) => Register {
                    array: self.number(at(from), false, location)?,
                    bits,
                },
                Instr::Resize(Resize::Trunc, from, bits) => {
                    let (value, array) = at(from).array;
                    let result = Array {
                        word: Word { bits, ..array.word },
                        ..array
                    };
                    Register {
                        array: self.append(&dataflow::Op::Cast, &[value], result, location)?,
                        bits,
                    }
                }
                Instr::Integer(Integer::Add, a, b) => {
                    self.binary(Elementwise::Add, at(a), at(b), None, location)?
                }
                Instr::Integer(Integer::Sub, a, b) => {
                    self.binary(Elementwise::Sub, at(a), at(b), None, location)?
                }
                Instr::Integer(Integer::Mul, a, b) => {
                    self.binary(Elementwise::Mul, at(a), at(b), None, location)?
                }
                Instr::Integer(Integer::MaxS, a, b) => {
                    self.binary(Elementwise::Max, at(a), at(b), Some(true), location)?
                }
                Instr::Integer(Integer::MaxU, a, b) => {
                    self.binary(Elementwise::Max, at(a), at(b), Some(false), location)?
                }
                Instr::Integer(Integer::MinS, a, b) => {
                    self.binary(Elementwise::Min, at(a), at(b), Some(true), location)?
                }
                Instr::Integer(Integer::MinU, a, b) => {
                    self.binary(Elementwise::Min, at(a), at(b), Some(false), location)?
                }
            };
            registers.push(register);
        }
        let Some(last) = registers.last() else {
            return fail(op, unsupported(op));
        };
        let (value, array) = last.array;
        if array.word.bits == word.bits && generic.body.len() == 1 {
            // Data movement: the words keep their signedness.
            return Ok((value, array));
        }
        if array.word == word {
            return Ok((value, array));
        }
        let result = Array { word, ..array };
        self.append(&dataflow::Op::Cast, &[value], result, node)
    }

    /// The number that all bits of a register stand for, read as signed or unsigned.
    fn number(
        &mut self,
        register: Register<'c>,
        signed: bool,
        location: melior::ir::Location<'c>,
    ) -> Result<(Val<'c>, Array), Reported> {
        let (value, array) = register.array;
        let word = array.word;
        // A narrower word was extended by its own signedness; the extension changes nothing, unless bits that
        // repeat a sign are to be read as a number without one.
        let keeps = word.signed == signed || (!word.signed && word.bits < register.bits);
        if keeps {
            return Ok((value, array));
        }
        let result = Array {
            word: Word {
                bits: register.bits,
                signed,
            },
            ..array
        };
        self.append(&dataflow::Op::Cast, &[value], result, location)
    }

    fn binary(
        &mut self,
        kind: Elementwise,
        a: Register<'c>,
        b: Register<'c>,
        signed: Option<bool>,
        location: melior::ir::Location<'c>,
    ) -> Result<Register<'c>, Reported> {
        let (left, right) = match signed {
            Some(signed) => (
                self.number(a, signed, location)?,
                self.number(b, signed, location)?,
            ),
            None => (a.array, b.array),
        };
        let signed =
            signed.unwrap_or(left.1.word.signed || right.1.word.signed || kind == Elementwise::Sub);
        let result = Array {
            size: left.1.size,
            word: Word {
                bits: a.bits,
                signed,
            },
        };
        let array = self.append(
            &dataflow::Op::Elementwise(kind),
            &[left.0, right.0],
            result,
            location,
        )?;
        Ok(Register {
            array,
            bits: a.bits,
        })
    }
}

/// Whether the first extension of an instruction's result reads it as signed.
fn read_signed(generic: &Generic, number: usize) -> Option<bool> {
    generic.body.iter().find_map(|instr| match *instr {
        Instr::Resize(Resize::ExtS, from, _) if from == number => Some(true),
        Instr::Resize(Resize::ExtU, from, _) if from == number => Some(false),
        _ => None,
    })
}

/// The operand's linear index for each position of the result, in row-major order.
fn order(map: &AffineMap, extents: &[usize], shape: &[usize]) -> Option<Vec<usize>> {
    let steps = strides(extents);
    let mut order = Vec::with_capacity(shape.iter().product());
    let count: usize = extents.iter().product();
    let mut inside = map.dims == shape.len() && map.coefficients.len() == extents.len();
    if !inside {
        return None;
    }
    for_each_index(shape, |index| {
        let along = |result: usize| {
            let row = &map.coefficients[result];
            let at: i64 = row
                .iter()
                .zip(index)
                .map(|(&factor, &at)| factor * at as i64)
                .sum();
            (map.constants[result] + at) * steps[result] as i64
        };
        let linear: i64 = (0..extents.len()).map(along).sum();
        let linear = usize::try_from(linear).unwrap_or(usize::MAX);
        inside &= linear < count;
        order.push(linear);
    });
    inside.then_some(order)
}
