//! Networks of hardware layers, which the host starts.

use melior::ir::operation::OperationLike;
use qonnx_dialects::dataflow::{self, Link, Run, Trace, link_of};
use qonnx_dialects::ir::{self, Function, Op, Val};
use qonnx_dialects::memory::Budget;
use qonnx_dialects::tensor::Tensor;
use std::collections::HashMap;

use super::InterpError;
use super::step::error;

/// One layer with the links that it reads and makes, by number.
struct Layer {
    layer: dataflow::Op,
    operands: Vec<usize>,
    link: Link,
}

/// A network that has been read.
pub(super) struct Network {
    arguments: Vec<Link>,
    layers: Vec<Layer>,
    returned: Vec<usize>,
}

impl Network {
    /// The network that an op runs, one of the functions beside the host's. Fails if there is none, or if it is not made of
    /// layers.
    pub(super) fn of(
        op: Op<'_>,
        run: &Run,
        functions: &[Function<'_>],
    ) -> Result<Self, InterpError> {
        let mut functions = functions.iter();
        let Some(function) = functions.find(|function| function.name() == run.network) else {
            return Err(error(op, "runs a network that the module does not have"));
        };
        let mut numbers: HashMap<usize, usize> = HashMap::new();
        let link =
            |value: Val<'_>| link_of(value).ok_or_else(|| error(op, "runs what is no network"));
        let mut arguments = Vec::new();
        for value in function.arguments() {
            numbers.insert(ir::value_key(value), arguments.len());
            arguments.push(link(value)?);
        }
        let find = |numbers: &HashMap<usize, usize>, value: Val<'_>| {
            let number = numbers.get(&ir::value_key(value)).copied();
            number.ok_or_else(|| error(op, "runs a network that uses a value before it is made"))
        };
        let mut layers = Vec::new();
        for op in function.ops() {
            if Trace::read(op).is_some() {
                continue;
            }
            let (Some(layer), Some(result)) = (dataflow::Op::read(op), op.results().next()) else {
                return Err(error(op, "is no layer of hardware, expected layers only"));
            };
            let result = ir::val(result);
            let operands = op
                .operands()
                .map(|operand| find(&numbers, ir::val(operand)));
            let operands = operands.collect::<Result<_, _>>()?;
            numbers.insert(ir::value_key(result), arguments.len() + layers.len());
            layers.push(Layer {
                layer,
                operands,
                link: link(result)?,
            });
        }
        let returned = function.returned().into_iter();
        let returned = returned.map(|value| find(&numbers, value));
        Ok(Self {
            returned: returned.collect::<Result<_, _>>()?,
            arguments,
            layers,
        })
    }

    /// The results for the host's tensors. Fails if these are not what the network takes, or if its words take too much
    /// memory.
    pub(super) fn eval(
        &self,
        op: Op<'_>,
        operands: &[&Tensor],
    ) -> Result<Vec<Tensor>, InterpError> {
        let takes = self.arguments.len() == operands.len();
        let fit = |(tensor, link): (&&Tensor, &Link)| {
            tensor.shape == link.shape && tensor.element() == link.word.element()
        };
        if !takes || !operands.iter().zip(&self.arguments).all(fit) {
            return Err(error(
                op,
                "has operands that are not what its network takes",
            ));
        }
        let links: Vec<&Link> = self
            .arguments
            .iter()
            .chain(self.layers.iter().map(|layer| &layer.link))
            .collect();
        let mut budget = Budget::default();
        let mut words: Vec<Vec<i64>> = Vec::with_capacity(links.len());
        for operand in operands {
            words.push(operand.as_int().unwrap_or_default().to_vec());
        }
        for layer in &self.layers {
            let room = budget.take(&layer.link.tensor());
            room.map_err(|too_large| error(op, too_large.to_string()))?;
            let operands = layer.operands.iter();
            let operands: Vec<_> = operands
                .map(|&at| (links[at], words[at].as_slice()))
                .collect();
            let result = layer.layer.eval(&operands, &layer.link);
            words.push(result);
        }
        let tensor = |&at: &usize| {
            let link = links[at];
            Tensor::of_integers(link.word.element(), link.shape.clone(), words[at].clone())
        };
        Ok(self.returned.iter().map(tensor).collect())
    }
}
