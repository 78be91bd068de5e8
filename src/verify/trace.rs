//! The integers that a run computed, by the quantizer node they belong to.

use melior::ir::operation::OperationLike;
use qonnx_dialects::broadcast::walk_broadcast;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{Node, Op};
use qonnx_dialects::qint;
use qonnx_dialects::qonnx::{self, PerElement, Quantizer};
use qonnx_dialects::tensor::{Data, Tensor, broadcast_shape, sign_extend, zero_extend};
use qonnx_dialects::value::with_infos;
use qonnx_passes::lower::parameters::Quantizers;

use crate::backend::Traced;

/// Stands for NaN among integers. Integers of the compiler have at most 62 bits.
pub const NOT_A_NUMBER: i64 = i64::MIN;

/// One integer tensor of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integers {
    /// The quantizer node.
    pub node: Node,
    /// The integers in row-major order, `(code - zero point) * 2^fraction_bits` as at level 2.
    pub n: Vec<i64>,
}

/// What one sample's run gave.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The outputs, in graph order.
    pub outputs: Vec<Tensor>,
    /// The integers on the way, in the order they were computed; none for backends that do not
    /// show them.
    pub integers: Vec<Integers>,
}

impl From<Traced> for Trace {
    fn from(traced: Traced) -> Self {
        let integers = traced.integers.into_iter();
        Self {
            outputs: traced.outputs,
            integers: integers.map(|(node, n)| Integers { node, n }).collect(),
        }
    }
}

/// A uniform quantizer of levels 0 and 1 with the parameters of each element.
pub struct Quantization {
    /// The quantizer of each element of a tensor that these broadcast to.
    quantizers: PerElement<Quantizer>,
    fraction_bits: u32,
}

impl Quantization {
    /// The quantizer that an op applies to its first operand; `None` for other ops, and for parameters that no
    /// integer level takes (such as a scale of 0).
    pub fn of(op: &GraphOp, operands: &[Option<&Tensor>]) -> Option<Self> {
        let GraphOp::Qonnx(quantizer @ (qonnx::Op::IntQuant(_) | qonnx::Op::BipolarQuant)) = op
        else {
            return None;
        };
        let fraction_bits = Quantizers::new(quantizer, operands).ok()?.fraction_bits;
        let quantizers = with_infos(operands, |infos| quantizer.quantizers(infos)).ok()??;
        let x = operands.first().copied().flatten()?;
        let fits =
            broadcast_shape(&x.shape, &quantizers.shape).is_some_and(|shape| shape == x.shape);
        fits.then_some(Self {
            quantizers,
            fraction_bits,
        })
    }

    /// The integers of a tensor; [`NOT_A_NUMBER`] where an element is NaN.
    pub fn integers(&self, x: &Tensor) -> Vec<i64> {
        let Some(values) = x.as_f32() else {
            return Vec::new();
        };
        let mut n = Vec::with_capacity(values.len());
        walk_broadcast(
            &x.shape,
            [&x.shape, &self.quantizers.shape],
            |[at, parameter]| {
                n.push(self.integer(&self.quantizers.values[parameter], values[at]));
            },
        );
        n
    }

    /// The quantizer of each element of a tensor of this shape.
    pub fn each(&self, shape: &[usize]) -> Vec<Quantizer> {
        let mut quantizers = Vec::new();
        walk_broadcast(shape, [&self.quantizers.shape], |[parameter]| {
            quantizers.push(self.quantizers.values[parameter]);
        });
        quantizers
    }

    /// The integer of a number; [`NOT_A_NUMBER`] for NaN.
    pub fn integer(&self, quantizer: &Quantizer, x: f32) -> i64 {
        let code = f64::from(quantizer.quantize(x));
        let n = (code - f64::from(quantizer.zero_point)) * self.unit();
        if n.is_finite() {
            n as i64
        } else {
            NOT_A_NUMBER
        }
    }

    /// The carrier of an integer, as the quantizer gives it.
    pub fn carrier(&self, quantizer: &Quantizer, n: i64) -> f32 {
        let code = n as f64 / self.unit() + f64::from(quantizer.zero_point);
        quantizer.dequantize(code as f32)
    }

    fn unit(&self) -> f64 {
        f64::from(1u32 << self.fraction_bits)
    }
}

/// The integers that an op of any level made; `None` if it made none that belong to a quantizer.
pub fn integers_of(
    op: Op<'_>,
    operands: &[Option<&Tensor>],
    results: &[Tensor],
) -> Option<Integers> {
    let node = || Node::at(op.location());
    if let Some(graph) = GraphOp::read(op) {
        let quantization = Quantization::of(&graph, operands)?;
        let x = operands.first().copied().flatten()?;
        return Some(Integers {
            node: node()?,
            n: quantization.integers(x),
        });
    }
    let signed = match qint::Op::read(op)? {
        qint::Op::Quantize(op) => op.signed,
        qint::Op::Threshold(op) => op.signed,
        qint::Op::Requantize(op) => op.signed,
        qint::Op::Lookup(op) => op.signed,
        qint::Op::Dequantize(_) => return None,
    };
    let Data::Int { width, values, .. } = &results.first()?.data else {
        return None;
    };
    let number = |value: &i64| {
        if signed {
            sign_extend(*value, *width)
        } else {
            zero_extend(*value, *width)
        }
    };
    Some(Integers {
        node: node()?,
        n: values.iter().map(number).collect(),
    })
}
