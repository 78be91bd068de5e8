//! The C++ expression of each float operation, in terms of `runtime/float_ops.h`.

use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::onnx::{self, Op};
use qonnx_dialects::qint;
use qonnx_dialects::qonnx::{self, Codes, Quantizer, Rounding};
use qonnx_dialects::tensor::{Data, Element, Tensor};
use qonnx_dialects::value::{TensorType, ValueInfo, normalize_axis};

use super::host::{Variable, literal, shape};

/// The C++ type of float tensors.
pub const FLOATS: &str = "Floats";
/// The C++ type of integer tensors, which hold the numbers that the words stand for.
pub const INTEGERS: &str = "Integers";

/// The expression of an operation of the graph; `None` if there is none.
pub fn graph(op: &GraphOp, operands: &[Option<Variable>], result: &TensorType) -> Option<String> {
    let x = operands.first()?.as_ref()?;
    let op = match op {
        GraphOp::Onnx(op) => op,
        GraphOp::Qonnx(op) => return fake_quantize(op, x, operands),
    };
    match op {
        Op::Reshape { .. }
        | Op::Flatten { .. }
        | Op::Squeeze { .. }
        | Op::Unsqueeze { .. }
        | Op::Identity => Some(x.name.clone()),
        Op::Transpose { perm } => {
            let rank = x.ty.shape.len();
            let perm: Vec<usize> = if perm.is_empty() {
                (0..rank).rev().collect()
            } else {
                perm.iter()
                    .map(|&axis| normalize_axis(axis, rank))
                    .collect::<Option<_>>()?
            };
            Some(format!(
                "transpose({}, {}, {})",
                x.name,
                x.shape(),
                shape(&perm)
            ))
        }
        Op::Concat { axis } => concat(*axis, operands, result),
        Op::MatMul => matmul(operands),
        Op::Gemm(attributes) => gemm(attributes, operands, result),
        Op::BatchNormalization { epsilon } => batch_normalization(*epsilon, operands),
        Op::Softmax(softmax) => Some(softmax_call(softmax, x, false)?),
        Op::LogSoftmax(softmax) => Some(softmax_call(softmax, x, true)?),
        Op::Clip => {
            // Infinities are beyond an absent bound.
            let bound = |at: usize, absent: f32| match operands.get(at).and_then(Option::as_ref) {
                None => Some(absent),
                Some(bound) => bound.constant.as_ref()?.as_f32()?.first().copied(),
            };
            let least = literal(bound(1, f32::MIN)?);
            let greatest = literal(bound(2, f32::MAX)?);
            let value = format!("(x < {least} ? {least} : x)");
            let value = format!("({value} > {greatest} ? {greatest} : {value})");
            Some(map(x, &value))
        }
        _ => unary(op)
            .map(|function| map(x, &function))
            .or_else(|| elementwise(op, operands, result)),
    }
}

fn map(x: &Variable, function: &str) -> String {
    format!("map({}, [](double x) {{ return {function}; }})", x.name)
}

/// The function of an operation of one operand, of a double `x`.
fn unary(op: &Op) -> Option<String> {
    let number = |value: f32| format!("(double){}", literal(value));
    Some(match op {
        Op::Relu => "x < 0.0 ? 0.0 : x".to_owned(),
        Op::LeakyRelu { alpha } => format!("x < 0.0 ? {} * x : x", number(*alpha)),
        Op::Elu { alpha } => format!("x < 0.0 ? {} * std::expm1(x) : x", number(*alpha)),
        Op::Selu { alpha, gamma } => {
            format!(
                "{} * (x < 0.0 ? {} * std::expm1(x) : x)",
                number(*gamma),
                number(*alpha)
            )
        }
        Op::Sigmoid => "1.0 / (1.0 + std::exp(-x))".to_owned(),
        Op::HardSigmoid { alpha, beta } => {
            format!("unit_interval({} * x + {})", number(*alpha), number(*beta))
        }
        Op::HardSwish => "x * unit_interval(x / 6.0 + 0.5)".to_owned(),
        Op::Tanh => "std::tanh(x)".to_owned(),
        Op::Erf => "std::erf(x)".to_owned(),
        Op::Sqrt => "std::sqrt(x)".to_owned(),
        Op::Abs => "std::fabs(x)".to_owned(),
        Op::Neg => "-x".to_owned(),
        Op::Exp => "std::exp(x)".to_owned(),
        Op::Log => "std::log(x)".to_owned(),
        Op::Floor => "std::floor(x)".to_owned(),
        Op::Ceil => "std::ceil(x)".to_owned(),
        Op::Round => "round_ties_even(x)".to_owned(),
        Op::Sign => "sign(x)".to_owned(),
        Op::Gelu => "0.5 * x * (1.0 + std::erf(x * 0.70710678118654752440))".to_owned(),
        Op::Softplus => {
            "x > 0.0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x))".to_owned()
        }
        _ => return None,
    })
}

