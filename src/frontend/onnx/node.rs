//! A node with typed access to its attributes and constant inputs.

use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::tensor::Tensor;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::proto::{AttributeProto, NodeProto};
use super::schema::last_named;
use super::tensor::Constant;

/// ONNX's numbers of the kinds of attribute that are read.
const FLOAT: i32 = 1;
const INT: i32 = 2;
const STRING: i32 = 3;
const TENSOR: i32 = 4;
const FLOATS: i32 = 6;
const INTS: i32 = 7;

/// An operand of a translated node.
#[derive(Clone, Debug)]
pub enum Operand {
    /// An input of the node, by number; absent if the node leaves it out.
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
    /// Number of its results.
    pub results: usize,
}

impl Translated {
    /// An op with one result.
    pub fn new(op: impl Into<GraphOp>, operands: Vec<Operand>) -> Self {
        Self {
            op: op.into(),
            operands,
            results: 1,
        }
    }

    /// An op with one result whose operands are the node's first `count` inputs.
    pub fn of_inputs(op: impl Into<GraphOp>, count: usize) -> Self {
        Self::new(op, (0..count).map(Operand::Input).collect())
    }

    /// The same with another number of results.
    #[must_use]
    pub fn results(self, results: usize) -> Self {
        Self { results, ..self }
    }
}

/// Why a node cannot be translated: what was found, what is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Found and expected.
    pub message: String,
    /// What the user can do.
    pub help: &'static str,
}

impl Refusal {
    /// A node that is valid, but not supported.
    pub fn unsupported(message: impl Into<String>, help: &'static str) -> Self {
        Self {
            message: message.into(),
            help,
        }
    }

    /// The same with what it is about in front.
    #[must_use]
    pub fn of(self, what: &str) -> Self {
        Self {
            message: format!("{what} {}", self.message),
            ..self
        }
    }
}

/// A message alone says that the node breaks the rules of its operator.
impl From<String> for Refusal {
    fn from(message: String) -> Self {
        Self {
            message,
            help: "the node breaks the rules of its operator; correct the exporter or the file",
        }
    }
}

impl From<&str> for Refusal {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

/// A node, its attributes and the constants of the graph.
pub struct Node<'a> {
    proto: &'a NodeProto,
    constants: &'a BTreeMap<String, Constant>,
    used: &'a BTreeSet<&'a str>,
    /// One more than the number of the last input that was read as a constant.
    constants_read: Cell<usize>,
    /// Version of the node's operator set.
    pub version: i64,
}

impl<'a> Node<'a> {
    /// A view of a node. `used` are the tensors of the graph that something reads.
    pub fn new(
        proto: &'a NodeProto,
        constants: &'a BTreeMap<String, Constant>,
        used: &'a BTreeSet<&'a str>,
        version: i64,
    ) -> Self {
        Self {
            proto,
            constants,
            used,
            constants_read: Cell::new(0),
            version,
        }
    }

