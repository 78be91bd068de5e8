//! The ops of the `onnx` dialect as plain Rust values: an op's name and attributes, without its operands.
//!
//! An [`Op`] has one meaning, [`Op::eval`], which is that of the ONNX specification under the project's rules for
//! rounding (see `eval.rs`); [`Op::infer`] gives the types of its results and makes every check that evaluation
//! relies on. Opset differences are gone by the time an `Op` exists: whatever is an attribute in one opset and an
//! operand in another is carried in the one place documented here.

mod attributes;
mod name;

pub use attributes::{
    ArgMax, AutoPad, AveragePool, Conv, Gemm, LayerNormalization, MaxPool, Reduce, Softmax,
    SplitParts, TopK,
};

use crate::tensor::{Element, Tensor};

/// One ONNX op with its attributes. Operand names are those of the ONNX specification.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// `(A, B)`: matrix product with numpy's rules for operands of rank 1 and for batches.
    MatMul,
    /// `(A, B, C?)`: `alpha * A' * B' + beta * C`.
    Gemm(Gemm),
    /// `(X, W, B?)`: convolution over any number of spatial dimensions, channels first.
    Conv(Conv),
    /// `(X)`: greatest element of each window; padding never wins.
    MaxPool(MaxPool),
    /// `(X)`: mean of each window.
    AveragePool(AveragePool),
    /// `(X)`: mean over all spatial dimensions, which become 1.
    GlobalAveragePool,

    /// `(A, B)`: sum, broadcast.
    Add,
    /// `(A, B)`: difference, broadcast.
    Sub,
    /// `(A, B)`: product, broadcast.
    Mul,
    /// `(A, B)`: quotient, broadcast; integers are truncated toward zero.
    Div,
    /// `(X, Y)`: `X` to the power `Y`, broadcast, with the special cases of C99. Exponents 2 and 0.5 are exactly
    /// `x * x` and `sqrt(x)`.
    Pow,
    /// `(data...)`: least of all operands, broadcast.
    Min,
    /// `(data...)`: greatest of all operands, broadcast.
    Max,
    /// `(A, B)`: whether equal, broadcast.
    Equal,
    /// `(A, B)`: whether `A < B`, broadcast.
    Less,
    /// `(A, B)`: whether `A <= B`, broadcast.
    LessOrEqual,
    /// `(A, B)`: whether `A > B`, broadcast.
    Greater,
    /// `(A, B)`: whether `A >= B`, broadcast.
    GreaterOrEqual,
    /// `(condition, X, Y)`: `X` where the condition holds, else `Y`, broadcast.
    Where,

    /// `(X)`: square root.
    Sqrt,
    /// `(X)`: magnitude.
    Abs,
    /// `(X)`: negation.
    Neg,
    /// `(X)`: e to the power `x`.
    Exp,
    /// `(X)`: natural logarithm.
    Log,
    /// `(X)`: greatest integer not above.
    Floor,
    /// `(X)`: least integer not below.
    Ceil,
    /// `(X)`: nearest integer, ties to even.
    Round,
    /// `(X)`: -1, 0 or 1.
    Sign,
    /// `(input, min?, max?)`: limited to `min..=max`; `max` wins if they cross. An absent bound is the type's least or
    /// greatest number, which infinities are beyond.
    Clip,
    /// `(X)`: `max(x, 0)`; NaN stays NaN.
    Relu,
    /// `(X)`: `x` if it is at least 0, else `alpha * x`.
    LeakyRelu {
        /// Slope below 0.
        alpha: f32,
    },
    /// `(X, slope)`: `x` if it is at least 0, else `slope * x`; the slope is broadcast to `X`.
    PRelu,
    /// `(X)`: `x` if it is above 0, else `alpha * (exp(x) - 1)`.
    Elu {
        /// Negated limit at minus infinity.
        alpha: f32,
    },
    /// `(X)`: `gamma * x` if `x` is above 0, else `gamma * alpha * (exp(x) - 1)`.
    Selu {
        /// Negated limit at minus infinity, before `gamma`.
        alpha: f32,
        /// Factor of the whole.
        gamma: f32,
    },
    /// `(X)`: `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `(X)`: `max(0, min(1, alpha * x + beta))`.
    HardSigmoid {
        /// Slope.
        alpha: f32,
        /// Value at 0.
        beta: f32,
    },
    /// `(X)`: `x * max(0, min(1, x / 6 + 1 / 2))`.
    HardSwish,
    /// `(X)`: hyperbolic tangent.
    Tanh,
    /// `(X)`: error function.
    Erf,
    /// `(X)`: `x * (1 + erf(x / sqrt(2))) / 2`.
    Gelu,
    /// `(X)`: `ln(1 + exp(x))`.
    Softplus,
    /// `(input)`: the same numbers in another element type. Floats become integers by truncation toward zero,
    /// limited to the type's range, NaN becomes 0; integers wrap; anything but 0 becomes true.
    Cast {
        /// Element type of the result.
        to: Element,
    },
    /// `(input)`: the operand itself.
    Identity,

    /// `(X, scale, B, mean, var)`: inference-time batch normalization, channels at axis 1.
    BatchNormalization {
        /// Added to the variance.
        epsilon: f32,
    },
    /// `(X, Scale, B?)`: normalization over the dimensions from an axis on.
    LayerNormalization(LayerNormalization),
    /// `(input)`: softmax.
    Softmax(Softmax),
    /// `(input)`: logarithm of softmax.
    LogSoftmax(Softmax),

    /// `(data, shape)`: the same elements in another shape; -1 is inferred.
    Reshape {
        /// Whether a 0 in `shape` is an extent of 0 rather than the operand's extent.
        allow_zero: bool,
    },
    /// `(input)`: a matrix; the dimensions before `axis` become rows, the others columns.
    Flatten {
        /// First dimension of the columns; may be the rank.
        axis: i64,
    },
    /// `(data)`: dimensions in another order.
    Transpose {
        /// For each dimension of the result, the operand's dimension; empty reverses the order.
        perm: Vec<i64>,
    },
    /// `(data)`: the operand's shape from `start` to before `end`, limited to its rank.
    Shape {
        /// First dimension.
        start: i64,
        /// One past the last dimension; absent for all.
        end: Option<i64>,
    },
    /// `(data, indices)`: slices of `data` along `axis`.
    Gather {
        /// The dimension that `indices` replaces.
        axis: i64,
    },
    /// `(data)`: with dimensions of extent 1 inserted.
    Unsqueeze {
        /// Their places in the result.
        axes: Vec<i64>,
    },
    /// `(data)`: without some dimensions of extent 1.
    Squeeze {
        /// Their places in the operand; absent for all that have extent 1.
        axes: Option<Vec<i64>>,
    },
    /// `(inputs...)`: the operands one after the other along `axis`.
    Concat {
        /// The dimension that grows.
        axis: i64,
    },
    /// `(input)`: a tensor of the shape `input` holds, filled with `value`.
    ConstantOfShape {
        /// The element, a tensor of one element.
        value: Tensor,
    },
    /// `(data, starts, ends, axes?, steps?)`: a strided part.
    Slice,
    /// `(input)`: parts along `axis`, one result each.
    Split {
        /// The dimension that is cut.
        axis: i64,
        /// Where it is cut.
        parts: SplitParts,
    },
    /// `(data, pads, constant_value?, axes?)`: surrounded with a constant (0 if absent); negative pads crop.
    Pad,
    /// `(input, shape)`: broadcast with `shape`.
    Expand,
    /// `(input, repeats)`: repeated along each dimension.
    Tile,

    /// `(data)`: mean over dimensions.
    ReduceMean(Reduce),
    /// `(data)`: sum over dimensions.
    ReduceSum(Reduce),
    /// `(data)`: greatest element over dimensions.
    ReduceMax(Reduce),
    /// `(data)`: least element over dimensions.
    ReduceMin(Reduce),
    /// `(data)`: index of the greatest element along a dimension.
    ArgMax(ArgMax),
    /// `(X, K)`: the K greatest or least elements along a dimension, and their indices.
    TopK(TopK),
}

