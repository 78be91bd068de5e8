//! The ops of the `onnx` dialect as plain Rust values: an op's name and attributes, without its operands.
//!
//! The build makes the values of the definitions in `Onnx.td`. An [`Op`] has one meaning, [`Op::eval`], which is that of
//! the ONNX specification under the project's rules for rounding; [`Op::infer`] gives the types of its results and makes
//! every check that evaluation relies on. Both are in the file of the op's family. Opset differences are gone by the
//! time an `Op` exists: whatever is an attribute in one opset and an operand in another is carried in one place.
//!
//! **Rounding.** Carriers are `f32`. Sums (products, convolutions, means, reductions, softmax denominators)
//! accumulate in `f64` in ascending order of index and are rounded to `f32` once; a convolution's bias is part of
//! the sum, and so is that of `Gemm` with its `alpha` and `beta`. Elementwise ops round once. Transcendental
//! functions are the C library's double functions, rounded to `f32`, so that native code can agree bit for bit.
//! Where a reference runtime is the de-facto definition (batch normalization) its order of operations is kept.
//! Source: the ONNX operator specification; results were compared with onnxruntime on random operands.

use super::elementwise;
use crate::error::EvalError;
use crate::monotone::Monotonicity;
use crate::tensor::Tensor;
use crate::value::{Operands, TensorType, ValueInfo, with_infos};

include!(concat!(env!("OUT_DIR"), "/onnx.rs"));

impl Op {
    /// The types of the results.
    ///
    /// Fails if an operand is absent or does not fit the op, or if a result's shape depends on an operand whose
    /// value is not known. If it succeeds on operands whose values are all known, so does [`Op::eval`], but for
    /// an integer division by 0.
    pub fn infer(&self, inputs: &[Option<ValueInfo<'_>>]) -> Result<Vec<TensorType>, EvalError> {
        let operands = &Operands::new(self.name(), inputs, self.arity())?;
        let result = match self.family() {
            Family::Elementwise(op) => elementwise::infer(op, operands)?,
            Family::Contraction(op) => op.infer(operands)?,
            Family::Pooling(op) => op.infer(operands)?,
            Family::Normalization(op) => op.infer(operands)?,
            Family::Reduction(op) => return op.infer(operands),
            Family::Conversion(op) => op.infer(operands)?,
            Family::Reshaping(op) => op.infer(operands)?,
            Family::Movement(op) => return op.infer(operands),
        };
        Ok(vec![result])
    }

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
        let types_only = match self.family() {
            Family::Movement(op) => op.asks_for_types_only(),
            _ => false,
        };
        if types_only || operands.all_known() {
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
        let result = match self.family() {
            Family::Elementwise(op) => elementwise::eval(op, operands, ty)?,
            Family::Contraction(op) => op.eval(operands, ty)?,
            Family::Pooling(op) => op.eval(operands, ty)?,
            Family::Normalization(op) => op.eval(operands)?,
            Family::Reduction(op) => return op.eval(operands, ty),
            Family::Conversion(op) => op.eval(operands)?,
            Family::Reshaping(op) => op.eval(operands, ty)?,
            Family::Movement(op) => return op.eval(operands, &types),
        };
        Ok(vec![result])
    }

    /// How the result moves with operand number `operand`, the others being constants, element by element.
    ///
    /// The shape of the answer broadcasts against the result; where it cannot tell, because an operand is absent
    /// or not constant or the op is not elementwise, every direction is
    /// [`Direction::Unknown`](crate::monotone::Direction::Unknown).
    pub fn monotonicity(&self, operand: usize, inputs: &[Option<ValueInfo<'_>>]) -> Monotonicity {
        let Some(moving) = inputs.get(operand).copied().flatten() else {
            return Monotonicity::unknown();
        };
        match self.family() {
            Family::Elementwise(op) => elementwise::monotonicity(op, operand, inputs),
            Family::Normalization(op) if operand == 0 => op.monotonicity(inputs),
            Family::Conversion(op) => op.monotonicity(moving),
            Family::Reshaping(op) if operand == 0 => op.monotonicity(),
            Family::Normalization(_)
            | Family::Reshaping(_)
            | Family::Contraction(_)
            | Family::Pooling(_)
            | Family::Reduction(_)
            | Family::Movement(_) => Monotonicity::unknown(),
        }
    }

    /// How many elements of its operands each element of a result is computed from, of an op that computes it from more
    /// than one of each; else 0. Of operands that do not fit, anything.
    pub fn terms(&self, operands: &[Option<&TensorType>]) -> u64 {
        match self.family() {
            Family::Contraction(op) => op.terms(operands),
            Family::Pooling(op) => op.terms(),
            Family::Elementwise(_)
            | Family::Normalization(_)
            | Family::Reduction(_)
            | Family::Conversion(_)
            | Family::Reshaping(_)
            | Family::Movement(_) => 0,
        }
    }
}
