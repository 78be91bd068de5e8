//! The constants of a graph: initializers, and the values of `Constant` nodes.

use qonnx_dialects::tensor::Element;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::error::Problem;
use super::external::External;
use super::graph::place;
use super::node::{Node, Refusal};
use super::opset::set_of;
use super::proto::{GraphProto, ModelProto, NodeProto};
use super::schema;
use super::tensor::Constant;

/// All constants by the name of their tensor, and what is wrong with the others. Data in other files is looked for
/// in `folder`; without one it is refused.
pub fn constants(
    model: &ModelProto,
    graph: &GraphProto,
    folder: Option<&Path>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Constant> {
    let mut constants = BTreeMap::new();
    let mut external = folder.map(External::new);
    for tensor in &graph.initializer {
        match Constant::new(tensor, external.as_mut()) {
            Ok(constant) => {
                constants.insert(tensor.name.clone(), constant);
            }
            Err(refusal) => problems.push(
                Problem::new(format!("initializer '{}'", tensor.name), refusal.message)
                    .help(refusal.help),
            ),
        }
    }
    if !graph.sparse_initializer.is_empty() {
        problems.push(
            Problem::new(
                "graph",
                "has sparse initializers, which are not supported, expected dense ones",
            )
            .help("convert them to dense initializers"),
        );
    }
    for (number, node) in graph
        .node
        .iter()
        .enumerate()
        .filter(|(_, node)| is_constant(node))
    {
        match value(model, node) {
            Ok(constant) => {
                constants.extend(node.output.first().cloned().map(|name| (name, constant)));
            }
            Err(refusal) => {
                problems
                    .push(Problem::new(place(node, number), refusal.message).help(refusal.help));
            }
        }
    }
    constants
}

/// Whether a node is a `Constant`.
pub fn is_constant(node: &NodeProto) -> bool {
    node.op_type == "Constant" && (node.domain.is_empty() || node.domain == "ai.onnx")
}

/// The value of a `Constant` node, which has it in one of several attributes.
fn value(model: &ModelProto, node: &NodeProto) -> Result<Constant, Refusal> {
    let set = set_of(model, node).map_err(|(message, help)| Refusal::unsupported(message, help))?;
    schema::check(node, set)?;
    if let [_, _, ..] = node.attribute.as_slice() {
        let found = node.attribute.len();
        return Err(format!("it has its value in {found} attributes, expected one").into());
    }
    let (constants, used) = (BTreeMap::new(), BTreeSet::new());
    let view = Node::new(node, &constants, &used, 0);
    if let Some(constant) = view.tensor("value")? {
        return Ok(constant);
    }
    if let Some(values) = view.floats("value_floats")? {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        return Ok(Constant::of_bytes(vec![values.len()], Element::F32, bytes));
    }
    if let Some(values) = view.ints("value_ints")? {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        return Ok(Constant::of_bytes(vec![values.len()], Element::I64, bytes));
    }
    if let Some(value) = view.int_if("value_int")? {
        return Ok(Constant::of_bytes(
            Vec::new(),
            Element::I64,
            value.to_le_bytes().to_vec(),
        ));
    }
    if let Some(value) = view.float_if("value_float")? {
        return Ok(Constant::of_bytes(
            Vec::new(),
            Element::F32,
            value.to_le_bytes().to_vec(),
        ));
    }
    let found: Vec<_> = node
        .attribute
        .iter()
        .map(|attribute| attribute.name.as_str())
        .collect();
    if found.is_empty() {
        return Err("it has no value, expected a tensor, numbers or a number".into());
    }
    Err(Refusal::unsupported(
        format!(
            "it has its value in {found:?}, which is not supported, expected a tensor, numbers or a number"
        ),
        "convert the constant to a dense tensor of numbers",
    ))
}
