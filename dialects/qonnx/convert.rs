//! The ops of `qonnx` between MLIR and Rust: the only place that knows the names of their attributes.

use melior::Context;
use melior::ir::{Location, Type, operation::Operation};

use super::ods::{
    BipolarQuantOperation, FloatQuantOperation, IntQuantOperation, MultiThresholdOperation,
    QuantAvgPool2dOperation, TruncOperation, TruncV1Operation,
};
use super::op::{FloatQuant, IntQuant, MultiThreshold, Op, QuantAvgPool2d, TruncV2};
use crate::ir::{self, AttributeValue, Attributes, Val};

impl Op {
    /// The op's name in MLIR.
    pub fn mlir_name(&self) -> &'static str {
        match self {
            Self::IntQuant(_) => IntQuantOperation::name(),
            Self::BipolarQuant => BipolarQuantOperation::name(),
            Self::TruncV1 { .. } => TruncV1Operation::name(),
            Self::TruncV2(_) => TruncOperation::name(),
            Self::FloatQuant(_) => FloatQuantOperation::name(),
            Self::MultiThreshold(_) => MultiThresholdOperation::name(),
            Self::QuantAvgPool2d(_) => QuantAvgPool2dOperation::name(),
        }
    }

    fn attributes(&self) -> Vec<(&'static str, AttributeValue)> {
        use AttributeValue::{Bool, Float, Int, Text};
        match self {
            Self::IntQuant(IntQuant {
                signed,
                narrow,
                rounding,
            })
            | Self::TruncV2(TruncV2 {
                signed,
                narrow,
                rounding,
            }) => vec![
                ("is_signed", Bool(*signed)),
                ("narrow", Bool(*narrow)),
                ("rounding_mode", Text(rounding.name().to_owned())),
            ],
            Self::BipolarQuant => Vec::new(),
            Self::TruncV1 { rounding } => vec![("rounding_mode", Text(rounding.name().to_owned()))],
            Self::FloatQuant(op) => vec![
                ("has_inf", Bool(op.has_inf)),
                ("has_nan", Bool(op.has_nan)),
                ("saturation", Bool(op.saturation)),
                ("rounding_mode", Text(op.rounding.name().to_owned())),
            ],
            Self::MultiThreshold(op) => vec![
                ("out_scale", Float(op.out_scale)),
                ("out_bias", Float(op.out_bias)),
                ("axis", Int(op.axis)),
            ],
            Self::QuantAvgPool2d(op) => vec![
                ("stride", Int(op.stride as i64)),
                ("kernel", Int(op.kernel as i64)),
                ("input_bits", Int(i64::from(op.input_bits))),
                ("output_bits", Int(i64::from(op.output_bits))),
                ("is_signed", Bool(op.signed)),
                ("channels_last", Bool(op.channels_last)),
            ],
        }
    }

    /// Reads an op in place. `None` if it is not of this dialect or an attribute is malformed.
    pub fn read(op: ir::Op<'_>) -> Option<Self> {
        let name = ir::op_name(op);
        let at = Attributes::of(op);
        let rounding = || {
            at.string("rounding_mode")
                .and_then(|text| text.parse().ok())
        };
        let size = |name| at.int(name).and_then(|value| usize::try_from(value).ok());
        let bits = |name| at.int(name).and_then(|value| u32::try_from(value).ok());
        if name == IntQuantOperation::name() {
            return Some(Self::IntQuant(IntQuant {
                signed: at.boolean("is_signed")?,
                narrow: at.boolean("narrow")?,
                rounding: rounding()?,
            }));
        }
        if name == BipolarQuantOperation::name() {
            return Some(Self::BipolarQuant);
        }
        if name == TruncV1Operation::name() {
            return Some(Self::TruncV1 {
                rounding: rounding()?,
            });
        }
        if name == TruncOperation::name() {
            return Some(Self::TruncV2(TruncV2 {
                signed: at.boolean("is_signed")?,
                narrow: at.boolean("narrow")?,
                rounding: rounding()?,
            }));
        }
        if name == FloatQuantOperation::name() {
            return Some(Self::FloatQuant(FloatQuant {
                has_inf: at.boolean("has_inf")?,
                has_nan: at.boolean("has_nan")?,
                saturation: at.boolean("saturation")?,
                rounding: rounding()?,
            }));
        }
        if name == MultiThresholdOperation::name() {
            return Some(Self::MultiThreshold(MultiThreshold {
                out_scale: at.float("out_scale")?,
                out_bias: at.float("out_bias")?,
                axis: at.int("axis")?,
            }));
        }
        if name == QuantAvgPool2dOperation::name() {
            return Some(Self::QuantAvgPool2d(QuantAvgPool2d {
                stride: size("stride")?,
                kernel: size("kernel")?,
                input_bits: bits("input_bits")?,
                output_bits: bits("output_bits")?,
                signed: at.boolean("is_signed")?,
                channels_last: at.boolean("channels_last")?,
            }));
        }
        None
    }

    /// Builds the op.
    pub fn build<'c>(
        &self,
        context: &'c Context,
        operands: &[Val<'c>],
        results: &[Type<'c>],
        location: Location<'c>,
    ) -> Operation<'c> {
        ir::build_with(
            context,
            self.mlir_name(),
            operands,
            &self.attributes(),
            results,
            location,
        )
    }
}
