//! Errors of the ops' semantics: what type inference and evaluation can object to.
//!
//! A model is user input, so nothing here is a bug of the compiler. The texts name the op, what was found and
//! what is expected; the caller adds the file and the node, which it alone knows.

use crate::tensor::{Element, MAX_ELEMENTS};

/// Why an op cannot be given a type or a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// The number of operands is not one the op takes.
    #[error("'{op}' op takes {expected} operands, found {found}")]
    OperandCount {
        /// Name of the op.
        op: &'static str,
        /// The accepted numbers, in words.
        expected: String,
        /// The number found.
        found: usize,
    },
    /// A mandatory operand is absent.
    #[error("'{op}' op needs operand '{operand}', which is absent")]
    OperandAbsent {
        /// Name of the op.
        op: &'static str,
        /// Name of the operand.
        operand: &'static str,
    },
    /// An operand's element type is not one the op accepts there.
    #[error("'{op}' op operand '{operand}' has element type {found}, expected {expected}")]
    ElementType {
        /// Name of the op.
        op: &'static str,
        /// Name of the operand.
        operand: &'static str,
        /// The element type found.
        found: Element,
        /// The accepted element types, in words.
        expected: String,
    },
    /// An operand's element type is one that ONNX allows there, but this compiler does not handle.
    #[error(
        "'{op}' op operand '{operand}' has element type {found}, which is not supported here, expected f32"
    )]
    UnsupportedElement {
        /// Name of the op.
        op: &'static str,
        /// Name of the operand.
        operand: &'static str,
        /// The element type found.
        found: Element,
    },
    /// The op is defined, but not handled.
    #[error("'{op}' op {what}, which is not supported")]
    Unsupported {
        /// Name of the op.
        op: &'static str,
        /// What was found, in words.
        what: String,
    },
    /// An operand's shape does not fit the op or its other operands.
    #[error("'{op}' op operand '{operand}' has shape {found:?}, expected {expected}")]
    Shape {
        /// Name of the op.
        op: &'static str,
        /// Name of the operand.
        operand: &'static str,
        /// The shape found.
        found: Vec<usize>,
        /// The accepted shapes, in words.
        expected: String,
    },
    /// Two operands do not broadcast by numpy's rule.
    #[error("'{op}' op operands of shapes {left:?} and {right:?} do not broadcast to one shape")]
    Broadcast {
        /// Name of the op.
        op: &'static str,
        /// Shape of the one operand, or of all operands before `right` together.
        left: Vec<usize>,
        /// Shape of the other operand.
        right: Vec<usize>,
    },
    /// An attribute's value is outside its range, or does not fit the operands.
    #[error("'{op}' op attribute '{attribute}' is {found}, expected {expected}")]
    Attribute {
        /// Name of the op.
        op: &'static str,
        /// Name of the attribute.
        attribute: &'static str,
        /// The value found.
        found: String,
        /// The accepted values, in words.
        expected: String,
    },
    /// An operand's contents are outside the range the op defines.
    #[error("'{op}' op operand '{operand}' holds {found}, expected {expected}")]
    Value {
        /// Name of the op.
        op: &'static str,
        /// Name of the operand.
        operand: &'static str,
        /// The value found.
        found: String,
        /// The accepted values, in words.
        expected: String,
    },
    /// The result's shape depends on an operand whose value is not known at compile time.
    #[error(
        "'{op}' op operand '{operand}' decides the shape of the result and is not a constant, which is not \
         supported, expected a constant"
    )]
    NotConstant {
        /// Name of the op.
        op: &'static str,
        /// Name of the operand.
        operand: &'static str,
    },
    /// The result would be larger than any tensor this compiler handles.
    #[error("'{op}' op has a result of shape {shape:?}, expected at most {MAX_ELEMENTS} elements")]
    TooLarge {
        /// Name of the op.
        op: &'static str,
        /// The result's shape.
        shape: Vec<usize>,
    },
}

impl EvalError {
    /// Whether the op is valid, and only this compiler cannot take it.
    pub fn is_unsupported(&self) -> bool {
        match self {
            Self::Unsupported { .. }
            | Self::UnsupportedElement { .. }
            | Self::NotConstant { .. }
            | Self::TooLarge { .. } => true,
            Self::OperandCount { .. }
            | Self::OperandAbsent { .. }
            | Self::ElementType { .. }
            | Self::Shape { .. }
            | Self::Broadcast { .. }
            | Self::Attribute { .. }
            | Self::Value { .. } => false,
        }
    }

    /// What the author of a file can do.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::UnsupportedElement { .. } => "convert it with a Cast before the node",
            Self::NotConstant { .. } => {
                "simplify the model so that it becomes an initializer, for instance with onnxsim"
            }
            _ if self.is_unsupported() => "express it in other operators before the export",
            _ => "the node breaks the rules of its operator; correct the exporter or the file",
        }
    }

    /// The whole message: what is wrong, and what can be done.
    pub fn with_advice(&self) -> String {
        format!("{self}; {}", self.advice())
    }

    /// An [`EvalError::Shape`].
    pub fn shape(
        op: &'static str,
        operand: &'static str,
        found: &[usize],
        expected: impl Into<String>,
    ) -> Self {
        Self::Shape {
            op,
            operand,
            found: found.to_vec(),
            expected: expected.into(),
        }
    }

    /// An [`EvalError::Attribute`]; `found` is shown with its `Debug` form.
    pub fn attribute(
        op: &'static str,
        attribute: &'static str,
        found: impl std::fmt::Debug,
        expected: impl Into<String>,
    ) -> Self {
        Self::Attribute {
            op,
            attribute,
            found: format!("{found:?}"),
            expected: expected.into(),
        }
    }

    /// An [`EvalError::Value`]; `found` is shown with its `Debug` form.
    pub fn value(
        op: &'static str,
        operand: &'static str,
        found: impl std::fmt::Debug,
        expected: impl Into<String>,
    ) -> Self {
        Self::Value {
            op,
            operand,
            found: format!("{found:?}"),
            expected: expected.into(),
        }
    }

    /// An [`EvalError::ElementType`].
    pub fn element(
        op: &'static str,
        operand: &'static str,
        found: Element,
        expected: impl Into<String>,
    ) -> Self {
        Self::ElementType {
            op,
            operand,
            found,
            expected: expected.into(),
        }
    }
}
