//! The integer ops of level 3 on machine integers: one file for each op.
//!
//! Each function appends upstream ops and returns the tensor with what is known about its integers.

mod contraction;
mod data;
mod dequantize;
mod in_memory;
mod lookup;
mod nest;
mod quantize;
mod requantize;
mod roles;
mod threshold;
mod threshold_of_sums;

pub use contraction::{Contraction, contraction};
pub use data::{Literal, constant};
pub use in_memory::lower_in_memory;

use qonnx_dialects::ir::Val;
use qonnx_dialects::qint;
use qonnx_dialects::tensor::{Data, Element, Tensor};
use qonnx_dialects::upstream::{self, AffineMap, Resize, Scalar, Scalars};
use qonnx_dialects::value::TensorType;

use super::Refusal;
use super::emit::{Emitter, Indexed};
use super::layout::Channels;
use super::machine::{Declared, Interval, Number, machine_element};
use super::register::Register;

/// A tensor of the new function.
#[derive(Clone, Copy)]
pub struct Machine<'c> {
    /// The tensor.
    pub value: Val<'c>,
    /// What is known about its integers; `None` for floats.
    pub number: Option<Number>,
    /// Whether its channels are innermost; `None` for the order of level 3.
    pub channels: Option<Channels>,
}

impl<'c> Machine<'c> {
    /// A tensor of floats.
    pub fn float(value: Val<'c>) -> Self {
        Self {
            value,
            number: None,
            channels: None,
        }
    }

    /// A tensor of machine integers of a level-3 type.
    pub fn int(value: Val<'c>, width: u32, range: Option<Interval>) -> Self {
        Self {
            value,
            number: Some(Number::new(width, range)),
            channels: None,
        }
    }

    /// What a caller is given: containers, which hold the numbers that the type of the result says.
    pub fn returned(self, emit: &Emitter<'c>, declared: Option<Declared>) -> Self {
        let narrow = self.narrow(emit);
        let number = narrow.number.zip(declared);
        let Some((number, declared)) = number.filter(|(n, word)| !n.reads_free(word.signed)) else {
            return narrow;
        };
        let range = number.read_range(declared.signed);
        let ty = emit.type_of(narrow.value);
        let map = AffineMap::identity(ty.rank());
        let value = emit.map(&[(narrow.value, map)], &ty, |scalars, elements| {
            let register = narrow.register(elements[0]);
            register.read(scalars, declared.signed).value
        });
        Self::int(value, number.width, Some(range))
    }

    /// The same integers in their container, where a kernel has left them in more bits.
    fn narrow(self, emit: &Emitter<'c>) -> Self {
        let Some(number) = self.number else {
            return self;
        };
        let kept = Number {
            declared: number.declared,
            ..Number::new(number.width, number.range)
        };
        if kept == number {
            return self;
        }
        let mut ty = emit.type_of(self.value);
        ty.element = Element::int(kept.bits);
        let map = AffineMap::identity(ty.rank());
        let value = emit.map(&[(self.value, map)], &ty, |scalars, elements| {
            scalars.convert(Resize::Trunc, elements[0], Scalar::Int(kept.bits))
        });
        Self {
            value,
            number: Some(kept),
            ..self
        }
    }

    /// An element of the tensor in a body.
    fn register(self, element: Val<'c>) -> Register<'c> {
        let number = self.number.expect("the verifier wants integers here");
        Register {
            value: element,
            number,
        }
    }
}

/// Lowers an op of `qint`; `signed` says whether its operand's integers are.
pub fn lower_qint<'c>(
    emit: &Emitter<'c>,
    op: &qint::Op,
    operand: Machine<'c>,
    signed: bool,
    result: &TensorType,
) -> Result<Machine<'c>, Refusal> {
    match op {
        qint::Op::Quantize(op) => quantize::lower(emit, op, operand.value, result),
        qint::Op::Dequantize(op) => Ok(dequantize::lower(emit, op, operand, signed, result)),
        qint::Op::Requantize(op) => requantize::lower(emit, op, operand, signed, result),
        qint::Op::Threshold(op) => threshold::lower(emit, op, operand, signed, result),
        qint::Op::Lookup(op) => Ok(lookup::lower(emit, op, operand, signed, result)),
        _ => Err(format!(
            "the cpu backend has no code for the layer '{}'; run 'qint-to-linalg' first",
            op.name()
        )),
    }
}

