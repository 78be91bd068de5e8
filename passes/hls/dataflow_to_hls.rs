//! The pass `dataflow-to-hls`.

use melior::Context;
use melior::ir::operation::OperationLike;
use melior::ir::{Location, ValueLike};
use qonnx_dialects::dataflow::{self, Cost, Run, array_of};
use qonnx_dialects::hls::{self, Builder, Func, Memory, Scalar};
use qonnx_dialects::ir::{self, Function, Node, Op};
use qonnx_dialects::pass::{PassResult, Reported, fail};
use qonnx_dialects::text::Foreign;
use qonnx_dialects::word::Word;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::functions::{Emitter, Port};
use super::names::Names;

declare_pass! {
    /// Lower functions of hardware layers to C++ for high-level synthesis.
    ///
    /// ## What it does
    /// Each layer becomes a C++ function of its own with loops and pragmas for `io_parallel` (all arrays in
    /// registers, all loops unrolled); each network becomes a top function that calls them in order. Constants
    /// become arrays in the narrowest standard integer type, read through a typedef of their exact width. Every
    /// tensor, weight and accumulator has a typedef. Names are those of the ONNX nodes, made legal and unique.
    ///
    /// ## Requires
    /// The pass `int-to-dataflow`. Reuse factors other than 1 are refused.
    pub struct DataflowToHls => "dataflow-to-hls" on Module {}
}

impl DataflowToHls {
    fn run<'c>(&mut self, module: Op<'c>, context: &'c Context) -> PassResult {
        let Some(body) = ir::single_block(module) else {
            return Ok(());
        };
        let functions = ir::functions_in(body);
        let mut runs: BTreeMap<String, Vec<Op<'c>>> = BTreeMap::new();
        for op in functions.iter().flat_map(|function| function.ops()) {
            if let Some(run) = Run::read(op) {
                runs.entry(run.network).or_default().push(op);
            }
        }
        let networks: Vec<_> = functions
            .iter()
            .filter(|function| runs.contains_key(&function.name()))
            .collect();
        let mut names = Names::default();
        for network in &networks {
            let legal = names.unique(&network.name().into());
            if legal != network.name() {
                let message = format!(
                    "'{}' is not a C++ identifier that can name a function",
                    Foreign::new(network.name()).shown()
                );
                return fail(network.op(), message);
            }
        }
        let mut emitter = Emitter {
            builder: Builder::new(context, body, module.location()),
            names,
        };
        for network in &networks {
            check(network, &runs[&network.name()])?;
            network_function(&mut emitter, **network)?;
        }
        for (callee, runs) in &runs {
            if !networks.iter().any(|network| network.name() == *callee) {
                let callee = Foreign::new(callee.as_str());
                return fail(
                    runs[0],
                    format!("there is no function '{}'", callee.shown()),
                );
            }
            for run in runs {
                replace_run(*run, callee, context);
            }
        }
        for network in networks {
            ir::erase(network.op());
        }
        Ok(())
    }
}

/// Checks that the host's tensors fit the arrays of the function.
fn check(network: &Function<'_>, runs: &[Op<'_>]) -> PassResult {
    let arrays =
        |values: Vec<ir::Val<'_>>| values.into_iter().map(array_of).collect::<Option<Vec<_>>>();
    let (Some(inputs), Some(outputs)) = (arrays(network.arguments()), arrays(network.returned()))
    else {
        return fail(
            network.op(),
            "a network takes and returns hardware arrays only",
        );
    };
    for run in runs {
        let tensors = run
            .operands()
            .map(ir::val)
            .chain(run.results().map(ir::val))
            .map(ir::type_of);
        let fits = run.operand_count() == inputs.len()
            && run.result_count() == outputs.len()
            && tensors
                .zip(inputs.iter().chain(&outputs))
                .all(|(tensor, array)| {
                    tensor.is_some_and(|tensor| {
                        let word = Word::of_element(tensor.element);
                        tensor.shape.iter().product::<usize>() == array.size
                            && tensor.element.is_int()
                            && tensor.element.width() == array.word.bits
                            && word.is_none_or(|word| word == array.word)
                    })
                });
        if !fits {
            return fail(
                *run,
                format!(
                    "the tensors do not fit the arrays of function '{}'",
                    network.name()
                ),
            );
        }
    }
    Ok(())
}

