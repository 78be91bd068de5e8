//! The inputs of a graph.

use qonnx_dialects::value::{MAX_ELEMENTS, TensorType};
use std::collections::BTreeSet;

use super::build::ImportOptions;
use super::error::Problem;
use super::proto::{GraphProto, ValueInfoProto};
use super::tensor::{element, is_foreign_float};

/// An input of the model.
pub struct Input {
    /// Its name.
    pub name: String,
    /// Its shape and element.
    pub r#type: TensorType,
    /// What the user should know about how it was read.
    pub remarks: Vec<String>,
}

/// The inputs that are not initializers, and what is wrong with the others.
pub fn inputs(
    graph: &GraphProto,
    options: &ImportOptions,
    problems: &mut Vec<Problem>,
) -> Vec<Input> {
    let initializers: BTreeSet<&str> = graph
        .initializer
        .iter()
        .map(|tensor| tensor.name.as_str())
        .collect();
    let mut inputs = Vec::new();
    for value in graph
        .input
        .iter()
        .filter(|value| !initializers.contains(value.name.as_str()))
    {
        match input(value, options) {
            Ok(input) => inputs.push(input),
            Err(message) => problems.push(
                Problem::new(format!("graph input '{}'", value.name), message)
                    .help("export the model with inputs of fixed shape"),
            ),
        }
    }
    inputs
}

fn input(value: &ValueInfoProto, options: &ImportOptions) -> Result<Input, String> {
    let tensor = value
        .r#type
        .as_ref()
        .and_then(|r#type| r#type.tensor_type.as_ref())
        .ok_or("has no tensor type, expected one")?;
    let dims = &tensor
        .shape
        .as_ref()
        .ok_or("has no shape, expected one")?
        .dim;
    let mut remarks = Vec::new();
    let mut shape = Vec::with_capacity(dims.len());
    for (axis, dim) in dims.iter().enumerate() {
        match dim.dim_value {
            Some(extent) if extent < 0 => {
                return Err(format!("has the extent {extent}, expected at least 1"));
            }
            Some(extent) if extent > 0 => {
                shape.push(usize::try_from(extent).map_err(|error| error.to_string())?);
            }
            // Exporters write 0 for an extent that they do not know.
            _ => {
                let name = dim.dim_param.as_deref().filter(|name| !name.is_empty());
                remarks.push(format!(
                    "input '{}' has the symbolic extent '{}' in dimension {axis}, which becomes {}",
                    value.name,
                    name.unwrap_or("?"),
                    options.symbolic_extent
                ));
                shape.push(options.symbolic_extent);
            }
        }
    }
    let count = shape
        .iter()
        .try_fold(1usize, |count, &extent| count.checked_mul(extent));
    if count.is_none_or(|count| count > MAX_ELEMENTS) {
        return Err(format!(
            "has the shape {shape:?}, expected at most {MAX_ELEMENTS} elements"
        ));
    }
    if is_foreign_float(tensor.elem_type) {
        remarks.push(format!(
            "input '{}' is not of float32; its values are carried as float32",
            value.name
        ));
    }
    let r#type = TensorType {
        shape,
        element: element(tensor.elem_type).map_err(|m| format!("has {m}"))?,
    };
    Ok(Input {
        name: value.name.clone(),
        r#type,
        remarks,
    })
}
