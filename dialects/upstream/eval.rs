//! The meaning of the upstream ops that level 2 uses, for the interpreter.

use super::generic::{Generic, Instr};
use super::tensor_ops::Slice;
use super::{AffineMap, Op};
use crate::error::EvalError;
use crate::tensor::{Data, Element, Tensor, sign_extend, strides, zero_extend};
use crate::value::TensorType;

impl Op {
    /// The result of the op; for destination-style ops the destination is the last operand.
    pub fn eval(&self, operands: &[&Tensor], result: &TensorType) -> Result<Tensor, EvalError> {
        match self {
            Self::Generic(op) => op.eval(operands),
            Self::InsertSlice(op) => op.insert(operand(operands, 0)?, operand(operands, 1)?),
            Self::ExtractSlice(op) => Ok(op.extract(operand(operands, 0)?)),
            Self::Reshape => Ok(operand(operands, 0)?.clone().reshaped(result.shape.clone())),
        }
    }
}

fn operand<'a>(operands: &[&'a Tensor], at: usize) -> Result<&'a Tensor, EvalError> {
    operands.get(at).copied().ok_or(EvalError::OperandCount {
        op: "upstream",
        expected: format!("at least {}", at + 1),
        found: operands.len(),
    })
}

impl Slice {
    /// Linear index in the larger tensor of a multi-index of the part.
    fn address(&self, strides: &[usize], index: &[usize]) -> usize {
        (0..index.len())
            .map(|axis| (self.offsets[axis] + index[axis] * self.strides[axis]) * strides[axis])
            .sum()
    }

    fn extract(&self, source: &Tensor) -> Tensor {
        let strides = strides(&source.shape);
        source.gather(&self.sizes, |index| self.address(&strides, index))
    }

    fn insert(&self, source: &Tensor, destination: &Tensor) -> Result<Tensor, EvalError> {
        let strides = strides(&destination.shape);
        let mut result = destination.clone();
        let mut at = 0;
        crate::tensor::for_each_index(&self.sizes, |index| {
            let to = self.address(&strides, index);
            match (&mut result.data, &source.data) {
                (Data::F32(to_values), Data::F32(values)) => to_values[to] = values[at],
                (
                    Data::Int {
                        values: to_values, ..
                    },
                    Data::Int { values, .. },
                ) => {
                    to_values[to] = values[at];
                }
                _ => {}
            }
            at += 1;
        });
        Ok(result)
    }
}

/// How one operand is addressed: the step of each loop, and the start.
struct Address {
    steps: Vec<i64>,
    start: i64,
}

impl Address {
    fn new(map: &AffineMap, shape: &[usize]) -> Self {
        let strides = strides(shape);
        let along = |dim: usize| {
            map.coefficients
                .iter()
                .zip(&strides)
                .map(|(row, &stride)| row[dim] * stride as i64)
                .sum()
        };
        Self {
            steps: (0..map.dims).map(along).collect(),
            start: map
                .constants
                .iter()
                .zip(&strides)
                .map(|(&value, &stride)| value * stride as i64)
                .sum(),
        }
    }
}

impl Generic {
    /// Extent of each loop, from the shapes of the operands.
    pub fn extents(&self, shapes: &[&[usize]]) -> Option<Vec<usize>> {
        self.nest().extents(shapes)
    }