    /// The node as the file has it.
    pub fn proto(&self) -> &'a NodeProto {
        self.proto
    }

    /// The operator.
    pub fn op_type(&self) -> &'a str {
        &self.proto.op_type
    }

    /// Number of inputs, absent ones at the end not counted.
    pub fn inputs(&self) -> usize {
        last_named(&self.proto.input)
    }

    /// Number of outputs, whether used or not.
    pub fn outputs(&self) -> usize {
        self.proto.output.len()
    }

    /// Whether something reads one of the outputs from number `first` on.
    pub fn uses_outputs_from(&self, first: usize) -> bool {
        self.proto
            .output
            .iter()
            .skip(first)
            .any(|name| !name.is_empty() && self.used.contains(name.as_str()))
    }

    /// Whether an input is present.
    pub fn has_input(&self, at: usize) -> bool {
        self.proto
            .input
            .get(at)
            .is_some_and(|name| !name.is_empty())
    }

    /// Checks that the node has the inputs that its translation needs, and none that it ignores.
    pub fn check_inputs(&self, translated: &Translated) -> Result<(), Refusal> {
        let (least, _) = translated.op.arity();
        let taken = |operand: &Operand| match operand {
            Operand::Input(at) => at + 1,
            Operand::Absent | Operand::Constant(_) => 0,
        };
        let most = translated
            .operands
            .iter()
            .map(taken)
            .max()
            .unwrap_or(0)
            .max(self.constants_read.get());
        let found = self.inputs();
        if found > most {
            return Err(format!("it has {found} inputs, expected at most {most}").into());
        }
        let missing = translated
            .operands
            .iter()
            .take(least)
            .find_map(|operand| match operand {
                Operand::Input(at) if !self.has_input(*at) => Some(*at),
                _ => None,
            });
        match missing {
            Some(at) => {
                Err(format!("its input {at} is missing, expected at least {least} inputs").into())
            }
            None if translated.operands.len() < least => {
                Err(format!("it has {found} inputs, expected at least {least}").into())
            }
            None => Ok(()),
        }
    }

    /// The value of an input that must be constant to be known at import.
    pub fn constant(&self, at: usize, what: &str) -> Result<Option<Tensor>, Refusal> {
        self.constants_read
            .set(self.constants_read.get().max(at + 1));
        let Some(name) = self.proto.input.get(at).filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        match self.constants.get(name) {
            Some(constant) => Ok(Some(constant.to_tensor())),
            None => Err(Refusal::unsupported(
                format!(
                    "its input '{what}' is computed in the graph, which is not supported, expected a constant"
                ),
                "simplify the model so that the input becomes an initializer, for instance with onnxsim",
            )),
        }
    }

    /// Integers that are an input from version `since` on, and an attribute before.
    pub fn ints_of(
        &self,
        name: &str,
        input: usize,
        since: i64,
    ) -> Result<Option<Vec<i64>>, Refusal> {
        if self.version < since {
            return self.ints(name);
        }
        let Some(value) = self.constant(input, name)? else {
            return Ok(None);
        };
        if value.rank() != 1 {
            let shape = &value.shape;
            return Err(format!(
                "its input '{name}' has the shape {shape:?}, expected one dimension"
            )
            .into());
        }
        value
            .as_int()
            .map(<[i64]>::to_vec)
            .map(Some)
            .ok_or_else(|| {
                let element = value.element();
                format!("its input '{name}' is {element}, expected integers").into()
            })
    }

    fn attribute(&self, name: &str) -> Option<&'a AttributeProto> {
        self.proto
            .attribute
            .iter()
            .find(|attribute| attribute.name == name)
    }

    /// An attribute of a kind; old files leave the kind out.
    fn of_kind(&self, name: &str, kind: i32) -> Result<Option<&'a AttributeProto>, Refusal> {
        match self.attribute(name) {
            Some(attribute) if attribute.r#type == kind || attribute.r#type == 0 => {
                Ok(Some(attribute))
            }
            Some(attribute) => Err(format!(
                "its attribute '{name}' is {}, expected {}",
                kind_name(attribute.r#type),
                kind_name(kind)
            )
            .into()),
            None => Ok(None),
        }
    }

    /// A float, if present.
    pub fn float_if(&self, name: &str) -> Result<Option<f32>, Refusal> {
        Ok(self.of_kind(name, FLOAT)?.map(|attribute| attribute.f))
    }

    /// A float.
    pub fn float(&self, name: &str, default: f32) -> Result<f32, Refusal> {
        Ok(self.float_if(name)?.unwrap_or(default))
    }

    /// An integer, if present.
    pub fn int_if(&self, name: &str) -> Result<Option<i64>, Refusal> {
        Ok(self.of_kind(name, INT)?.map(|attribute| attribute.i))
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
            other => Err(format!("its attribute '{name}' is {other}, expected 0 or 1").into()),
        }
    }

    /// A size, if present.
    pub fn size_if(&self, name: &str) -> Result<Option<usize>, Refusal> {
        match self.int_if(name)? {
            Some(_) => self.size(name, 0).map(Some),
            None => Ok(None),
        }
    }

    /// A size.
    pub fn size(&self, name: &str, default: usize) -> Result<usize, Refusal> {
        match self.int_if(name)? {
            Some(value) => usize::try_from(value).map_err(|_| {
                format!("its attribute '{name}' is {value}, expected at least 0").into()
            }),
            None => Ok(default),
        }
    }

    /// A size that must be there.
    pub fn required_size(&self, name: &str) -> Result<usize, Refusal> {
        match self.int_if(name)? {
            Some(_) => self.size(name, 0),
            None => Err(missing(name)),
        }
    }

    /// Integers that must be there.
    pub fn required_ints(&self, name: &str) -> Result<Vec<i64>, Refusal> {
        self.ints(name)?.ok_or_else(|| missing(name))
    }

    /// A string, if present.
    pub fn string_if(&self, name: &str) -> Result<Option<String>, Refusal> {
        let attribute = self.of_kind(name, STRING)?;
        Ok(attribute.map(|attribute| String::from_utf8_lossy(&attribute.s).into_owned()))
    }

    /// A string.
    pub fn string(&self, name: &str, default: &str) -> Result<String, Refusal> {
        Ok(self.string_if(name)?.unwrap_or_else(|| default.to_owned()))
    }

    /// A tensor.
    pub fn tensor(&self, name: &str) -> Result<Option<Constant>, Refusal> {
        match self.of_kind(name, TENSOR)? {
            Some(AttributeProto {
                t: Some(tensor), ..
            }) => Constant::new(tensor, None)
                .map(Some)
                .map_err(|refusal| refusal.of(&format!("its attribute '{name}'"))),
            Some(_) => Err(format!("its attribute '{name}' holds no tensor, expected one").into()),
            None => Ok(None),
        }
    }

    /// Integers, if present.
    pub fn ints(&self, name: &str) -> Result<Option<Vec<i64>>, Refusal> {
        Ok(self
            .of_kind(name, INTS)?
            .map(|attribute| attribute.ints.clone()))
    }

    /// Floats, if present.
    pub fn floats(&self, name: &str) -> Result<Option<Vec<f32>>, Refusal> {
        Ok(self
            .of_kind(name, FLOATS)?
            .map(|attribute| attribute.floats.clone()))
    }

    /// Sizes; empty if absent.
    pub fn sizes(&self, name: &str) -> Result<Vec<usize>, Refusal> {
        self.ints(name)?
            .unwrap_or_default()
            .into_iter()
            .map(|value| {
                usize::try_from(value).map_err(|_| {
                    format!("its attribute '{name}' holds {value}, expected at least 0").into()
                })
            })
            .collect()
    }
}

fn missing(attribute: &str) -> Refusal {
    format!("its attribute '{attribute}' is missing, expected one").into()
}

/// What ONNX calls a kind of attribute.
fn kind_name(kind: i32) -> &'static str {
    match kind {
        FLOAT => "a float",
        INT => "an integer",
        STRING => "a string",
        TENSOR => "a tensor",
        5 => "a graph",
        FLOATS => "floats",
        INTS => "integers",
        8 => "strings",
        9 => "tensors",
        10 => "graphs",
        11 => "a sparse tensor",
        12 => "sparse tensors",
        13 => "a type",
        14 => "types",
        _ => "of an unknown kind",
    }
}
