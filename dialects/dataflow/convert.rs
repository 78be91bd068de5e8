//! The layers between MLIR and Rust: the only place that knows the names of their attributes.

use melior::Context;
use melior::ir::operation::{Operation, OperationLike};
use melior::ir::{Location, Type};

use super::ods::{
    AddOperation, CastOperation, ConstantOperation, DenseOperation, GatherOperation,
    LookupOperation, MaxOperation, MinOperation, MulOperation, RequantizeOperation, RunOperation,
    SubOperation, ThresholdOperation,
};
use super::op::{Activation, Dense, Elementwise, Function, Op};
use super::types::array_of;
use crate::ir::{self, AttributeValue, Attributes, Val};
use crate::qint::{Lookup, Requantize, Threshold};

/// The generated name of an op; it is not a constant.
type Name = fn() -> &'static str;

const ELEMENTWISE: [(Elementwise, Name); 5] = [
    (Elementwise::Add, AddOperation::name),
    (Elementwise::Sub, SubOperation::name),
    (Elementwise::Mul, MulOperation::name),
    (Elementwise::Max, MaxOperation::name),
    (Elementwise::Min, MinOperation::name),
];

impl Op {
    /// The layer's name in MLIR.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Dense(_) => DenseOperation::name(),
            Self::Activation(activation) => match activation.function {
                Function::Threshold(_) => ThresholdOperation::name(),
                Function::Requantize(_) => RequantizeOperation::name(),
                Function::Lookup(_) => LookupOperation::name(),
            },
            Self::Elementwise(kind) => ELEMENTWISE
                .iter()
                .find(|(known, _)| known == kind)
                .map(|(_, name)| name())
                .expect("the table lists every kind"),
            Self::Cast => CastOperation::name(),
            Self::Constant(_) => ConstantOperation::name(),
            Self::Gather(_) => GatherOperation::name(),
        }
    }

    /// The layer's name without that of the dialect.
    pub fn short_name(&self) -> &'static str {
        let name = self.name();
        name.split_once('.').map_or(name, |(_, short)| short)
    }

    fn attributes(&self) -> Vec<(&'static str, AttributeValue)> {
        use AttributeValue::{Bool, Int, Ints, Tensor, Text};
        match self {
            Self::Dense(op) => vec![
                ("weights", Tensor(op.weights.clone())),
                ("weights_signed", Bool(op.weights_signed)),
                ("bias", Ints(op.bias.clone())),
                ("rows", Int(op.rows as i64)),
                ("reuse_factor", Int(op.reuse_factor as i64)),
            ],
            Self::Activation(Activation { function, inner }) => {
                let mut attributes = match function {
                    Function::Threshold(op) => vec![
                        ("thresholds", Tensor(op.thresholds.clone())),
                        ("base", Ints(op.base.clone())),
                        ("step", Ints(op.step.clone())),
                    ],
                    Function::Requantize(op) => vec![
                        ("multiplier", Ints(op.multiplier.clone())),
                        ("addend", Ints(op.addend.clone())),
                        ("shift", Int(i64::from(op.shift))),
                        ("lo", Int(op.lo)),
                        ("hi", Int(op.hi)),
                        ("rounding_mode", Text(op.rounding.name().to_owned())),
                    ],
                    Function::Lookup(op) => {
                        vec![("table", Tensor(op.table.clone())), ("low", Int(op.low))]
                    }
                };
                attributes.push(("inner", Int(*inner as i64)));
                attributes
            }
            Self::Elementwise(_) | Self::Cast => Vec::new(),
            Self::Constant(value) => vec![("value", Tensor(value.clone()))],
            Self::Gather(order) => {
                vec![("order", Ints(order.iter().map(|&at| at as i64).collect()))]
            }
        }
    }

    /// Reads a layer in place. `None` if the op is not one or an attribute is malformed.
    pub fn read(op: ir::Op<'_>) -> Option<Self> {
        let name = ir::op_name(op);
        let at = Attributes::of(op);
        let size = |name| at.int(name).and_then(|value| usize::try_from(value).ok());
        let signed = |value: Val<'_>| array_of(value).map(|array| array.word.signed);
        let input_signed = || signed(ir::val(op.operands().next()?));
        let result_signed = || signed(ir::val(op.results().next()?));
        if name == DenseOperation::name() {
            return Some(Self::Dense(Dense {
                weights: at.tensor("weights")?,
                weights_signed: at.boolean("weights_signed")?,
                bias: at.ints("bias")?,
                rows: size("rows")?,
                reuse_factor: size("reuse_factor")?,
            }));
        }
        let function = if name == ThresholdOperation::name() {
            Some(Function::Threshold(Threshold {
                thresholds: at.tensor("thresholds")?,
                base: at.ints("base")?,
                step: at.ints("step")?,
                axis: 0,
                input_signed: input_signed()?,
                signed: result_signed()?,
            }))
        } else if name == RequantizeOperation::name() {
            Some(Function::Requantize(Requantize {
                multiplier: at.ints("multiplier")?,
                addend: at.ints("addend")?,
                shift: at
                    .int("shift")
                    .and_then(|value| u32::try_from(value).ok())?,
                lo: at.int("lo")?,
                hi: at.int("hi")?,
                rounding: at.string("rounding_mode")?.parse().ok()?,
                axis: 0,
                input_signed: input_signed()?,
                signed: result_signed()?,
            }))
        } else if name == LookupOperation::name() {
            Some(Function::Lookup(Lookup {
                table: at.tensor("table")?,
                low: at.int("low")?,
                axis: 0,
                input_signed: input_signed()?,
                signed: result_signed()?,
            }))
        } else {
            None
        };
        if let Some(function) = function {
            return Some(Self::Activation(Activation {
                function,
                inner: size("inner")?,
            }));
        }
        if let Some((kind, _)) = ELEMENTWISE.iter().find(|(_, known)| known() == name) {
            return Some(Self::Elementwise(*kind));
        }
        if name == CastOperation::name() {
            return Some(Self::Cast);
        }
        if name == ConstantOperation::name() {
            return Some(Self::Constant(at.tensor("value")?));
        }
        if name == GatherOperation::name() {
            let order = at.ints("order")?;
            let order = order
                .into_iter()
                .map(|at| usize::try_from(at).ok())
                .collect::<Option<_>>()?;
            return Some(Self::Gather(order));
        }
        None
    }

    /// Builds the layer; it has one result.
    pub fn build<'c>(
        &self,
        context: &'c Context,
        operands: &[Val<'c>],
        result: Type<'c>,
        location: Location<'c>,
    ) -> Operation<'c> {
        ir::build_with(
            context,
            self.name(),
            operands,
            &self.attributes(),
            &[result],
            location,
        )
    }
}

