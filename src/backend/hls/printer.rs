//! The hardware part: a module of the `hls` dialect as C++, one construct for one construct.
//!
//! The printer only reads. An expression is printed where it is used; a value that should have a name has been given
//! one by a pass (`hls.define`, `hls.variable`).

use melior::ir::Module;
use melior::ir::operation::OperationLike;
use qonnx_dialects::hls::{
    Binary, Call, Cast, Constant, ConstantArray, Define, For, Func, Global, Memory, Op, Pragma,
    Scalar, Trace, Typedef, Variable, memory_of,
};
use qonnx_dialects::ir::{self, Node, Val};
use qonnx_dialects::tensor::{Data, Element, Tensor};
use qonnx_dialects::text::Foreign;
use qonnx_dialects::word::Word;
use std::collections::HashSet;

use crate::backend::writer::{Writer, wrapped};

/// Something in the module cannot be printed: a pass has not legalised it.
pub type PrintError = String;

/// So many elements of an array are on the stack of a simulation at most.
const ON_STACK: usize = 4096;

/// The files of the hardware part, by path below the project's folder.
pub struct Firmware {
    /// Paths and texts.
    pub files: Vec<(String, String)>,
    /// The functions that become hardware.
    pub tops: Vec<Func>,
    /// The functions that they call, one for each layer.
    pub layers: Vec<Func>,
    /// The size and word of each argument of each top function.
    pub arguments: Vec<Vec<Memory>>,
    /// The nodes whose integers are shown, by the key that the code shows them under.
    pub traces: Vec<Node>,
}

/// Prints the hardware part of a module for a project of the given name.
pub fn print(module: &Module<'_>, name: &str) -> Result<Firmware, PrintError> {
    let mut types = Writer::default();
    let mut code = Writer::default();
    let mut declarations = Writer::default();
    let mut firmware = Firmware {
        files: Vec::new(),
        tops: Vec::new(),
        layers: Vec::new(),
        arguments: Vec::new(),
        traces: Vec::new(),
    };
    let mut includes = Vec::new();
    let known = Known::of(module);
    for op in ir::module_ops(module) {
        match Op::read(op) {
            Some(Op::Typedef(Typedef {
                name,
                word,
                comment,
            })) => {
                let comment = comment.c_comment();
                types.line(format!("typedef {} {name}; // {comment}", word_type(word)));
            }
            Some(Op::ConstantArray(ConstantArray {
                name,
                value,
                comment,
            })) => {
                let path = format!("weights/{name}.h");
                firmware.files.push((
                    format!("firmware/{path}"),
                    constant_array(&name, &value, &comment)?,
                ));
                includes.push(path);
            }
            Some(Op::Func(head)) => {
                let block = ir::single_block(op).ok_or("a function without a body")?;
                let arguments = ir::block_arguments(block);
                let memories = arguments
                    .iter()
                    .map(|argument| memory_of(*argument).ok_or("an argument that is not an array"))
                    .collect::<Result<Vec<_>, _>>()?;
                let mut scope = Scope {
                    names: Vec::new(),
                    traces: &mut firmware.traces,
                    known: &known,
                };
                for name in &head.types {
                    known.typedef(name)?;
                }
                for (argument, name) in arguments.iter().zip(&head.names) {
                    scope.names.push((*argument, name.clone()));
                }
                let signature = signature(&head, &memories);
                code.line("");
                code.line(format!("// {}.", head.comment.c_comment()));
                if head.top {
                    declarations.line(format!("// {}.", head.comment.c_comment()));
                    declarations.line(format!("{signature};"));
                }
                code.open(format!(
                    "{}{signature} {{",
                    if head.top { "" } else { "static " }
                ));
                body(&mut code, block, &mut scope)?;
                code.close("}");
                if head.top {
                    firmware.tops.push(head);
                    firmware.arguments.push(memories);
                } else {
                    firmware.layers.push(head);
                }
            }
            _ => {}
        }
    }
    let upper = name.to_ascii_uppercase();
    let guard = format!("NETWORK_{upper}_H");
    let header = format!(
        "// The hardware part of network '{name}', written by qonnx-mlir.\n#ifndef {guard}\n#define {guard}\n\n\
         #include \"types.h\"\n\n{}\n#endif // {guard}\n",
        declarations.finish()
    );
    let types = format!(
        "// The words of network '{name}': every value in exactly the width that its range needs.\n\
         #ifndef TYPES_{upper}_H\n#define TYPES_{upper}_H\n\n#include <ap_int.h>\n\n{}\n#endif // TYPES_{upper}_H\n",
        types.finish(),
    );
    let mut source = format!(
        "// The hardware part of network '{name}', written by qonnx-mlir.\n#include \"{name}.h\"\n#include \"trace.h\"\n\n"
    );
    for path in includes {
        source += &format!("#include \"{path}\"\n");
    }
    source += &code.finish();
    firmware.files.push((format!("firmware/{name}.h"), header));
    firmware.files.push(("firmware/types.h".to_owned(), types));
    firmware
        .files
        .push((format!("firmware/{name}.cpp"), source));
    firmware.files.push((
        "firmware/trace.h".to_owned(),
        include_str!("runtime/trace.h").to_owned(),
    ));
    Ok(firmware)
}

