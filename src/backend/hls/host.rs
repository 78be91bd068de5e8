//! The host part: what stays float, as ordinary C++ around the calls of the hardware.

use melior::ir::Module;
use melior::ir::operation::OperationLike;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::hls::{self, Func, Memory, Op as HlsOp};
use qonnx_dialects::ir::{self, Function, Node, Op, Val};
use qonnx_dialects::tensor::{Data, Element, Tensor};
use qonnx_dialects::text::Foreign;
use qonnx_dialects::value::TensorType;
use qonnx_dialects::{onnx, qint};
use std::collections::HashMap;

use super::host_ops;
use super::printer;
use crate::backend::writer::{Writer, wrapped};

/// An operation has no C++ form; the message names the node.
pub type HostError = String;

/// The host's source, and what it takes and gives.
pub struct Host {
    /// `host/NAME_host.cpp`.
    pub source: String,
    /// `host/NAME_host.h`.
    pub header: String,
    /// Elements of each input.
    pub inputs: Vec<usize>,
    /// Elements of each output.
    pub outputs: Vec<usize>,
    /// What is computed: the name of each node and its operation.
    pub steps: Vec<(Foreign, Foreign)>,
}

/// A value of the host function.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its C++ name.
    pub name: String,
    /// Its type.
    pub ty: TensorType,
    /// Its value, if it is a constant.
    pub constant: Option<Tensor>,
}

impl Variable {
    /// The shape as a C++ initializer.
    pub fn shape(&self) -> String {
        shape(&self.ty.shape)
    }
}

/// A shape as a C++ initializer.
pub fn shape(extents: &[usize]) -> String {
    let extents: Vec<_> = extents.iter().map(usize::to_string).collect();
    format!("Shape{{{}}}", extents.join(", "))
}

/// Prints the network function of a module whose integer part has become top functions. The nodes whose integers it
/// shows are added to `traces`.
pub fn print(
    module: &Module<'_>,
    name: &str,
    tops: &[Func],
    arguments: &[Vec<Memory>],
    traces: &mut Vec<Node>,
) -> Result<Host, HostError> {
    let function = ir::main_function(module).ok_or("the module has no network function")?;
    let mut printer = Printer {
        writer: Writer::default(),
        constants: Writer::default(),
        variables: HashMap::new(),
        tops,
        arguments,
        traces,
        steps: Vec::new(),
        count: 0,
    };
    let inputs = printer.inputs(function)?;
    for op in function.ops() {
        printer.op(op)?;
    }
    let mut outputs = Vec::new();
    for (at, value) in function.returned().into_iter().enumerate() {
        let variable = printer.variable(value)?;
        if variable.ty.element != Element::F32 {
            return Err(format!(
                "output {at} is of type {}, expected f32",
                variable.ty.element
            ));
        }
        outputs.push(variable.ty.shape.iter().product());
        printer.writer.line(format!(
            "std::copy({0}.begin(), {0}.end(), out{at});",
            variable.name
        ));
    }
    Ok(printer.finish(name, inputs, outputs))
}

struct Printer<'a> {
    writer: Writer,
    constants: Writer,
    variables: HashMap<usize, Variable>,
    tops: &'a [Func],
    arguments: &'a [Vec<Memory>],
    traces: &'a mut Vec<Node>,
    steps: Vec<(Foreign, Foreign)>,
    count: usize,
}

