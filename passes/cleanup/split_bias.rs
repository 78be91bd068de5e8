//! The pass `split-bias`.

use melior::Context;
use melior::ir::operation::OperationLike;
use melior::ir::{Location, ValueLike};
use qonnx_dialects::ir::{self, Function, Op, Val};
use qonnx_dialects::onnx;
use qonnx_dialects::pass::PassResult;
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::value::TensorType;

declare_pass! {
    /// Write `Gemm` as `MatMul` and the bias of a `Conv` as an `Add`.
    ///
    /// The lowering to integers then has one contraction of each kind, and the bias is one of the float32
    /// operations between the accumulator and the next quantizer. `Conv(x, w, b)` becomes
    /// `Add(Conv(x, w), b')` with `b'` of shape C x 1 x ... x 1; `Gemm` becomes `MatMul` with transposes,
    /// a `Mul` where alpha or beta is not 1, and an `Add`. The sum is rounded before the bias is added instead
    /// of after.
    pub struct SplitBias => "split-bias" on Function {}
}

impl SplitBias {
    fn run<'c>(&mut self, function: Function<'c>, context: &'c Context) -> PassResult {
        for op in function.ops() {
            let mut builder = Builder {
                function,
                context,
                before: op,
                location: op.location(),
            };
            let replacement = match onnx::Op::read(op) {
                Some(onnx::Op::Conv(conv)) => builder.conv(conv),
                Some(onnx::Op::Gemm(gemm)) => builder.gemm(gemm),
                _ => None,
            };
            if let Some(new) = replacement
                && let Ok(result) = op.result(0)
            {
                ir::replace_all_uses(ir::val(result), new);
                ir::erase(op);
            }
        }
        Ok(())
    }
}

/// Builds ops before one op, at its location.
struct Builder<'c> {
    function: Function<'c>,
    context: &'c Context,
    before: Op<'c>,
    location: Location<'c>,
}

impl<'c> Builder<'c> {
    fn build(&self, op: &onnx::Op, operands: &[Val<'c>], result: &TensorType) -> Val<'c> {
        let result = ir::tensor_type(self.context, result);
        self.append(op.build(self.context, operands, &[result], self.location))
    }

    fn append(&self, operation: melior::ir::operation::Operation<'c>) -> Val<'c> {
        let op = ir::build_op(self.function.block(), Some(self.before), operation);
        ir::val(op.result(0).expect("each op built here has one result"))
    }

    fn constant(&self, value: &Tensor) -> Val<'c> {
        let attribute = ir::elements_attribute(self.context, value);
        self.append(
            onnx::constant(self.context, attribute, self.location)
                .expect("the attribute of a tensor has a static type"),
        )
    }

    fn operand(&self, at: usize) -> Option<Val<'c>> {
        let value = ir::val(self.before.operand(at).ok()?);
        ir::defining_op(value)
            .is_none_or(|op| !onnx::is_none(op))
            .then_some(value)
    }

    fn conv(&mut self, conv: onnx::Conv) -> Option<Val<'c>> {
        let (x, w, b) = (self.operand(0)?, self.operand(1)?, self.operand(2)?);
        let result = ir::type_of(ir::val(self.before.result(0).ok()?))?;
        let bias = ir::type_of(b)?;
        let mut shape = vec![1; result.shape.len() - 1];
        *shape.first_mut()? = bias.shape.first().copied()?;
        let none = self.append(onnx::none(self.context, self.location));
        let sum = self.build(&onnx::Op::Conv(conv), &[x, w, none], &result);
        let b = self.reshaped(
            b,
            &TensorType {
                shape,
                element: bias.element,
            },
        );
        Some(self.build(&onnx::Op::Add, &[sum, b], &result))
    }

    /// `value` in another shape: trailing ones appended.
    fn reshaped(&self, value: Val<'c>, to: &TensorType) -> Val<'c> {
        let axes: Vec<i64> = (1..to.shape.len() as i64).collect();
        if axes.is_empty() {
            return value;
        }
        self.build(&onnx::Op::Unsqueeze(onnx::Unsqueeze { axes }), &[value], to)
    }

    fn gemm(&mut self, gemm: onnx::Gemm) -> Option<Val<'c>> {
        let (a, b) = (self.operand(0)?, self.operand(1)?);
        let result = ir::type_of(ir::val(self.before.result(0).ok()?))?;
        let a = if gemm.trans_a { self.transposed(a)? } else { a };
        let b = if gemm.trans_b { self.transposed(b)? } else { b };
        let mut value = self.build(&onnx::Op::MatMul, &[a, b], &result);
        if gemm.alpha != 1.0 {
            let alpha = self.constant(&Tensor::scalar(gemm.alpha));
            value = self.build(&onnx::Op::Mul, &[value, alpha], &result);
        }
        let Some(mut c) = self.operand(2) else {
            return Some(value);
        };
        if gemm.beta != 1.0 {
            let beta = self.constant(&Tensor::scalar(gemm.beta));
            c = self.build(&onnx::Op::Mul, &[c, beta], &ir::type_of(c)?);
        }
        Some(self.build(&onnx::Op::Add, &[value, c], &result))
    }

    fn transposed(&self, value: Val<'c>) -> Option<Val<'c>> {
        let mut r#type = ir::type_of(value)?;
        r#type.shape.reverse();
        debug_assert_eq!(r#type.shape.len(), 2, "{}", value.r#type());
        Some(self.build(
            &onnx::Op::Transpose(onnx::Transpose { perm: vec![1, 0] }),
            &[value],
            &r#type,
        ))
    }
}
