//! A module of loops on buffers as one C99 file. It only reads: what there is to decide, passes have decided.

use std::collections::{HashMap, HashSet};

use melior::ir::Module;
use melior::ir::operation::OperationLike;
use qonnx_dialects::ir::{self, Function, Node, Val, node_name};
use qonnx_dialects::tensor::Element;
use qonnx_dialects::text::Foreign;
use qonnx_dialects::upstream::{self, Global, Step};
use qonnx_dialects::value::TensorType;

use super::constants;
use super::function::{self, Shared, walk};
use super::names::{Kind, Names};
use super::prelude::Prelude;
use crate::backend::interface::{Argument, Interface, c_type};
use crate::backend::writer::Writer;

/// A printed file.
pub struct File {
    /// The text.
    pub text: String,
    /// Bytes of constant arrays.
    pub constants: usize,
    /// Whether it calls the C library's mathematical functions.
    pub needs_math: bool,
    /// The functions that it calls and others have.
    pub externals: Vec<External>,
}

/// A function of another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct External {
    /// Its symbol in the module.
    pub symbol: String,
    /// Its C name.
    pub name: String,
    /// Its arguments: whether each is only read, and the type of what it points to.
    pub arguments: Vec<(bool, TensorType)>,
}

impl External {
    /// The head of the function, with arguments called `a` and a number.
    pub fn head(&self) -> String {
        let arguments = self.arguments.iter().enumerate().map(|(at, (read, ty))| {
            let constant = if *read { "const " } else { "" };
            format!("{constant}{} *a{at}", c_type(ty.element))
        });
        let arguments: Vec<_> = arguments.collect();
        format!("void {}({})", self.name, arguments.join(", "))
    }
}

/// Why a module cannot be printed; names the node where one is at fault.
pub type PrintError = String;

/// Prints the network `main` of a module and what it calls. `headers` are the names of what the file includes, that of the
/// same interface among them.
pub fn print(
    module: &Module<'_>,
    main: Function<'_>,
    interface: &Interface,
    headers: &[String],
) -> Result<File, PrintError> {
    let mut names = Names::new(&interface.entry());
    let mut prelude = Prelude::default();
    let mut code = Writer::default();
    let mut bytes = 0;

    let externals = externals(module, main, &interface.name)?;
    for external in &externals {
        names.give(&external.symbol, &external.name);
    }
    let ops = ir::module_ops(module);
    let globals = ops.iter().filter_map(|op| Global::new(*op));
    let globals: HashMap<String, Global<'_>> = globals
        .filter_map(|global| Some((global.name()?, global)))
        .collect();
    let mut printed = HashSet::new();
    for function in called(module, main) {
        for symbol in globals_of(function) {
            if !printed.insert(symbol.clone()) {
                continue;
            }
            let at_fault = |reason: String| {
                let symbol = Foreign::new(symbol.as_str());
                let node = Node::of(function.op()).name;
                let (node, symbol) = (node.shown(), symbol.shown());
                format!("node '{node}': the constant '{symbol}' {reason}")
            };
            let global = *globals
                .get(&symbol)
                .ok_or_else(|| at_fault("is not in the module".to_owned()))?;
            let name = names.of(&symbol, Kind::Constant);
            bytes += constants::write(&mut code, &mut prelude, global, &name).map_err(at_fault)?;
            code.line("");
        }
        let is_main = function.op() == main.op();
        let (head, arguments) = if is_main {
            entry(interface)
        } else {
            kernel(function, &mut names)?
        };
        if let Some(node) = node_name(function.op().location()).filter(|_| !is_main) {
            code.line(format!("/* Node '{}'. */", node.c_comment()));
        }
        code.open(format!("{head} {{"));
        let shared = Shared {
            names: &mut names,
            prelude: &mut prelude,
        };
        function::body(shared, &mut code, function, &arguments)?;
        code.close("}");
        if !is_main {
            code.line("");
        }
    }

    let mut file = Writer::default();
    file.line(format!(
        "/* The network '{}' in C99, written by qonnx-mlir. */",
        interface.model.c_comment()
    ));
    for header in headers {
        file.line(format!("#include \"{header}\""));
    }
    file.line("");
    prelude.write(&mut file);
    file.line("");
    file.text(&code.finish());
    Ok(File {
        text: file.finish(),
        constants: bytes,
        needs_math: prelude.needs_math(),
        externals,
    })
}

