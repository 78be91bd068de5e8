//! The top function of a network: one call for each layer.

use melior::ir::Location;
use melior::ir::operation::OperationLike;
use qonnx_dialects::dataflow::Cost;
use qonnx_dialects::hls::{Builder, Func, Memory};
use qonnx_dialects::ir::{self, Function, Node};
use std::collections::{HashMap, HashSet};

use super::functions::Port;

/// What the top function does, one after the other. Arrays go by the keys of the values that they were made for.
pub enum Step<'c> {
    /// Calls the function of a layer.
    Call {
        /// Its name.
        function: String,
        /// The arrays that it reads.
        inputs: Vec<usize>,
        /// The array that it writes.
        result: usize,
    },
    /// Shows an array to a simulation.
    Trace {
        /// The array.
        array: usize,
        /// Extents of the tensor that it is; none where the array has its order.
        extents: Vec<usize>,
        /// How far apart in the array neighbours are along each of them.
        strides: Vec<usize>,
        /// Says which node has made it.
        location: Location<'c>,
    },
}

/// The top function.
pub struct Top<'c> {
    /// Its name.
    pub name: String,
    /// The arrays that it reads.
    pub arguments: Vec<Port>,
    /// The arrays that it writes.
    pub results: Vec<Port>,
    /// What each result is.
    pub returned: Vec<usize>,
    /// What it does.
    pub steps: Vec<Step<'c>>,
    /// All arrays.
    pub ports: HashMap<usize, Port>,
    /// What all layers cost.
    pub cost: Cost,
}

impl<'c> Top<'c> {
    /// Appends the function; `network` is what it is made of.
    pub fn emit(&self, builder: Builder<'c>, network: Function<'c>) {
        let all: Vec<_> = self.arguments.iter().chain(&self.results).collect();
        let memories: Vec<Memory> = all.iter().map(|port| port.memory()).collect();
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
                let read = self.read();
                for step in &self.steps {
                    match step {
                        Step::Call {
                            function,
                            inputs,
                            result,
                        } => {
                            let port = &self.ports[result];
                            let array = match self.direct(*result, &read) {
                                Some(at) => results[at],
                                None => {
                                    let array =
                                        inner.variable(&port.name, &port.type_name, &port.memory());
                                    inner.pragma("ARRAY_PARTITION", Some(array), "complete dim=0");
                                    array
                                }
                            };
                            let operands = inputs.iter().map(|key| arrays[key]).chain([array]);
                            inner.call(function, &operands.collect::<Vec<_>>());
                            arrays.insert(*result, array);
                        }
                        Step::Trace {
                            array,
                            extents,
                            strides,
                            location,
                        } => {
                            let name = Node::at(*location).map(|node| node.name);
                            inner.at(*location).trace(
                                arrays[array],
                                &name.unwrap_or_default(),
                                [extents, strides],
                            );
                        }
                    }
                }
                for (at, key) in self.returned.iter().enumerate() {
                    let from = arrays[key];
                    if from != results[at] {
                        copy(inner, at, from, results[at], self.results[at].link.size());
                    }
                }
            });
    }

    /// The arrays that layers read.
    fn read(&self) -> HashSet<usize> {
        let inputs = self.steps.iter().filter_map(|step| match step {
            Step::Call { inputs, .. } => Some(inputs),
            Step::Trace { .. } => None,
        });
        inputs.flatten().copied().collect()
    }

    /// The result that a layer can write without a copy: its array leaves the network once and no other layer reads it;
    /// `read` are the arrays that layers read.
    fn direct(&self, result: usize, read: &HashSet<usize>) -> Option<usize> {
        if read.contains(&result) {
            return None;
        }
        let mut leaving = self
            .returned
            .iter()
            .enumerate()
            .filter(|(_, key)| **key == result);
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
