//! The pass `quantize-inputs`.

use melior::Context;
use melior::ir::operation::Operation;
use melior::ir::{Location, ValueLike};
use qonnx_dialects::ir::{self, Function, Val};
use qonnx_dialects::onnx;
use qonnx_dialects::pass::{PassResult, fail};
use qonnx_dialects::qonnx::{IntQuant, Op, Rounding};
use qonnx_dialects::tensor::{Element, Tensor};
use std::fmt;
use std::str::FromStr;

declare_pass! {
    /// Quantize every float input to a fixed-point type.
    ///
    /// Inserts a `qonnx.int_quant` behind each float32 argument, so that a network whose input is not quantized
    /// becomes integer from its first layer on. The type is written as in HLS tools: `fixed<16,6>` has 16 bits,
    /// 6 of them integer bits including the sign; `ufixed` has no sign; a rounding mode (`TRN`, `TRN_ZERO`,
    /// `RND`, `RND_CONV`, `RND_ZERO`, `RND_INF`) and a saturation mode (`SAT`, `SAT_SYM`) may follow. As with
    /// `ap_fixed`, rounding is truncation where nothing is said; other than there, values saturate.
    pub struct QuantizeInputs => "quantize-inputs" on Function {
        /// The fixed-point type.
        fixed ("type"): FixedType = FixedType::DEFAULT,
    }
}

/// A fixed-point type of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedType {
    /// All bits, 1 to 32.
    pub width: u32,
    /// Bits before the binary point, the sign included; may be negative or exceed the width.
    pub integer: i32,
    /// Whether there is a sign.
    pub signed: bool,
    /// How values between the grid points are rounded.
    pub rounding: Rounding,
    /// Whether the range is symmetric.
    pub narrow: bool,
}

impl FixedType {
    const DEFAULT: Self = Self {
        width: 16,
        integer: 6,
        signed: true,
        rounding: Rounding::Floor,
        narrow: false,
    };

    /// The distance of neighbouring values.
    pub fn scale(&self) -> f32 {
        f32::powi(2.0, self.integer - self.width as i32)
    }
}

/// The names of rounding modes in HLS tools.
const ROUNDINGS: [(&str, Rounding); 5] = [
    ("TRN", Rounding::Floor),
    ("TRN_ZERO", Rounding::Down),
    ("RND_CONV", Rounding::Round),
    ("RND_ZERO", Rounding::HalfDown),
    ("RND_INF", Rounding::HalfUp),
];

impl fmt::Display for FixedType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounding = ROUNDINGS
            .iter()
            .find(|(_, mode)| *mode == self.rounding)
            .map_or("TRN", |(name, _)| name);
        let saturation = if self.narrow { "SAT_SYM" } else { "SAT" };
        let name = if self.signed { "fixed" } else { "ufixed" };
        write!(
            formatter,
            "{name}<{},{},{rounding},{saturation}>",
            self.width, self.integer
        )
    }
}

impl FromStr for FixedType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let malformed = || {
            format!(
                "'{text}' is not a fixed-point type, expected fixed<W,I> or ufixed<W,I>, \
                     with a rounding and a saturation mode if wanted"
            )
        };
        let text_trimmed = text.trim().trim_start_matches("ap_");
        let (name, rest) = text_trimmed.split_once('<').ok_or_else(malformed)?;
        let signed = match name {
            "fixed" => true,
            "ufixed" => false,
            _ => return Err(malformed()),
        };
        let fields: Vec<&str> = rest
            .strip_suffix('>')
            .ok_or_else(malformed)?
            .split(',')
            .map(str::trim)
            .collect();
        let (&[width, integer], modes) = fields.split_at_checked(2).ok_or_else(malformed)? else {
            return Err(malformed());
        };
        let width: u32 = width.parse().map_err(|_| malformed())?;
        let integer: i32 = integer.parse().map_err(|_| malformed())?;
        if !(1..=32).contains(&width) || !(-64..=64).contains(&integer) {
            return Err(format!(
                "'{text}' has a width or a binary point out of range, expected 1 to 32 bits"
            ));
        }
        let mut parsed = Self {
            width,
            integer,
            signed,
            ..Self::DEFAULT
        };
        for mode in modes {
            let mode = mode.trim_start_matches("AP_");
            if let Some((_, rounding)) = ROUNDINGS.iter().find(|(name, _)| *name == mode) {
                parsed.rounding = *rounding;
                continue;
            }
            match mode {
                "SAT" => parsed.narrow = false,
                "SAT_SYM" => parsed.narrow = true,
                // Without negative values, ties upward are ties away from zero.
                "RND" if !signed => parsed.rounding = Rounding::HalfUp,
                "RND" | "RND_MIN_INF" | "WRAP" | "SAT_ZERO" => {
                    return Err(format!(
                        "mode '{mode}' in '{text}' is none that QONNX can express"
                    ));
                }
                _ => return Err(format!("unknown mode '{mode}' in '{text}'")),
            }
        }
        Ok(parsed)
    }
}

impl QuantizeInputs {
    fn run<'c>(&mut self, function: Function<'c>, context: &'c Context) -> PassResult {
        let Some(first) = function.ops().first().copied().or(function.return_op()) else {
            return fail(function.op(), "the function is empty");
        };
        let names = function.input_names();
        for (argument, name) in function.arguments().into_iter().zip(names) {
            if ir::type_of(argument).is_none_or(|r#type| r#type.element != Element::F32) {
                continue;
            }
            let unknown = Location::unknown(context);
            let name = name.within("", "_quant");
            let location = Location::name(context, name.verbatim(), unknown);
            let append = |operation: Operation<'c>| -> Val<'c> {
                let op = ir::build_op(function.block(), Some(first), operation);
                ir::val(op.result(0).expect("each op built here has one result"))
            };
            let constant = |value: f32| -> Val<'c> {
                let attribute = ir::elements_attribute(context, &Tensor::scalar(value));
                append(
                    onnx::constant(context, attribute, location)
                        .expect("a scalar has a static type"),
                )
            };
            let fixed = &self.fixed;
            let operands = [
                argument,
                constant(fixed.scale()),
                constant(0.0),
                constant(fixed.width as f32),
            ];
            let kind = IntQuant {
                is_signed: fixed.signed,
                narrow: fixed.narrow,
                rounding_mode: fixed.rounding,
            };
            let r#type = argument.r#type();
            let quantized =
                append(Op::IntQuant(kind).build(context, &operands, &[r#type], location));
            ir::replace_all_uses(argument, quantized);
            if let Some(quantizer) = ir::defining_op(quantized) {
                ir::set_operand(quantizer, 0, argument);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_hls_tools_write_them() {
        let parse = |text: &str| text.parse::<FixedType>();
        let plain = parse("fixed<16,6>").expect("a type");
        assert_eq!(
            (plain.scale(), plain.rounding),
            (f32::powi(2.0, -10), Rounding::Floor)
        );
        let full = parse("ap_ufixed<8, 1, AP_RND, AP_SAT_SYM>").expect("a type");
        assert_eq!(
            (full.signed, full.rounding, full.narrow),
            (false, Rounding::HalfUp, true)
        );
        assert_eq!(parse(&plain.to_string()), Ok(plain));
        for wrong in [
            "",
            "fixed",
            "fixed<16>",
            "fixed<0,1>",
            "fixed<8,4,WRAP>",
            "fixed<8,4,RND>",
            "int<8>",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
