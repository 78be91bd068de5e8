//! The constructs of emitted C++ as Rust values, without operands and bodies. See `Hls.td`.

use super::types::Scalar;
use crate::dataflow::Cost;
use crate::tensor::Tensor;
use crate::text::Foreign;
use crate::word::Word;

/// The head of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionHead {
    /// Its name.
    pub name: String,
    /// Name of each argument.
    pub names: Vec<String>,
    /// Typedef of each argument's elements.
    pub types: Vec<String>,
    /// Whether each argument is only read.
    pub inputs: Vec<bool>,
    /// Whether the function becomes hardware; others are called by it.
    pub top: bool,
    /// Estimate of what it costs in hardware.
    pub cost: Cost,
    /// What it computes.
    pub comment: Foreign,
}

/// Two-operand operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`, of indices
    Div,
    /// `%`, of indices
    Rem,
    /// `&`
    And,
    /// `>>`, by an index
    Shr,
    /// `<`
    Lt,
    /// `>=`
    Ge,
}

impl Binary {
    /// The operator as C++ writes it.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Rem => "%",
            Self::And => "&",
            Self::Shr => ">>",
            Self::Lt => "<",
            Self::Ge => ">=",
        }
    }

    /// The type of the result: for words, that of the ap_int operators, which hold every result. `None` where
    /// the operator has no meaning on these operands.
    pub fn result(self, a: Scalar, b: Scalar) -> Option<Scalar> {
        match (self, a, b) {
            (
                Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Rem,
                Scalar::Index,
                Scalar::Index,
            ) => Some(Scalar::Index),
            (Self::Add, Scalar::Word(a), Scalar::Word(b)) => Some(Scalar::Word(a.sum(b))),
            (Self::Sub, Scalar::Word(a), Scalar::Word(b)) => Some(Scalar::Word(a.difference(b))),
            (Self::Mul, Scalar::Word(a), Scalar::Word(b)) => Some(Scalar::Word(a.product(b))),
            (Self::And, Scalar::Word(a), Scalar::Word(b)) => Some(Scalar::Word(a.joined(b))),
            (Self::Shr, Scalar::Word(a), Scalar::Index) => Some(Scalar::Word(a)),
            (Self::Lt | Self::Ge, Scalar::Word(_), Scalar::Word(_))
            | (Self::Lt | Self::Ge, Scalar::Index, Scalar::Index) => Some(Scalar::Bool),
            _ => None,
        }
    }
}

/// A construct.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// `typedef ap_int<5> name;`
    Typedef {
        /// The new name.
        name: String,
        /// What it names.
        word: Word,
        /// What it is for.
        comment: Foreign,
    },
    /// A constant array at file scope, in a header of its own.
    ConstantArray {
        /// Its name.
        name: String,
        /// Signless integers of 8, 16, 32 or 64 bits.
        value: Tensor,
        /// What it is for.
        comment: Foreign,
    },
    /// A function.
    Function(FunctionHead),
    /// `#pragma HLS`; the operand, if any, is the variable.
    Pragma {
        /// Such as `PIPELINE`.
        directive: String,
        /// Such as `II=1`.
        options: String,
    },
    /// A local array or variable; the result is what it names.
    Variable {
        /// Its name.
        name: String,
        /// Typedef of its elements.
        type_name: String,
    },
    /// A counting loop.
    For {
        /// Its label.
        label: String,
        /// Name of its counter.
        counter: String,
        /// Number of iterations.
        extent: usize,
    },
    /// `array[indices] = value`; operands value, array, indices.
    Store,
    /// A named constant; the operand is its value.
    Define {
        /// Its name.
        name: String,
        /// Its typedef; empty for the C++ type of the value.
        type_name: String,
    },
    /// A call; operands are the arguments.
    Call {
        /// Name of the function.
        callee: String,
    },
    /// Shows an array to the test bench.
    Trace {
        /// The ONNX node, for people; which one it is says the location.
        name: Foreign,
    },
    /// A constant array as an operand.
    Global {
        /// Its name.
        array: String,
    },
    /// A literal.
    Constant {
        /// Its value.
        value: i64,
    },
    /// `array[indices]`; operands array, indices.
    Load,
    /// `type(value)`.
    Cast {
        /// The typedef; empty for the C++ type of the result.
        type_name: String,
    },
    /// `condition ? a : b`.
    Select,
    /// A two-operand operator.
    Binary(Binary),
    /// The host's call of a top function.
    Run {
        /// Name of the function.
        callee: String,
    },
}
