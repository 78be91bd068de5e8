//! The C++ expression of each float operation, in terms of `runtime/float_ops.h`.

use qonnx_dialects::declare::Role;
use qonnx_dialects::formula::{Binary, Comparison, Formula, Node, Unary};
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::onnx::{self, BatchNormalization, Concat, Op, Transpose};
use qonnx_dialects::qint;
use qonnx_dialects::qonnx::{self, Codes, Quantizer, Rounding};
use qonnx_dialects::tensor::{Data, Tensor};
use qonnx_dialects::value::{TensorType, ValueInfo, normalize_axis};
use qonnx_dialects::word::Word;

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
        Op::Reshape(_) | Op::Flatten(_) | Op::Squeeze(_) | Op::Unsqueeze(_) | Op::Identity => {
            Some(x.name.clone())
        }
        Op::Transpose(Transpose { perm }) => {
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
        Op::Concat(Concat { axis }) => concat(*axis, operands, result),
        Op::MatMul => matmul(operands),
        Op::Gemm(attributes) => gemm(attributes, operands, result),
        Op::BatchNormalization(BatchNormalization { epsilon }) => {
            batch_normalization(*epsilon, operands)
        }
        Op::Softmax(softmax) => Some(softmax_call(softmax, x, false)?),
        Op::LogSoftmax(softmax) => Some(softmax_call(softmax, x, true)?),
        _ => elementwise(op, operands, result),
    }
}

/// A broadcast operation, whose function is its formula, of one or two operands that are not the same number everywhere.
fn elementwise(op: &Op, operands: &[Option<Variable>], result: &TensorType) -> Option<String> {
    let declaration = op.declaration();
    let formula = declaration.formula.as_ref()?;
    let mut names = Vec::with_capacity(operands.len());
    let mut moving = Vec::new();
    for (at, operand) in declaration.operands.iter().enumerate() {
        let given = operands.get(at).and_then(Option::as_ref);
        let scalar = given.and_then(|given| given.constant.as_ref()?.as_scalar());
        names.push(match (given, scalar) {
            (_, Some(number)) => number_of(number),
            // Infinities are beyond an absent bound; the upper one is the last operand.
            (None, None) if operand.role == Role::Bound => {
                let upper = at + 1 == declaration.operands.len();
                number_of(if upper { f32::MAX } else { f32::MIN }.into())
            }
            (None, None) => return None,
            (Some(given), None) => {
                moving.push(given);
                ["a", "b"].get(moving.len() - 1)?.to_string()
            }
        });
    }
    let variadic = declaration.arity().1 == usize::MAX;
    if variadic {
        let [Some(a), Some(b)] = operands else {
            return None;
        };
        moving = vec![a, b];
        names = vec!["a".to_owned(), "b".to_owned()];
    }
    let body = formula_text(formula, &names, &op.numbers());
    match moving.as_slice() {
        [x] if x.ty.shape == result.shape => {
            Some(format!("map({}, [](double a) {{ {body} }})", x.name))
        }
        [a, b] => Some(format!(
            "zip({}, {}, {}, {}, {}, [](double a, double b) {{ {body} }})",
            a.name,
            a.shape(),
            b.name,
            b.shape(),
            shape(&result.shape)
        )),
        _ => None,
    }
}

/// A number as a C++ double.
fn number_of(value: f64) -> String {
    if value.is_nan() {
        "std::numeric_limits<double>::quiet_NaN()".to_owned()
    } else if value.is_infinite() {
        let sign = if value < 0.0 { "-" } else { "" };
        format!("{sign}std::numeric_limits<double>::infinity()")
    } else {
        format!("{value:e}")
    }
}

/// The statements of a function of doubles that returns the value of a formula. What is used twice has a name.
fn formula_text(formula: &Formula, operands: &[String], attributes: &[f64]) -> String {
    let mut uses = vec![0; formula.nodes.len()];
    for node in formula.nodes {
        for at in node.operands().into_iter().flatten() {
            uses[at] += 1;
        }
    }
    let mut statements = String::new();
    let mut texts: Vec<String> = Vec::with_capacity(formula.nodes.len());
    for (at, node) in formula.nodes.iter().enumerate() {
        let (text, plain) = match *node {
            Node::Operand(operand) => (operands[operand].clone(), true),
            Node::Attribute(attribute) => (number_of(attributes[attribute]), true),
            Node::Number(value) => (number_of(value), true),
            Node::Unary(function, x) => (unary(function, &texts[x]), false),
            Node::Binary(function, a, b) => (binary(function, &texts[a], &texts[b]), false),
            Node::Compare(comparison, a, b) => {
                let symbol = symbol(comparison);
                (format!("({} {symbol} {})", texts[a], texts[b]), false)
            }
            Node::Select(condition, yes, no) => {
                let [condition, yes, no] = [condition, yes, no].map(|at| texts[at].as_str());
                (format!("({condition} ? {yes} : {no})"), false)
            }
        };
        texts.push(if plain || uses[at] < 2 {
            text
        } else {
            statements += &format!("const double t{at} = {text}; ");
            format!("t{at}")
        });
    }
    let result = texts.pop().unwrap_or_default();
    format!("{statements}return {result};")
}

fn unary(function: Unary, x: &str) -> String {
    let name = match function {
        Unary::Neg => return format!("(-{x})"),
        Unary::Abs => "std::fabs",
        Unary::Sqrt => "std::sqrt",
        Unary::Exp => "std::exp",
        Unary::ExpM1 => "std::expm1",
        Unary::Log => "std::log",
        Unary::Log1P => "std::log1p",
        Unary::Floor => "std::floor",
        Unary::Ceil => "std::ceil",
        Unary::RoundEven => "round_ties_even",
        Unary::Tanh => "std::tanh",
        Unary::Erf => "std::erf",
    };
    format!("{name}({x})")
}

fn binary(function: Binary, a: &str, b: &str) -> String {
    match function {
        Binary::Add => format!("({a} + {b})"),
        Binary::Sub => format!("({a} - {b})"),
        Binary::Mul => format!("({a} * {b})"),
        Binary::Div => format!("({a} / {b})"),
        Binary::Pow => format!("std::pow({a}, {b})"),
        Binary::Min => format!("minimum({a}, {b})"),
        Binary::Max => format!("maximum({a}, {b})"),
    }
}

fn symbol(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
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
            let rounding = rounding_name(op.rounding_mode);
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
            let Some(word) = Word::of_element(x.ty.element) else {
                return ("", None);
            };
            let text = constant(&op.scale).map(|scale| {
                format!(
                    "dequantize({}, {}, {}, {}, {scale}, {})",
                    x.name,
                    x.shape(),
                    word.bits,
                    word.signed,
                    shape(&op.scale.shape)
                )
            });
            (FLOATS, text)
        }
        _ => ("", None),
    }
}
