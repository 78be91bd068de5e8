//! The importer: a decoded model to a module of level 0.

use bytes::Bytes;
use melior::Context;
use melior::ir::operation::{Operation, OperationLike};
use melior::ir::{Location, Module, Type};
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Function, Val};
use qonnx_dialects::onnx;
use qonnx_dialects::tensor::Element;
use qonnx_dialects::value::TensorType;
use std::collections::BTreeMap;
use std::path::Path;

use super::error::{ImportErrors, Problem};
use super::graph::{node_name, order, place};
use super::load;
use super::node::{Node, Operand, Translated};
use super::ops::translate;
use super::opset::{Set, set_of};
use super::proto::{GraphProto, ModelProto, NodeProto, ValueInfoProto};
use super::tensor::{Constant, element};

/// Constants of at least this many bytes share the memory of the file.
const SHARED_BYTES: usize = 1024;
/// Largest input, in elements, that a model may declare.
const MAX_INPUT: usize = 1 << 28;

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
    let file = path.display().to_string();
    let fail = |problems| ImportErrors { file: file.clone(), problems };
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
    let fail = |problems| ImportErrors { file: name.to_owned(), problems };
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
    let graph = model.graph.as_ref().ok_or_else(|| vec![Problem::new("file", "holds no graph")])?;
    let mut problems = Vec::new();
    if !graph.sparse_initializer.is_empty() {
        problems.push(Problem::new("graph", "has sparse initializers, which are not supported"));
    }
    let constants = constants(graph, folder, &mut problems);
    let nodes = match order(graph) {
        Ok(order) => translate_all(model, graph, &order, &constants, &mut problems),
        Err(found) => {
            problems.extend(found);
            Vec::new()
        }
    };
    let inputs = inputs(graph, options, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let at = Location::new(context, file, 0, 0);
    for input in inputs.iter().filter(|input| input.symbolic) {
        let message = format!(
            "input '{}' has extents that are not fixed; they become {}",
            input.name, options.symbolic_extent
        );
        ir::emit_remark(at, &message);
    }
    let module = Module::new(at);
    let mut builder = Builder::new(context, &module, graph, &inputs, file, at);
    builder.constants(&constants);
    for (number, translated) in &nodes {
        builder.node(&graph.node[*number], *number, translated);
    }
    builder.finish(graph)?;
    if module.as_operation().verify() {
        return Ok(module);
    }
    // The verifier reports each op at its node in the context.
    Err(vec![Problem::new("graph", "violates the rules of its operators, as reported above")])
}