/// A broadcast operation of two or more operands.
fn elementwise(op: &Op, operands: &[Option<Variable>], result: &TensorType) -> Option<String> {
    let function = match op {
        Op::Add => "a + b",
        Op::Sub => "a - b",
        Op::Mul => "a * b",
        Op::Div => "a / b",
        Op::Pow => "power(a, b)",
        Op::PRelu => "a < 0.0 ? a * b : a",
        Op::Min => "a != a || a < b ? a : b",
        Op::Max => "a != a || a > b ? a : b",
        _ => return None,
    };
    let [Some(a), Some(b)] = operands else {
        return None;
    };
    Some(format!(
        "zip({}, {}, {}, {}, {}, [](double a, double b) {{ return {function}; }})",
        a.name,
        a.shape(),
        b.name,
        b.shape(),
        shape(&result.shape)
    ))
}

fn matmul(operands: &[Option<Variable>]) -> Option<String> {
    let [Some(a), Some(b)] = operands else {
        return None;
    };
    let (&[ref a_batch @ .., rows, depth], &[ref b_batch @ .., _, columns]) =
        (a.ty.shape.as_slice(), b.ty.shape.as_slice())
    else {
        return None;
    };
    let batch: usize = a_batch.iter().product();
    let b_count: usize = b_batch.iter().product();
    // Batches that broadcast in other ways do not occur in what is read so far.
    if b_count != 1 && a_batch != b_batch {
        return None;
    }
    Some(format!(
        "matmul({}, {}, {batch}, {b_count}, {rows}, {depth}, {columns})",
        a.name, b.name
    ))
}

fn gemm(gemm: &onnx::Gemm, operands: &[Option<Variable>], result: &TensorType) -> Option<String> {
    let (a, b) = (operands.first()?.as_ref()?, operands.get(1)?.as_ref()?);
    let &[rows, columns] = result.shape.as_slice() else {
        return None;
    };
    let depth = *a.ty.shape.get(usize::from(!gemm.trans_a))?;
    let none = ("Floats{0.0f}".to_owned(), shape(&[]));
    let (c, c_shape) = operands
        .get(2)
        .and_then(Option::as_ref)
        .map_or(none, |c| (c.name.clone(), c.shape()));
    Some(format!(
        "gemm({}, {}, {}, {}, {rows}, {depth}, {columns}, {}, {}, {c}, {c_shape})",
        a.name,
        gemm.trans_a,
        b.name,
        gemm.trans_b,
        literal(gemm.alpha),
        literal(if operands.get(2).is_some_and(Option::is_some) {
            gemm.beta
        } else {
            0.0
        }),
    ))
}

/// `IntQuant` and `BipolarQuant` between floats, with constant parameters.
fn fake_quantize(op: &qonnx::Op, x: &Variable, operands: &[Option<Variable>]) -> Option<String> {
    let infos: Vec<_> = operands
        .iter()
        .map(|operand| {
            operand.as_ref().map(|operand| ValueInfo {
                ty: &operand.ty,
                value: operand.constant.as_ref(),
            })
        })
        .collect();
    let quantizers = op.quantizers(&infos).ok()??;
    let each =
        |of: fn(&Quantizer) -> f32| floats(&quantizers.values.iter().map(of).collect::<Vec<_>>());
    let bound = |quantizer: &Quantizer, upper: bool| match quantizer.codes {
        Codes::Range { lo, hi, .. } => {
            if upper {
                hi
            } else {
                lo
            }
        }
        Codes::SignOfCode | Codes::SignOfInput => 0.0,
    };
    let kind = |quantizer: &Quantizer| match quantizer.codes {
        Codes::Range { rounding, .. } => rounding_name(rounding),
        Codes::SignOfCode => "SIGN_OF_CODE",
        Codes::SignOfInput => "SIGN_OF_INPUT",
    };
    let kinds: Vec<_> = quantizers.values.iter().map(kind).collect();
    let first = *kinds.first()?;
    if kinds.iter().any(|kind| *kind != first) {
        return None;
    }
    let (lo, hi): (Vec<f32>, Vec<f32>) = quantizers
        .values
        .iter()
        .map(|quantizer| (bound(quantizer, false), bound(quantizer, true)))
        .unzip();
    Some(format!(
        "fake_quantize({}, {}, {}, {}, {}, {}, {}, {first})",
        x.name,
        x.shape(),
        each(|quantizer| quantizer.scale),
        each(|quantizer| quantizer.zero_point),
        floats(&lo),
        floats(&hi),
        shape(&quantizers.shape),
    ))
}

