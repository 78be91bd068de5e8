//! One function of loops on buffers as C.

use std::collections::{HashMap, HashSet};

use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, BlockHandle, Function, Node, Op, Val};
use qonnx_dialects::tensor::Element;
use qonnx_dialects::upstream::{
    Layout, Literal, Scalar, Step, byte_size, is_machine, libm_functions, root, unaliased,
};
use qonnx_dialects::value::TensorType;

use super::expression::Expr;
use super::names::{Kind, Names};
use super::prelude::Prelude;
use super::scalar::{Expressions, Value, bits_of, c_type, unsigned_type};
use crate::backend::interface;
use crate::backend::writer::Writer;

/// An expression that is longer gets a name.
const LONG: usize = 90;
/// Names of loop indices, outermost first.
const INDICES: [&str; 6] = ["i", "j", "k", "l", "m", "n"];

/// Why a function cannot be printed; names the node.
pub type NoForm = String;

/// What a function shares with the others of the file.
pub struct Shared<'f> {
    /// Names of functions and constants.
    pub names: &'f mut Names,
    /// The functions that expressions call.
    pub prelude: &'f mut Prelude,
}

/// The argument of the entry function that is its workspace.
const WORKSPACE: &str = "workspace";

/// Prints the body of a function. `arguments` are the C names of its buffers; `None` stands for the workspace.
pub fn body(
    shared: Shared<'_>,
    out: &mut Writer,
    function: Function<'_>,
    arguments: &[Option<String>],
) -> Result<(), NoForm> {
    let mut printer = Printer {
        names: shared.names,
        expressions: Expressions {
            prelude: shared.prelude,
        },
        out,
        values: HashMap::new(),
        buffers: HashMap::new(),
        loads: Vec::new(),
        count: 0,
        depth: 0,
    };
    for (argument, name) in function.arguments().into_iter().zip(arguments) {
        let buffer = match name {
            Some(name) => Buffer::Array(name.clone()),
            None => Buffer::Workspace,
        };
        if ir::users(argument).is_empty() {
            let name = name.as_deref().unwrap_or(WORKSPACE);
            printer.out.line(format!("(void){name};"));
        }
        printer.buffers.insert(ir::value_key(argument), buffer);
    }
    printer.block(function.block())
}

/// The types and names of a kernel's arguments as C, and the names alone: `a` and a number, `restrict` where no other
/// argument reaches the buffer, `const` where it is read only.
pub fn parameters(function: Function<'_>) -> Result<(Vec<String>, Vec<String>), NoForm> {
    let written = written(function);
    let alone = unaliased(function);
    let mut parameters = Vec::new();
    let mut names = Vec::new();
    for (at, argument) in function.arguments().into_iter().enumerate() {
        let layout = Layout::of(argument)
            .filter(|layout| is_machine(layout.ty.element))
            .ok_or_else(|| {
                let node = Node::of(function.op()).name;
                format!(
                    "node '{}': argument {at} is no buffer of static layout",
                    node.shown()
                )
            })?;
        let constant = if written.contains(&ir::value_key(argument)) {
            ""
        } else {
            "const "
        };
        let restrict = if alone.get(at) == Some(&true) {
            "restrict "
        } else {
            ""
        };
        let name = format!("a{at}");
        parameters.push(format!(
            "{constant}{} *{restrict}{name}",
            interface::c_type(layout.ty.element)
        ));
        names.push(name);
    }
    Ok((parameters, names))
}

/// Calls `with` for each op of a function, those of loops included.
pub fn walk<'c>(function: Function<'c>, with: &mut dyn FnMut(Op<'c>, Step)) {
    fn visit<'c>(block: BlockHandle<'c>, with: &mut dyn FnMut(Op<'c>, Step)) {
        for op in ir::block_ops(block) {
            if let Some(step) = Step::read(op) {
                with(op, step);
            }
            if let Some(inner) = ir::single_block(op) {
                visit(inner, with);
            }
        }
    }
    visit(function.block(), with);
}

/// The arguments that a function writes to, or hands on to another.
fn written(function: Function<'_>) -> HashSet<usize> {
    let mut written = HashSet::new();
    walk(function, &mut |op, step| {
        let buffers = match step {
            Step::Store => 1..2,
            Step::Call(_) => 0..op.operand_count(),
            _ => 0..0,
        };
        let buffers = buffers.filter_map(|at| op.operand(at).ok());
        written.extend(buffers.map(|buffer| ir::value_key(root(ir::val(buffer)))));
    });
    written
}

