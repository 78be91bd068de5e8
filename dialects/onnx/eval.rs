//! Values of the ops' results: the one meaning of each op.
//!
//! **Rounding.** Carriers are `f32`. Sums (products, convolutions, means, reductions, softmax denominators)
//! accumulate in `f64` in ascending order of index and are rounded to `f32` once; a convolution's bias is part of
//! the sum, and so is that of `Gemm` with its `alpha` and `beta`. Elementwise ops round once. Transcendental
//! functions are the C library's double functions, rounded to `f32`, so that native code can agree bit for bit.
//! Where a reference runtime is the de-facto definition (batch normalization) its order of operations is kept.
//! Source: the ONNX operator specification; results were compared with onnxruntime on random operands.

#[cfg(test)]
mod arbitrary;
mod contraction;
mod elementwise;
mod movement;
mod normalization;
mod pooling;
#[cfg(test)]
mod properties;
mod reduction;
mod sweep;

pub use normalization::affine;

use super::op::Op;
use crate::error::EvalError;
use crate::tensor::Tensor;
use crate::value::{Operands, ValueInfo, with_infos};

impl Op {
    /// The results on these operands; an optional operand that is absent is `None` or left out at the end.
    ///
    /// Fails where [`Op::infer`] fails, and on an integer division by 0.
    pub fn eval(&self, inputs: &[Option<&Tensor>]) -> Result<Vec<Tensor>, EvalError> {
        with_infos(inputs, |infos| self.eval_known(infos))
    }

    /// The results, if they are known at compile time: all operands are constants, or the op asks only for a type
    /// that is known (`Shape`). `None` otherwise. Fails where [`Op::eval`] fails.
    pub fn fold(&self, inputs: &[Option<ValueInfo<'_>>]) -> Result<Option<Vec<Tensor>>, EvalError> {
        let operands = Operands::new(self.name(), inputs, self.arity())?;
        if matches!(self, Self::Shape { .. }) || operands.all_known() {
            return self.eval_known(inputs).map(Some);
        }
        Ok(None)
    }

    fn eval_known(&self, inputs: &[Option<ValueInfo<'_>>]) -> Result<Vec<Tensor>, EvalError> {
        let types = self.infer(inputs)?;
        let operands = &Operands::new(self.name(), inputs, self.arity())?;
        // `infer` gives at least one result; an op with several looks at `types`.
        let Some(ty) = types.first() else {
            return Ok(Vec::new());
        };
        let result = match self {
            Self::MatMul => contraction::matmul(operands, ty)?,
            Self::Gemm(gemm) => contraction::gemm(gemm, operands, ty)?,
            Self::Conv(conv) => contraction::conv(conv, operands, ty)?,
            Self::MaxPool(pool) => pooling::max_pool(pool, operands, ty)?,
            Self::AveragePool(pool) => pooling::average_pool(pool, operands, ty)?,
            Self::GlobalAveragePool => pooling::global_average_pool(operands, ty)?,

            Self::Add
            | Self::Sub
            | Self::Mul
            | Self::Div
            | Self::Pow
            | Self::Min
            | Self::Max
            | Self::PRelu => elementwise::arithmetic(self, operands, ty)?,
            Self::Equal | Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => {
                elementwise::comparison(self, operands, ty)?
            }
            Self::Where => elementwise::select(operands, ty)?,
            Self::Clip => elementwise::clip(operands)?,
            Self::Cast { to } => elementwise::cast(operands.tensor(0, "input")?, *to),
            Self::Identity => operands.tensor(0, "input")?.clone(),
            Self::Sqrt
            | Self::Abs
            | Self::Neg
            | Self::Exp
            | Self::Log
            | Self::Floor
            | Self::Ceil
            | Self::Round
            | Self::Sign
            | Self::Relu
            | Self::LeakyRelu { .. }
            | Self::Elu { .. }
            | Self::Selu { .. }
            | Self::Sigmoid
            | Self::HardSigmoid { .. }
            | Self::HardSwish
            | Self::Tanh
            | Self::Erf
            | Self::Gelu
            | Self::Softplus => elementwise::unary(self, operands)?,

            Self::BatchNormalization { epsilon } => {
                normalization::batch_normalization(*epsilon, operands)?
            }
            Self::LayerNormalization(layer) => normalization::layer_normalization(layer, operands)?,
            Self::Softmax(softmax) => normalization::softmax(softmax, operands, false)?,
            Self::LogSoftmax(softmax) => normalization::softmax(softmax, operands, true)?,

            Self::ReduceMean(reduce) => reduction::mean(reduce, operands, ty)?,
            Self::ReduceSum(reduce) => reduction::sum(reduce, operands, ty)?,
            Self::ReduceMax(reduce) => reduction::extreme(reduce, operands, ty, true)?,
            Self::ReduceMin(reduce) => reduction::extreme(reduce, operands, ty, false)?,
            Self::ArgMax(arg_max) => reduction::arg_max(arg_max, operands, ty)?,
            Self::TopK(top_k) => return reduction::top_k(top_k, operands, ty),

            Self::Reshape { .. }
            | Self::Flatten { .. }
            | Self::Unsqueeze { .. }
            | Self::Squeeze { .. } => operands
                .tensor(0, "data")?
                .clone()
                .reshaped(ty.shape.clone()),
            Self::Transpose { perm } => movement::transpose(perm, operands, ty)?,
            Self::Shape { start, end } => movement::shape(*start, *end, operands)?,
            Self::Gather { axis } => movement::gather(*axis, operands, ty)?,
            Self::Concat { axis } => movement::concat(*axis, operands, ty)?,
            Self::ConstantOfShape { value } => value.gather(&ty.shape, |_| 0),
            Self::Slice => movement::slice(operands, ty)?,
            Self::Split { axis, .. } => return movement::split(*axis, operands, &types),
            Self::Pad => movement::pad(operands, ty)?,
            Self::Expand => movement::expand(operands, ty)?,
            Self::Tile => movement::tile(operands, ty)?,
        };
        Ok(vec![result])
    }
}
