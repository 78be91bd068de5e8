//! The inputs and outputs of a graph, as the file declares them.

use qonnx_dialects::ir::OpenType;
use qonnx_dialects::value::{MAX_ELEMENTS, TensorType};
use std::collections::{BTreeMap, BTreeSet};

use super::build::ImportOptions;
use super::error::Problem;
use super::node::Refusal;
use super::proto::{DimensionProto, GraphProto, ValueInfoProto};
use super::tensor::{Constant, element, is_narrow_float};

/// An input of the model.
pub struct Input {
    /// Its name.
    pub name: String,
    /// Its shape and element.
    pub r#type: TensorType,
    /// Whether an extent of it is not known and was chosen.
    pub is_open: bool,
    /// What the user should know about how it was read.
    pub remarks: Vec<String>,
}

/// The inputs that are not initializers, and what is wrong with the others. Old files repeat initializers as inputs;
/// what they say of those must be true.
pub fn inputs(
    graph: &GraphProto,
    constants: &BTreeMap<String, Constant>,
    options: &ImportOptions,
    problems: &mut Vec<Problem>,
) -> Vec<Input> {
    let mut inputs = Vec::new();
    let initializers = graph.initializer.iter().map(|tensor| tensor.name.as_str());
    let initializers: BTreeSet<&str> = initializers.collect();
    for value in &graph.input {
        let place = format!("graph input '{}'", value.name);
        match constants.get(&value.name) {
            Some(constant) => problems.extend(contradiction(value, &constant.r#type)),
            // What is wrong with the initializer was reported.
            None if initializers.contains(value.name.as_str()) => {}
            None => match input(value, options) {
                Ok(input) => inputs.push(input),
                Err(refusal) => {
                    problems.push(Problem::new(place, refusal.message).help(refusal.help));
                }
            },
        }
    }
    inputs
}

/// What the file says of each output, where it says anything. Where an extent of an input was chosen, extents of
/// outputs may follow from it, whatever the file says, and are left open.
pub fn outputs(
    graph: &GraphProto,
    inputs: &[Input],
    problems: &mut Vec<Problem>,
) -> Vec<Option<OpenType>> {
    let chosen = inputs.iter().any(|input| input.is_open);
    let mut outputs = Vec::with_capacity(graph.output.len());
    for value in &graph.output {
        let mut declared = declared(value).unwrap_or_else(|refusal| {
            let place = format!("graph output '{}'", value.name);
            problems.push(Problem::new(place, refusal.message).help(refusal.help));
            None
        });
        if let Some(shape) = declared.as_mut().and_then(|open| open.shape.as_mut())
            && chosen
        {
            shape.fill(None);
        }
        outputs.push(declared);
    }
    outputs
}

/// What is wrong if the file declares an initializer to be something else.
fn contradiction(value: &ValueInfoProto, found: &TensorType) -> Option<Problem> {
    let open = declared(value).ok().flatten()?;
    if open.admits(found) {
        return None;
    }
    let found = OpenType::from(found);
    let message = format!("is {found}, but the graph input of its name is declared as {open}");
    let place = format!("initializer '{}'", value.name);
    Some(Problem::new(place, message).help("correct the one or the other"))
}

/// What the file says that a value is; `None` if it says nothing, or that it is no tensor.
fn declared(value: &ValueInfoProto) -> Result<Option<OpenType>, Refusal> {
    let Some(tensor) = value
        .r#type
        .as_ref()
        .and_then(|r#type| r#type.tensor_type.as_ref())
    else {
        return Ok(None);
    };
    // Some files leave the element type out.
    if tensor.elem_type == 0 {
        return Ok(None);
    }
    let element = element(tensor.elem_type).map_err(|refusal| refusal.of("has"))?;
    let shape = tensor.shape.as_ref().map(|shape| {
        let extent = |dim: &DimensionProto| match dim.dim_value {
            Some(extent) => usize::try_from(extent)
                .map(Some)
                .map_err(|_| format!("has the extent {extent}, expected at least 0").into()),
            None => Ok(None),
        };
        shape.dim.iter().map(extent).collect::<Result<_, Refusal>>()
    });
    let shape = shape.transpose()?;
    Ok(Some(OpenType { shape, element }))
}

fn input(value: &ValueInfoProto, options: &ImportOptions) -> Result<Input, Refusal> {
    let fixed = "export the model with inputs of fixed shape";
    let Some(declared) = declared(value)? else {
        let message = "has no tensor type, which is not supported, expected one";
        return Err(Refusal::unsupported(message, fixed));
    };
    let Some(open) = declared.shape else {
        let message = "has no shape, which is not supported, expected one";
        return Err(Refusal::unsupported(message, fixed));
    };
    let name = &value.name;
    let mut remarks = Vec::new();
    let mut shape = Vec::with_capacity(open.len());
    for (axis, extent) in open.iter().enumerate() {
        // It is a real extent, but some exporters have written it for one that they did not know.
        if *extent == Some(0) {
            remarks.push(format!(
                "input '{name}' has the extent 0 in dimension {axis}, so that it holds no elements; an extent that is \
                 not known has a name in the file, or no value"
            ));
        }
        shape.push(extent.unwrap_or_else(|| {
            remarks.push(format!(
                "input '{name}' has the symbolic extent '{}' in dimension {axis}, which becomes {}",
                symbol(value, axis).unwrap_or("?"),
                options.symbolic_extent
            ));
            options.symbolic_extent
        }));
    }
    let count = shape
        .iter()
        .try_fold(1usize, |count, &extent| count.checked_mul(extent.max(1)));
    if count.is_none_or(|count| count > MAX_ELEMENTS) {
        return Err(Refusal::unsupported(
            format!(
                "has the shape {shape:?}, which is not supported, expected at most {MAX_ELEMENTS} elements"
            ),
            fixed,
        ));
    }
    let tensor = value
        .r#type
        .as_ref()
        .and_then(|r#type| r#type.tensor_type.as_ref());
    if tensor.is_some_and(|tensor| is_narrow_float(tensor.elem_type)) {
        remarks.push(format!(
            "input '{name}' is not of float32; its values are carried as float32"
        ));
    }
    Ok(Input {
        name: name.clone(),
        r#type: TensorType {
            shape,
            element: declared.element,
        },
        is_open: open.contains(&None),
        remarks,
    })
}

/// The name of a symbolic extent.
fn symbol(value: &ValueInfoProto, axis: usize) -> Option<&str> {
    let tensor = value.r#type.as_ref()?.tensor_type.as_ref()?;
    let name = tensor.shape.as_ref()?.dim.get(axis)?.dim_param.as_deref();
    name.filter(|name| !name.is_empty())
}