/// The rounding mode's name in `runtime/float_ops.h`.
fn rounding_name(rounding: Rounding) -> &'static str {
    // The enumeration has the names of QONNX.
    rounding.name()
}

fn batch_normalization(epsilon: f32, operands: &[Option<Variable>]) -> Option<String> {
    let parameter = |at: usize| operands.get(at)?.as_ref()?.constant.as_ref()?.as_f32();
    let (factor, addend) = onnx::affine(
        parameter(1)?,
        parameter(2)?,
        parameter(3)?,
        parameter(4)?,
        epsilon,
    );
    let x = operands.first()?.as_ref()?;
    let inner: usize = x.ty.shape.get(2..)?.iter().product();
    Some(format!(
        "affine({}, {}, {}, {inner})",
        x.name,
        floats(&factor),
        floats(&addend)
    ))
}

fn softmax_call(softmax: &onnx::Softmax, x: &Variable, logarithm: bool) -> Option<String> {
    let axis = normalize_axis(softmax.axis, x.ty.shape.len())?;
    let outer: usize = x.ty.shape[..axis].iter().product();
    let (extent, inner): (usize, usize) = if softmax.flatten {
        (x.ty.shape[axis..].iter().product(), 1)
    } else {
        (x.ty.shape[axis], x.ty.shape[axis + 1..].iter().product())
    };
    Some(format!(
        "softmax({}, {outer}, {extent}, {inner}, {logarithm})",
        x.name
    ))
}

/// An immediately called function that places the operands one after the other.
fn concat(axis: i64, operands: &[Option<Variable>], result: &TensorType) -> Option<String> {
    let axis = normalize_axis(axis, result.rank())?;
    let block = |extents: &[usize]| -> usize { extents[axis..].iter().product() };
    let width = block(&result.shape);
    let count: usize = result.shape.iter().product();
    let mut text = format!("[&]() {{ Floats y({count}); ");
    let mut offset = 0;
    for operand in operands {
        let operand = operand.as_ref()?;
        let size = block(&operand.ty.shape);
        text += &format!("place(y, {}, {width}, {size}, {offset}); ", operand.name);
        offset += size;
    }
    Some(text + "return y; }()")
}

fn floats(values: &[f32]) -> String {
    let items: Vec<_> = values.iter().map(|value| literal(*value)).collect();
    format!("Floats{{{}}}", items.join(", "))
}

fn constant(tensor: &Tensor) -> Option<String> {
    match &tensor.data {
        Data::F32(values) => Some(floats(values)),
        Data::F64(values) => {
            let items: Vec<_> = values.iter().map(|value| format!("{value:e}")).collect();
            Some(format!("std::vector<double>{{{}}}", items.join(", ")))
        }
        Data::Int { .. } => None,
    }
}

/// The type and the expression of a crossing between float and integer.
pub fn quantization(
    op: &qint::Op,
    operands: &[Option<Variable>],
) -> (&'static str, Option<String>) {
    let Some(Some(x)) = operands.first() else {
        return ("", None);
    };
    match op {
        qint::Op::Quantize(op) => {
            let rounding = rounding_name(op.rounding);
            let parameters = constant(&op.scale).zip(constant(&op.zero_point));
            let text = parameters.map(|(scale, zero)| {
                format!(
                    "quantize({}, {}, {scale}, {}, {zero}, {}, {}, {}, {rounding}, {}, {})",
                    x.name,
                    x.shape(),
                    shape(&op.scale.shape),
                    shape(&op.zero_point.shape),
                    literal(op.lo),
                    literal(op.hi),
                    op.bipolar,
                    op.fraction_bits
                )
            });
            (INTEGERS, text)
        }
        qint::Op::Dequantize(op) => {
            let Element::Int { width, .. } = x.ty.element else {
                return ("", None);
            };
            let text = constant(&op.scale).map(|scale| {
                format!(
                    "dequantize({}, {}, {width}, {}, {scale}, {})",
                    x.name,
                    x.shape(),
                    op.signed,
                    shape(&op.scale.shape)
                )
            });
            (FLOATS, text)
        }
        _ => ("", None),
    }
}