/// What `dataflow.run` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The name of the network's function.
    pub network: String,
}

impl Run {
    /// Reads the op in place; `None` if it is another.
    pub fn read(op: ir::Op<'_>) -> Option<Self> {
        is_run(op)
            .then(|| {
                Attributes::of(op)
                    .symbol("network")
                    .map(|network| Self { network })
            })
            .flatten()
    }
}

/// Whether the op is a `dataflow.run`.
pub fn is_run(op: ir::Op<'_>) -> bool {
    ir::op_name(op) == RunOperation::name()
}

/// `dataflow.run` of the function `network`.
pub fn run<'c>(
    context: &'c Context,
    network: &str,
    inputs: &[Val<'c>],
    outputs: &[Type<'c>],
    location: Location<'c>,
) -> Operation<'c> {
    let attributes = [("network", AttributeValue::Symbol(network.to_owned()))];
    ir::build_with(
        context,
        RunOperation::name(),
        inputs,
        &attributes,
        outputs,
        location,
    )
}

/// Checks an op of this dialect; `None` if it is of another.
pub(crate) fn verify(op: ir::Op<'_>) -> Option<Result<(), String>> {
    if is_run(op) {
        let integer =
            |value: Val<'_>| ir::type_of(value).is_some_and(|r#type| r#type.element.is_int());
        let fits =
            op.operands().map(ir::val).all(integer) && op.results().map(ir::val).all(integer);
        let expected = "'dataflow.run' op needs integer tensors of static shape";
        return Some(if fits {
            Ok(())
        } else {
            Err(expected.to_owned())
        });
    }
    let layer = Op::read(op);
    if layer.is_none() && !ir::op_name(op).starts_with("dataflow.") {
        return None;
    }
    let operands: Option<Vec<_>> = op
        .operands()
        .map(|value| array_of(ir::val(value)))
        .collect();
    let result = op
        .results()
        .next()
        .and_then(|value| array_of(ir::val(value)));
    Some(match (layer, operands, result) {
        (Some(layer), Some(operands), Some(result)) => layer.verify(&operands, result),
        _ => Err(format!(
            "'{}' op has an attribute out of range",
            ir::op_name(op)
        )),
    })
}
