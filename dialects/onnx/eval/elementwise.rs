//! Elementwise ops.
//!
//! A float op is a function of `f64`, rounded to the element type once. For `f32` operands that is the correctly
//! rounded `f32` operation for sums, differences, products, quotients and square roots, because 53 bits are at
//! least twice 24 bits plus two (Figueroa, "When is double rounding innocuous?", 1995).

use crate::broadcast::walk_broadcast;
use crate::error::EvalError;
use crate::onnx::op::Op;
use crate::tensor::{Data, Element, Tensor, broadcast_shape, wrap};
use crate::value::{Operands, TensorType};

// The C library's function: the standard library has none yet. It is the one that native code calls.
#[expect(
    unsafe_code,
    reason = "declares a C function that takes and returns a number"
)]
mod c {
    unsafe extern "C" {
        pub safe fn erf(x: f64) -> f64;
    }
}

/// An op of one operand.
pub fn unary(op: &Op, operands: &Operands<'_>) -> Result<Tensor, EvalError> {
    let input = operands.tensor(0, "X")?;
    let data = match &input.data {
        Data::F32(values) => Data::F32(
            values
                .iter()
                .map(|&x| float_unary(op, f64::from(x)) as f32)
                .collect(),
        ),
        Data::F64(values) => Data::F64(values.iter().map(|&x| float_unary(op, x)).collect()),
        Data::Int {
            width,
            unsigned,
            values,
        } => Data::Int {
            width: *width,
            unsigned: *unsigned,
            values: values
                .iter()
                .map(|&x| wrap(integer_unary(op, x, *unsigned), *width, *unsigned))
                .collect(),
        },
    };
    Ok(Tensor::new(input.shape.clone(), data))
}

/// The function of a unary float op, before the rounding; the identity for every other op.
fn float_unary(op: &Op, x: f64) -> f64 {
    match *op {
        Op::Sqrt => x.sqrt(),
        Op::Abs => x.abs(),
        Op::Neg => -x,
        Op::Exp => x.exp(),
        Op::Log => x.ln(),
        Op::Floor => x.floor(),
        Op::Ceil => x.ceil(),
        Op::Round => x.round_ties_even(),
        Op::Sign if x == 0.0 => 0.0,
        Op::Sign if x.is_nan() => x,
        Op::Sign => x.signum(),
        Op::Relu => if_below(x, 0.0, 0.0),
        Op::LeakyRelu { alpha } => if_below(x, 0.0, f64::from(alpha) * x),
        Op::Elu { alpha } => if_below(x, 0.0, f64::from(alpha) * x.exp_m1()),
        Op::Selu { alpha, gamma } => {
            f64::from(gamma) * if_below(x, 0.0, f64::from(alpha) * x.exp_m1())
        }
        Op::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Op::HardSigmoid { alpha, beta } => unit_interval(f64::from(alpha) * x + f64::from(beta)),
        Op::HardSwish => x * unit_interval(x / 6.0 + 0.5),
        Op::Tanh => x.tanh(),
        Op::Erf => c::erf(x),
        Op::Gelu => 0.5 * x * (1.0 + c::erf(x * std::f64::consts::FRAC_1_SQRT_2)),
        // ln(1 + e^x) = x + ln(1 + e^-x), which does not overflow above 0.
        Op::Softplus if x > 0.0 => x + (-x).exp().ln_1p(),
        Op::Softplus => x.exp().ln_1p(),
        _ => x,
    }
}

/// `below` if `x` is less than `bound`, else `x`: NaN stays NaN.
fn if_below(x: f64, bound: f64, below: f64) -> f64 {
    if x < bound { below } else { x }
}

/// `x` limited to 0 to 1; NaN stays NaN.
fn unit_interval(x: f64) -> f64 {
    x.clamp(0.0, 1.0)
}

/// The function of a unary op on integers; the identity for ops that integers do not have.
fn integer_unary(op: &Op, x: i64, unsigned: bool) -> i64 {
    match op {
        Op::Neg => x.wrapping_neg(),
        Op::Sign if unsigned => i64::from(x != 0),
        Op::Sign => x.signum(),
        Op::Abs if !unsigned => x.wrapping_abs(),
        Op::Relu if !unsigned => x.max(0),
        _ => x,
    }
}

/// An op of any number of broadcast operands of one type (`Pow`: the exponent may have another).
pub fn arithmetic(op: &Op, operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
    let mut result = operands.tensor(0, "A")?.clone();
    if operands.len() == 1 {
        return Ok(result);
    }
    for index in 1..operands.len() {
        let next = operands.tensor(index, "B")?;
        // Folding `Min` and `Max` pairwise needs the shape of the operands so far, which fits the final one.
        let shape = broadcast_shape(&result.shape, &next.shape).unwrap_or_else(|| ty.shape.clone());
        result = Tensor::new(
            shape.clone(),
            binary_data(op, &result, next, &shape, operands)?,
        );
    }
    Ok(result)
}

