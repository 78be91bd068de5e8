//! The parameters of a quantizer, as constants of the graph.

use qonnx_dialects::broadcast::walk_broadcast;
use qonnx_dialects::packed::Packed;
use qonnx_dialects::qonnx::{self, Codes, IntQuant, MAX_INTEGER, Quantizer};
use qonnx_dialects::tensor::{Data, Tensor, broadcast_index, broadcast_shape, for_each_index};
use qonnx_dialects::values::Values;

use super::refusal::Refusal;
use super::value::State;
use crate::analysis::scaled_int::{Channel, ScaledConstant, varying_axis, with_rank};

/// Most fraction bits that a zero point may need.
const MAX_FRACTION: u32 = 24;
/// Widest integer that a quantizer may yield.
const MAX_BITS: i64 = 40;

/// The quantizer of each position of a tensor: parameters that broadcast against it.
pub struct Quantizers {
    /// f32.
    pub scale: Tensor,
    /// f32.
    pub zero_point: Tensor,
    bit_width: Tensor,
    kind: Option<IntQuant>,
    /// The integer is `(code - zero_point) * 2^fraction_bits`.
    pub fraction_bits: u32,
}

impl Quantizers {
    /// From a quantizer op's parameter tensors: those of `operands` after the first.
    pub fn new(op: &qonnx::Op, operands: &[Option<&Tensor>]) -> Result<Self, Refusal> {
        let operand = |at: usize| {
            let value = operands
                .get(at)
                .copied()
                .flatten()
                .ok_or("a parameter is missing")?;
            Ok::<_, Refusal>(Tensor::f32(value.shape.clone(), value.to_f32()))
        };
        let (zero_point, bit_width, kind) = match op {
            qonnx::Op::IntQuant(kind) => (operand(2)?, operand(3)?, Some(*kind)),
            _ => (Tensor::scalar(0.0), Tensor::scalar(1.0), None),
        };
        let scale = operand(1)?;
        let finite = |tensor: &Tensor| tensor.to_f32().iter().all(|value| value.is_finite());
        if !finite(&scale) || scale.to_f32().contains(&0.0) {
            return Err("a scale is 0 or not finite".to_owned());
        }
        if !finite(&zero_point) {
            return Err("a zero point is not finite".to_owned());
        }
        if bit_width
            .to_f32()
            .iter()
            .any(|bits| !(*bits > 0.0 && *bits <= MAX_BITS as f32))
        {
            return Err(format!("a bit width is not in 1..={MAX_BITS}"));
        }
        let fraction_bits = (0..=MAX_FRACTION)
            .find(|&bits| {
                let unit = f64::from(1u32 << bits);
                zero_point
                    .to_f64()
                    .iter()
                    .all(|zero_point| (zero_point * unit).fract() == 0.0)
            })
            .ok_or("a zero point has too many fraction bits")?;
        let all = Self {
            scale,
            zero_point,
            bit_width,
            kind,
            fraction_bits,
        };
        let exact = |quantizer: &Quantizer| quantizer.integer_range(fraction_bits).is_some();
        if !all.channel_quantizers().iter().all(exact) {
            return Err(format!(
                "codes less their zero point need more than {} bits",
                MAX_INTEGER.ilog2()
            ));
        }
        Ok(all)
    }

