//! The ops of `qint` between MLIR and Rust: the only place that knows the names of their attributes.

use melior::Context;
use melior::ir::{Location, Type, operation::Operation};

use super::ods::{
    DequantizeOperation, LookupOperation, QuantizeOperation, RequantizeOperation,
    ThresholdOperation,
};
use super::op::{Dequantize, Lookup, Op, Quantize, Requantize, Threshold};
use crate::ir::{self, AttributeValue, Attributes, Val};

impl Op {
    /// The op's name in MLIR.
    pub fn mlir_name(&self) -> &'static str {
        match self {
            Self::Quantize(_) => QuantizeOperation::name(),
            Self::Dequantize(_) => DequantizeOperation::name(),
            Self::Requantize(_) => RequantizeOperation::name(),
            Self::Threshold(_) => ThresholdOperation::name(),
            Self::Lookup(_) => LookupOperation::name(),
        }
    }

    /// The op's name, for messages.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Quantize(_) => "qint.quantize",
            Self::Dequantize(_) => "qint.dequantize",
            Self::Requantize(_) => "qint.requantize",
            Self::Threshold(_) => "qint.threshold",
            Self::Lookup(_) => "qint.lookup",
        }
    }

    fn attributes(&self) -> Vec<(&'static str, AttributeValue)> {
        use AttributeValue::{Bool, Float, Int, Ints, Tensor, Text};
        match self {
            Self::Quantize(op) => vec![
                ("scale", Tensor(op.scale.clone())),
                ("zero_point", Tensor(op.zero_point.clone())),
                ("lo", Float(op.lo)),
                ("hi", Float(op.hi)),
                ("rounding_mode", Text(op.rounding.name().to_owned())),
                ("bipolar", Bool(op.bipolar)),
                ("fraction_bits", Int(i64::from(op.fraction_bits))),
                ("is_signed", Bool(op.signed)),
            ],
            Self::Dequantize(op) => {
                vec![
                    ("scale", Tensor(op.scale.clone())),
                    ("is_signed", Bool(op.signed)),
                ]
            }
            Self::Requantize(op) => vec![
                ("multiplier", Ints(op.multiplier.clone())),
                ("addend", Ints(op.addend.clone())),
                ("shift", Int(i64::from(op.shift))),
                ("lo", Int(op.lo)),
                ("hi", Int(op.hi)),
                ("rounding_mode", Text(op.rounding.name().to_owned())),
                ("axis", Int(op.axis as i64)),
                ("input_signed", Bool(op.input_signed)),
                ("is_signed", Bool(op.signed)),
            ],
            Self::Threshold(op) => vec![
                ("thresholds", Tensor(op.thresholds.clone())),
                ("base", Ints(op.base.clone())),
                ("step", Ints(op.step.clone())),
                ("axis", Int(op.axis as i64)),
                ("input_signed", Bool(op.input_signed)),
                ("is_signed", Bool(op.signed)),
            ],
            Self::Lookup(op) => vec![
                ("table", Tensor(op.table.clone())),
                ("low", Int(op.low)),
                ("axis", Int(op.axis as i64)),
                ("input_signed", Bool(op.input_signed)),
                ("is_signed", Bool(op.signed)),
            ],
        }
    }

    /// Reads an op in place. `None` if it is not of this dialect or an attribute is malformed.
    pub fn read(op: ir::Op<'_>) -> Option<Self> {
        let name = ir::op_name(op);
        let at = Attributes::of(op);
        let axis = || at.int("axis").and_then(|axis| usize::try_from(axis).ok());
        let bits = |name| at.int(name).and_then(|value| u32::try_from(value).ok());
        let rounding = || {
            at.string("rounding_mode")
                .and_then(|text| text.parse().ok())
        };
        if name == QuantizeOperation::name() {
            return Some(Self::Quantize(Quantize {
                scale: at.tensor("scale")?,
                zero_point: at.tensor("zero_point")?,
                lo: at.float("lo")?,
                hi: at.float("hi")?,
                rounding: rounding()?,
                bipolar: at.boolean("bipolar")?,
                fraction_bits: bits("fraction_bits")?,
                signed: at.boolean("is_signed")?,
            }));
        }
        if name == DequantizeOperation::name() {
            return Some(Self::Dequantize(Dequantize {
                scale: at.tensor("scale")?,
                signed: at.boolean("is_signed")?,
            }));
        }
        if name == RequantizeOperation::name() {
            return Some(Self::Requantize(Requantize {
                multiplier: at.ints("multiplier")?,
                addend: at.ints("addend")?,
                shift: bits("shift")?,
                lo: at.int("lo")?,
                hi: at.int("hi")?,
                rounding: rounding()?,
                axis: axis()?,
                input_signed: at.boolean("input_signed")?,
                signed: at.boolean("is_signed")?,
            }));
        }
        if name == ThresholdOperation::name() {
            return Some(Self::Threshold(Threshold {
                thresholds: at.tensor("thresholds")?,
                base: at.ints("base")?,
                step: at.ints("step")?,
                axis: axis()?,
                input_signed: at.boolean("input_signed")?,
                signed: at.boolean("is_signed")?,
            }));
        }
        if name == LookupOperation::name() {
            return Some(Self::Lookup(Lookup {
                table: at.tensor("table")?,
                low: at.int("low")?,
                axis: axis()?,
                input_signed: at.boolean("input_signed")?,
                signed: at.boolean("is_signed")?,
            }));
        }
        None
    }

    /// Builds the op; it has one operand and one result.
    pub fn build<'c>(
        &self,
        context: &'c Context,
        operand: Val<'c>,
        result: Type<'c>,
        location: Location<'c>,
    ) -> Operation<'c> {
        ir::build_with(
            context,
            self.mlir_name(),
            &[operand],
            &self.attributes(),
            &[result],
            location,
        )
    }
}
