//! Where an input's first quantizer changes its mind.
//!
//! From an input on, elementwise ops with scalar constants (such as `2 * x - 1`) and ops that only move elements are
//! followed to the first quantizer. The composition is a function of one number; the neighbouring float32 numbers
//! where its value changes are found by bisection, so that every rounding mode, tie and clamp is met exactly.

use melior::ir::operation::OperationLike;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Function, Op, Val};
use qonnx_dialects::onnx;
use qonnx_dialects::qint;
use qonnx_dialects::qonnx;
use qonnx_dialects::tensor::Tensor;

/// Longest chain of ops that is followed.
const MAX_STEPS: usize = 32;

/// Grid points for each octave of numbers, in which changes are looked for.
const POINTS: i32 = 64;

/// The octaves of the grid: magnitudes from `2^-12` to `2^16`.
const OCTAVES: std::ops::Range<i32> = -12..16;

/// What is known about the numbers that matter to an input.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputHints {
    /// Numbers next to which the first quantizer changes its result: for each change the last number before it, in
    /// ascending order. Empty if the input goes into no quantizer in the way described above.
    pub boundaries: Vec<f32>,
}

/// The hints of each argument of a function of level 0, 1 or 2.
pub fn hints(function: Function<'_>) -> Vec<InputHints> {
    function
        .arguments()
        .into_iter()
        .map(|argument| {
            let boundaries = chain(argument)
                .and_then(|chain| changes(&chain))
                .unwrap_or_default();
            InputHints { boundaries }
        })
        .collect()
}

/// One step from an input to its quantizer.
enum Link {
    /// An elementwise op of one varying operand, which is `None`, and scalar constants.
    Graph(GraphOp, Vec<Option<Tensor>>),
    /// The quantizer of level 2; the channels are represented by the first.
    Quantize(qint::Quantize),
}

impl Link {
    fn eval(&self, value: &Tensor) -> Option<Tensor> {
        match self {
            Self::Graph(op, operands) => {
                let operands: Vec<Option<&Tensor>> = operands
                    .iter()
                    .map(|operand| Some(operand.as_ref().unwrap_or(value)))
                    .collect();
                op.eval(&operands).ok()?.into_iter().next()
            }
            Self::Quantize(op) => {
                let first = |tensor: &Tensor| tensor.to_f32().first().copied();
                let (scale, zero_point) = (first(&op.scale)?, first(&op.zero_point)?);
                let codes = value
                    .as_f32()?
                    .iter()
                    .map(|&x| op.apply(x, scale, zero_point) as f32);
                Some(Tensor::f32(value.shape.clone(), codes.collect()))
            }
        }
    }
}

/// The ops from a value up to and with the first quantizer.
fn chain(value: Val<'_>) -> Option<Vec<Link>> {
    let mut links = Vec::new();
    let mut value = value;
    for _ in 0..MAX_STEPS {
        let (op, at) = *ir::users(value).first()?;
        let Some(graph) = GraphOp::read(op) else {
            let Some(qint::Op::Quantize(quantize)) = qint::Op::read(op) else {
                return None;
            };
            links.push(Link::Quantize(quantize));
            return Some(links);
        };
        match &graph {
            GraphOp::Onnx(
                onnx::Op::Reshape(_)
                | onnx::Op::Flatten(_)
                | onnx::Op::Transpose(_)
                | onnx::Op::Squeeze(_)
                | onnx::Op::Unsqueeze(_)
                | onnx::Op::Identity,
            ) => {}
            GraphOp::Qonnx(qonnx::Op::IntQuant(_) | qonnx::Op::BipolarQuant) => {
                links.push(link(op, graph, at)?);
                return Some(links);
            }
            GraphOp::Onnx(elementwise) if elementwise.is_elementwise() => {
                links.push(link(op, graph, at)?)
            }
            _ => return None,
        }
        value = ir::val(op.result(0).ok()?);
    }
    None
}

fn link(op: Op<'_>, graph: GraphOp, varying: usize) -> Option<Link> {
    let operands = op
        .operands()
        .map(ir::val)
        .enumerate()
        .map(|(at, operand)| {
            if at == varying {
                return Some(None);
            }
            // A quantizer for each channel is represented by that of the first.
            let constant = ir::constant_numbers(operand)?;
            (!constant.is_empty())
                .then(|| Some(Tensor::new(Vec::new(), constant.data.select(&[0]))))
        })
        .collect::<Option<Vec<_>>>()?;
    Some(Link::Graph(graph, operands))
}

/// The value of the chain at each of `xs`.
fn evaluate(chain: &[Link], xs: Vec<f32>) -> Option<Vec<f32>> {
    let mut value = Tensor::f32([xs.len()], xs);
    for link in chain {
        value = link.eval(&value)?;
    }
    value.as_f32().map(<[f32]>::to_vec)
}

/// Order-preserving map of finite float32 numbers to integers.
fn order(x: f32) -> i32 {
    let bits = x.to_bits() as i32;
    if bits < 0 {
        i32::MIN.wrapping_sub(bits)
    } else {
        bits
    }
}

