//! Types of the ops' results, from the types of their operands and the values of those that decide a shape.

mod contraction;
mod elementwise;
pub(super) mod movement;
mod reduction;

use super::op::Op;
use crate::error::EvalError;
use crate::tensor::Element;
use crate::value::{Operands, TensorType, ValueInfo};

/// Integers that ONNX also defines products, `PRelu` and means on.
const INTEGERS: &[Element] = &[
    Element::int(32),
    Element::int(64),
    Element::uint(32),
    Element::uint(64),
];
/// Integers that ONNX also defines `MaxPool` on.
const BYTES: &[Element] = &[Element::int(8), Element::uint(8)];
/// Integers that ONNX also defines powers on.
const SIGNED: &[Element] = &[Element::int(32), Element::int(64)];
/// All integers of ONNX, which also defines `Erf` on them.
pub const NUMBERS: &[Element] = &[
    Element::int(8),
    Element::int(16),
    Element::int(32),
    Element::int(64),
    Element::uint(8),
    Element::uint(16),
    Element::uint(32),
    Element::uint(64),
];

impl Op {
    /// The types of the results.
    ///
    /// Fails if an operand is absent or does not fit the op, or if a result's shape depends on an operand whose
    /// value is not known. If it succeeds on operands whose values are all known, so does [`Op::eval`], but for
    /// an integer division by 0.
    pub fn infer(&self, inputs: &[Option<ValueInfo<'_>>]) -> Result<Vec<TensorType>, EvalError> {
        let operands = &Operands::new(self.name(), inputs, self.arity())?;
        let result = match self {
            Self::MatMul => contraction::matmul(operands)?,
            Self::Gemm(gemm) => contraction::gemm(gemm, operands)?,
            Self::Conv(conv) => contraction::conv(conv, operands)?,
            Self::MaxPool(pool) => {
                contraction::pool(operands, BYTES, |spatial| pool.windows(spatial))?
            }
            Self::AveragePool(pool) => {
                contraction::pool(operands, &[], |spatial| pool.windows(spatial))?
            }
            Self::GlobalAveragePool => contraction::global_pool(operands)?,

            Self::Add | Self::Sub | Self::Mul | Self::Div => elementwise::binary(operands)?,
            Self::Pow => elementwise::pow(operands)?,
            Self::Min | Self::Max => elementwise::variadic(operands)?,
            Self::Equal | Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => {
                elementwise::comparison(operands)?
            }
            Self::Where => elementwise::select(operands)?,
            Self::Clip => elementwise::clip(operands)?,
            Self::PRelu => elementwise::prelu(operands)?,
            Self::Abs | Self::Neg | Self::Sign | Self::Relu | Self::Identity => {
                operands.get(0, "X")?.clone()
            }
            Self::Sqrt
            | Self::Exp
            | Self::Log
            | Self::Floor
            | Self::Ceil
            | Self::Round
            | Self::LeakyRelu { .. }
            | Self::Elu { .. }
            | Self::Selu { .. }
            | Self::Sigmoid
            | Self::HardSigmoid { .. }
            | Self::HardSwish
            | Self::Tanh
            | Self::Gelu
            | Self::Softplus => elementwise::float_unary(&[], operands)?,
            Self::Erf => elementwise::float_unary(NUMBERS, operands)?,
            Self::Cast { to } => TensorType::new(operands.get(0, "input")?.shape.clone(), *to),

            Self::BatchNormalization { .. } => reduction::batch_normalization(operands)?,
            Self::LayerNormalization(layer) => reduction::layer_normalization(layer, operands)?,
            Self::Softmax(softmax) | Self::LogSoftmax(softmax) => {
                reduction::softmax(softmax, operands)?
            }
            Self::ReduceMean(reduce) => reduction::float_reduce(reduce, operands)?,
            Self::ReduceSum(reduce) | Self::ReduceMax(reduce) | Self::ReduceMin(reduce) => {
                reduction::reduce(reduce, operands)?
            }
            Self::ArgMax(arg_max) => reduction::arg_max(arg_max, operands)?,
            Self::TopK(top_k) => return reduction::top_k(top_k, operands),

            Self::Reshape { allow_zero } => movement::reshape(*allow_zero, operands)?,
            Self::Flatten { axis } => movement::flatten(*axis, operands)?,
            Self::Transpose { perm } => movement::transpose(perm, operands)?,
            Self::Shape { start, end } => {
                let shown = movement::shown_dimensions(*start, *end, operands)?;
                TensorType::new([shown.len()], Element::I64)
            }
            Self::Gather { axis } => movement::gather(*axis, operands)?,
            Self::Unsqueeze { axes } => movement::unsqueeze(axes, operands)?,
            Self::Squeeze { axes } => movement::squeeze(axes.as_deref(), operands)?,
            Self::Concat { axis } => movement::concat(*axis, operands)?,
            Self::ConstantOfShape { value } => movement::constant_of_shape(value, operands)?,
            Self::Slice => movement::slice(operands)?,
            Self::Split { axis, parts } => return movement::split(*axis, parts, operands),
            Self::Pad => movement::pad(operands)?,
            Self::Expand => movement::expand(operands)?,
            Self::Tile => movement::tile(operands)?,
        };
        Ok(vec![result])
    }

    /// The least and the greatest number of operands.
    pub fn arity(&self) -> (usize, usize) {
        match self {
            Self::Min | Self::Max | Self::Concat { .. } => (1, usize::MAX),
            Self::MatMul | Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Pow => (2, 2),
            Self::Equal | Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => {
                (2, 2)
            }
            Self::PRelu | Self::Gather { .. } | Self::Reshape { .. } => (2, 2),
            Self::Expand | Self::Tile | Self::TopK(_) => (2, 2),
            Self::Gemm(_) | Self::Conv(_) | Self::LayerNormalization(_) => (2, 3),
            Self::Pad => (2, 4),
            Self::Clip => (1, 3),
            Self::Where => (3, 3),
            Self::Slice => (3, 5),
            Self::BatchNormalization { .. } => (5, 5),
            Self::MaxPool(_) | Self::AveragePool(_) | Self::GlobalAveragePool => (1, 1),
            Self::Sqrt | Self::Abs | Self::Neg | Self::Exp | Self::Log | Self::Sign => (1, 1),
            Self::Floor | Self::Ceil | Self::Round | Self::Cast { .. } | Self::Identity => (1, 1),
            Self::Relu | Self::LeakyRelu { .. } | Self::Elu { .. } | Self::Selu { .. } => (1, 1),
            Self::Sigmoid | Self::HardSigmoid { .. } | Self::HardSwish | Self::Tanh => (1, 1),
            Self::Erf | Self::Gelu | Self::Softplus => (1, 1),
            Self::Softmax(_) | Self::LogSoftmax(_) => (1, 1),
            Self::Flatten { .. } | Self::Transpose { .. } | Self::Shape { .. } => (1, 1),
            Self::Unsqueeze { .. } | Self::Squeeze { .. } => (1, 1),
            Self::ConstantOfShape { .. } | Self::Split { .. } => (1, 1),
            Self::ReduceMean(_) | Self::ReduceSum(_) | Self::ReduceMax(_) => (1, 1),
            Self::ReduceMin(_) | Self::ArgMax(_) => (1, 1),
        }
    }

    /// How many elements of its operands each element of a result is computed from, of an op that computes it from more
    /// than one of each; else 0. Of operands that do not fit, anything.
    pub fn terms(&self, operands: &[Option<&TensorType>]) -> u64 {
        let shape = |at: usize| {
            operands
                .get(at)
                .copied()
                .flatten()
                .map(|ty| ty.shape.as_slice())
        };
        let product = |extents: &[usize]| {
            let extents = extents.iter().map(|&extent| extent as u64);
            extents.fold(1, u64::saturating_mul)
        };
        match self {
            Self::MatMul => shape(0)
                .and_then(<[usize]>::last)
                .map_or(0, |&depth| depth as u64),
            Self::Gemm(gemm) => {
                let depth = shape(0).and_then(|shape| shape.get(usize::from(!gemm.trans_a)));
                depth.map_or(0, |&depth| depth as u64)
            }
            Self::Conv(_) => shape(1).and_then(|shape| shape.get(1..)).map_or(0, product),
            Self::MaxPool(pool) => product(&pool.kernel_shape),
            Self::AveragePool(pool) => product(&pool.kernel_shape),
            _ => 0,
        }
    }
}