impl Op {
    /// Whether every result element depends on one element of each operand, the one that broadcasting puts in its
    /// place (for `BatchNormalization`: the parameters of its channel). Every such op has one result, whose shape
    /// is what the operands broadcast to.
    pub fn is_elementwise(&self) -> bool {
        match self {
            Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Pow | Self::Min | Self::Max => {
                true
            }
            Self::Equal
            | Self::Less
            | Self::LessOrEqual
            | Self::Greater
            | Self::GreaterOrEqual
            | Self::Where => true,
            Self::Sqrt | Self::Abs | Self::Neg | Self::Exp | Self::Log | Self::Sign => true,
            Self::Floor | Self::Ceil | Self::Round | Self::Cast { .. } | Self::Identity => true,
            Self::Clip | Self::Relu | Self::LeakyRelu { .. } | Self::PRelu | Self::Elu { .. } => {
                true
            }
            Self::Selu { .. } | Self::Sigmoid | Self::HardSigmoid { .. } | Self::HardSwish => true,
            Self::Tanh | Self::Erf | Self::Gelu | Self::Softplus => true,
            Self::BatchNormalization { .. } => true,
            Self::MatMul | Self::Gemm(_) | Self::Conv(_) => false,
            Self::MaxPool(_) | Self::AveragePool(_) | Self::GlobalAveragePool => false,
            Self::LayerNormalization(_) | Self::Softmax(_) | Self::LogSoftmax(_) => false,
            Self::Reshape { .. } | Self::Flatten { .. } | Self::Transpose { .. } => false,
            Self::Shape { .. } | Self::Gather { .. } | Self::Unsqueeze { .. } => false,
            Self::Squeeze { .. } | Self::Concat { .. } | Self::ConstantOfShape { .. } => false,
            Self::Slice | Self::Split { .. } | Self::Pad | Self::Expand | Self::Tile => false,
            Self::ReduceMean(_) | Self::ReduceSum(_) | Self::ReduceMax(_) => false,
            Self::ReduceMin(_) | Self::ArgMax(_) | Self::TopK(_) => false,
        }
    }
}
