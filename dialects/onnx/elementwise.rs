//! The elementwise ops: each is its formula, and what is here holds for all of them.

use super::Op;
use crate::broadcast::walk_broadcast;
use crate::declare::{Declared, Operand, Presence, Role};
use crate::error::EvalError;
use crate::formula::{Column, Formula, Number, Undefined};
use crate::ir::AttributeValue;
use crate::monotone::{Direction, Monotonicity};
use crate::tensor::{Data, Element, Sign, Tensor, broadcast_shape, wrap};
use crate::value::{Operands, TensorType, ValueInfo};

/// The formula of an elementwise op and the numbers that are its attributes.
fn function(op: &Op) -> Result<(&'static Formula, Vec<f64>), EvalError> {
    let declaration = op.declaration();
    let formula = declaration.formula.as_ref().ok_or(EvalError::Unsupported {
        op: op.name(),
        what: "has no formula".to_owned(),
    })?;
    Ok((formula, op.numbers()))
}

impl Op {
    /// The attributes as numbers for the op's formula; those that are none are NaN.
    pub fn numbers(&self) -> Vec<f64> {
        let number = |value| match value {
            Some(AttributeValue::Float(value)) => f64::from(value),
            Some(AttributeValue::Int(value)) => value as f64,
            Some(AttributeValue::Bool(value)) => f64::from(u8::from(value)),
            _ => f64::NAN,
        };
        Declared::values(self).into_iter().map(number).collect()
    }
}

/// The operand's declaration; that of a variadic one serves all.
fn operand(op: &Op, at: usize) -> Option<&'static Operand> {
    let operands = op.declaration().operands;
    operands.get(at).or_else(|| {
        let variadic = |operand: &&Operand| operand.presence == Presence::Variadic;
        operands.last().filter(variadic)
    })
}

