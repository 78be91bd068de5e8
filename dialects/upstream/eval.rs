//! The meaning of the upstream ops that level 3 uses, for the interpreter.

use super::linalg::accumulate::Accumulation;
use super::linalg::generic::{Generic, Instr};
use super::tensor::Slice;
use super::{AffineMap, Op};
use crate::error::EvalError;
use crate::tensor::{Data, Element, Tensor, sign_extend, strides};
use crate::value::TensorType;

impl Op {
    /// The result of the op; for destination-style ops the destination is the last operand.
    pub fn eval(&self, operands: &[&Tensor], result: &TensorType) -> Result<Tensor, EvalError> {
        match self {
            Self::Generic(op) => op.eval(operands),
            Self::Transpose(op) => op.generic().eval(operands),
            Self::InsertSlice(op) => op.insert(operand(operands, 0)?, operand(operands, 1)?),
            Self::ExtractSlice(op) => Ok(op.extract(operand(operands, 0)?)),
            Self::Bitcast => {
                let bits = operand(operands, 0)?;
                let values = bits.as_int().unwrap_or_default().to_vec();
                Ok(Tensor::of_integers(
                    result.element,
                    bits.shape.clone(),
                    values,
                ))
            }
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
pub(super) struct Address {
    pub(super) steps: Vec<i64>,
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
        let destination = operands[operands.len() - 1];
        let result =
            |values| Tensor::of_integers(destination.element(), destination.shape.clone(), values);
        if extents.contains(&0) {
            return Ok(result(output));
        }

        let width = widths[widths.len() - 1];
        if let Some(accumulation) = Accumulation::of(self) {
            let output = (output.as_mut_slice(), width);
            accumulation.run(&extents, &addresses, &inputs, &widths, output);
        } else {
            let program = Program {
                body: &self.body,
                widths: self.widths(&widths),
            };
            let mut registers = vec![0; self.body.len()];
            let mut odometer = Odometer::new(extents, addresses.iter().collect());
            while let Some(cursors) = odometer.next_all() {
                let to = cursors[cursors.len() - 1] as usize;
                output[to] = program.run(&mut registers, output[to], |at| {
                    inputs[at][cursors[at] as usize]
                });
            }
        }
        Ok(result(output))
    }
}

/// Walks all iterations of a loop nest in order and keeps the addresses of its operands.
pub(super) struct Odometer<'a> {
    extents: Vec<usize>,
    addresses: Vec<&'a Address>,
    index: Vec<usize>,
    cursors: Vec<i64>,
    started: bool,
}

impl<'a> Odometer<'a> {
    /// Before the first iteration; no extent is 0.
    pub(super) fn new(extents: Vec<usize>, addresses: Vec<&'a Address>) -> Self {
        Self {
            index: vec![0; extents.len()],
            cursors: addresses.iter().map(|address| address.start).collect(),
            extents,
            addresses,
            started: false,
        }
    }

    /// The addresses of the operands in the next iteration; `None` after the last.
    pub(super) fn next<const N: usize>(&mut self) -> Option<&[i64; N]> {
        self.next_all()?.first_chunk()
    }

    /// Likewise, for any number of operands.
    pub(super) fn next_all(&mut self) -> Option<&[i64]> {
        if !std::mem::replace(&mut self.started, true) {
            return Some(&self.cursors);
        }
        // Step the innermost loop that has not ended; reset the ones inside it.
        let dim = (0..self.index.len())
            .rev()
            .find(|&dim| self.index[dim] + 1 < self.extents[dim])?;
        for (inner, position) in self.index.iter_mut().enumerate().skip(dim + 1) {
            for (cursor, address) in self.cursors.iter_mut().zip(&self.addresses) {
                *cursor -= address.steps[inner] * *position as i64;
            }
            *position = 0;
        }
        self.index[dim] += 1;
        for (cursor, address) in self.cursors.iter_mut().zip(&self.addresses) {
            *cursor += address.steps[dim];
        }
        Some(&self.cursors)
    }
}

/// A number of `width` bits after some changes of width.
pub(super) fn resized(changes: &[Instr], value: i64, mut width: u32) -> i64 {
    let mut value = value;
    for change in changes {
        if let Instr::Resize(op, _, to) = *change {
            value = op.apply(value, width, to);
            width = to;
        }
    }
    value
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
                Instr::Resize(op, a, _) => op.apply(registers[a], self.widths[a], width),
                Instr::Integer(op, a, b) => op.apply(registers[a], registers[b], width),
            };
            registers[at] = value;
        }
        value
    }
}
