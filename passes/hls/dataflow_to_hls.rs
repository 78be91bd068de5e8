//! The pass `dataflow-to-hls`.

use melior::Context;
use melior::ir::ValueLike;
use melior::ir::operation::OperationLike;
use qonnx_dialects::dataflow::{self, Cost, Run, Trace, link_of};
use qonnx_dialects::hls::{self, Builder};
use qonnx_dialects::ir::{self, Function, Node, Op};
use qonnx_dialects::pass::{PassResult, Reported, fail};
use qonnx_dialects::tensor::strides;
use qonnx_dialects::text::Foreign;
use std::collections::{BTreeMap, HashMap};

use super::functions::{Emitter, Port};
use super::names::Names;
use super::top::{Step, Top};

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
    /// The pass `qint-to-dataflow`. Streams and reuse factors other than 1 are refused.
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
        |values: Vec<ir::Val<'_>>| values.into_iter().map(link_of).collect::<Option<Vec<_>>>();
    let (Some(inputs), Some(outputs)) = (arrays(network.arguments()), arrays(network.returned()))
    else {
        return fail(
            network.op(),
            "a network takes and returns arrays only, and streams have no lowering yet",
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
                .all(|(tensor, link)| tensor == Some(link.tensor()));
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

/// The layer functions and the top function of a network.
fn network_function<'c>(emitter: &mut Emitter<'c>, network: Function<'c>) -> Result<(), Reported> {
    let mut ports: HashMap<usize, Port> = HashMap::new();
    let mut arguments = Vec::new();
    for (value, name) in network.arguments().into_iter().zip(network.input_names()) {
        let Some(link) = link_of(value) else {
            return fail(network.op(), "an argument is not an array");
        };
        let port = Port {
            name: emitter.names.unique(&name.within("", "_in")),
            ..emitter.port(&name, link, "input")
        };
        arguments.push(port.clone());
        ports.insert(ir::value_key(value), port);
    }
    let mut steps = Vec::new();
    let mut cost = Cost::default();
    // The array that holds the words of a value, where that has none of its own.
    let mut shared: HashMap<usize, usize> = HashMap::new();
    let root = |shared: &HashMap<usize, usize>, value| {
        let key = ir::value_key(value);
        shared.get(&key).copied().unwrap_or(key)
    };
    for op in network.ops() {
        let values: Vec<_> = op.operands().map(ir::val).collect();
        let Some(operands) = values
            .iter()
            .map(|value| ports.get(&ir::value_key(*value)).cloned())
            .collect::<Option<Vec<_>>>()
        else {
            return fail(op, "an operand is not an array of this function");
        };
        if let (Some(trace), [words], [port]) = (Trace::read(op), &values[..], &operands[..]) {
            let steps_of = strides(&port.link.shape);
            let in_order = trace.perm.is_sorted();
            let of = |list: &[usize]| match in_order {
                true => Vec::new(),
                false => trace.perm.iter().map(|&at| list[at]).collect(),
            };
            steps.push(Step::Trace {
                array: root(&shared, *words),
                extents: of(&port.link.shape),
                strides: of(&steps_of),
                location: op.location(),
            });
            continue;
        }
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
        let result = ir::val(result);
        let Some(link) = link_of(result).filter(|link| link.lanes.is_none()) else {
            return fail(
                op,
                "the result is not an array, and streams have no lowering yet",
            );
        };
        let links: Vec<_> = operands.iter().map(|port| port.link.clone()).collect();
        let wires = layer.wires(&links, &link);
        let straight = wires
            .as_ref()
            .is_some_and(|wires| wires.are_straight(link.size()));
        if let (true, [x, ..], [port, ..]) = (straight, &values[..], &operands[..]) {
            shared.insert(ir::value_key(result), root(&shared, *x));
            let port = Port {
                link,
                ..port.clone()
            };
            ports.insert(ir::value_key(result), port);
            continue;
        }
        let short = layer.short_name();
        let wanted = match Node::at(op.location()) {
            // One of several layers that a node has become.
            Some(node) if wires.is_some() => node.name.within("", &format!("_{short}")),
            Some(node) => node.name,
            None => short.into(),
        };
        let port = match (&wires, operands.first()) {
            (Some(_), Some(operand)) => emitter.port_of(&wanted, link, &operand.type_name),
            _ => emitter.port(&wanted, link, wanted.within("result of ", "")),
        };
        let layer_cost = layer.cost(&links, &port.link);
        cost = cost.then(layer_cost);
        let builder = emitter.builder;
        emitter.builder = builder.at(op.location());
        let function = emitter.layer(&wanted, &layer, &operands, &port, layer_cost);
        emitter.builder = builder;
        ports.insert(ir::value_key(result), port);
        steps.push(Step::Call {
            function,
            inputs: values.iter().map(|value| root(&shared, *value)).collect(),
            result: ir::value_key(result),
        });
    }
    let returned: Vec<_> = network.returned();
    let mut results = Vec::new();
    for (value, name) in returned.iter().zip(network.output_names()) {
        let Some(port) = ports.get(&ir::value_key(*value)) else {
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
        returned: returned.iter().map(|value| root(&shared, *value)).collect(),
        steps,
        ports,
        cost,
    };
    top.emit(emitter.builder, network);
    Ok(())
}
