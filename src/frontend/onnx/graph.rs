//! The graph of a model: order of its nodes, and whether it is one.

use std::collections::{BTreeMap, BTreeSet};

use super::error::Problem;
use super::proto::{GraphProto, NodeProto};

/// Advice for graphs that break the rules of ONNX.
const INVALID: &str =
    "the file is not a valid ONNX model; export it again and check it with onnx.checker";

/// How many nodes of a cycle are named.
const NAMED: usize = 16;

/// The name that a node goes by: its own, or its operator and number.
pub fn node_name(node: &NodeProto, number: usize) -> String {
    if node.name.is_empty() {
        format!("{}_{number}", node.op_type)
    } else {
        node.name.clone()
    }
}

/// How a node is called in messages.
pub fn place(node: &NodeProto, number: usize) -> String {
    format!("node '{}' ({})", node_name(node, number), node.op_type)
}

/// The tensors that a node reads or the graph returns.
pub fn used_tensors(graph: &GraphProto) -> BTreeSet<&str> {
    let read = graph
        .node
        .iter()
        .flat_map(|node| &node.input)
        .map(String::as_str);
    read.chain(graph.output.iter().map(|output| output.name.as_str()))
        .collect()
}

/// The numbers of the nodes in an order in which every tensor is produced before it is used, as close to the
/// order of the file as possible. Fails with all tensors that nothing or more than one thing produces, or
/// else with a cycle.
pub fn order(graph: &GraphProto) -> Result<Vec<usize>, Vec<Problem>> {
    let mut problems = Vec::new();
    let given = given(graph, &mut problems);
    let producer = producers(graph, &given, &mut problems);
    // For each node the nodes that it waits for, one entry for each use.
    let mut sources: Vec<Vec<usize>> = vec![Vec::new(); graph.node.len()];
    for (number, node) in graph.node.iter().enumerate() {
        for input in node
            .input
            .iter()
            .map(String::as_str)
            .filter(|input| !input.is_empty())
        {
            match producer.get(input) {
                Some(&from) => sources[number].push(from),
                None if given.contains(input) => {}
                None => problems.push(
                    Problem::new(
                        place(node, number),
                        format!(
                            "uses tensor '{input}', expected an input, an initializer or the output of a node"
                        ),
                    )
                    .help("export the model again with all its initializers"),
                ),
            }
        }
    }
    for output in &graph.output {
        let name = output.name.as_str();
        if !producer.contains_key(name) && !given.contains(name) {
            problems.push(
                Problem::new(format!("graph output '{name}'"), "is produced by no node")
                    .help(INVALID),
            );
        }
    }
    if problems.is_empty() {
        sort(graph, &sources).map_err(|problem| vec![problem])
    } else {
        Err(problems)
    }
}

/// The tensors that are there before any node runs. An initializer may be repeated as an input, and is then
/// not an input.
fn given<'a>(graph: &'a GraphProto, problems: &mut Vec<Problem>) -> BTreeSet<&'a str> {
    let mut initializers = BTreeSet::new();
    for tensor in &graph.initializer {
        if !initializers.insert(tensor.name.as_str()) {
            let place = format!("initializer '{}'", tensor.name);
            problems.push(Problem::new(place, "has the name of another initializer").help(INVALID));
        }
    }
    let mut inputs = BTreeSet::new();
    for value in &graph.input {
        if !inputs.insert(value.name.as_str()) {
            let place = format!("graph input '{}'", value.name);
            problems.push(Problem::new(place, "has the name of another input").help(INVALID));
        }
    }
    initializers.append(&mut inputs);
    initializers
}

/// The node that produces each tensor.
fn producers<'a>(
    graph: &'a GraphProto,
    given: &BTreeSet<&str>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<&'a str, usize> {
    let mut producer = BTreeMap::new();
    for (number, node) in graph.node.iter().enumerate() {
        for output in node
            .output
            .iter()
            .map(String::as_str)
            .filter(|output| !output.is_empty())
        {
            let other = match producer.insert(output, number) {
                Some(other) => place(&graph.node[other], other),
                None if given.contains(output) => "an input or initializer".to_owned(),
                None => continue,
            };
            let message = format!("produces tensor '{output}', which {other} gives too");
            problems.push(Problem::new(place(node, number), message).help(INVALID));
        }
    }
    producer
}

