//! The graph of a model: order of its nodes, and whether it is one.

use std::collections::{BTreeMap, BTreeSet};

use super::error::Problem;
use super::proto::{GraphProto, NodeProto};

/// The name that a node goes by: its own, or its operator and number.
pub fn node_name(node: &NodeProto, number: usize) -> String {
    if node.name.is_empty() { format!("{}_{number}", node.op_type) } else { node.name.clone() }
}

/// How a node is called in messages.
pub fn place(node: &NodeProto, number: usize) -> String {
    format!("node '{}' ({})", node_name(node, number), node.op_type)
}

/// The numbers of the nodes in an order in which every tensor is produced before it is used, as close to the
/// order of the file as possible. Fails with tensors that nothing or several nodes produce, and with cycles.
pub fn order(graph: &GraphProto) -> Result<Vec<usize>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut producer: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, node) in graph.node.iter().enumerate() {
        for output in node.output.iter().filter(|output| !output.is_empty()) {
            if let Some(other) = producer.insert(output, number) {
                problems.push(Problem::new(
                    place(node, number),
                    format!("produces tensor '{output}', which {} produces too", place(&graph.node[other], other)),
                ));
            }
        }
    }
    let given: BTreeSet<&str> = graph
        .initializer
        .iter()
        .map(|tensor| tensor.name.as_str())
        .chain(graph.input.iter().map(|value| value.name.as_str()))
        .collect();
    let mut waiting_for = vec![0usize; graph.node.len()];
    let mut consumers: Vec<Vec<usize>> = vec![Vec::new(); graph.node.len()];
    for (number, node) in graph.node.iter().enumerate() {
        for input in node.input.iter().filter(|input| !input.is_empty()) {
            match producer.get(input.as_str()) {
                Some(&from) => {
                    waiting_for[number] += 1;
                    consumers[from].push(number);
                }
                None if given.contains(input.as_str()) => {}
                None => problems.push(
                    Problem::new(
                        place(node, number),
                        format!("uses tensor '{input}', which is neither an input, an initializer nor an output of a node"),
                    )
                    .help("export the model again with all its initializers"),
                ),
            }
        }
    }
    for output in &graph.output {
        let name = output.name.as_str();
        if !producer.contains_key(name) && !given.contains(name) {
            problems.push(Problem::new(format!("graph output '{name}'"), "is produced by no node"));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut ready: BTreeSet<usize> =
        (0..graph.node.len()).filter(|&number| waiting_for[number] == 0).collect();
    let mut order = Vec::with_capacity(graph.node.len());
    while let Some(number) = ready.pop_first() {
        order.push(number);
        for &consumer in &consumers[number] {
            waiting_for[consumer] -= 1;
            if waiting_for[consumer] == 0 {
                ready.insert(consumer);
            }
        }
    }
    if order.len() < graph.node.len() {
        let stuck: Vec<_> = (0..graph.node.len())
            .filter(|&number| waiting_for[number] > 0)
            .take(8)
            .map(|number| node_name(&graph.node[number], number))
            .collect();
        return Err(vec![
            Problem::new("graph", format!("has a cycle through or before the nodes {}", stuck.join(", ")))
                .help("an ONNX graph must be acyclic"),
        ]);
    }
    Ok(order)
}
