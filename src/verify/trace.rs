//! The integers that a run computed, by the quantizer node they belong to.

use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Op};
use qonnx_dialects::qint;
use qonnx_dialects::qonnx;
use qonnx_dialects::tensor::{Data, Tensor, sign_extend, zero_extend};
use qonnx_passes::lower::parameters::quantize_constant;
use melior::ir::operation::OperationLike;

/// One integer tensor of a run.
#[derive(Clone, Debug)]
pub struct Integers {
    /// The quantizer node.
    pub node: String,
    /// The integers, `(code - zero point)` in the unit that the lowering uses.
    pub n: Vec<i64>,
    /// At level 1: how the same quantizer rounds values a little lower and a little higher.
    pub nearby: Option<[Vec<i64>; 2]>,
}

/// How far float32 sums of a tensor may be off, relative to its largest element: a few units of the last
/// place for each of some hundred terms.
const NOISE: f32 = 1.0 / 262_144.0;

/// The integers of a quantizer of levels 0 and 1.
pub fn of_graph(op: Op<'_>, operands: &[Option<&Tensor>]) -> Option<Integers> {
    let Some(GraphOp::Qonnx(quantizer @ (qonnx::Op::IntQuant(_) | qonnx::Op::BipolarQuant))) = GraphOp::read(op)
    else {
        return None;
    };
    let x = operands.first().copied().flatten()?;
    let values = x.as_f32()?;
    let quantize = |x: &Tensor| -> Option<Vec<i64>> {
        let mut operands = operands.to_vec();
        operands[0] = Some(x);
        Some(quantize_constant(&quantizer, &operands)?.n.as_int()?.to_vec())
    };
    let largest = values.iter().filter(|x| x.is_finite()).fold(0f32, |largest, x| largest.max(x.abs()));
    let moved = |by: f32| {
        let values = values.iter().map(|x| x + by).collect();
        quantize(&Tensor::f32(x.shape.clone(), values))
    };
    let noise = largest * NOISE;
    Some(Integers {
        node: ir::node_name(op.location())?,
        n: quantize(x)?,
        nearby: Some([moved(-noise)?, moved(noise)?]),
    })
}

/// The integers of a `qint` op of level 2.
pub fn of_integers(op: Op<'_>, result: &Tensor) -> Option<Integers> {
    let signed = match qint::Op::read(op)? {
        qint::Op::Quantize(op) => op.signed,
        qint::Op::Threshold(op) => op.signed,
        qint::Op::Requantize(op) => op.signed,
        qint::Op::Lookup(op) => op.signed,
        qint::Op::Dequantize(_) => return None,
    };
    let Data::Int { width, values, .. } = &result.data else { return None };
    let number = |value: &i64| if signed { sign_extend(*value, *width) } else { zero_extend(*value, *width) };
    Some(Integers {
        node: ir::node_name(op.location())?,
        n: values.iter().map(number).collect(),
        nearby: None,
    })
}