/// The inverse of [`order`].
fn number(order: i32) -> f32 {
    let bits = if order < 0 {
        i32::MIN.wrapping_sub(order)
    } else {
        order
    };
    f32::from_bits(bits as u32)
}

/// The last number before each change of the chain's value.
fn changes(chain: &[Link]) -> Option<Vec<f32>> {
    let magnitudes = OCTAVES.flat_map(|octave| {
        (0..POINTS).map(move |point| f32::powi(2.0, octave) * (1.0 + point as f32 / POINTS as f32))
    });
    let positive: Vec<f32> = magnitudes.collect();
    let negative = positive.iter().rev().map(|x| -x);
    let grid: Vec<f32> = negative
        .chain([0.0])
        .chain(positive.iter().copied())
        .collect();
    let values = evaluate(chain, grid.clone())?;
    let differ = |a: f32, b: f32| a != b;
    let mut brackets: Vec<(i32, i32, f32)> = grid
        .windows(2)
        .zip(values.windows(2))
        .filter(|(_, values)| differ(values[0], values[1]))
        .map(|(points, values)| (order(points[0]), order(points[1]), values[0]))
        .collect();
    // Neighbouring numbers are at most 2^31 apart, so 32 halvings end each bracket.
    for _ in 0..32 {
        let middle: Vec<i32> = brackets
            .iter()
            .map(|(lo, hi, _)| i32::midpoint(*lo, *hi))
            .collect();
        let values = evaluate(chain, middle.iter().map(|&at| number(at)).collect())?;
        for (((lo, hi, before), middle), value) in brackets.iter_mut().zip(middle).zip(values) {
            if differ(value, *before) {
                *hi = middle;
            } else {
                *lo = middle;
            }
        }
    }
    let mut found: Vec<f32> = brackets
        .into_iter()
        .map(|(lo, hi, _)| {
            number(if hi.saturating_sub(lo) <= 1 {
                lo
            } else {
                lo.min(hi)
            })
        })
        .collect();
    found.dedup();
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn float_order_is_the_order_of_numbers() {
        let numbers = [
            f32::MIN,
            -1.0,
            -f32::MIN_POSITIVE,
            0.0,
            1e-30,
            1.0,
            f32::MAX,
        ];
        assert!(
            numbers
                .windows(2)
                .all(|pair| order(pair[0]) < order(pair[1]))
        );
        assert!(numbers.iter().all(|&x| number(order(x)) == x));
        assert_eq!(order(-0.0), 0);
    }

    #[test]
    fn boundaries_are_found_through_scaling_and_with_ties() {
        // Codes of (2 x - 1) / 0.5 rounded to even in -2..=1: they change at -1.5, -0.5 (even side -0) and 0.5.
        let source = r#"
func.func @main(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %two = onnx.constant dense<2.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<1xf32>
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<0.0> : tensor<f32>
  %b = onnx.constant dense<2.0> : tensor<f32>
  %m = onnx.mul %x, %two : (tensor<1x2xf32>, tensor<f32>) -> tensor<1x2xf32>
  %a = onnx.sub %m, %one : (tensor<1x2xf32>, tensor<1xf32>) -> tensor<1x2xf32>
  %q = qonnx.int_quant %a, %s, %z, %b {is_signed = true, narrow = false, rounding_mode = "ROUND"} : (tensor<1x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2xf32>
  return %q : tensor<1x2xf32>
}
"#;
        let context = ir::session();
        let module = ir::parse_module(&context, source.as_bytes()).expect("the module parses");
        let function = ir::main_function(&module).expect("one function");
        let found = &hints(function)[0].boundaries;
        let real = |code: f32| (code * 0.5 + 1.0) / 2.0;
        // Ties go to the even code: -1.5 to -2, -0.5 to 0 and 0.5 to 0.
        let expected = [real(-1.5), real(-0.5).next_down(), real(0.5)];
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            // 2 x - 1 rounds too, so that a few neighbours of a tie are ties.
            assert!(
                (found - expected).abs() <= 4.0 * f32::EPSILON,
                "{found} {expected}"
            );
        }
    }
    #[test]
    fn boundaries_are_found_at_level_2() {
        let source = r#"
func.func @main(%x: tensor<1x2xf32>) -> tensor<1x2xui2> {
  %q = qint.quantize %x {bipolar = false, fraction_bits = 0 : i64, hi = 3.0 : f32, lo = 0.0 : f32, rounding_mode = "FLOOR", scale = dense<0.5> : tensor<f32>, zero_point = dense<0.0> : tensor<f32>} : (tensor<1x2xf32>) -> tensor<1x2xui2>
  return %q : tensor<1x2xui2>
}
"#;
        let context = ir::session();
        let module = ir::parse_module(&context, source.as_bytes()).expect("the module parses");
        let function = ir::main_function(&module).expect("one function");
        let expected = [0.5f32, 1.0, 1.5].map(f32::next_down);
        assert_eq!(hints(function)[0].boundaries, expected);
    }
}