    fn eval(&self, operands: &[&Tensor]) -> Result<Tensor, EvalError> {
        let malformed = |what: &str| {
            EvalError::attribute("linalg.generic", "operands", what, "integer tensors")
        };
        let shapes: Vec<_> = operands
            .iter()
            .map(|tensor| tensor.shape.as_slice())
            .collect();
        if operands.len() != self.maps.len() {
            return Err(malformed("a wrong number"));
        }
        let extents = self
            .extents(&shapes)
            .ok_or_else(|| malformed("a loop of unknown extent"))?;
        let widths = operands
            .iter()
            .map(|tensor| match tensor.element() {
                Element::Int { width, .. } => Ok(width),
                _ => Err(malformed("floats")),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let addresses: Vec<_> = self
            .maps
            .iter()
            .zip(&shapes)
            .map(|(map, shape)| Address::new(map, shape))
            .collect();
        let inputs: Vec<&[i64]> = operands
            .iter()
            .map(|tensor| tensor.as_int().unwrap_or_default())
            .collect();
        let mut output = inputs[inputs.len() - 1].to_vec();
        if extents.contains(&0) {
            return Ok(Tensor::int(
                widths[widths.len() - 1],
                shapes[shapes.len() - 1].to_vec(),
                output,
            ));
        }

        let program = Program {
            body: &self.body,
            widths: self.widths(&widths),
        };
        let mut registers = vec![0; self.body.len()];
        let mut index = vec![0usize; extents.len()];
        let mut cursors: Vec<i64> = addresses.iter().map(|address| address.start).collect();
        let last = cursors.len() - 1;
        loop {
            let to = cursors[last] as usize;
            let output_element = output[to];
            output[to] = program.run(&mut registers, output_element, |at| {
                inputs[at][cursors[at] as usize]
            });
            // Step the innermost loop that has not ended; reset the ones inside it.
            let Some(dim) = (0..index.len())
                .rev()
                .find(|&dim| index[dim] + 1 < extents[dim])
            else {
                break;
            };
            for (inner, position) in index.iter_mut().enumerate().skip(dim + 1) {
                for (cursor, address) in cursors.iter_mut().zip(&addresses) {
                    *cursor -= address.steps[inner] * *position as i64;
                }
                *position = 0;
            }
            index[dim] += 1;
            for (cursor, address) in cursors.iter_mut().zip(&addresses) {
                *cursor += address.steps[dim];
            }
        }
        Ok(Tensor::int(
            widths[widths.len() - 1],
            shapes[shapes.len() - 1].to_vec(),
            output,
        ))
    }
}

/// A body with the width of each instruction.
struct Program<'a> {
    body: &'a [Instr],
    widths: Vec<u32>,
}

impl Program<'_> {
    /// One iteration. Registers hold numbers sign-extended from their width.
    fn run(&self, registers: &mut [i64], output: i64, input: impl Fn(usize) -> i64) -> i64 {
        let mut value = 0;
        for (at, instr) in self.body.iter().enumerate() {
            let width = self.widths[at];
            value = match *instr {
                Instr::Input(number) => input(number),
                Instr::Output => output,
                Instr::Constant(value, _) => sign_extend(value, width),
                Instr::ExtS(a, _) => registers[a],
                Instr::ExtU(a, _) => zero_extend(registers[a], self.widths[a]),
                Instr::Trunc(a, _) => sign_extend(registers[a], width),
                Instr::Add(a, b) => sign_extend(registers[a].wrapping_add(registers[b]), width),
                Instr::Sub(a, b) => sign_extend(registers[a].wrapping_sub(registers[b]), width),
                Instr::Mul(a, b) => sign_extend(registers[a].wrapping_mul(registers[b]), width),
                Instr::MaxS(a, b) => registers[a].max(registers[b]),
                Instr::MinS(a, b) => registers[a].min(registers[b]),
                Instr::MaxU(a, b) => self.unsigned(registers, a, b, |a, b| a >= b),
                Instr::MinU(a, b) => self.unsigned(registers, a, b, |a, b| a <= b),
            };
            registers[at] = value;
        }
        value
    }

    /// Chooses `a` or `b` by comparing them as unsigned numbers.
    fn unsigned(
        &self,
        registers: &[i64],
        a: usize,
        b: usize,
        first: impl Fn(u64, u64) -> bool,
    ) -> i64 {
        let number = |at: usize| zero_extend(registers[at], self.widths[at]) as u64;
        if first(number(a), number(b)) {
            registers[a]
        } else {
            registers[b]
        }
    }
}
