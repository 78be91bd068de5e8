//! Quantizers that stayed float: `(round(clamp(x / scale + zero_point)) - zero_point) * scale`, all in `f32`.

use qonnx_dialects::ir::Val;
use qonnx_dialects::qonnx::{Codes, Op, PerElement, Quantizer};
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::upstream::{AffineMap, Compare, Float, Scalars};

use super::Node;
use crate::cpu::Refusal;
use crate::cpu::rounding::round_float;

/// Lowers `IntQuant` and `BipolarQuant` with known parameters.
pub fn lower<'c>(op: &Op, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let result = node.result()?;
    let quantizers = node
        .with_infos(|infos| op.quantizers(infos))?
        .map_err(|error| format!("is malformed: {error}"))?
        .ok_or("is not an IntQuant or BipolarQuant with constant parameters, which are the quantizers with code")?;
    let kind = Kind::of(&quantizers)?;
    let rank = result.shape.len();
    let parameter = |of: &dyn Fn(&Quantizer) -> f32| {
        let values = quantizers.values.iter().map(of).collect();
        let tensor = Tensor::f32(quantizers.shape.clone(), values);
        (
            node.emit.constant(&tensor),
            AffineMap::broadcast(rank, &quantizers.shape),
        )
    };
    let inputs = [
        node.broadcast(0, rank)?,
        parameter(&|quantizer| quantizer.scale),
        parameter(&|quantizer| quantizer.zero_point),
        parameter(&|quantizer| bounds(quantizer).0),
        parameter(&|quantizer| bounds(quantizer).1),
    ];
    Ok(vec![node.emit.map(&inputs, result, |scalars, elements| {
        let (scale, zero_point) = (elements[1], elements[2]);
        let code = kind.code(scalars, elements);
        let centered = scalars.binary(Float::Sub, code, zero_point);
        scalars.binary(Float::Mul, centered, scale)
    })])
}

fn bounds(quantizer: &Quantizer) -> (f32, f32) {
    match quantizer.codes {
        Codes::Range { lo, hi, .. } => (lo, hi),
        Codes::SignOfCode | Codes::SignOfInput => (-1.0, 1.0),
    }
}

/// What all quantizers of a tensor have in common: how codes are chosen, without the bounds.
struct Kind(Codes);

impl Kind {
    fn of(quantizers: &PerElement<Quantizer>) -> Result<Self, Refusal> {
        let first = quantizers.values.first().ok_or("quantizes nothing")?;
        let alike = |quantizer: &Quantizer| {
            matches!(quantizer.codes, Codes::Range { .. })
                == matches!(first.codes, Codes::Range { .. })
        };
        if quantizers.values.iter().all(alike) {
            Ok(Self(first.codes))
        } else {
            Err("mixes one bit and more bits in one tensor".to_owned())
        }
    }

    fn code<'c>(&self, scalars: &Scalars<'c, '_>, elements: &[Val<'c>]) -> Val<'c> {
        let [x, scale, zero_point, lo, hi, _] = elements else {
            unreachable!("the nest has five inputs and one output")
        };
        let sign = |t| {
            let positive = scalars.compare(Compare::OrderedGreaterEqual, t, scalars.f32(0.0));
            scalars.select(positive, scalars.f32(1.0), scalars.f32(-1.0))
        };
        let scaled = || {
            let quotient = scalars.binary(Float::Div, *x, *scale);
            scalars.binary(Float::Add, quotient, *zero_point)
        };
        match self.0 {
            Codes::SignOfInput => sign(*x),
            Codes::SignOfCode => sign(scaled()),
            Codes::Range { rounding, .. } => {
                // NaN passes both comparisons and stays NaN.
                let code = scaled();
                let code =
                    scalars.select(scalars.compare(Compare::OrderedLess, code, *lo), *lo, code);
                let code = scalars.select(
                    scalars.compare(Compare::OrderedGreater, code, *hi),
                    *hi,
                    code,
                );
                round_float(scalars, code, rounding)
            }
        }
    }
}
