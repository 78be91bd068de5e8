//! The pass `qint-to-linalg`.

use melior::Context;
use qonnx_dialects::ir::{self, Function, Op};
use qonnx_dialects::pass::{PassResult, Reported, fail};
use qonnx_dialects::qint;

use super::emit::Emitter;
use super::pooling::Kind;
use super::{contraction, pooling, sum};

declare_pass! {
    /// Lower layers of integers to loop nests on exact-width signless integers.
    ///
    /// ## What it does
    /// Products, convolutions, poolings, sums and casts of `qint` become `linalg.generic` on the bits of their operands,
    /// which are widened by their own sign to the width of the result; padding becomes a slice of a constant tensor,
    /// and groups become a dimension of their own. `tensor.bitcast` stands between integers and bits.
    ///
    /// ## Requires
    /// The level of layers: the pipeline `lower-to-qint`.
    ///
    /// ## Guarantees
    /// The loop nests give the same integers, since no result is beyond its type. Other ops stay as they are.
    pub struct QintToLinalg => "qint-to-linalg" on Function {}
}

impl QintToLinalg {
    fn run<'c>(&mut self, function: Function<'c>, context: &'c Context) -> PassResult {
        for op in function.ops() {
            if let Some(layer) = qint::Op::read(op).filter(qint::Op::is_layer) {
                lower(&layer, op, Emitter::new(context, function.block(), op))?;
            }
        }
        Ok(())
    }
}

/// Puts what a layer computes in its place.
fn lower<'c>(layer: &qint::Op, op: Op<'c>, emit: Emitter<'c>) -> Result<(), Reported> {
    let (Some(operands), Some(result)) = (emit.operands(op), emit.result(op)) else {
        return fail(op, "an operand or the result is of no static integer type");
    };
    let lowered = match (layer, operands.as_slice()) {
        (qint::Op::MatMul, [x, w]) => Ok(contraction::matmul(&emit, x, w, &result)),
        (qint::Op::Conv(conv), [x, w]) => contraction::conv(&emit, conv, x, w, &result),
        (qint::Op::ConvTranspose(conv), [x, w]) => {
            let Ok(weights) = ir::constant_elements(w.value) else {
                return fail(
                    op,
                    "the filters of a transposed convolution must be constants",
                );
            };
            contraction::transposed(&emit, conv, x, w, &weights, &result)
        }
        (qint::Op::MaxPool(pool), [x]) => pooling::pool(&emit, pool, x, Kind::Greatest, &result),
        (qint::Op::MinPool(pool), [x]) => pooling::pool(&emit, pool, x, Kind::Least, &result),
        (qint::Op::SumPool(pool), [x]) => pooling::pool(&emit, pool, x, Kind::Sum, &result),
        (qint::Op::Elementwise(kind), [a, b]) => Ok(sum::combined(&emit, *kind, a, b, &result)),
        (qint::Op::Cast, [n]) => Ok(sum::cast(&emit, n, &result)),
        (other, _) => {
            return fail(
                op,
                format!("'{}' has no loop nest of its own", other.name()),
            );
        }
    };
    let bits = lowered.or_else(|error| fail(op, error.to_string()))?;
    let new = emit.words(bits, &result);
    if let Ok(old) = op.result(0) {
        ir::replace_all_uses(ir::val(old), new);
    }
    ir::erase(op);
    Ok(())
}