    /// From the states of a quantizer op's operands.
    pub fn of_states(op: &qonnx::Op, states: &[State<'_>]) -> Result<Self, Refusal> {
        let operand = |(at, state): (usize, &State<'_>)| match state {
            State::Constant(constant) if at > 0 => constant.tensor().map(Some),
            _ if at > 0 => Err("its scale, zero point or bit width is not constant".to_owned()),
            _ => Ok(None),
        };
        let operands = states.iter().enumerate().map(operand);
        let operands = operands.collect::<Result<Vec<_>, _>>()?;
        let operands: Vec<Option<&Tensor>> = operands.iter().map(Option::as_deref).collect();
        Self::new(op, &operands)
    }

    /// The quantizer for a scale, a zero point and a bit width.
    fn quantizer(&self, scale: f32, zero_point: f32, bit_width: f32) -> Quantizer {
        match self.kind {
            Some(IntQuant {
                is_signed: signed,
                narrow,
                rounding_mode: rounding,
            }) => Quantizer::int((scale, zero_point, bit_width), signed, narrow, rounding),
            None => Quantizer::bipolar(scale),
        }
    }

    /// Whether codes are the sign of the input: `BipolarQuant` and one signed bit.
    pub fn is_bipolar(&self) -> bool {
        let shape = self.shape();
        !shape.contains(&0) && self.at(&vec![0; shape.len()]).is_bipolar()
    }

    /// What the input's sign is taken of: the input itself (`BipolarQuant`) rather than the code.
    pub fn ignores_scale(&self) -> bool {
        self.kind.is_none()
    }

    /// The one range and rounding of codes, if the bit width is the same everywhere.
    pub fn codes(&self) -> Option<Codes> {
        let quantizers = self.channel_quantizers();
        let first = quantizers.first()?.codes;
        quantizers
            .iter()
            .all(|quantizer| quantizer.codes == first)
            .then_some(first)
    }

    /// The shape that all parameters together have.
    fn shape(&self) -> Vec<usize> {
        [&self.zero_point, &self.bit_width]
            .into_iter()
            .fold(self.scale.shape.clone(), |shape, tensor| {
                broadcast_shape(&shape, &tensor.shape).unwrap_or(shape)
            })
    }

    /// One quantizer for each element of the parameters' common shape.
    pub fn channel_quantizers(&self) -> Vec<Quantizer> {
        let shape = self.shape();
        let mut quantizers = Vec::new();
        for_each_index(&shape, |index| quantizers.push(self.at(index)));
        quantizers
    }

    /// The quantizer of a position.
    fn at(&self, index: &[usize]) -> Quantizer {
        let of = |tensor: &Tensor| {
            tensor
                .as_f32()
                .map_or(0.0, |all| all[broadcast_index(&tensor.shape, index)])
        };
        self.quantizer(of(&self.scale), of(&self.zero_point), of(&self.bit_width))
    }

    /// The axis of a value of `rank` dimensions that the parameters vary along.
    pub fn axis(&self, rank: usize) -> Result<Option<usize>, Refusal> {
        let shape = self.shape();
        if shape.len() > rank {
            // Leading ones beyond the rank do not count.
            let (extra, rest) = shape.split_at(shape.len() - rank);
            if extra.iter().any(|&extent| extent != 1) {
                return Err("its parameters have more dimensions than the value".to_owned());
            }
            return varying_axis(rest).map_err(|_| several_axes());
        }
        varying_axis(&with_rank(&shape, rank)).map_err(|_| several_axes())
    }

    /// The integer of a code: `(code - zero_point) * 2^fraction_bits`; `None` for NaN.
    pub fn integer(&self, quantizer: &Quantizer, code: f32) -> Option<i64> {
        let unit = f64::from(1u32 << self.fraction_bits);
        let n = (f64::from(code) - f64::from(quantizer.zero_point)) * unit;
        n.is_finite().then_some(n as i64)
    }

    /// The distance of neighbouring integers.
    pub fn unit(&self) -> i64 {
        (1 << self.fraction_bits) * if self.is_bipolar() { 2 } else { 1 }
    }

    /// The scale of the integers.
    pub fn integer_scale(&self, quantizer: &Quantizer) -> f64 {
        f64::from(quantizer.scale) / f64::from(1u32 << self.fraction_bits)
    }

    /// Scale and range of the integers of each channel.
    pub fn channels(&self) -> Vec<Channel> {
        let unit = self.unit();
        let channel = |quantizer: &Quantizer| {
            let (lo, hi) = quantizer
                .integer_range(self.fraction_bits)
                .expect("`new` refuses quantizers whose integers are not exact");
            Channel {
                scale: self.integer_scale(quantizer),
                values: Values::new(lo, hi, unit).unwrap_or(Values::range(lo, hi)),
            }
        };
        self.channel_quantizers().iter().map(channel).collect()
    }
}

fn several_axes() -> Refusal {
    "its parameters vary along more than one axis".to_owned()
}

/// The scaled integers that a quantizer makes of a tensor. Fails if `op` is no uniform quantizer with usable parameters or
/// a result is not a number. `operands` are the quantizer's, the first the tensor.
pub fn quantize_constant(
    op: &qonnx::Op,
    operands: &[Option<&Tensor>],
) -> Result<ScaledConstant, Refusal> {
    if !matches!(op, qonnx::Op::IntQuant(_) | qonnx::Op::BipolarQuant) {
        return Err(format!("'{}' is no uniform quantizer", op.name()));
    }
    let x = operands.first().copied().flatten().ok_or("it is missing")?;
    let quantizers = Quantizers::new(op, operands)?;
    if broadcast_shape(&x.shape, &quantizers.shape()) != Some(x.shape.clone()) {
        return Err("its quantizer's parameters have more elements than it".to_owned());
    }
    let values = x.as_f32().ok_or("its elements are no float32 numbers")?;
    let channels = quantizers.channels().into_iter();
    let integers = channels.map(|channel| channel.values);
    let integers = integers.fold(Values::one(0), Values::union);
    let mut n = Packed::with_capacity(integers.lo(), integers.hi(), values.len());
    let no_number = || "an element is not a number".to_owned();
    // A single quantizer for all elements is the common case and needs no index arithmetic.
    let (shape, each) = (quantizers.shape(), quantizers.channel_quantizers());
    if let [quantizer] = each.as_slice() {
        for &x in values {
            let integer = quantizers.integer(quantizer, quantizer.quantize(x));
            n.push(integer.ok_or_else(no_number)?);
        }
    } else {
        let mut all_finite = true;
        walk_broadcast(&x.shape, [&x.shape, &shape], |[at, parameter]| {
            let quantizer = &each[parameter];
            let integer = quantizers.integer(quantizer, quantizer.quantize(values[at]));
            all_finite &= integer.is_some();
            n.push(integer.unwrap_or(0));
        });
        if !all_finite {
            return Err(no_number());
        }
    }
    let unit = f64::from(1u32 << quantizers.fraction_bits);
    let scales = quantizers
        .scale
        .to_f64()
        .into_iter()
        .map(|scale| scale / unit)
        .collect();
    let scale = Tensor::new(
        with_rank(&quantizers.scale.shape, x.rank()),
        Data::F64(scales),
    );
    if scale.rank() != x.rank() {
        return Err("its scale has more dimensions than it".to_owned());
    }
    Ok(ScaledConstant {
        n,
        shape: x.shape.clone(),
        scale,
    })
}
