//! The ops of the `qonnx` dialect as plain Rust values: an op's name and attributes, without its operands.
//!
//! An [`Op`] has one meaning, [`Op::eval`], which is that of the QONNX 1.0 reference executor,
//! deviations named where they are made. [`Op::infer`] makes every check that evaluation relies on.

use super::rounding::Rounding;

/// One QONNX op with its attributes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    /// `(X, scale, zeropt, bitwidth)`: uniform quantization, `Quant` and `IntQuant`.
    IntQuant(IntQuant),
    /// `(X, scale)`: the scale with the sign of the operand.
    BipolarQuant,
    /// `(X, scale, zeropt, in_bitwidth, out_bitwidth)`: drops low bits, without a limit; the scale stays.
    TruncV1 {
        /// How the dropped bits are rounded.
        rounding: Rounding,
    },
    /// `(X, scale, zeropt, in_bitwidth, out_scale, out_bitwidth)`: drops low bits, limited to the new bit width.
    TruncV2(TruncV2),
    /// `(X, scale, exponent_bitwidth, mantissa_bitwidth, exponent_bias, max_val)`: minifloat quantization.
    FloatQuant(FloatQuant),
    /// `(X, thresholds)`: counts the thresholds that are not above the operand; thresholds are C x S or 1 x S.
    MultiThreshold(MultiThreshold),
    /// `(X)`: truncated sum over square windows.
    QuantAvgPool2d(QuantAvgPool2d),
}

/// Attributes of `IntQuant` (spec section 1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IntQuant {
    /// Whether codes may be negative.
    pub signed: bool,
    /// Whether one code is dropped: the least of a signed range, the greatest of an unsigned one.
    pub narrow: bool,
    /// How to round.
    pub rounding: Rounding,
}

/// Attributes of `Trunc` version 2 (spec section 1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TruncV2 {
    /// Whether codes may be negative.
    pub signed: bool,
    /// Whether one code is dropped.
    pub narrow: bool,
    /// How the dropped bits are rounded.
    pub rounding: Rounding,
}

/// Attributes of `FloatQuant` (spec section 1.4). `has_subnormal` has no effect: subnormals are always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FloatQuant {
    /// Whether a number beyond the range becomes infinite, if it is not limited.
    pub has_inf: bool,
    /// Whether a number beyond the range becomes NaN, if it neither is limited nor becomes infinite.
    pub has_nan: bool,
    /// Whether a number beyond the range is limited to it.
    pub saturation: bool,
    /// How to round.
    pub rounding: Rounding,
}

/// Attributes of `MultiThreshold` (spec section 1.5).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MultiThreshold {
    /// Factor of the count.
    pub out_scale: f32,
    /// Added to the scaled count.
    pub out_bias: f32,
    /// The operand's channel dimension; negative counts from the back.
    pub axis: i64,
}

impl MultiThreshold {
    /// The channel dimension that a `data_layout` means: the last one if it ends with `C`, else number 1.
    pub fn axis_of_layout(data_layout: &str) -> i64 {
        if data_layout.ends_with('C') { -1 } else { 1 }
    }
}

/// Attributes of `QuantAvgPool2d` (spec section 1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuantAvgPool2d {
    /// Distance of neighbouring windows, at least 1.
    pub stride: usize,
    /// Extent of the square window, at least 1.
    pub kernel: usize,
    /// Bits of the operand's integers, 1 to 32.
    pub input_bits: u32,
    /// Bits of the result's integers, 2 to 32.
    pub output_bits: u32,
    /// Whether the integers are signed; the sum's width does not depend on it.
    pub signed: bool,
    /// Whether the operand is N x H x W x C rather than N x C x H x W.
    pub channels_last: bool,
}

impl Op {
    /// The op's type as QONNX spells it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::IntQuant(_) => "IntQuant",
            Self::BipolarQuant => "BipolarQuant",
            Self::TruncV1 { .. } | Self::TruncV2(_) => "Trunc",
            Self::FloatQuant(_) => "FloatQuant",
            Self::MultiThreshold(_) => "MultiThreshold",
            Self::QuantAvgPool2d(_) => "QuantAvgPool2d",
        }
    }

    /// Whether every result element depends on one element of each operand, the one that broadcasting puts in its
    /// place (for `MultiThreshold`: the thresholds of its channel).
    pub fn is_elementwise(&self) -> bool {
        !matches!(self, Self::QuantAvgPool2d(_))
    }
}
