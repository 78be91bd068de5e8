//! How C calls a compiled network: its function with its contract as a header, and an example program.

mod example;
mod header;

use melior::ir::Module;
use qonnx_dialects::ir;
use qonnx_dialects::signature::Signature;
use qonnx_dialects::tensor::Element;
use qonnx_dialects::text::Foreign;
use qonnx_dialects::upstream::byte_size;
use qonnx_dialects::value::TensorType;

/// A network that C can call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The name of the model, as its user says it.
    pub model: Foreign,
    /// The identifier that the names of the header begin with.
    pub name: String,
    /// What it takes.
    pub inputs: Vec<Argument>,
    /// What it gives.
    pub outputs: Vec<Argument>,
    /// Its temporary memory.
    pub workspace: Workspace,
}

/// One pointer argument of the entry function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// `in0`, `out0`, ...
    pub name: String,
    /// What it points to.
    pub ty: TensorType,
    /// The tensor's name in the model.
    pub tensor: Foreign,
}

/// The temporary memory of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Workspace {
    /// So many bytes that nothing but machine code looks at.
    Bytes(usize),
    /// A union of arrays of so many bytes, one for each type of elements that are kept there.
    Union(usize, Vec<Element>),
}

impl Interface {
    /// The interface of a module's network, of which the compiled function is known. `name` is an identifier.
    pub fn new(
        model: &Foreign,
        name: &str,
        module: &Module<'_>,
        signature: &Signature,
        workspace: Workspace,
    ) -> Self {
        let (inputs, outputs) = match ir::main_function(module) {
            Some(function) => (function.input_names(), function.output_names()),
            None => Default::default(),
        };
        let arguments = |prefix: &str, types: &[TensorType], names: &[Foreign]| {
            let arguments = types.iter().enumerate().map(|(at, ty)| Argument {
                name: format!("{prefix}{at}"),
                ty: ty.clone(),
                tensor: names.get(at).cloned().unwrap_or_default(),
            });
            arguments.collect()
        };
        Self {
            model: model.clone(),
            name: name.to_owned(),
            inputs: arguments("in", signature.inputs(), &inputs),
            outputs: arguments("out", signature.outputs(), &outputs),
            workspace,
        }
    }

    /// The symbol of the entry function.
    pub fn entry(&self) -> String {
        entry(&self.name)
    }

    /// What macros begin with.
    fn upper(&self) -> String {
        self.name.to_ascii_uppercase()
    }

    /// The C type of what is temporary memory, as far as it has one.
    pub fn workspace_type(&self) -> String {
        match self.workspace {
            Workspace::Bytes(_) => "void".to_owned(),
            Workspace::Union(..) => format!("{}_workspace", self.name),
        }
    }
}

/// The symbol of the entry function of a network that goes by an identifier.
pub fn entry(name: &str) -> String {
    format!("{name}_run")
}

/// The C type of an element. Integers of a width that C has no type for are in none.
pub fn c_type(element: Element) -> &'static str {
    match element {
        Element::F32 => "float",
        Element::F64 => "double",
        Element::Int { width, sign } => match (width, sign.is_unsigned()) {
            (1..=8, false) => "int8_t",
            (1..=8, true) => "uint8_t",
            (9..=16, false) => "int16_t",
            (9..=16, true) => "uint16_t",
            (17..=32, false) => "int32_t",
            (17..=32, true) => "uint32_t",
            (_, false) => "int64_t",
            (_, true) => "uint64_t",
        },
    }
}

/// The name of the array of elements of a type in a workspace.
pub fn member(element: Element) -> String {
    match element {
        Element::F32 => "f32".to_owned(),
        Element::F64 => "f64".to_owned(),
        Element::Int { width, .. } => format!("i{width}"),
    }
}

/// Bytes of an element.
fn size_of(element: Element) -> usize {
    byte_size(&TensorType::new([], element)).unwrap_or(1)
}

fn shape(ty: &TensorType) -> String {
    let extents: Vec<_> = ty.shape.iter().map(ToString::to_string).collect();
    if extents.is_empty() {
        "scalar".to_owned()
    } else {
        extents.join(" x ")
    }
}
