//! The importer: a decoded model to a module of level 0.

use bytes::Bytes;
use melior::Context;
use melior::ir::attribute::Attribute;
use melior::ir::operation::{Operation, OperationLike};
use melior::ir::{Location, Module};
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Diagnostic, Function, Node, OpenType, Val};
use qonnx_dialects::onnx;
use qonnx_dialects::tensor::Element;
use qonnx_dialects::text::{Foreign, shown_path};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::constants::{constants, is_constant};
use super::error::{ImportErrors, Problem};
use super::graph::{node_name, order, place, used_tensors};
use super::inputs::{Input, inputs, outputs};
use super::load;
use super::node::{Node as NodeView, Operand, Refusal, Translated};
use super::ops::translate;
use super::opset::{Set, check_ir_version, check_version, set_of};
use super::proto::{GraphProto, ModelProto, NodeProto};
use super::schema;
use super::tensor::Constant;

/// Constants of at least this many bytes share the memory of the file.
const SHARED_BYTES: usize = 1024;

/// Options of the importer.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// What a symbolic or unknown extent of an input becomes.
    pub symbolic_extent: usize,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self { symbolic_extent: 1 }
    }
}

/// Imports a model file.
pub fn import<'c>(
    context: &'c Context,
    path: &Path,
    options: &ImportOptions,
) -> Result<Module<'c>, ImportErrors> {
    let file = shown_path(path);
    let fail = |problems| ImportErrors {
        file: file.clone(),
        problems,
    };
    let model = load::load(path).map_err(|problem| fail(vec![problem]))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    import_model(context, &model, &file, Some(folder), options).map_err(fail)
}

/// Imports a model from memory; `name` stands for the file in messages. External data is refused.
pub fn import_bytes<'c>(
    context: &'c Context,
    bytes: Bytes,
    name: &str,
    options: &ImportOptions,
) -> Result<Module<'c>, ImportErrors> {
    let fail = |problems| ImportErrors {
        file: name.to_owned(),
        problems,
    };
    let model = load::decode(bytes).map_err(|problem| fail(vec![problem]))?;
    import_model(context, &model, name, None, options).map_err(fail)
}