/// All constants by name: initializers, and the values of `Constant` nodes.
fn constants(
    graph: &GraphProto,
    folder: Option<&Path>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Constant> {
    let mut constants = BTreeMap::new();
    for tensor in &graph.initializer {
        match Constant::new(tensor, folder) {
            Ok(constant) => {
                constants.insert(tensor.name.clone(), constant);
            }
            Err(message) => problems.push(Problem::new(format!("initializer '{}'", tensor.name), message)),
        }
    }
    for (number, node) in graph.node.iter().enumerate().filter(|(_, node)| is_constant(node)) {
        match constant_node(node) {
            Ok(constant) => {
                let name = node.output.first().cloned().unwrap_or_default();
                constants.insert(name, constant);
            }
            Err(message) => problems.push(Problem::new(place(node, number), message)),
        }
    }
    constants
}

fn is_constant(node: &NodeProto) -> bool {
    node.op_type == "Constant" && (node.domain.is_empty() || node.domain == "ai.onnx")
}

fn constant_node(node: &NodeProto) -> Result<Constant, String> {
    let none = BTreeMap::new();
    let node = Node::new(node, &none, 0);
    if let Some(constant) = node.tensor("value")? {
        return Ok(constant);
    }
    let typed = |shape: Vec<usize>, element, bytes: Vec<u8>| Constant {
        r#type: TensorType { shape, element },
        bytes: Bytes::from(bytes),
    };
    if let Some(values) = node.floats("value_floats")? {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        return Ok(typed(vec![values.len()], Element::F32, bytes));
    }
    if let Some(values) = node.ints("value_ints")? {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        return Ok(typed(vec![values.len()], Element::I64, bytes));
    }
    if let Some(value) = node.int_if("value_int")? {
        return Ok(typed(Vec::new(), Element::I64, value.to_le_bytes().to_vec()));
    }
    let value = node.float("value_float", f32::NAN)?;
    if value.is_nan() {
        return Err("it has no value of a supported kind, expected a tensor, numbers or a number".to_owned());
    }
    Ok(typed(Vec::new(), Element::F32, value.to_le_bytes().to_vec()))
}

/// Translates all nodes, collecting what is wrong with each.
fn translate_all(
    model: &ModelProto,
    graph: &GraphProto,
    order: &[usize],
    constants: &BTreeMap<String, Constant>,
    problems: &mut Vec<Problem>,
) -> Vec<(usize, Translated)> {
    let mut translated = Vec::with_capacity(order.len());
    for &number in order {
        let node = &graph.node[number];
        if is_constant(node) {
            continue;
        }
        let set = match set_of(model, node) {
            Ok(set) => set,
            Err(message) => {
                problems.push(
                    Problem::new(place(node, number), message)
                        .help("remove the node or convert it to standard ONNX or QONNX operators"),
                );
                continue;
            }
        };
        let (Set::Onnx(version) | Set::Qonnx(version)) = set;
        match translate(&Node::new(node, constants, version), set) {
            Ok(Some(result)) => translated.push((number, result)),
            Ok(None) => problems.push(
                Problem::new(
                    place(node, number),
                    format!("operator '{}' of version {version} is not supported", qualified(node)),
                )
                .help("see docs/operators.md for what is"),
            ),
            Err(message) => problems.push(Problem::new(place(node, number), message)),
        }
    }
    translated
}

fn qualified(node: &NodeProto) -> String {
    if node.domain.is_empty() { node.op_type.clone() } else { format!("{}.{}", node.domain, node.op_type) }
}

/// An input of the model.
struct Input {
    name: String,
    r#type: TensorType,
    symbolic: bool,
}

/// The inputs that are not initializers.
fn inputs(graph: &GraphProto, options: &ImportOptions, problems: &mut Vec<Problem>) -> Vec<Input> {
    let mut inputs = Vec::new();
    for value in &graph.input {
        if graph.initializer.iter().any(|tensor| tensor.name == value.name) {
            continue;
        }
        match input(value, options) {
            Ok(input) => inputs.push(input),
            Err(message) => problems.push(Problem::new(format!("graph input '{}'", value.name), message)),
        }
    }
    inputs
}

fn input(value: &ValueInfoProto, options: &ImportOptions) -> Result<Input, String> {
    let tensor = value
        .r#type
        .as_ref()
        .and_then(|r#type| r#type.tensor_type.as_ref())
        .ok_or("is not a tensor, expected a tensor")?;
    let dims = &tensor.shape.as_ref().ok_or("has no shape, expected a shape")?.dim;
    let mut symbolic = false;
    let shape = dims
        .iter()
        .map(|dim| match dim.dim_value {
            Some(extent) if extent > 0 => usize::try_from(extent).map_err(|error| error.to_string()),
            Some(extent) if extent < 0 => Err(format!("has the extent {extent}, expected at least 1")),
            _ => {
                symbolic = true;
                Ok(options.symbolic_extent)
            }
        })
        .collect::<Result<Vec<_>, _>>()?;
    let count = shape.iter().try_fold(1usize, |count, &extent| count.checked_mul(extent));
    if count.is_none_or(|count| count > MAX_INPUT) {
        return Err(format!("has the shape {shape:?}, expected at most {MAX_INPUT} elements"));
    }
    let r#type = TensorType { shape, element: element(tensor.elem_type)? };
    Ok(Input { name: value.name.clone(), r#type, symbolic })
}

/// Builds the function.
struct Builder<'c, 'a> {
    context: &'c Context,
    function: Function<'c>,
    file: Location<'c>,
    /// Values by the name of the tensor.
    values: BTreeMap<&'a str, Val<'c>>,
}

impl<'c, 'a> Builder<'c, 'a> {
    fn new(
        context: &'c Context,
        module: &Module<'c>,
        graph: &'a GraphProto,
        inputs: &'a [Input],
        file: &str,
        location: Location<'c>,
    ) -> Self {
        let inputs_typed: Vec<_> = inputs
            .iter()
            .map(|input| (ir::tensor_type(context, &input.r#type), input.name.clone()))
            .collect();
        let outputs: Vec<_> = graph
            .output
            .iter()
            .map(|output| (ir::unranked(context, Element::F32), output.name.clone()))
            .collect();
        let at = Location::name(context, file, location);
        let function = Function::create(context, module, "main", &inputs_typed, &outputs, at);
        let values = inputs.iter().map(|input| input.name.as_str()).zip(function.arguments()).collect();
        Self { context, function, file: location, values }
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
            let attribute = if shared {
                ir::resource_attribute(self.context, name, &constant.r#type, constant.bytes.clone())
            } else {
                None
            };
            let attribute =
                attribute.unwrap_or_else(|| ir::elements_attribute(self.context, &constant.to_tensor()));
            let operation = onnx::constant(self.context, attribute, self.location(name))
                .expect("the attribute of a constant has a static type");
            let value = self.append(operation).result(0).map(ir::val).expect("a constant has one result");
            self.values.insert(name, value);
        }
    }

    fn node(&mut self, node: &'a NodeProto, number: usize, translated: &Translated) {
        let location = self.location(&node_name(node, number));
        let operands: Vec<Val<'c>> = translated
            .operands
            .iter()
            .map(|operand| match operand {
                Operand::Input(at) => node.input.get(*at).and_then(|name| self.values.get(name.as_str()).copied()),
                Operand::Absent => None,
                Operand::Constant(tensor) => {
                    let attribute = ir::elements_attribute(self.context, tensor);
                    let constant = onnx::constant(self.context, attribute, location);
                    constant.and_then(|op| self.append(op).result(0).map(ir::val).ok())
                }
            })
            .map(|value| {
                value.unwrap_or_else(|| {
                    let none = self.append(onnx::none(self.context, location));
                    none.result(0).map(ir::val).expect("an absent operand has one result")
                })
            })
            .collect();
        let types = vec![result_type(self.context, &translated.op); node.output.len().max(1)];
        let op = self.append(translated.op.build(self.context, &operands, &types, location));
        for (name, result) in node.output.iter().zip(op.results()).filter(|(name, _)| !name.is_empty()) {
            self.values.insert(name, ir::val(result));
        }
    }

    fn finish(&self, graph: &GraphProto) -> Result<(), Vec<Problem>> {
        let outputs = graph
            .output
            .iter()
            .map(|output| {
                self.values.get(output.name.as_str()).copied().ok_or_else(|| {
                    vec![Problem::new(format!("graph output '{}'", output.name), "is produced by no node")]
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        ir::append_return(self.function.block(), &outputs, self.file);
        self.function.update_type(self.context);
        Ok(())
    }
}

/// The type of a result before shapes are known. `infer-shapes` corrects the element type too.
fn result_type<'c>(context: &'c Context, _: &GraphOp) -> Type<'c> {
    ir::unranked(context, Element::F32)
}