/// The C++ type of a word.
pub fn word_type(word: Word) -> String {
    format!(
        "{}<{}>",
        if word.signed { "ap_int" } else { "ap_uint" },
        word.bits
    )
}

fn storage_type(bits: u32) -> &'static str {
    match bits {
        8 => "signed char",
        16 => "short",
        32 => "int",
        _ => "long long",
    }
}

fn extents(shape: &[usize]) -> String {
    shape.iter().map(|extent| format!("[{extent}]")).collect()
}

fn signature(head: &Func, memories: &[Memory]) -> String {
    let arguments: Vec<_> = head
        .names
        .iter()
        .zip(&head.types)
        .zip(memories.iter().zip(&head.inputs))
        .map(|((name, r#type), (memory, input))| {
            format!(
                "{}{type} {name}{}",
                if *input { "const " } else { "" },
                extents(&memory.shape)
            )
        })
        .collect();
    format!("void {}({})", head.name, arguments.join(", "))
}

/// A header with one constant array.
fn constant_array(name: &str, value: &Tensor, comment: &Foreign) -> Result<String, PrintError> {
    let (Element::Int { width, .. }, Data::Int { values, .. }) = (value.element(), &value.data)
    else {
        return Err(format!("the array '{name}' does not hold integers"));
    };
    let guard = format!("WEIGHTS_{}_H", name.to_ascii_uppercase());
    let comment = comment.c_comment();
    // One row of the last dimension after the other, as a person would read a matrix.
    let columns = value.shape.last().copied().unwrap_or(1).max(1);
    let rows: Vec<_> = values
        .chunks(columns)
        .map(|row| {
            let items = wrapped(row.iter().map(i64::to_string), "    ");
            if value.rank() > 1 {
                format!("    {{\n{items}}}")
            } else {
                items
            }
        })
        .collect();
    // Matrices of higher rank are rows of rows; only ranks 1 and 2 are made.
    if value.rank() > 2 {
        return Err(format!(
            "the array '{name}' has {} dimensions, expected 1 or 2",
            value.rank()
        ));
    }
    Ok(format!(
        "// {comment}: {}.\n#ifndef {guard}\n#define {guard}\n\nstatic const {} {name}{} = {{\n{}}};\n\n#endif // {guard}\n",
        value
            .shape
            .iter()
            .map(usize::to_string)
            .collect::<Vec<_>>()
            .join(" x "),
        storage_type(width),
        extents(&value.shape),
        rows.join(",\n"),
    ))
}

/// What a module declares. A name that it does not declare would be one of the C library, or of the system.
#[derive(Default)]
struct Known {
    typedefs: HashSet<String>,
    arrays: HashSet<String>,
    functions: HashSet<String>,
}

impl Known {
    fn of(module: &Module<'_>) -> Self {
        let mut known = Self::default();
        for op in ir::module_ops(module) {
            match Op::read(op) {
                Some(Op::Typedef(Typedef { name, .. })) => known.typedefs.insert(name),
                Some(Op::ConstantArray(ConstantArray { name, .. })) => known.arrays.insert(name),
                Some(Op::Func(head)) => known.functions.insert(head.name),
                _ => false,
            };
        }
        known
    }

    fn check(names: &HashSet<String>, name: &str, what: &str) -> Result<(), PrintError> {
        if names.contains(name) {
            return Ok(());
        }
        let name = Foreign::new(name);
        Err(format!("'{}' is no {what} of the module", name.shown()))
    }

    /// Checks the name of a typedef; an empty one stands for the type itself.
    fn typedef(&self, name: &str) -> Result<(), PrintError> {
        if name.is_empty() {
            return Ok(());
        }
        Self::check(&self.typedefs, name, "typedef")
    }
}

/// Names of values in a function.
struct Scope<'c, 't> {
    names: Vec<(Val<'c>, String)>,
    /// The nodes whose integers are shown so far, in all functions.
    traces: &'t mut Vec<Node>,
    known: &'t Known,
}

impl<'c> Scope<'c, '_> {
    fn name(&self, value: Val<'c>) -> Option<&str> {
        self.names
            .iter()
            .rev()
            .find(|(known, _)| *known == value)
            .map(|(_, name)| name.as_str())
    }

    /// The expression that computes a value.
    fn expression(&self, value: Val<'c>) -> Result<String, PrintError> {
        if let Some(name) = self.name(value) {
            return Ok(name.to_owned());
        }
        let op = ir::defining_op(value).ok_or("a value without a name")?;
        let operands: Vec<Val<'c>> = op.operands().map(ir::val).collect();
        let operand =
            |at: usize| self.expression(*operands.get(at).ok_or("an operand is missing")?);
        let scalar = Scalar::of(value);
        match Op::read(op) {
            Some(Op::Global(Global { array })) => {
                Known::check(&self.known.arrays, &array, "constant array")?;
                Ok(array)
            }
            Some(Op::Constant(Constant { value })) => Ok(match scalar {
                Some(Scalar::Word(word)) => {
                    format!("{}({value}{})", word_type(word), suffix(value))
                }
                _ => value.to_string(),
            }),
            Some(Op::Load) => self.element(&operands),
            Some(Op::Cast(Cast { type_name })) if self.known.typedef(&type_name).is_err() => {
                self.known.typedef(&type_name).map(|()| String::new())
            }
            Some(Op::Cast(Cast { type_name })) => match scalar {
                Some(Scalar::Index) => {
                    let from = operands.first().copied().and_then(Scalar::of);
                    let text = operand(0)?;
                    Ok(if matches!(from, Some(Scalar::Word(_))) {
                        format!("({text}).to_int()")
                    } else {
                        format!("int({text})")
                    })
                }
                Some(Scalar::Word(word)) if type_name.is_empty() => {
                    Ok(format!("{}({})", word_type(word), operand(0)?))
                }
                Some(Scalar::Storage(bits)) if type_name.is_empty() => {
                    Ok(format!("({})({})", storage_type(bits), operand(0)?))
                }
                _ => Ok(format!("{type_name}({})", operand(0)?)),
            },
            Some(Op::Select) => {
                // Both sides get the result's own type: the operators' results are of types that C++ cannot unite.
                let own = |text: String| match scalar {
                    Some(Scalar::Word(word)) => format!("{}({text})", word_type(word)),
                    _ => text,
                };
                Ok(format!(
                    "({} ? {} : {})",
                    operand(0)?,
                    own(operand(1)?),
                    own(operand(2)?)
                ))
            }
            Some(Op::Binary(binary)) => Ok(self.binary(binary, operand(0)?, operand(1)?)),
            _ => Err(format!("'{}' op is not an expression", ir::op_name(op))),
        }
    }

    fn binary(&self, binary: Binary, left: String, right: String) -> String {
        format!("({left} {} {right})", binary.symbol())
    }

    /// `array[i][j]`: operands array, indices.
    fn element(&self, operands: &[Val<'c>]) -> Result<String, PrintError> {
        let (array, indices) = operands.split_first().ok_or("an access without an array")?;
        let mut text = self.expression(*array)?;
        for index in indices {
            text += &format!("[{}]", self.expression(*index)?);
        }
        Ok(text)
    }
}

/// The statement that shows an array to the test bench. A node is known there by its place in `traces`; its name is
/// for people.
pub fn trace(
    traces: &mut Vec<Node>,
    node: Node,
    name: &Foreign,
    array: &str,
    size: &str,
) -> String {
    traces.push(node);
    let (key, name) = (traces.len() - 1, name.c_string());
    format!("QONNX_TRACE({key}, {name}, {array}, {size});")
}

/// Likewise, of an array whose words are not in the order of the node's tensor: `steps` has extent and distance of neighbours
/// of each dimension.
fn trace_ordered(
    traces: &mut Vec<Node>,
    node: Node,
    name: &Foreign,
    array: &str,
    steps: &str,
) -> String {
    traces.push(node);
    let (key, name) = (traces.len() - 1, name.c_string());
    format!("QONNX_TRACE_ORDERED({key}, {name}, {array}, {steps});")
}

fn suffix(value: i64) -> &'static str {
    if i32::try_from(value).is_ok() {
        ""
    } else {
        "LL"
    }
}

fn body<'c>(
    writer: &mut Writer,
    block: ir::BlockHandle<'c>,
    scope: &mut Scope<'c, '_>,
) -> Result<(), PrintError> {
    let depth = scope.names.len();
    for op in ir::block_ops(block) {
        let operands: Vec<Val<'c>> = op.operands().map(ir::val).collect();
        let result = op.results().map(ir::val).next();
        match Op::read(op) {
            Some(Op::Pragma(Pragma { directive, options })) => {
                let mut line = format!("#pragma HLS {directive}");
                if let Some(variable) = operands.first() {
                    line += &format!(" variable={}", scope.expression(*variable)?);
                }
                if !options.is_empty() {
                    line += &format!(" {options}");
                }
                writer.directive(line);
            }
            Some(Op::Variable(Variable { name, type_name })) => {
                scope.known.typedef(&type_name)?;
                let variable = result.ok_or("a variable without a value")?;
                let memory = memory_of(variable).ok_or("a variable that is not an array")?;
                let declared = if type_name.is_empty() {
                    scalar_type(memory.element)
                } else {
                    type_name
                };
                // A simulation's stack may be smaller than the arrays of a network.
                let place = match memory.size() > ON_STACK {
                    true => "QONNX_LARGE ",
                    false => "",
                };
                let extents = extents(&memory.shape);
                writer.line(format!("{place}{declared} {name}{extents};"));
                scope.names.push((variable, name));
            }
            Some(Op::For(For {
                label,
                counter,
                extent,
            })) => {
                writer.open(format!(
                    "{label}: for (int {counter} = 0; {counter} < {extent}; ++{counter}) {{"
                ));
                let inner = ir::single_block(op).ok_or("a loop without a body")?;
                let argument = ir::block_arguments(inner)
                    .first()
                    .copied()
                    .ok_or("a loop without a counter")?;
                scope.names.push((argument, counter));
                body(writer, inner, scope)?;
                scope.names.pop();
                writer.close("}");
            }
            Some(Op::Store) => {
                let (value, place) = operands.split_first().ok_or("a store without a value")?;
                writer.line(format!(
                    "{} = {};",
                    scope.element(place)?,
                    scope.expression(*value)?
                ));
            }
            Some(Op::Define(Define { name, type_name })) => {
                scope.known.typedef(&type_name)?;
                let constant = result.ok_or("a definition without a value")?;
                let value = operands
                    .first()
                    .copied()
                    .ok_or("a definition without an operand")?;
                let scalar =
                    Scalar::of(constant).ok_or("a definition of something that is not a number")?;
                let declared = if type_name.is_empty() {
                    scalar_type(scalar)
                } else {
                    type_name
                };
                writer.line(format!(
                    "const {declared} {name} = {};",
                    scope.expression(value)?
                ));
                scope.names.push((constant, name));
            }
            Some(Op::Call(Call { callee })) => {
                Known::check(&scope.known.functions, &callee, "function")?;
                let arguments = operands
                    .iter()
                    .map(|operand| scope.expression(*operand))
                    .collect::<Result<Vec<_>, _>>()?;
                writer.line(format!("{callee}({});", arguments.join(", ")));
            }
            Some(Op::Trace(Trace {
                name,
                extents,
                strides,
            })) => {
                let array = operands
                    .first()
                    .copied()
                    .ok_or("a trace without an array")?;
                let size: usize =
                    memory_of(array).map_or(0, |memory| memory.shape.iter().product());
                let array = scope.expression(array)?;
                let node = Node::of(op);
                writer.line(match extents.is_empty() {
                    true => trace(scope.traces, node, &name, &array, &size.to_string()),
                    false => {
                        let steps = extents.iter().zip(&strides);
                        let steps: Vec<_> = steps.map(|(of, by)| format!("{of}, {by}")).collect();
                        trace_ordered(scope.traces, node, &name, &array, &steps.join(", "))
                    }
                });
            }
            Some(_) => {}
            None => {
                return Err(format!(
                    "'{}' op is not part of the hls dialect",
                    ir::op_name(op)
                ));
            }
        }
    }
    scope.names.truncate(depth);
    Ok(())
}

fn scalar_type(scalar: Scalar) -> String {
    match scalar {
        Scalar::Bool => "bool".to_owned(),
        Scalar::Index => "int".to_owned(),
        Scalar::Storage(bits) => storage_type(bits).to_owned(),
        Scalar::Word(word) => word_type(word),
    }
}