/// Lowers an upstream op of level 3; `operands` are its operands in the new function.
pub fn lower_upstream<'c>(
    emit: &Emitter<'c>,
    upstream: &upstream::Op,
    operands: &[Machine<'c>],
    result: &TensorType,
) -> Result<Machine<'c>, Refusal> {
    match upstream {
        upstream::Op::Generic(generic) => {
            let mut operands = operands.to_vec();
            if let Some(destination) = operands.last_mut() {
                *destination = destination.narrow(emit);
            }
            nest::lower(emit, generic, &operands, result)
        }
        upstream::Op::InsertSlice(slice) => {
            let operands: Vec<_> = operands.iter().map(|part| part.narrow(emit)).collect();
            data::insert(emit, slice, &operands, result)
        }
        upstream::Op::Transpose(transpose) => {
            nest::lower(emit, &transpose.generic(), operands, result)
        }
        upstream::Op::ExtractSlice(slice) => {
            let operand = operands.first().ok_or("an operand is missing")?;
            Ok(Machine {
                value: emit.extract(slice, operand.value),
                ..*operand
            })
        }
        upstream::Op::Bitcast => operands
            .first()
            .copied()
            .ok_or_else(|| "an operand is missing".to_owned()),
        upstream::Op::Reshape => {
            let operand = operands.first().ok_or("an operand is missing")?;
            Ok(Machine {
                value: emit.reshape(operand.value, &result.shape),
                ..*operand
            })
        }
    }
}

/// How many bits the integers of a type have; the verifier has made sure that they are integers.
fn width_of(r#type: &TensorType) -> u32 {
    match r#type.element {
        Element::Int { width, .. } => width,
        Element::F32 | Element::F64 => 64,
    }
}

/// The type of the tensor that keeps a level-3 tensor.
pub fn machine_type(r#type: &TensorType) -> TensorType {
    TensorType::new(r#type.shape.clone(), machine_element(r#type.element))
}

/// A parameter of a body: one number for all elements, or one for each position along some dimensions.
enum Parameter {
    /// The same everywhere: a constant in the body.
    Scalar(usize),
    /// Operand number of a tensor beside the input.
    Operand(usize),
}

/// The parameters of one op, which become constants in the body or operands of the nest.
struct Parameters<'c> {
    operands: Vec<Indexed<'c>>,
    scalars: Vec<Data>,
}

impl<'c> Parameters<'c> {
    /// The nest reads `input` element by element.
    fn new(input: Val<'c>, rank: usize) -> Self {
        Self {
            operands: vec![(input, AffineMap::identity(rank))],
            scalars: Vec::new(),
        }
    }

    /// A parameter whose elements are indexed by `map`.
    fn add(&mut self, emit: &Emitter<'c>, value: &Tensor, map: AffineMap) -> Parameter {
        if let Some(scalar) = uniform(&value.data) {
            self.scalars.push(scalar);
            return Parameter::Scalar(self.scalars.len() - 1);
        }
        self.operands.push((emit.constant(value), map));
        Parameter::Operand(self.operands.len() - 1)
    }

    /// Integers, one for each position along `axis` or one for all, as machine integers of `width` bits.
    fn add_channels(
        &mut self,
        emit: &Emitter<'c>,
        values: Vec<i64>,
        width: u32,
        axis: usize,
    ) -> Parameter {
        let rank = self.operands[0].1.dims;
        let value = Tensor::int(width, [values.len()], values);
        self.add(emit, &value, AffineMap::select(rank, &[axis]))
    }

    /// A tensor that broadcasts against the input.
    fn add_broadcast(&mut self, emit: &Emitter<'c>, value: &Tensor) -> Parameter {
        let map = AffineMap::broadcast(self.operands[0].1.dims, &value.shape);
        self.add(emit, value, map)
    }

    /// The parameter in a body whose elements are `elements`.
    fn get(
        &self,
        scalars: &Scalars<'c, '_>,
        elements: &[Val<'c>],
        parameter: &Parameter,
    ) -> Val<'c> {
        match *parameter {
            Parameter::Operand(at) => elements[at],
            Parameter::Scalar(at) => match &self.scalars[at] {
                Data::F32(values) => scalars.f32(values[0]),
                Data::F64(values) => scalars.f64(values[0]),
                Data::Int { width, values, .. } => scalars.int(values[0], *width),
            },
        }
    }
}

/// The only value of a tensor's elements, if they are all the same bits.
fn uniform(data: &Data) -> Option<Data> {
    let same = match data {
        Data::F32(values) => values
            .windows(2)
            .all(|pair| pair[0].to_bits() == pair[1].to_bits()),
        Data::F64(values) => values
            .windows(2)
            .all(|pair| pair[0].to_bits() == pair[1].to_bits()),
        Data::Int { values, .. } => values.windows(2).all(|pair| pair[0] == pair[1]),
    };
    (same && !data.is_empty()).then(|| data.select(&[0]))
}
