//! The integers that ops of any level make, by the quantizer node they belong to.

use melior::ir::operation::OperationLike;
use qonnx_dialects::broadcast::walk_broadcast;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::{self, Function, Node, Op};
use qonnx_dialects::onnx;
use qonnx_dialects::qint;
use qonnx_dialects::qonnx::{self, PerElement, Quantizer};
use qonnx_dialects::tensor::{Tensor, broadcast_shape};
use qonnx_dialects::value::with_infos;
use qonnx_passes::lower::parameters::Quantizers;
use std::collections::HashSet;

/// Stands for NaN among integers. Integers of the compiler have at most 62 bits.
pub const NOT_A_NUMBER: i64 = i64::MIN;

/// What `qint.quantize` makes of NaN, for which there is no integer. It is the only integer op that meets one: where
/// the float operations after an accumulator can give NaN, lowering leaves them and their quantizer as float ops.
pub const OF_NOT_A_NUMBER: i64 = 0;

/// What a run has where it shows integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The integers: a `qint` op made them, and a backend that shows integers must show these.
    Integers,
    /// Float carriers: the quantizer is a float op on this level.
    Carriers,
    /// Those of a quantizer that no output depends on, or float carriers of one that depends on no input. Other levels may
    /// have dropped or folded it.
    Idle,
}

/// One integer tensor of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integers {
    /// The quantizer node.
    pub node: Node,
    /// What the run has.
    pub kind: Kind,
    /// The integers in row-major order, `(code - zero point) * 2^fraction_bits` as at level 2.
    pub n: Vec<i64>,
}

/// What depends on what in a function, by the keys of values. The shape of a value does not depend on the value.
#[derive(Debug)]
pub struct Dependence {
    /// The values that depend on an input.
    varying: HashSet<usize>,
    /// The values that an output depends on.
    needed: HashSet<usize>,
}

impl Dependence {
    /// The kind of integers that a run of an op has shown, knowing what depends on it.
    pub fn kind(&self, op: Op<'_>, kind: Kind) -> Kind {
        let any = |set: &HashSet<usize>| {
            let mut results = op.results();
            results.any(|result| set.contains(&ir::value_key(ir::val(result))))
        };
        match kind {
            _ if !any(&self.needed) => Kind::Idle,
            Kind::Carriers if !any(&self.varying) => Kind::Idle,
            kind => kind,
        }
    }

    /// That of a function.
    pub fn of(function: Function<'_>) -> Self {
        let is_shape = |op: &Op<'_>| {
            let graph = GraphOp::read(*op);
            matches!(graph, Some(GraphOp::Onnx(onnx::Op::Shape(_))))
        };
        let ops: Vec<[Vec<usize>; 2]> = function
            .ops()
            .into_iter()
            .filter(|op| !is_shape(op))
            .map(|op| {
                let operands = op.operands().map(|value| ir::value_key(ir::val(value)));
                let results = op.results().map(|value| ir::value_key(ir::val(value)));
                [operands.collect(), results.collect()]
            })
            .collect();
        let keys = |values: Vec<ir::Val<'_>>| -> HashSet<usize> {
            values.into_iter().map(ir::value_key).collect()
        };
        let mut varying = keys(function.arguments());
        for [operands, results] in &ops {
            if operands.iter().any(|key| varying.contains(key)) {
                varying.extend(results);
            }
        }
        let mut needed = keys(function.returned());
        for [operands, results] in ops.iter().rev() {
            if results.iter().any(|key| needed.contains(key)) {
                needed.extend(operands);
            }
        }
        Self { varying, needed }
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

    /// The carrier of an integer, as the quantizer gives it; NaN for [`NOT_A_NUMBER`].
    pub fn carrier(&self, quantizer: &Quantizer, n: i64) -> f32 {
        if n == NOT_A_NUMBER {
            return f32::NAN;
        }
        let code = n as f64 / self.unit() + f64::from(quantizer.zero_point);
        quantizer.dequantize(code as f32)
    }

    /// How far the integers of neighbouring codes are apart.
    pub fn step(&self, quantizer: &Quantizer) -> i64 {
        let codes = if quantizer.is_bipolar() { 2 } else { 1 };
        codes << self.fraction_bits
    }

    /// Whether a carrier is exactly its integer times the scale: float32 has not rounded the product.
    pub fn is_exact(&self, quantizer: &Quantizer, carrier: f32) -> bool {
        let scale = f64::from(quantizer.scale) / self.unit();
        let n = (f64::from(carrier) / scale).round();
        // So that the product of `n` and the 24 bits of a scale is exact in float64.
        n.abs() < f64::from(1u32 << 29) && n * scale == f64::from(carrier)
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
            kind: Kind::Carriers,
            n: quantization.integers(x),
        });
    }
    if !qint::Op::read(op)?.is_quantizer() {
        return None;
    }
    let values = results.first()?.as_int()?;
    Some(Integers {
        node: node()?,
        kind: Kind::Integers,
        n: values.to_vec(),
    })
}