/// The type of the result.
pub fn infer(op: &Op, operands: &Operands<'_>) -> Result<TensorType, EvalError> {
    let (formula, _) = function(op)?;
    let mut first: Option<(usize, &TensorType, &'static str)> = None;
    let mut shape = Vec::new();
    let bounds = |role| role == Role::Bound;
    for at in 0..operands.len().max(op.arity().0) {
        let Some(Operand { name, role, .. }) = operand(op, at) else {
            break;
        };
        let ty = match operands.optional(at) {
            Some(ty) => ty,
            None if bounds(*role) => continue,
            None => operands.get(at, name)?,
        };
        match (role, first) {
            (Role::Condition, _) if !ty.element.is_int() => {
                return Err(EvalError::element(op.name(), name, ty.element, "bool"));
            }
            (Role::Condition | Role::AnyNumber, _) => {}
            (Role::Like | Role::Onto | Role::Bound, Some((other, _, other_name))) => {
                operands.same_element((other, other_name), (at, name))?;
            }
            (Role::Like | Role::Onto | Role::Bound, None) => {
                if ty.element.is_int() && !formula.on_integers {
                    return Err(operands.not_f32(formula.refused_on, ty.element, name));
                }
                first = Some((at, ty, name));
            }
        }
        shape = match (role, first) {
            (Role::Bound, _) if ty.shape.iter().any(|&extent| extent != 1) => {
                return Err(EvalError::shape(op.name(), name, &ty.shape, "one element"));
            }
            (Role::Bound, _) => shape,
            (Role::Onto, Some((_, onto, _)))
                if broadcast_shape(&onto.shape, &ty.shape).as_ref() != Some(&onto.shape) =>
            {
                let expected = format!("a shape that broadcasts to {:?}", onto.shape);
                return Err(EvalError::shape(op.name(), name, &ty.shape, expected));
            }
            _ => broadcast_shape(&shape, &ty.shape).ok_or_else(|| EvalError::Broadcast {
                op: op.name(),
                left: shape.clone(),
                right: ty.shape.clone(),
            })?,
        };
    }
    let element = match first {
        _ if formula.is_condition() => Element::BOOL,
        Some((_, ty, _)) => ty.element,
        None => Element::F32,
    };
    operands.result(shape, element)
}

/// The result.
pub fn eval(op: &Op, operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
    let (formula, attributes) = function(op)?;
    let mut inputs = Vec::with_capacity(operands.len());
    for at in 0..op.declaration().operands.len().max(operands.len()) {
        let name = operand(op, at).map_or("operand", |operand| operand.name);
        inputs.push(match operands.optional(at) {
            Some(_) => Some(operands.tensor(at, name)?),
            None => None,
        });
    }
    if op.arity().1 != usize::MAX {
        return apply(op, formula, &attributes, &inputs, ty);
    }
    // From left to right; the shape of the operands so far fits the final one.
    let mut rest = inputs.into_iter().flatten();
    let Some(first) = rest.next() else {
        return Err(EvalError::OperandAbsent {
            op: op.name(),
            operand: "data_0",
        });
    };
    let mut result = first.clone();
    for next in rest {
        let shape = broadcast_shape(&result.shape, &next.shape).unwrap_or_else(|| ty.shape.clone());
        let so_far = TensorType::new(shape, ty.element);
        result = apply(
            op,
            formula,
            &attributes,
            &[Some(&result), Some(next)],
            &so_far,
        )?;
    }
    Ok(result)
}

/// The formula of one tensor for each operand, absent ones being bounds that are beyond all numbers.
fn apply(
    op: &Op,
    formula: &Formula,
    attributes: &[f64],
    inputs: &[Option<&Tensor>],
    ty: &TensorType,
) -> Result<Tensor, EvalError> {
    let like = inputs.iter().enumerate().find_map(|(at, input)| {
        let role = operand(op, at)?.role;
        (role == Role::Like).then_some(())?;
        input.map(|input| &input.data)
    });
    let element = match like {
        Some(Data::F32(_)) => Element::F32,
        Some(Data::F64(_)) | None => Element::F64,
        Some(Data::Int { width, sign, .. }) => Element::Int {
            width: *width,
            sign: *sign,
        },
    };
    let values = match element {
        Element::F32 | Element::F64 => {
            let least = if element == Element::F32 {
                f64::from(f32::MIN)
            } else {
                f64::MIN
            };
            let read = |tensor: &Tensor| tensor.to_f64();
            let results = columns(formula, attributes, inputs, [least, -least], ty, read);
            floats(ty.element, results.map_err(|_| undefined(op))?)
        }
        Element::Int {
            sign: Sign::Unsigned,
            ..
        } => {
            let read = |tensor: &Tensor| {
                let values = tensor.as_int().unwrap_or_default().iter();
                values.map(|&value| value as u64).collect()
            };
            let results = columns(formula, attributes, inputs, [0, u64::MAX], ty, read);
            let results = results.map_err(|_| undefined(op))?;
            integers(ty.element, results.into_iter().map(|value| value as i64))
        }
        Element::Int { .. } => {
            let read = |tensor: &Tensor| tensor.as_int().unwrap_or_default().to_vec();
            let results = columns(formula, attributes, inputs, [i64::MIN, i64::MAX], ty, read);
            integers(ty.element, results.map_err(|_| undefined(op))?.into_iter())
        }
    };
    Ok(Tensor::new(ty.shape.clone(), values))
}

/// The numbers that the formula gives for the elements of the operands.
fn columns<T: Number>(
    formula: &Formula,
    attributes: &[f64],
    inputs: &[Option<&Tensor>],
    [least, greatest]: [T; 2],
    ty: &TensorType,
    read: impl Fn(&Tensor) -> Vec<T>,
) -> Result<Vec<T>, Undefined> {
    let read: Vec<Option<Vec<T>>> = inputs
        .iter()
        .map(|input| {
            input.map(|input| {
                let values = read(input);
                if values.len() == 1 || input.shape == ty.shape {
                    return values;
                }
                let mut spread = Vec::with_capacity(ty.shape.iter().product());
                walk_broadcast(&ty.shape, [&input.shape], |[at]| spread.push(values[at]));
                spread
            })
        })
        .collect();
    let columns: Vec<_> = read
        .iter()
        .enumerate()
        .map(|(at, values)| match values.as_deref() {
            Some([value]) => Column::Same(*value),
            Some(values) => Column::Each(values),
            // The upper bound is the last operand.
            None if at + 1 == read.len() => Column::Same(greatest),
            None => Column::Same(least),
        })
        .collect();
    let mut results = vec![T::constant(0.0); ty.shape.iter().product()];
    formula.column(&columns, attributes, &mut results)?;
    Ok(results)
}

fn undefined(op: &Op) -> EvalError {
    let name = op
        .declaration()
        .operands
        .last()
        .map_or("B", |operand| operand.name);
    EvalError::value(op.name(), name, 0, "no division by 0")
}

fn floats(element: Element, values: Vec<f64>) -> Data {
    match element {
        Element::F32 => Data::F32(values.into_iter().map(|value| value as f32).collect()),
        Element::F64 => Data::F64(values),
        Element::Int { .. } => integers(element, values.into_iter().map(|value| value as i64)),
    }
}

fn integers(element: Element, values: impl Iterator<Item = i64>) -> Data {
    let (width, sign) = match element {
        Element::Int { width, sign } => (width, sign),
        Element::F32 | Element::F64 => (64, Sign::Signless),
    };
    Data::Int {
        width,
        sign,
        values: values.map(|value| wrap(value, width, sign)).collect(),
    }
}

/// How the result moves with operand number `moving`, for each element of the others.
pub fn monotonicity(op: &Op, moving: usize, inputs: &[Option<ValueInfo<'_>>]) -> Monotonicity {
    let (Ok((formula, attributes)), Some(moved)) =
        (function(op), inputs.get(moving).copied().flatten())
    else {
        return Monotonicity::unknown();
    };
    let wraps = moved.ty.element.is_int();
    let limit = if moved.ty.element == Element::F64 {
        f64::MAX
    } else {
        f64::from(f32::MAX)
    };
    let mut shape = Vec::new();
    let mut others: Vec<Option<(&[usize], Vec<f64>)>> = Vec::with_capacity(inputs.len());
    let absent: [f64; 2] = [-limit, limit];
    for at in 0..op.declaration().operands.len().max(inputs.len()) {
        if at == moving {
            others.push(None);
            continue;
        }
        let (extents, values) = match inputs.get(at).copied().flatten() {
            Some(ValueInfo {
                value: Some(value), ..
            }) => (value.shape.as_slice(), value.to_f64()),
            Some(_) => return Monotonicity::unknown(),
            None => (
                &[][..],
                vec![absent[usize::from(at + 1 == op.declaration().operands.len())]],
            ),
        };
        let Some(broadcast) = broadcast_shape(&shape, extents) else {
            return Monotonicity::unknown();
        };
        shape = broadcast;
        others.push(Some((extents, values)));
    }
    let variadic = op.arity().1 == usize::MAX;
    let count = shape.iter().product();
    let spread: Vec<Option<Vec<f64>>> = others
        .into_iter()
        .map(|other| {
            other.map(|(extents, values)| {
                let mut each = Vec::with_capacity(count);
                walk_broadcast(&shape, [extents], |[at]| each.push(values[at]));
                each
            })
        })
        .collect();
    let direction = |element: usize| {
        let at =
            |values: &Option<Vec<f64>>| values.as_ref().map_or(f64::NAN, |values| values[element]);
        if !variadic {
            let operands: Vec<f64> = spread.iter().map(at).collect();
            return formula.moves(moving, &operands, &attributes, wraps);
        }
        // Each of the others in turn, wherever the moving one stands among them.
        let constants = spread.iter().filter(|values| values.is_some());
        constants.fold(Direction::NonDecreasing, |so_far, values| {
            so_far.then(formula.moves(0, &[f64::NAN, at(values)], &attributes, wraps))
        })
    };
    Monotonicity {
        directions: (0..count).map(direction).collect(),
        shape,
    }
}