fn import_model<'c>(
    context: &'c Context,
    model: &ModelProto,
    file: &str,
    folder: Option<&Path>,
    options: &ImportOptions,
) -> Result<Module<'c>, Vec<Problem>> {
    let graph = model
        .graph
        .as_ref()
        .ok_or_else(|| vec![Problem::new("file", "holds no graph")])?;
    let versions = [check_ir_version(model), check_version(model)];
    let mut problems: Vec<_> = versions.into_iter().flatten().collect();
    let constants = constants(model, graph, folder, &mut problems);
    let inputs = inputs(graph, &constants, options, &mut problems);
    let outputs = outputs(graph, &inputs, &mut problems);
    // Also of a graph that is none, all nodes are looked at, so that one run reports everything.
    let order = order(graph).unwrap_or_else(|found| {
        problems.extend(found);
        (0..graph.node.len()).collect()
    });
    let nodes = translate_all(model, graph, &order, &constants, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let at = Location::new(context, file, 0, 0);
    for remark in inputs.iter().flat_map(|input| &input.remarks) {
        ir::emit_remark(at, remark);
    }
    let module = Module::new(at);
    let mut builder = Builder::new(context, &module, graph, &inputs, file, at);
    builder.constants(&constants);
    for (number, translated) in &nodes {
        builder.say_what_is_rounded(&graph.node[*number], translated, &constants);
        builder.node(&graph.node[*number], *number, translated, &mut problems);
    }
    builder.finish(graph, &outputs, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let (valid, diagnostics) = ir::capture(context, || module.as_operation().verify());
    if valid {
        return Ok(module);
    }
    let problem = |diagnostic: &Diagnostic| Problem::new("graph", diagnostic.to_string());
    Err(diagnostics.iter().map(problem).collect())
}

/// Translates all nodes, collecting what is wrong with each.
fn translate_all(
    model: &ModelProto,
    graph: &GraphProto,
    order: &[usize],
    constants: &BTreeMap<String, Constant>,
    problems: &mut Vec<Problem>,
) -> Vec<(usize, Translated)> {
    let used = used_tensors(graph);
    let mut translated = Vec::with_capacity(order.len());
    for &number in order {
        let node = &graph.node[number];
        if is_constant(node) {
            continue;
        }
        match translate_one(model, node, constants, &used) {
            Ok(result) => translated.push((number, result)),
            Err(refusal) => {
                problems
                    .push(Problem::new(place(node, number), refusal.message).help(refusal.help));
            }
        }
    }
    translated
}

fn translate_one(
    model: &ModelProto,
    node: &NodeProto,
    constants: &BTreeMap<String, Constant>,
    used: &BTreeSet<&str>,
) -> Result<Translated, Refusal> {
    let set = set_of(model, node).map_err(|(message, help)| Refusal::unsupported(message, help))?;
    let (Set::Onnx(version) | Set::Qonnx(version)) = set;
    let view = NodeView::new(node, constants, used, version);
    let translated = translate(&view, set).transpose().ok_or_else(|| {
        let domain = if node.domain.is_empty() {
            "ai.onnx"
        } else {
            &node.domain
        };
        Refusal::unsupported(
            format!(
                "operator {} of {domain} version {version} is not supported",
                node.op_type
            ),
            "express it in supported operators, which docs/operators.md lists",
        )
    })?;
    // What does not belong there first: a misspelt attribute is missing under its right name.
    schema::check(node, set)?;
    let translated = translated?;
    view.check_inputs(&translated)?;
    if view.uses_outputs_from(translated.results) {
        return Err(Refusal::unsupported(
            format!(
                "more than {} of its outputs are used, which is not supported",
                translated.results
            ),
            "remove what uses the further outputs, or export the model for inference",
        ));
    }
    Ok(translated)
}

/// Builds the function.
struct Builder<'c, 'a> {
    context: &'c Context,
    function: Function<'c>,
    file: Location<'c>,
    /// Name of the file.
    path: &'a str,
    /// Values by the name of the tensor.
    values: BTreeMap<&'a str, Val<'c>>,
}

impl<'c, 'a> Builder<'c, 'a> {
    fn new(
        context: &'c Context,
        module: &Module<'c>,
        graph: &'a GraphProto,
        inputs: &'a [Input],
        file: &'a str,
        location: Location<'c>,
    ) -> Self {
        let inputs_typed: Vec<_> = inputs
            .iter()
            .map(|input| {
                let name = Foreign::new(input.name.as_str());
                (ir::tensor_type(context, &input.r#type), name)
            })
            .collect();
        let outputs: Vec<_> = graph
            .output
            .iter()
            .map(|output| {
                let name = Foreign::new(output.name.as_str());
                (ir::unranked(context, Element::F32), name)
            })
            .collect();
        let at = Location::name(context, file, location);
        let function = Function::create(context, module, "main", &inputs_typed, &outputs, at);
        let values = inputs
            .iter()
            .map(|input| input.name.as_str())
            .zip(function.arguments())
            .collect();
        Self {
            context,
            function,
            file: location,
            path: file,
            values,
        }
    }

    fn append(&self, operation: Operation<'c>) -> ir::Op<'c> {
        ir::build_op(self.function.block(), None, operation)
    }

    fn location(&self, name: &str) -> Location<'c> {
        Location::name(self.context, name, self.file)
    }

    fn constants(&mut self, constants: &'a BTreeMap<String, Constant>) {
        for (name, constant) in constants {
            let shared = constant.bytes.len() >= SHARED_BYTES;
            let resource = shared
                .then(|| {
                    ir::resource_attribute(
                        self.context,
                        name,
                        &constant.r#type,
                        constant.bytes.clone(),
                    )
                })
                .flatten();
            let attribute = resource
                .unwrap_or_else(|| ir::elements_attribute(self.context, &constant.to_tensor()));
            let value = self.constant(attribute, self.location(name));
            self.values.insert(name, value);
        }
    }

    /// Quantizers take their parameters as float32 numbers, whatever carries them.
    fn say_what_is_rounded(
        &self,
        node: &NodeProto,
        translated: &Translated,
        constants: &BTreeMap<String, Constant>,
    ) {
        if !matches!(translated.op, GraphOp::Qonnx(_)) {
            return;
        }
        let constant = |name| constants.get(name).filter(|constant| constant.rounds());
        for name in node.input.iter().filter(|name| constant(*name).is_some()) {
            let message = "its float64 values are not all float32 values; quantizers round them";
            ir::emit_remark(self.location(name), message);
        }
    }

    fn constant(&self, attribute: Attribute<'c>, location: Location<'c>) -> Val<'c> {
        let operation = onnx::constant(self.context, attribute, location)
            .expect("the attribute of a constant has a static type");
        self.append(operation)
            .result(0)
            .map(ir::val)
            .expect("a constant has one result")
    }

    fn absent(&self, location: Location<'c>) -> Val<'c> {
        let none = self.append(onnx::none(self.context, location));
        none.result(0)
            .map(ir::val)
            .expect("an absent operand has one result")
    }

    fn node(
        &mut self,
        node: &'a NodeProto,
        number: usize,
        translated: &Translated,
        problems: &mut Vec<Problem>,
    ) {
        let identity = Node {
            name: node_name(node, number).into(),
            // From 1 on, so that 0 stays free for nodes of which nothing is known.
            number: u32::try_from(number + 1).unwrap_or(u32::MAX),
        };
        let location = identity.location(self.context, self.path);
        let mut operands = Vec::with_capacity(translated.operands.len());
        for operand in &translated.operands {
            operands.push(match operand {
                Operand::Input(at) => match node.input.get(*at).filter(|name| !name.is_empty()) {
                    Some(name) => match self.values.get(name.as_str()) {
                        Some(&value) => value,
                        // The node that produces it was reported.
                        None => return,
                    },
                    None => self.absent(location),
                },
                Operand::Absent => self.absent(location),
                Operand::Constant(tensor) => {
                    self.constant(ir::elements_attribute(self.context, tensor), location)
                }
            });
        }
        // `infer-shapes` finds out shapes and, where they are not float32, element types.
        let types = vec![ir::unranked(self.context, Element::F32); translated.results];
        let op = self.append(
            translated
                .op
                .build(self.context, &operands, &types, location),
        );
        if let Some(refusal) = self.refusal(&translated.op, op) {
            problems.push(Problem::new(place(node, number), refusal.message).help(refusal.help));
            return;
        }
        for (name, result) in node
            .output
            .iter()
            .zip(op.results())
            .filter(|(name, _)| !name.is_empty())
        {
            self.values.insert(name, ir::val(result));
        }
    }

    /// Why an op that was built cannot stay.
    fn refusal(&self, graph: &GraphOp, op: ir::Op<'c>) -> Option<Refusal> {
        // The verifier would say the same, but as one text.
        if let Some(Err(error)) = graph.infer_in_place(op) {
            return Some(Refusal {
                message: error.to_string(),
                help: error.advice(),
            });
        }
        let (valid, diagnostics) = ir::capture(self.context, || op.verify());
        let messages = diagnostics.into_iter().map(|diagnostic| diagnostic.message);
        (!valid).then(|| messages.collect::<Vec<_>>().join(", ").into())
    }

    fn finish(
        &self,
        graph: &GraphProto,
        declared: &[Option<OpenType>],
        problems: &mut Vec<Problem>,
    ) {
        let mut outputs = Vec::with_capacity(graph.output.len());
        for output in &graph.output {
            match self.values.get(output.name.as_str()) {
                Some(&value) => outputs.push(value),
                // What should have produced it was reported, if it was a node with a fault.
                None if !problems.is_empty() => {}
                None => {
                    let place = format!("graph output '{}'", output.name);
                    problems.push(Problem::new(
                        place,
                        "is an output that its node does not have",
                    ));
                }
            }
        }
        ir::append_return(self.function.block(), &outputs, self.file);
        self.function.update_type(self.context);
        if problems.is_empty() {
            self.function.declare_outputs(self.context, declared);
        }
    }
}
