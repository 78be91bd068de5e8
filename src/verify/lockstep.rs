//! A graph's run that follows the integers of another run.
//!
//! Where a quantizer of the graph and the other run's integers differ, the element either lies within float32
//! noise of a rounding boundary or is a mistake. Either way the graph goes on with the other run's integer, so that
//! every quantizer is judged on the same operands, and one flip does not hide what comes after it.

use melior::ir::operation::OperationLike;
use qonnx_dialects::error::EvalError;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Function, Node};
use qonnx_dialects::tensor::{Data, Tensor};
use std::collections::BTreeMap;

use super::noise::{Noise, Sums};
use super::trace::Trace;
use crate::integers::{Integers, Kind, NOT_A_NUMBER, OF_NOT_A_NUMBER, Quantization};
use crate::interp::{InterpError, Interpreter};
use crate::samples::Sample;

/// An element of a quantizer where both runs have another integer.
#[derive(Clone, Debug, PartialEq)]
pub struct Flip {
    /// The quantizer node.
    pub node: Node,
    /// Number of the element, row-major.
    pub element: usize,
    /// What is quantized.
    pub value: f32,
    /// How far `value` may be off.
    pub radius: f32,
    /// The graph's integer.
    pub graph: i64,
    /// The other run's integer.
    pub other: i64,
}

/// How a graph compares with a run that it followed.
#[derive(Debug, Default)]
pub struct Followed {
    /// Elements within noise of a rounding boundary.
    pub boundary: Vec<Flip>,
    /// Elements that are NaN in the graph, for which there is no integer, and what stands for NaN in the other run.
    pub not_numbers: Vec<Flip>,
    /// Elements that differ without such an excuse.
    pub wrong: Vec<Flip>,
    /// The graph's outputs behind the other run's integers.
    pub outputs: Vec<Tensor>,
    /// How far each element of each output may be off; empty where it may not.
    pub radii: Vec<Vec<f32>>,
}

/// Runs a graph (level 0 or 1) behind the integers of `other`, a run on the same sample.
pub fn follow(
    function: Function<'_>,
    interpreter: &Interpreter<'_>,
    sample: &Sample,
    other: &Trace,
) -> Result<Followed, InterpError> {
    let integers: BTreeMap<&Node, Vec<&Integers>> = other.by_node();
    walk(
        function,
        interpreter,
        sample,
        Sums::RoundedOnce,
        |flips, node, x, radius, quantization| {
            let wanted = integers.get(node).and_then(|all| all.last());
            let Some(wanted) = wanted.filter(|wanted| wanted.n.len() == x.len()) else {
                return;
            };
            flips.judge(node, x, radius, quantization, wanted);
        },
    )
}

/// A quantizer's operand, elements of it, and the quantizers of the elements.
struct Elements<'a> {
    quantization: &'a Quantization,
    quantizers: Vec<qonnx_dialects::qonnx::Quantizer>,
    results: &'a mut [f32],
}

impl Followed {
    fn judge(
        &mut self,
        node: &Node,
        x: &[f32],
        radius: &[f32],
        elements: &mut Elements<'_>,
        wanted: &Integers,
    ) {
        let of_nan = match wanted.kind {
            Kind::Integers => OF_NOT_A_NUMBER,
            Kind::Carriers | Kind::Idle => NOT_A_NUMBER,
        };
        for (element, &other) in wanted.n.iter().enumerate() {
            let (quantizer, value) = (&elements.quantizers[element], x[element]);
            let integer = |x: f32| elements.quantization.integer(quantizer, x);
            let graph = integer(value);
            if graph == other {
                continue;
            }
            elements.results[element] = elements.quantization.carrier(quantizer, other);
            // A radius that is not finite excuses nothing.
            let radius = radius.get(element).copied().filter(|r| r.is_finite());
            let radius = radius.unwrap_or(0.0);
            let (a, b) = (integer(value - radius), integer(value + radius));
            let node = node.clone();
            let flip = Flip {
                node,
                element,
                value,
                radius,
                graph,
                other,
            };
            if graph == NOT_A_NUMBER && other == of_nan {
                self.not_numbers.push(flip);
            } else if graph != NOT_A_NUMBER && (a.min(b)..=a.max(b)).contains(&other) {
                self.boundary.push(flip);
            } else {
                self.wrong.push(flip);
            }
        }
    }
}

/// Runs the graph with radii; `judge` sees each quantizer and may replace its results.
fn walk(
    function: Function<'_>,
    interpreter: &Interpreter<'_>,
    sample: &Sample,
    sums: Sums,
    mut judge: impl FnMut(&mut Followed, &Node, &[f32], &[f32], &mut Elements<'_>),
) -> Result<Followed, InterpError> {
    let mut noise = Noise::new(sums);
    let mut followed = Followed::default();
    let mut failed: Option<(Node, EvalError)> = None;
    let outputs = interpreter.run(sample, &mut |op, operands, results| {
        let Some(graph) = GraphOp::read(op) else {
            return;
        };
        let node = Node::of(op);
        if let Some(quantization) = Quantization::of(&graph, operands) {
            let x = operands.first().copied().flatten();
            let radius = op
                .operand(0)
                .ok()
                .and_then(|operand| noise.radius(ir::val(operand)));
            if let (Some(x), [result]) = (x, &mut *results)
                && let (Some(values), Data::F32(results)) = (x.as_f32(), &mut result.data)
            {
                let quantizers = quantization.each(&x.shape);
                let mut elements = Elements {
                    quantization: &quantization,
                    quantizers,
                    results,
                };
                judge(
                    &mut followed,
                    &node,
                    values,
                    radius.unwrap_or_default(),
                    &mut elements,
                );
            }
            let quantizers = x.map(|x| quantization.each(&x.shape)).unwrap_or_default();
            noise.restart(op, results, |at, carrier| {
                let quantizer = quantizers.get(at);
                quantizer.is_some_and(|quantizer| quantization.is_exact(quantizer, carrier))
            });
        } else if let Err(error) = noise.propagate(op, &graph, operands, results) {
            failed.get_or_insert((node, error));
        }
    })?;
    if let Some((node, error)) = failed {
        return Err(InterpError::Op {
            node: node.name,
            message: error.to_string(),
        });
    }
    followed.outputs = outputs;
    followed.radii = function
        .returned()
        .into_iter()
        .map(|value| noise.radius(value).map(<[f32]>::to_vec).unwrap_or_default())
        .collect();
    Ok(followed)
}