/// The head of the entry function and the names of its arguments.
fn entry(interface: &Interface) -> (String, Vec<Option<String>>) {
    let head = format!(
        "void {}({})",
        interface.entry(),
        interface.parameters("restrict ")
    );
    // Kernels take numbers with signs, which numbers without are in the same memory.
    let name = |argument: &Argument, constant: &str| match argument.ty.element {
        Element::Int { width, sign } if sign.is_unsigned() => {
            let signed = c_type(Element::int(width));
            Some(format!("({constant}{signed} *){}", argument.name))
        }
        _ => Some(argument.name.clone()),
    };
    let inputs = interface.inputs.iter().map(|input| name(input, "const "));
    let outputs = interface.outputs.iter().map(|output| name(output, ""));
    (head, inputs.chain(outputs).chain([None]).collect())
}

/// The head of a kernel and the names of its arguments.
fn kernel(
    function: Function<'_>,
    names: &mut Names,
) -> Result<(String, Vec<Option<String>>), PrintError> {
    let (parameters, arguments) = function::parameters(function)?;
    let parameters = match parameters.is_empty() {
        true => "void".to_owned(),
        false => parameters.join(", "),
    };
    let name = names.of(&function.name(), Kind::Kernel);
    Ok((
        format!("KERNEL void {name}({parameters})"),
        arguments.into_iter().map(Some).collect(),
    ))
}

/// The functions that `main` calls and that have their bodies elsewhere; their C names begin with that of the network.
fn externals(
    module: &Module<'_>,
    main: Function<'_>,
    network: &str,
) -> Result<Vec<External>, PrintError> {
    let mut calls: HashMap<String, Vec<Val<'_>>> = HashMap::new();
    walk(main, &mut |op, step| {
        if let (Step::Call(callee), 0) = (step, op.result_count()) {
            let operands = op.operands().map(ir::val);
            calls.entry(callee).or_insert_with(|| operands.collect());
        }
    });
    let declared = ir::module_ops(module).into_iter();
    let declared = declared.filter_map(upstream::External::new);
    let mut externals = Vec::new();
    for external in declared {
        let symbol = external.name();
        let Some(operands) = calls.get(&symbol) else {
            continue;
        };
        let types = operands.iter().map(|value| upstream::buffer_type(*value));
        let types = types.collect::<Option<Vec<_>>>();
        let types = types.ok_or_else(|| {
            let symbol = Foreign::new(symbol.as_str());
            format!(
                "the call of '{}' takes something else than buffers",
                symbol.shown()
            )
        })?;
        let read = external.read_only(types.len());
        externals.push(External {
            name: format!(
                "{network}_{}",
                Foreign::new(symbol.as_str()).identifier("hardware")
            ),
            symbol,
            arguments: read.into_iter().zip(types).collect(),
        });
    }
    Ok(externals)
}

/// The globals that a function takes the address of, in order.
fn globals_of(function: Function<'_>) -> Vec<String> {
    let mut symbols = Vec::new();
    walk(function, &mut |_, step| {
        if let Step::Global(symbol) = step {
            symbols.push(symbol);
        }
    });
    symbols
}

/// The functions that `main` calls in the order in which it first does, and `main` itself: each stands behind what it calls.
fn called<'c>(module: &Module<'c>, main: Function<'c>) -> Vec<Function<'c>> {
    let functions = ir::functions(module).into_iter();
    let functions: HashMap<String, Function<'c>> = functions
        .map(|function| (function.name(), function))
        .collect();
    let mut called = Vec::new();
    let mut seen = HashSet::new();
    walk(main, &mut |_, step| {
        let Step::Call(callee) = step else { return };
        if seen.insert(callee.clone()) {
            called.extend(functions.get(&callee));
        }
    });
    called.push(main);
    called
}