/// The types of the elements that a function keeps in its workspace.
pub fn workspace_elements(function: Function<'_>) -> Vec<Element> {
    let mut elements: Vec<Element> = Vec::new();
    walk(function, &mut |op, step| {
        if step == Step::View {
            let layout = op.result(0).ok().map(|result| Layout::of(ir::val(result)));
            elements.extend(layout.flatten().map(|layout| layout.ty.element));
        }
    });
    elements.sort_by_key(|element| (element.width(), !element.is_int()));
    elements.dedup();
    elements
}

/// Where a buffer begins.
#[derive(Clone)]
enum Buffer {
    /// The C expression of its address.
    Array(String),
    /// The workspace, whose parts have types.
    Workspace,
}

/// A scalar that has been computed.
struct Computed {
    value: Value,
    scalar: Scalar,
}

struct Printer<'f> {
    names: &'f mut Names,
    expressions: Expressions<'f>,
    out: &'f mut Writer,
    values: HashMap<usize, Computed>,
    buffers: HashMap<usize, Buffer>,
    /// Values that read memory, as expressions that have not been used yet.
    loads: Vec<usize>,
    count: usize,
    depth: usize,
}

impl Printer<'_> {
    fn block(&mut self, block: BlockHandle<'_>) -> Result<(), NoForm> {
        for op in ir::block_ops(block) {
            self.op(op).map_err(|reason| {
                let (node, name) = (Node::of(op).name, ir::op_name(op));
                let name = qonnx_dialects::text::Foreign::new(name);
                format!("node '{}': '{}' {reason}", node.shown(), name.shown())
            })?;
        }
        Ok(())
    }

    fn op(&mut self, op: Op<'_>) -> Result<(), NoForm> {
        let step =
            Step::read(op).ok_or("has no C form, expected what the pipeline 'int-to-c' leaves")?;
        let operands: Vec<Val<'_>> = op.operands().map(ir::val).collect();
        match step {
            Step::End => Ok(()),
            Step::For => self.for_loop(op, &operands),
            Step::Store => {
                let scalar = self.scalar(operands[0])?;
                let value = self.take(operands[0])?;
                let number = self.expressions.number(&value, scalar);
                let element = self.element(operands[1], &operands[2..])?;
                self.settle();
                self.out
                    .line(format!("{} = {};", element.text(), number.text()));
                Ok(())
            }
            Step::Call(callee) => self.call(op, &callee, &operands),
            Step::View => self.view(op, &operands),
            Step::SameBuffer => {
                let buffer = self.buffer(operands[0])?;
                self.bind_buffer(op, buffer)
            }
            Step::Global(symbol) => {
                let name = self.names.of(&symbol, Kind::Constant);
                self.bind_buffer(op, Buffer::Array(name))
            }
            Step::Load => {
                let element = self.element(operands[0], &operands[1..])?;
                self.bind(op, Value::Number(element), true)
            }
            step => {
                let reads = operands
                    .iter()
                    .any(|operand| self.loads.contains(&ir::value_key(*operand)));
                let value = self.compute(op, &step, &operands)?;
                self.bind(op, value, reads)
            }
        }
    }

    /// A pure scalar op.
    fn compute(&mut self, op: Op<'_>, step: &Step, operands: &[Val<'_>]) -> Result<Value, NoForm> {
        let result = scalar_of(op)?;
        if let Step::Constant(literal) = step {
            return self.expressions.constant(*literal, result);
        }
        let shift = || match operands.get(1).map(|by| ir::defining_op(*by)) {
            Some(Some(by)) => match Step::read(by) {
                Some(Step::Constant(Literal::Int(by))) => u32::try_from(by).ok(),
                _ => None,
            },
            _ => None,
        };
        let types = operands
            .iter()
            .map(|operand| self.scalar(*operand))
            .collect::<Result<Vec<_>, _>>()?;
        let values = operands
            .iter()
            .map(|operand| self.take(*operand))
            .collect::<Result<Vec<_>, _>>()?;
        let make = &mut self.expressions;
        match (step, values.as_slice(), types.as_slice()) {
            (Step::Integer(op), [a, b], [ty, _]) => make.integer(*op, a, b, *ty),
            (Step::Bits(op), [a, b], [ty, _]) => make.rows(*op, a, b, *ty, shift()),
            (Step::Float(op), [a, b], [ty, _]) => make.float(*op, a, b, *ty),
            (Step::Unary(op), [a], [ty]) => make.unary(*op, a, *ty),
            (Step::Resize(op), [a], [ty]) => make.resize(*op, a, *ty, result),
            (Step::Convert(op), [a], [ty]) => make.convert(*op, a, *ty, result),
            (Step::Compare(op), [a, b], [ty, _]) => make.compare(*op, a, b, *ty),
            (Step::Select, [condition, yes, no], [ty, _, _]) => {
                let condition = make.number(condition, *ty);
                let (yes, no) = (make.number(yes, result), make.number(no, result));
                Ok(Value::Number(Expr::select(&condition, &yes, &no)))
            }
            _ => Err("has no C form".to_owned()),
        }
    }

    fn for_loop(&mut self, op: Op<'_>, operands: &[Val<'_>]) -> Result<(), NoForm> {
        let [from, to, step] = operands else {
            return Err("is no plain loop".to_owned());
        };
        let body = ir::single_block(op).ok_or("has no body")?;
        let mut bound = |value: &Val<'_>| -> Result<Expr, NoForm> {
            let value = self.take(*value)?;
            Ok(self.expressions.number(&value, Scalar::Index))
        };
        let (from, to, step) = (bound(from)?, bound(to)?, bound(step)?);
        self.settle();
        let index = match INDICES.get(self.depth) {
            Some(name) => (*name).to_owned(),
            None => format!("i{}", self.depth),
        };
        let advance = match step.text() {
            "1" => format!("++{index}"),
            step => format!("{index} += {step}"),
        };
        self.out.open(format!(
            "for (size_t {index} = {}; {index} < {}; {advance}) {{",
            from.text(),
            to.text()
        ));
        let argument = *ir::block_arguments(body).first().ok_or("has no index")?;
        self.set(argument, Value::named(&index), Scalar::Index);
        self.depth += 1;
        self.block(body)?;
        self.depth -= 1;
        self.out.close("}");
        Ok(())
    }

    fn call(&mut self, op: Op<'_>, callee: &str, operands: &[Val<'_>]) -> Result<(), NoForm> {
        if op.result_count() == 1 {
            let function = libm_functions()
                .find(|function| *function == callee)
                .ok_or("calls a function for a number that is none of the C library's")?;
            let reads = operands
                .iter()
                .any(|operand| self.loads.contains(&ir::value_key(*operand)));
            let mut values = Vec::new();
            for operand in operands {
                if self.scalar(*operand)? != Scalar::F64 {
                    return Err("calls the C library with something else than a double".to_owned());
                }
                values.push(self.take(*operand)?);
            }
            let value = self.expressions.libm(function, &values);
            return self.bind(op, value, reads);
        }
        let mut arguments = Vec::new();
        for operand in operands {
            arguments.push(match self.buffer(*operand)? {
                Buffer::Array(address) => address,
                Buffer::Workspace => return Err("hands on the whole workspace".to_owned()),
            });
        }
        self.settle();
        let name = self.names.of(callee, Kind::Kernel);
        self.out.line(format!("{name}({});", arguments.join(", ")));
        Ok(())
    }

    /// A part of the workspace.
    fn view(&mut self, op: Op<'_>, operands: &[Val<'_>]) -> Result<(), NoForm> {
        let Buffer::Workspace = self.buffer(operands[0])? else {
            return Err("is a part of something else than the workspace".to_owned());
        };
        let result = ir::val(op.result(0).map_err(|error| error.to_string())?);
        let layout = Layout::of(result)
            .filter(|layout| is_machine(layout.ty.element))
            .ok_or("is no buffer of static layout")?;
        let offset = ir::defining_op(operands[1]).and_then(Step::read);
        let size = byte_size(&TensorType::new([], layout.ty.element)).unwrap_or(1);
        let offset = match offset {
            Some(Step::Constant(Literal::Int(offset))) => usize::try_from(offset)
                .ok()
                .filter(|offset| offset % size == 0),
            _ => None,
        };
        let offset = offset.ok_or("begins at no multiple of the size of its elements")? / size;
        let member = interface::member(layout.ty.element);
        let address = match offset {
            0 => format!("{WORKSPACE}->{member}"),
            offset => format!("{WORKSPACE}->{member} + {offset}"),
        };
        self.bind_buffer(op, Buffer::Array(address))
    }

    /// The element of a buffer.
    fn element(&mut self, buffer: Val<'_>, indices: &[Val<'_>]) -> Result<Expr, NoForm> {
        let layout = Layout::of(buffer).ok_or("reads or writes no buffer of static layout")?;
        let Buffer::Array(array) = self.buffer(buffer)? else {
            return Err("reads or writes the workspace as bytes".to_owned());
        };
        let mut terms = Vec::new();
        for (index, stride) in indices.iter().zip(&layout.strides) {
            let value = self.take(*index)?;
            let index = self.expressions.number(&value, Scalar::Index);
            if !index.is_zero() {
                terms.push((index, *stride));
            }
        }
        let array = match array.contains(' ') {
            true => format!("({array})"),
            false => array,
        };
        let index = Expr::linear(&terms, layout.offset);
        Ok(Expr::element(&array, &index))
    }

    fn buffer(&self, value: Val<'_>) -> Result<Buffer, NoForm> {
        self.buffers
            .get(&ir::value_key(value))
            .cloned()
            .ok_or_else(|| "uses a buffer that nothing has made".to_owned())
    }

    fn bind_buffer(&mut self, op: Op<'_>, buffer: Buffer) -> Result<(), NoForm> {
        let result = ir::val(op.result(0).map_err(|error| error.to_string())?);
        self.buffers.insert(ir::value_key(result), buffer);
        Ok(())
    }

    fn scalar(&self, value: Val<'_>) -> Result<Scalar, NoForm> {
        let computed = self.values.get(&ir::value_key(value));
        computed
            .map(|computed| computed.scalar)
            .or_else(|| Scalar::of(value))
            .ok_or_else(|| "uses a value that is no number".to_owned())
    }

    /// A value for one use of it.
    fn take(&mut self, value: Val<'_>) -> Result<Value, NoForm> {
        let key = ir::value_key(value);
        self.loads.retain(|load| *load != key);
        self.values
            .get(&key)
            .map(|computed| computed.value.clone())
            .ok_or_else(|| "uses a value that nothing has computed".to_owned())
    }

    fn set(&mut self, value: Val<'_>, computed: Value, scalar: Scalar) {
        let key = ir::value_key(value);
        self.values.insert(
            key,
            Computed {
                value: computed,
                scalar,
            },
        );
    }

    /// Keeps the result of an op: as an expression where one op of the same block uses it, else under a name. `reads` says
    /// whether the expression reads memory.
    fn bind(&mut self, op: Op<'_>, value: Value, reads: bool) -> Result<(), NoForm> {
        let result = ir::val(op.result(0).map_err(|error| error.to_string())?);
        let scalar = scalar_of(op)?;
        let key = ir::value_key(result);
        let users = ir::users(result);
        let (once, stored) = match users.as_slice() {
            [] => return Ok(()),
            [(user, _)] => (
                ir::block_of(*user) == ir::block_of(op),
                Step::read(*user) == Some(Step::Store),
            ),
            _ => (false, false),
        };
        let constant = matches!(Step::read(op), Some(Step::Constant(_)));
        let short = value.expression().text().len() <= LONG;
        self.set(result, value, scalar);
        if constant || once && (short || stored) {
            if reads {
                self.loads.push(key);
            }
            return Ok(());
        }
        self.name(key, once)
    }

    /// Writes an expression down as a constant with a name. What is used `once` keeps the form that its user asks for.
    fn name(&mut self, key: usize, once: bool) -> Result<(), NoForm> {
        let Some(computed) = self.values.get_mut(&key) else {
            return Ok(());
        };
        let scalar = computed.scalar;
        let name = format!("t{}", self.count);
        self.count += 1;
        let r#type = c_type(scalar).ok_or("is a number of a width that C has no type for")?;
        let (r#type, text) = match (&computed.value, scalar) {
            (Value::Bits(bits), Scalar::Int(width)) if once => {
                (unsigned_type(bits_of(width)), bits.text().to_owned())
            }
            (value, scalar) => {
                let number = self.expressions.number(value, scalar);
                (r#type, number.text().to_owned())
            }
        };
        self.out.line(format!("const {} {name} = {text};", r#type));
        computed.value = match (&computed.value, once) {
            (Value::Bits(_), true) => Value::Bits(Expr::primary(name)),
            _ => Value::named(&name),
        };
        Ok(())
    }

    /// Gives names to what reads memory and has not been used yet, before something writes there.
    fn settle(&mut self) {
        for key in std::mem::take(&mut self.loads) {
            // Types have been looked at when the values were bound.
            let _ = self.name(key, true);
        }
    }
}

fn scalar_of(op: Op<'_>) -> Result<Scalar, NoForm> {
    if op.result_count() == 0 {
        return Err("has no result".to_owned());
    }
    let result = op.result(0).map_err(|error| error.to_string())?;
    Scalar::of(ir::val(result)).ok_or_else(|| "has a result that is no number".to_owned())
}