fn binary_data(
    op: &Op,
    left: &Tensor,
    right: &Tensor,
    shape: &[usize],
    operands: &Operands<'_>,
) -> Result<Data, EvalError> {
    let shapes = [left.shape.as_slice(), &right.shape];
    let count = shape.iter().product();
    match (&left.data, &right.data) {
        (Data::F32(a), Data::F32(b)) => {
            let mut result = Vec::with_capacity(count);
            walk_broadcast(shape, shapes, |[left, right]| {
                result.push(float_binary(op, f64::from(a[left]), f64::from(b[right])) as f32);
            });
            Ok(Data::F32(result))
        }
        (
            Data::Int {
                width,
                unsigned,
                values: a,
            },
            Data::Int { values: b, .. },
        ) => {
            if matches!(op, Op::Div) && b.contains(&0) {
                return Err(EvalError::value(operands.op(), "B", 0, "no division by 0"));
            }
            let mut result = Vec::with_capacity(count);
            walk_broadcast(shape, shapes, |[left, right]| {
                let value = integer_binary(op, a[left], b[right], *unsigned);
                result.push(wrap(value, *width, *unsigned));
            });
            Ok(Data::Int {
                width: *width,
                unsigned: *unsigned,
                values: result,
            })
        }
        _ => {
            let (a, b) = (left.to_f64(), right.to_f64());
            let mut result = Vec::with_capacity(count);
            walk_broadcast(shape, shapes, |[left, right]| {
                result.push(float_binary(op, a[left], b[right]));
            });
            Ok(match left.element() {
                Element::F32 => Data::F32(result.into_iter().map(|value| value as f32).collect()),
                _ => Data::F64(result),
            })
        }
    }
}

/// The function of a binary float op, before the rounding; the left operand for every other op.
fn float_binary(op: &Op, a: f64, b: f64) -> f64 {
    match op {
        Op::Add => a + b,
        Op::Sub => a - b,
        Op::Mul => a * b,
        Op::Div => a / b,
        Op::Pow if b == 2.0 => a * a,
        Op::Pow if b == 0.5 => root(a),
        Op::Pow => a.powf(b),
        Op::Min if a.is_nan() || a < b => a,
        Op::Max if a.is_nan() || a > b => a,
        Op::Min | Op::Max => b,
        Op::PRelu => if_below(a, 0.0, a * b),
        _ => a,
    }
}

/// `a` to the power 0.5: its square root, but for what C99 (F.10.4.4) says of negative infinity and zero.
fn root(a: f64) -> f64 {
    if a == f64::NEG_INFINITY {
        f64::INFINITY
    } else {
        a.sqrt() + 0.0
    }
}

/// The function of a binary integer op, before wrapping; the left operand for every other op. The divisor is not 0.
fn integer_binary(op: &Op, a: i64, b: i64, unsigned: bool) -> i64 {
    match op {
        Op::Add => a.wrapping_add(b),
        Op::Sub => a.wrapping_sub(b),
        Op::Mul => a.wrapping_mul(b),
        Op::Div if unsigned => (a as u64).checked_div(b as u64).unwrap_or(0) as i64,
        Op::Div => a.wrapping_div(b),
        Op::Min if unsigned => (a as u64).min(b as u64) as i64,
        Op::Max if unsigned => (a as u64).max(b as u64) as i64,
        Op::Min => a.min(b),
        Op::Max => a.max(b),
        _ => a,
    }
}

/// `(A, B)` of a comparison; every comparison with NaN is false.
pub fn comparison(op: &Op, operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
    let (left, right) = (operands.tensor(0, "A")?, operands.tensor(1, "B")?);
    let shapes = [left.shape.as_slice(), &right.shape];
    let mut result = Vec::with_capacity(ty.shape.iter().product());
    // Integers are compared as integers: `f64` does not hold all of 64 bits.
    match (&left.data, &right.data) {
        (
            Data::Int {
                unsigned: true,
                values: a,
                ..
            },
            Data::Int { values: b, .. },
        ) => {
            walk_broadcast(&ty.shape, shapes, |[left, right]| {
                result.push(holds(op, &(a[left] as u64), &(b[right] as u64)));
            });
        }
        (Data::Int { values: a, .. }, Data::Int { values: b, .. }) => {
            walk_broadcast(&ty.shape, shapes, |[left, right]| {
                result.push(holds(op, &a[left], &b[right]));
            });
        }
        _ => {
            let (a, b) = (left.to_f64(), right.to_f64());
            walk_broadcast(&ty.shape, shapes, |[left, right]| {
                result.push(holds(op, &a[left], &b[right]));
            });
        }
    }
    Ok(Tensor::of_integers(Element::BOOL, ty.shape.clone(), result))
}

