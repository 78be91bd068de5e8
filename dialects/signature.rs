//! What the entry function of a compiled network takes.

use crate::ir::{self, Function, Val};
use crate::tensor::Element;
use crate::text::Foreign;
use crate::upstream::{buffer_type, byte_size, is_contiguous};
use crate::value::TensorType;

/// The arguments of the entry function: a pointer for each input, a pointer for each output, and a pointer to the
/// workspace. Buffers hold their elements in row-major order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    inputs: Vec<TensorType>,
    outputs: Vec<TensorType>,
    workspace: usize,
}

impl Signature {
    /// Types of the inputs.
    pub fn inputs(&self) -> &[TensorType] {
        &self.inputs
    }

    /// Types of the outputs.
    pub fn outputs(&self) -> &[TensorType] {
        &self.outputs
    }

    /// Number of bytes of the workspace; the pointer is not used if it is 0.
    pub fn workspace(&self) -> usize {
        self.workspace
    }

    /// The inputs and outputs of a function on tensors; the workspace is not known yet.
    pub fn of_tensors(function: Function<'_>) -> Result<Self, String> {
        let types = |values: Vec<Val<'_>>, names: Vec<Foreign>, what: &str| {
            let checked = values.into_iter().zip(names).map(|(value, name)| {
                let found = match ir::type_of(value) {
                    Some(ty) if has_c_type(ty.element) => return Ok(ty),
                    Some(ty) => format!("is of type {}", ty.element),
                    None => "has no static shape".to_owned(),
                };
                let name = name.shown();
                Err(format!(
                    "{what} '{name}' {found}, which is not supported by compiled code: expected f32, f64, bool, or \
                     integers of 8, 16, 32 or 64 bits, of a static shape"
                ))
            });
            checked.collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            inputs: types(function.arguments(), function.input_names(), "input")?,
            outputs: types(function.returned(), function.output_names(), "output")?,
            workspace: 0,
        })
    }

    /// The same with the workspace of a function on buffers, whose arguments must be what the tensors announce.
    pub fn of_buffers(self, function: Function<'_>) -> Result<Self, String> {
        let arguments = function.arguments();
        let expected = self.inputs.iter().chain(&self.outputs);
        let matches = arguments.len() == self.inputs.len() + self.outputs.len() + 1
            && function.returned().is_empty()
            && arguments.iter().all(|value| is_contiguous(*value))
            && arguments
                .iter()
                .zip(expected)
                .all(|(value, ty)| buffer_type(*value) == Some(in_memory(&ty.buffer())));
        let workspace = arguments
            .last()
            .and_then(|value| byte_size(&buffer_type(*value)?));
        match workspace {
            Some(workspace) if matches => Ok(Self { workspace, ..self }),
            _ => Err("the pipeline did not give each output a buffer of its caller".to_owned()),
        }
    }
}

/// Whether C has a type for an element.
fn has_c_type(element: Element) -> bool {
    match element {
        Element::F32 | Element::F64 | Element::BOOL => true,
        Element::Int { width, .. } => [8, 16, 32, 64].contains(&width),
    }
}

/// The type of a buffer in memory: integers have no sign there, and a truth value takes a byte.
fn in_memory(ty: &TensorType) -> TensorType {
    let element = match ty.element {
        Element::Int { width, .. } => Element::int(width.max(8)),
        float => float,
    };
    TensorType::new(ty.shape.clone(), element)
}