fn replace_run<'c>(run: Op<'c>, callee: &str, context: &'c Context) {
    let inputs: Vec<_> = run.operands().map(ir::val).collect();
    let types: Vec<_> = run.results().map(|result| result.r#type()).collect();
    let op = hls::Op::Run(hls::Run {
        callee: callee.to_owned(),
    });
    let Some(block) = ir::block_of(run) else {
        return;
    };
    let op = op.build(context, &inputs, &types, None, run.location());
    let new = ir::build_op(block, Some(run), op);
    for (old, new) in run.results().zip(new.results()) {
        ir::replace_all_uses(ir::val(old), ir::val(new));
    }
    ir::erase(run);
}

/// One layer of a network and the names around it.
struct Step<'c> {
    function: String,
    node: Option<Node>,
    location: Location<'c>,
    inputs: Vec<usize>,
    result: usize,
}

/// The layer functions and the top function of a network.
fn network_function<'c>(emitter: &mut Emitter<'c>, network: Function<'c>) -> Result<(), Reported> {
    let mut ports: HashMap<usize, Port> = HashMap::new();
    let mut arguments = Vec::new();
    for (value, name) in network.arguments().into_iter().zip(network.input_names()) {
        let Some(array) = array_of(value) else {
            return fail(network.op(), "an argument is not an array");
        };
        let port = Port {
            name: emitter.names.unique(&name.within("", "_in")),
            ..emitter.port(&name, array, "input")
        };
        arguments.push(port.clone());
        ports.insert(ir::value_key(value), port);
    }
    let mut steps = Vec::new();
    let mut cost = Cost::default();
    for op in network.ops() {
        let (Some(layer), Ok(result)) = (dataflow::Op::read(op), op.result(0)) else {
            return fail(
                op,
                format!("'{}' op is not a hardware layer", ir::op_name(op)),
            );
        };
        if let dataflow::Op::Dense(dense) = &layer
            && dense.reuse_factor != 1
        {
            let factor = dense.reuse_factor;
            return fail(
                op,
                format!(
                    "the hls backend has no dense layer with reuse factor {factor} yet, expected 1"
                ),
            );
        }
        let inputs: Vec<usize> = op
            .operands()
            .map(|value| ir::value_key(ir::val(value)))
            .collect();
        let Some(operands) = inputs
            .iter()
            .map(|key| ports.get(key).cloned())
            .collect::<Option<Vec<_>>>()
        else {
            return fail(op, "an operand is not an array of this function");
        };
        let result = ir::val(result);
        let Some(array) = array_of(result) else {
            return fail(op, "the result is not an array");
        };
        let node = Node::at(op.location());
        let wanted = node
            .as_ref()
            .map_or_else(|| layer.short_name().into(), |node| node.name.clone());
        let port = emitter.port(&wanted, array, wanted.within("result of ", ""));
        let arrays: Vec<_> = operands.iter().map(|port| port.array).collect();
        let layer_cost = dataflow::cost(&layer, &arrays, array);
        cost = cost.then(layer_cost);
        let builder = emitter.builder;
        emitter.builder = builder.at(op.location());
        let function = emitter.layer(&wanted, &layer, &operands, &port, layer_cost);
        emitter.builder = builder;
        ports.insert(ir::value_key(result), port);
        steps.push(Step {
            function,
            node,
            location: op.location(),
            inputs,
            result: ir::value_key(result),
        });
    }
    let returned: Vec<usize> = network.returned().into_iter().map(ir::value_key).collect();
    let mut results = Vec::new();
    for (key, name) in returned.iter().zip(network.output_names()) {
        let Some(port) = ports.get(key) else {
            return fail(
                network.op(),
                "a returned value is not an array of this function",
            );
        };
        results.push(Port {
            name: emitter.names.unique(&name.within("", "_result")),
            ..port.clone()
        });
    }
    let top = Top {
        name: network.name(),
        arguments,
        results,
        returned,
        steps,
        ports,
        cost,
    };
    top.emit(emitter.builder, network);
    Ok(())
}