impl Printer<'_> {
    fn variable(&self, value: Val<'_>) -> Result<Variable, HostError> {
        self.variables
            .get(&ir::value_key(value))
            .cloned()
            .ok_or_else(|| "a value that was not computed".to_owned())
    }

    fn fresh(&mut self) -> String {
        self.count += 1;
        format!("v{}", self.count)
    }

    fn bind(
        &mut self,
        value: Val<'_>,
        name: String,
        constant: Option<Tensor>,
    ) -> Result<(), HostError> {
        let ty = ir::type_of(value).ok_or("a value without a static shape")?;
        self.variables
            .insert(ir::value_key(value), Variable { name, ty, constant });
        Ok(())
    }

    fn inputs(&mut self, function: Function<'_>) -> Result<Vec<usize>, HostError> {
        let mut sizes = Vec::new();
        for (at, argument) in function.arguments().into_iter().enumerate() {
            let ty = ir::type_of(argument).ok_or("an input without a static shape")?;
            if ty.element != Element::F32 {
                return Err(format!(
                    "input {at} is of type {}, expected f32",
                    ty.element
                ));
            }
            let size: usize = ty.shape.iter().product();
            let name = self.fresh();
            self.writer
                .line(format!("const Floats {name}(in{at}, in{at} + {size});"));
            self.bind(argument, name, None)?;
            sizes.push(size);
        }
        Ok(sizes)
    }

    fn op(&mut self, op: Op<'_>) -> Result<(), HostError> {
        let name = Node::of(op).name;
        let node = name.shown();
        if onnx::is_none(op) {
            return Ok(());
        }
        let results: Vec<Val<'_>> = op.results().map(ir::val).collect();
        if onnx::is_constant(op) {
            let value = ir::constant_elements(results[0])
                .map_err(|reason| format!("node '{node}': a constant {reason}"))?;
            let name = self.constant(&value);
            return self.bind(results[0], name, Some(value));
        }
        if let Some(HlsOp::Run(hls::Run { callee })) = HlsOp::read(op) {
            return self.run(op, &callee, &results);
        }
        let mut operands = Vec::new();
        for operand in op.operands().map(ir::val) {
            let absent = ir::defining_op(operand).is_some_and(onnx::is_none);
            operands.push(if absent {
                None
            } else {
                Some(self.variable(operand)?)
            });
        }
        let result = ir::type_of(
            *results
                .first()
                .ok_or_else(|| format!("node '{node}' has no result"))?,
        )
        .ok_or_else(|| format!("node '{node}' has no static shape"))?;
        let (kind, expression) = match (GraphOp::read(op), qint::Op::read(op)) {
            (Some(graph), _) => (
                host_ops::FLOATS,
                host_ops::graph(&graph, &operands, &result),
            ),
            (None, Some(qint)) => host_ops::quantization(&qint, &operands),
            (None, None) => ("", None),
        };
        let what = Foreign::new(
            GraphOp::read(op).map_or_else(|| ir::op_name(op), |graph| graph.name().to_owned()),
        );
        let expression = expression.ok_or_else(|| {
            let what = what.shown();
            format!("node '{node}': '{what}' stays on the host, and the hls backend has no C++ for it yet")
        })?;
        let variable = self.fresh();
        self.writer.line(format!(
            "const {kind} {variable} = {expression}; // {}: {}",
            name.c_comment(),
            what.c_comment()
        ));
        if kind == host_ops::INTEGERS
            && let Some(node) = Node::at(op.location())
        {
            let (array, size) = (format!("{variable}.data()"), format!("{variable}.size()"));
            self.writer
                .line(printer::trace(self.traces, node, &name, &array, &size));
        }
        self.steps.push((name, what));
        self.bind(results[0], variable, None)
    }

    /// A constant as a static array in front of the function; small ones in place.
    fn constant(&mut self, value: &Tensor) -> String {
        let name = format!("c{}", self.variables.len());
        let items: Vec<String> = match &value.data {
            Data::F32(values) => values.iter().map(|value| literal(*value)).collect(),
            Data::F64(values) => values.iter().map(|value| format!("{value:e}")).collect(),
            Data::Int { values, .. } => values.iter().map(i64::to_string).collect(),
        };
        let kind = if matches!(value.data, Data::F32(_)) {
            "Floats"
        } else {
            "Integers"
        };
        self.constants.line(format!("const {kind} {name} = {{"));
        self.constants.line(wrapped(items, "    ") + "};");
        name
    }

    /// The call of a top function.
    fn run(&mut self, op: Op<'_>, callee: &str, results: &[Val<'_>]) -> Result<(), HostError> {
        let at = self
            .tops
            .iter()
            .position(|head| head.name == callee)
            .ok_or_else(|| format!("no function '{callee}'"))?;
        let (head, memories) = (&self.tops[at], &self.arguments[at]);
        let mut operands = op.operands().map(ir::val);
        let mut outputs = results.iter();
        let mut after = Vec::new();
        for ((argument, words), (input, memory)) in head
            .names
            .iter()
            .zip(&head.types)
            .zip(head.inputs.iter().zip(memories))
        {
            let size: usize = memory.shape.iter().product();
            let array = format!("{callee}_{argument}");
            // Static: arrays of a network may be larger than a stack.
            self.writer.line(format!("static {words} {array}[{size}];"));
            if *input {
                let operand = operands.next().ok_or("a call with too few operands")?;
                let source = self.variable(operand)?.name;
                self.writer.line(format!(
                    "for (size_t i = 0; i < {size}; ++i) {array}[i] = {source}[i];"
                ));
            } else {
                after.push((
                    array,
                    size,
                    *outputs.next().ok_or("a call with too few results")?,
                ));
            }
        }
        let names: Vec<_> = head
            .names
            .iter()
            .map(|argument| format!("{callee}_{argument}"))
            .collect();
        self.writer.line(format!("{callee}({});", names.join(", ")));
        for (array, size, result) in after {
            let name = self.fresh();
            self.writer.line(format!("Integers {name}({size});"));
            self.writer.line(format!(
                "for (size_t i = 0; i < {size}; ++i) {name}[i] = {array}[i].to_int64();"
            ));
            self.bind(result, name, None)?;
        }
        Ok(())
    }

    fn finish(self, name: &str, inputs: Vec<usize>, outputs: Vec<usize>) -> Host {
        let pointers = |kind: &str, prefix: &str, count: usize| -> Vec<String> {
            (0..count).map(|at| format!("{kind}{prefix}{at}")).collect()
        };
        let mut parameters = pointers("const float *", "in", inputs.len());
        parameters.extend(pointers("float *", "out", outputs.len()));
        let signature = format!("void {name}_host({})", parameters.join(", "));
        let upper = name.to_ascii_uppercase();
        let guard = format!("HOST_{upper}_H");
        let sizes = |what: &str, sizes: &[usize]| -> String {
            sizes
                .iter()
                .enumerate()
                .map(|(at, size)| format!("#define {upper}_{what}{at}_SIZE {size}\n"))
                .collect()
        };
        let header = format!(
            "// The whole network '{name}': host code around the hardware part.\n#ifndef {guard}\n#define {guard}\n\n\
             {}{}\n// Runs one sample; tensors are row-major.\n{signature};\n\n\
             #endif // {guard}\n",
            sizes("IN", &inputs),
            sizes("OUT", &outputs),
        );
        let source = format!(
            "// The host part of network '{name}', written by qonnx-mlir: what is float, around the hardware part.\n\
             #include \"{name}_host.h\"\n#include \"../firmware/{name}.h\"\n#include \"../firmware/trace.h\"\n#include \"float_ops.h\"\n\n#include <algorithm>\n\n\
             using namespace float_ops;\n\nnamespace {{\n\n{}\n}} // namespace\n\n{signature} {{\n{}}}\n",
            self.constants.finish(),
            indented(&self.writer.finish()),
        );
        Host {
            source,
            header,
            inputs,
            outputs,
            steps: self.steps,
        }
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

/// A float literal that is read back as the same number.
pub fn literal(value: f32) -> String {
    match value {
        value if value.is_nan() => "std::numeric_limits<float>::quiet_NaN()".to_owned(),
        f32::INFINITY => "std::numeric_limits<float>::infinity()".to_owned(),
        f32::NEG_INFINITY => "-std::numeric_limits<float>::infinity()".to_owned(),
        value => format!("{value:e}f"),
    }
}
