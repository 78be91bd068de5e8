//! A node with typed access to its attributes and constant inputs.

use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::tensor::Tensor;
use std::collections::BTreeMap;

use super::proto::{AttributeProto, NodeProto};
use super::tensor::Constant;

/// An operand of a translated node.
#[derive(Clone, Debug)]
pub enum Operand {
    /// Input number `0` of the node; absent if the node leaves it out.
    Input(usize),
    /// Left out.
    Absent,
    /// A constant that the node writes as an attribute or leaves to a default.
    Constant(Tensor),
}

/// A node in the form of the dialects.
#[derive(Clone, Debug)]
pub struct Translated {
    /// The op.
    pub op: GraphOp,
    /// Its operands.
    pub operands: Vec<Operand>,
}

impl Translated {
    /// An op whose operands are the node's first `count` inputs.
    pub fn of_inputs(op: impl Into<GraphOp>, count: usize) -> Self {
        Self { op: op.into(), operands: (0..count).map(Operand::Input).collect() }
    }
}

/// What a translation can fail with: found, expected, remedy in one sentence.
pub type Refusal = String;

/// A node, its attributes and the constants of the graph.
pub struct Node<'a> {
    proto: &'a NodeProto,
    constants: &'a BTreeMap<String, Constant>,
    /// Version of the node's operator set.
    pub version: i64,
}

impl<'a> Node<'a> {
    /// A view of a node.
    pub fn new(proto: &'a NodeProto, constants: &'a BTreeMap<String, Constant>, version: i64) -> Self {
        Self { proto, constants, version }
    }

    /// The operator.
    pub fn op_type(&self) -> &'a str {
        &self.proto.op_type
    }

    /// Number of inputs, absent ones at the end not counted.
    pub fn inputs(&self) -> usize {
        self.proto.input.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1)
    }

    /// Number of outputs that are used.
    pub fn outputs(&self) -> usize {
        self.proto.output.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1)
    }

    /// Whether an input is present.
    pub fn has_input(&self, at: usize) -> bool {
        self.proto.input.get(at).is_some_and(|name| !name.is_empty())
    }

    /// The value of an input that must be constant to be known at import.
    pub fn constant(&self, at: usize, what: &str) -> Result<Option<Tensor>, Refusal> {
        if !self.has_input(at) {
            return Ok(None);
        }
        match self.constants.get(&self.proto.input[at]) {
            Some(constant) => Ok(Some(constant.to_tensor())),
            None => Err(format!("its {what} are computed in the graph, expected a constant")),
        }
    }

    /// Integers that an old version has as an attribute and a newer one as an input.
    pub fn ints_of(&self, attribute: &str, input: usize) -> Result<Option<Vec<i64>>, Refusal> {
        if let Some(values) = self.ints(attribute)? {
            return Ok(Some(values));
        }
        let value = self.constant(input, attribute)?;
        value
            .map(|value| {
                value
                    .as_int()
                    .map(<[i64]>::to_vec)
                    .ok_or_else(|| format!("its {attribute} are {} numbers, expected integers", value.element()))
            })
            .transpose()
    }

    fn attribute(&self, name: &str) -> Option<&'a AttributeProto> {
        self.proto.attribute.iter().find(|attribute| attribute.name == name)
    }

    /// An attribute of a kind; old files leave the kind out.
    fn of_kind(&self, name: &str, kind: i32, expected: &str) -> Result<Option<&'a AttributeProto>, Refusal> {
        match self.attribute(name) {
            Some(attribute) if attribute.r#type == kind || attribute.r#type == 0 => Ok(Some(attribute)),
            Some(attribute) => {
                Err(format!("attribute '{name}' has kind {}, expected {expected}", attribute.r#type))
            }
            None => Ok(None),
        }
    }

    /// A float.
    pub fn float(&self, name: &str, default: f32) -> Result<f32, Refusal> {
        Ok(self.of_kind(name, 1, "a float")?.map_or(default, |attribute| attribute.f))
    }

    /// An integer, if present.
    pub fn int_if(&self, name: &str) -> Result<Option<i64>, Refusal> {
        Ok(self.of_kind(name, 2, "an integer")?.map(|attribute| attribute.i))
    }

    /// An integer.
    pub fn int(&self, name: &str, default: i64) -> Result<i64, Refusal> {
        Ok(self.int_if(name)?.unwrap_or(default))
    }

    /// A truth value, an integer 0 or 1 in ONNX.
    pub fn boolean(&self, name: &str, default: bool) -> Result<bool, Refusal> {
        match self.int(name, i64::from(default))? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(format!("attribute '{name}' is {other}, expected 0 or 1")),
        }
    }

    /// A size.
    pub fn size(&self, name: &str, default: usize) -> Result<usize, Refusal> {
        match self.int_if(name)? {
            Some(value) => usize::try_from(value)
                .map_err(|_| format!("attribute '{name}' is {value}, expected a number of at least 0")),
            None => Ok(default),
        }
    }

    /// A string.
    pub fn string(&self, name: &str, default: &str) -> Result<String, Refusal> {
        Ok(self
            .of_kind(name, 3, "a string")?
            .map_or_else(|| default.to_owned(), |attribute| String::from_utf8_lossy(&attribute.s).into_owned()))
    }

    /// A tensor.
    pub fn tensor(&self, name: &str) -> Result<Option<Constant>, Refusal> {
        match self.of_kind(name, 4, "a tensor")? {
            Some(AttributeProto { t: Some(tensor), .. }) => {
                Constant::new(tensor, None).map(Some).map_err(|message| format!("attribute '{name}': {message}"))
            }
            Some(_) => Err(format!("attribute '{name}' holds no tensor")),
            None => Ok(None),
        }
    }

    /// Integers, if present.
    pub fn ints(&self, name: &str) -> Result<Option<Vec<i64>>, Refusal> {
        Ok(self.of_kind(name, 7, "integers")?.map(|attribute| attribute.ints.clone()))
    }

    /// Floats, if present.
    pub fn floats(&self, name: &str) -> Result<Option<Vec<f32>>, Refusal> {
        Ok(self.of_kind(name, 6, "floats")?.map(|attribute| attribute.floats.clone()))
    }

    /// Sizes; empty if absent.
    pub fn sizes(&self, name: &str) -> Result<Vec<usize>, Refusal> {
        self.ints(name)?
            .unwrap_or_default()
            .into_iter()
            .map(|value| {
                usize::try_from(value)
                    .map_err(|_| format!("attribute '{name}' holds {value}, expected numbers of at least 0"))
            })
            .collect()
    }
}