/// Orders the nodes, each after its sources; among those that are ready, the first of the file comes first.
fn sort(graph: &GraphProto, sources: &[Vec<usize>]) -> Result<Vec<usize>, Problem> {
    let mut waiting_for: Vec<usize> = sources.iter().map(Vec::len).collect();
    let mut consumers: Vec<Vec<usize>> = vec![Vec::new(); sources.len()];
    for (number, sources) in sources.iter().enumerate() {
        for &source in sources {
            consumers[source].push(number);
        }
    }
    let mut ready: BTreeSet<usize> = (0..sources.len())
        .filter(|&number| waiting_for[number] == 0)
        .collect();
    let mut order = Vec::with_capacity(sources.len());
    while let Some(number) = ready.pop_first() {
        order.push(number);
        for &consumer in &consumers[number] {
            waiting_for[consumer] -= 1;
            if waiting_for[consumer] == 0 {
                ready.insert(consumer);
            }
        }
    }
    match waiting_for.iter().position(|&waiting| waiting > 0) {
        None => Ok(order),
        Some(start) => {
            let nodes = cycle(start, sources, &waiting_for);
            let named = nodes.iter().take(NAMED);
            let names: Vec<_> = named
                .map(|&number| format!("'{}'", node_name(&graph.node[number], number)))
                .collect();
            let mut message = format!("has a cycle through the nodes {}", names.join(", "));
            if nodes.len() > NAMED {
                message += &format!(" and {} more", nodes.len() - NAMED);
            }
            Err(Problem::new("graph", message)
                .help("an ONNX graph must be acyclic; export the model again"))
        }
    }
}

/// The nodes of a cycle, in the order of the data. Every waiting node has a source that waits too, so walking
/// backward from one must come to a node for the second time.
fn cycle(start: usize, sources: &[Vec<usize>], waiting_for: &[usize]) -> Vec<usize> {
    let mut path = Vec::new();
    let mut seen = BTreeMap::new();
    let mut at = start;
    while seen.insert(at, path.len()).is_none() {
        path.push(at);
        match sources[at].iter().find(|&&source| waiting_for[source] > 0) {
            Some(&source) => at = source,
            None => return path,
        }
    }
    let first = path.iter().position(|&node| node == at).unwrap_or(0);
    let mut nodes = path.split_off(first);
    nodes.reverse();
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::onnx::proto::{TensorProto, ValueInfoProto};

    fn node(name: &str, inputs: &[&str], outputs: &[&str]) -> NodeProto {
        NodeProto {
            name: name.to_owned(),
            op_type: "Op".to_owned(),
            input: inputs.iter().map(|&name| name.to_owned()).collect(),
            output: outputs.iter().map(|&name| name.to_owned()).collect(),
            ..NodeProto::default()
        }
    }

    fn graph(nodes: Vec<NodeProto>) -> GraphProto {
        let value = |name: &str| ValueInfoProto {
            name: name.to_owned(),
            r#type: None,
        };
        GraphProto {
            node: nodes,
            input: vec![value("x"), value("w")],
            output: vec![value("y")],
            initializer: vec![TensorProto {
                name: "w".to_owned(),
                ..TensorProto::default()
            }],
            ..GraphProto::default()
        }
    }

    fn faults(graph: &GraphProto) -> String {
        let problems = order(graph).expect_err("the graph is broken");
        problems
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn nodes_may_come_in_any_order() {
        let graph = graph(vec![
            node("c", &["b", "a"], &["y"]),
            node("a", &["x", "w", ""], &["a"]),
            node("b", &["a"], &["b", ""]),
            node("free", &[], &["unused"]),
        ]);
        assert_eq!(order(&graph), Ok(vec![1, 2, 0, 3]));
        assert!(!used_tensors(&graph).contains("unused"));
    }

    #[test]
    fn a_cycle_is_named_without_what_hangs_on_it() {
        let graph = graph(vec![
            node("before", &["x"], &["p"]),
            node("after", &["b"], &["y"]),
            node("one", &["p", "b"], &["a"]),
            node("two", &["a"], &["b"]),
        ]);
        let message = faults(&graph);
        assert!(
            message.contains("cycle through the nodes 'one', 'two'"),
            "{message}"
        );
        let own = faults(&super::tests::graph(vec![node("self", &["y"], &["y"])]));
        assert!(own.contains("cycle through the nodes 'self'"), "{own}");
    }

    #[test]
    fn of_a_long_cycle_some_nodes_are_named() {
        let step = |at: usize| {
            let (from, to) = (format!("t{at}"), format!("t{}", (at + 1) % 100));
            node(&format!("n{at}"), &[&from], &[&to])
        };
        let mut graph = graph((0..100).map(step).collect());
        graph.output[0].name = "t0".to_owned();
        let message = faults(&graph);
        assert!(message.contains("and 84 more; "), "{message}");
    }

    #[test]
    fn all_faults_of_a_graph_are_found_at_once() {
        let mut graph = graph(vec![
            node("", &["gone"], &["a"]),
            node("second", &["x"], &["a"]),
            node("third", &["x"], &["w"]),
        ]);
        graph.initializer.push(graph.initializer[0].clone());
        let message = faults(&graph);
        for expected in [
            "node 'Op_0' (Op): uses tensor 'gone'",
            "node 'second' (Op): produces tensor 'a', which node 'Op_0' (Op) gives too",
            "node 'third' (Op): produces tensor 'w', which an input or initializer gives too",
            "initializer 'w': has the name of another initializer",
            "graph output 'y': is produced by no node",
        ] {
            assert!(message.contains(expected), "{expected} not in\n{message}");
        }
    }
}