fn holds<T: PartialOrd>(op: &Op, a: &T, b: &T) -> i64 {
    i64::from(match op {
        Op::Equal => a == b,
        Op::Less => a < b,
        Op::LessOrEqual => a <= b,
        Op::Greater => a > b,
        Op::GreaterOrEqual => a >= b,
        _ => false,
    })
}

/// `(condition, X, Y)` of `Where`.
pub fn select(operands: &Operands<'_>, ty: &TensorType) -> Result<Tensor, EvalError> {
    let condition = operands.integers(0, "condition")?;
    let (yes, no) = (operands.tensor(1, "X")?, operands.tensor(2, "Y")?);
    let shapes = [&operands.get(0, "condition")?.shape, &yes.shape, &no.shape].map(Vec::as_slice);
    let mut order = Vec::with_capacity(ty.shape.iter().product());
    walk_broadcast(&ty.shape, shapes, |[condition_at, yes_at, no_at]| {
        order.push(if condition[condition_at] != 0 {
            yes_at
        } else {
            yes.len() + no_at
        });
    });
    let both = Data::joined([&yes.data, &no.data])
        .ok_or_else(|| EvalError::element(operands.op(), "Y", no.element(), "that of 'X'"))?;
    Ok(Tensor::new(ty.shape.clone(), both.select(&order)))
}

/// `(input, min?, max?)` of `Clip`. An absent bound is the type's least or greatest number, so that infinities are
/// limited too.
pub fn clip(operands: &Operands<'_>) -> Result<Tensor, EvalError> {
    let input = operands.tensor(0, "input")?;
    let bound = |index, name| {
        operands
            .optional(index)
            .map(|_| operands.tensor(index, name))
            .transpose()
    };
    let (low, high) = (bound(1, "min")?, bound(2, "max")?);
    let data = match &input.data {
        Data::F32(values) => {
            let low = low.and_then(Tensor::as_f32).map_or(f32::MIN, |low| low[0]);
            let high = high
                .and_then(Tensor::as_f32)
                .map_or(f32::MAX, |high| high[0]);
            Data::F32(values.iter().map(|&x| limit(x, low, high)).collect())
        }
        Data::F64(values) => {
            let low = low.map_or(f64::MIN, |low| low.to_f64()[0]);
            let high = high.map_or(f64::MAX, |high| high.to_f64()[0]);
            Data::F64(values.iter().map(|&x| limit(x, low, high)).collect())
        }
        Data::Int {
            width,
            unsigned,
            values,
        } => {
            let low = low.and_then(Tensor::as_int).map(|low| low[0]);
            let high = high.and_then(Tensor::as_int).map(|high| high[0]);
            let values = match unsigned {
                true => {
                    let (low, high) = (low.unwrap_or(0) as u64, high.unwrap_or(-1) as u64);
                    values
                        .iter()
                        .map(|&x| limit(x as u64, low, high) as i64)
                        .collect()
                }
                false => {
                    let (low, high) = (low.unwrap_or(i64::MIN), high.unwrap_or(i64::MAX));
                    values.iter().map(|&x| limit(x, low, high)).collect()
                }
            };
            Data::Int {
                width: *width,
                unsigned: *unsigned,
                values,
            }
        }
    };
    Ok(Tensor::new(input.shape.clone(), data))
}

/// `x` limited to `low..=high`; `high` wins if they cross, and NaN stays NaN.
fn limit<T: PartialOrd>(x: T, low: T, high: T) -> T {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// The same numbers in another element type; see [`Op::Cast`].
pub fn cast(input: &Tensor, to: Element) -> Tensor {
    let data = match (&input.data, to) {
        (_, Element::F32) => Data::F32(input.to_f32()),
        (_, Element::F64) => Data::F64(input.to_f64()),
        (Data::Int { values, .. }, Element::BOOL) => {
            let values = values.iter().map(|&value| i64::from(value != 0)).collect();
            Data::Int {
                width: 1,
                unsigned: true,
                values,
            }
        }
        (Data::Int { values, .. }, Element::Int { width, unsigned }) => {
            let values = values
                .iter()
                .map(|&value| wrap(value, width, unsigned))
                .collect();
            Data::Int {
                width,
                unsigned,
                values,
            }
        }
        (_, Element::Int { width, unsigned }) => {
            let values = input.to_f64();
            let values = values
                .iter()
                .map(|&value| float_to_int(value, width, unsigned))
                .collect();
            Data::Int {
                width,
                unsigned,
                values,
            }
        }
    };
    Tensor::new(input.shape.clone(), data)
}

fn float_to_int(value: f64, width: u32, unsigned: bool) -> i64 {
    match (width, unsigned) {
        (1, true) => i64::from(value != 0.0),
        // Rust's conversion saturates at the type's limits, and so must the narrower types.
        (width, true) => (value as u64).min(u64::MAX >> (64 - width)) as i64,
        (width, false) => {
            let highest = i64::MAX >> (64 - width);
            (value as i64).clamp(-highest - 1, highest)
        }
    }
}