/// The top function.
struct Top<'c> {
    name: String,
    arguments: Vec<Port>,
    results: Vec<Port>,
    returned: Vec<usize>,
    steps: Vec<Step<'c>>,
    ports: HashMap<usize, Port>,
    cost: Cost,
}

impl<'c> Top<'c> {
    fn emit(&self, builder: Builder<'c>, network: Function<'c>) {
        let all: Vec<_> = self.arguments.iter().chain(&self.results).collect();
        let memory = |port: &Port| Memory::new([port.array.size], Scalar::Word(port.array.word));
        let memories: Vec<Memory> = all.iter().map(|port| memory(port)).collect();
        let head = Func {
            name: self.name.clone(),
            names: all.iter().map(|port| port.name.clone()).collect(),
            types: all.iter().map(|port| port.type_name.clone()).collect(),
            inputs: (0..all.len()).map(|at| at < self.arguments.len()).collect(),
            top: true,
            cost: self.cost,
            comment: "The hardware network: one call for each layer".into(),
        };
        let keys: Vec<usize> = network.arguments().into_iter().map(ir::value_key).collect();
        builder
            .at(network.op().location())
            .function(head, &memories, |inner, parameters| {
                let (inputs, results) = parameters.split_at(self.arguments.len());
                for input in inputs {
                    inner.pragma("ARRAY_RESHAPE", Some(*input), "complete dim=0");
                }
                for result in results {
                    inner.pragma("ARRAY_PARTITION", Some(*result), "complete dim=0");
                }
                let names: Vec<_> = all.iter().map(|port| port.name.as_str()).collect();
                inner.pragma(
                    "INTERFACE",
                    None,
                    &format!("ap_vld port={}", names.join(",")),
                );
                inner.pragma("PIPELINE", None, "II=1");
                let mut arrays: HashMap<usize, ir::Val<'c>> =
                    keys.iter().copied().zip(inputs.iter().copied()).collect();
                let inputs = self.steps.iter().flat_map(|step| &step.inputs);
                let read: HashSet<usize> = inputs.copied().collect();
                for step in &self.steps {
                    let port = &self.ports[&step.result];
                    let array = match self.direct(step, &read) {
                        Some(at) => results[at],
                        None => {
                            let array = inner.variable(&port.name, &port.type_name, &memory(port));
                            inner.pragma("ARRAY_PARTITION", Some(array), "complete dim=0");
                            array
                        }
                    };
                    let operands: Vec<_> = step
                        .inputs
                        .iter()
                        .map(|key| arrays[key])
                        .chain([array])
                        .collect();
                    inner.call(&step.function, &operands);
                    if let Some(node) = &step.node {
                        inner.at(step.location).trace(array, &node.name);
                    }
                    arrays.insert(step.result, array);
                }
                for (at, key) in self.returned.iter().enumerate() {
                    let from = arrays[key];
                    if from != results[at] {
                        copy(inner, at, from, results[at], self.results[at].array.size);
                    }
                }
            });
    }

    /// The result that a step can write without a copy: the step's array leaves the network once and no other
    /// layer reads it; `read` are the arrays that layers read.
    fn direct(&self, step: &Step<'_>, read: &HashSet<usize>) -> Option<usize> {
        if read.contains(&step.result) {
            return None;
        }
        let mut leaving = self
            .returned
            .iter()
            .enumerate()
            .filter(|(_, key)| **key == step.result);
        match (leaving.next(), leaving.next()) {
            (Some((at, _)), None) => Some(at),
            _ => None,
        }
    }
}

fn copy<'c>(builder: &Builder<'c>, number: usize, from: ir::Val<'c>, to: ir::Val<'c>, size: usize) {
    builder.for_each(&format!("copy_{number}"), "i", size, |inner, i| {
        inner.pragma("UNROLL", None, "");
        inner.store(inner.load(from, &[i]), to, &[i]);
    });
}
