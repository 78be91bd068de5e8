//! The constructs between MLIR and Rust: the only place that knows the names of their attributes.

use melior::Context;
use melior::ir::attribute::TypeAttribute;
use melior::ir::operation::{Operation, OperationBuilder};
use melior::ir::{Identifier, Location, Region, Type};

use super::ods::*;
use super::op::{Binary, FunctionHead, Op};
use crate::dataflow::Cost;
use crate::ir::{self, AttributeValue, Attributes, Val};
use crate::word::Word;

/// The generated name of an op; it is not a constant.
type Name = fn() -> &'static str;

const BINARY: [(Binary, Name); 9] = [
    (Binary::Add, AddOperation::name),
    (Binary::Sub, SubOperation::name),
    (Binary::Mul, MulOperation::name),
    (Binary::Div, DivOperation::name),
    (Binary::Rem, RemOperation::name),
    (Binary::And, AndOperation::name),
    (Binary::Shr, ShrOperation::name),
    (Binary::Lt, LtOperation::name),
    (Binary::Ge, GeOperation::name),
];

/// The cost with these fields.
fn cost(fields: &[i64]) -> Option<Cost> {
    let fields = fields
        .iter()
        .map(|&field| usize::try_from(field).ok())
        .collect::<Option<Vec<_>>>()?;
    fields.try_into().ok().map(Cost::from_fields)
}

impl Op {
    /// The op's name in MLIR.
    pub fn mlir_name(&self) -> &'static str {
        match self {
            Self::Typedef { .. } => TypedefOperation::name(),
            Self::ConstantArray { .. } => ConstantArrayOperation::name(),
            Self::Function(_) => FuncOperation::name(),
            Self::Pragma { .. } => PragmaOperation::name(),
            Self::Variable { .. } => VariableOperation::name(),
            Self::For { .. } => ForOperation::name(),
            Self::Store => StoreOperation::name(),
            Self::Define { .. } => DefineOperation::name(),
            Self::Call { .. } => CallOperation::name(),
            Self::Trace { .. } => TraceOperation::name(),
            Self::Global { .. } => GlobalOperation::name(),
            Self::Constant { .. } => ConstantOperation::name(),
            Self::Load => LoadOperation::name(),
            Self::Cast { .. } => CastOperation::name(),
            Self::Select => SelectOperation::name(),
            Self::Binary(kind) => BINARY
                .iter()
                .find(|(known, _)| known == kind)
                .map(|(_, name)| name())
                .expect("the table lists every operator"),
            Self::Run { .. } => RunOperation::name(),
        }
    }

    fn attributes(&self) -> Vec<(&'static str, AttributeValue)> {
        use AttributeValue::{Bool, Int, Ints, Symbol, Tensor, Text, Texts};
        match self {
            Self::Typedef {
                name,
                word,
                comment,
            } => vec![
                ("sym_name", Text(name.clone())),
                ("type", AttributeValue::Word(*word)),
                ("comment", Text(comment.verbatim().to_owned())),
            ],
            Self::ConstantArray {
                name,
                value,
                comment,
            } => vec![
                ("sym_name", Text(name.clone())),
                ("value", Tensor(value.clone())),
                ("comment", Text(comment.verbatim().to_owned())),
            ],
            Self::Function(head) => vec![
                ("sym_name", Text(head.name.clone())),
                ("names", Texts(head.names.clone())),
                ("types", Texts(head.types.clone())),
                (
                    "inputs",
                    Ints(head.inputs.iter().map(|&input| i64::from(input)).collect()),
                ),
                ("top", Bool(head.top)),
                (
                    "cost",
                    Ints(head.cost.to_fields().map(|field| field as i64).to_vec()),
                ),
                ("comment", Text(head.comment.verbatim().to_owned())),
            ],
            Self::Pragma { directive, options } => {
                vec![
                    ("directive", Text(directive.clone())),
                    ("options", Text(options.clone())),
                ]
            }
            Self::Variable { name, type_name } | Self::Define { name, type_name } => {
                vec![
                    ("name", Text(name.clone())),
                    ("type", Text(type_name.clone())),
                ]
            }
            Self::For {
                label,
                counter,
                extent,
            } => vec![
                ("label", Text(label.clone())),
                ("counter", Text(counter.clone())),
                ("extent", Int(*extent as i64)),
            ],
            Self::Call { callee } | Self::Run { callee } => {
                vec![("callee", Symbol(callee.clone()))]
            }
            Self::Trace { name } => vec![("name", Text(name.verbatim().to_owned()))],
            Self::Global { array } => vec![("array", Symbol(array.clone()))],
            Self::Constant { value } => vec![("value", Int(*value))],
            Self::Cast { type_name } => vec![("type", Text(type_name.clone()))],
            Self::Store | Self::Load | Self::Select | Self::Binary(_) => Vec::new(),
        }
    }

    /// Reads an op in place. `None` if it is not of this dialect or an attribute is malformed.
    pub fn read(op: ir::Op<'_>) -> Option<Self> {
        let name = ir::op_name(op);
        let at = Attributes::of(op);
        if let Some((kind, _)) = BINARY.iter().find(|(_, known)| known() == name) {
            return Some(Self::Binary(*kind));
        }
        let read = match name.as_str() {
            name if name == TypedefOperation::name() => Self::Typedef {
                name: at.string("sym_name")?,
                word: Word::read(TypeAttribute::try_from(at.any("type")?).ok()?.value())?,
                comment: at.string("comment")?.into(),
            },
            name if name == ConstantArrayOperation::name() => Self::ConstantArray {
                name: at.string("sym_name")?,
                value: at.tensor("value")?,
                comment: at.string("comment")?.into(),
            },
            name if name == FuncOperation::name() => Self::Function(FunctionHead {
                name: at.string("sym_name")?,
                names: at.strings("names")?,
                types: at.strings("types")?,
                inputs: at
                    .ints("inputs")?
                    .into_iter()
                    .map(|input| input != 0)
                    .collect(),
                top: at.boolean("top")?,
                cost: cost(&at.ints("cost")?)?,
                comment: at.string("comment")?.into(),
            }),
            name if name == PragmaOperation::name() => Self::Pragma {
                directive: at.string("directive")?,
                options: at.string("options")?,
            },
            name if name == VariableOperation::name() => Self::Variable {
                name: at.string("name")?,
                type_name: at.string("type")?,
            },
            name if name == DefineOperation::name() => Self::Define {
                name: at.string("name")?,
                type_name: at.string("type")?,
            },
            name if name == ForOperation::name() => Self::For {
                label: at.string("label")?,
                counter: at.string("counter")?,
                extent: usize::try_from(at.int("extent")?).ok()?,
            },
            name if name == StoreOperation::name() => Self::Store,
            name if name == LoadOperation::name() => Self::Load,
            name if name == SelectOperation::name() => Self::Select,
            name if name == CallOperation::name() => Self::Call {
                callee: at.symbol("callee")?,
            },
            name if name == RunOperation::name() => Self::Run {
                callee: at.symbol("callee")?,
            },
            name if name == TraceOperation::name() => Self::Trace {
                name: at.string("name")?.into(),
            },
            name if name == GlobalOperation::name() => Self::Global {
                array: at.symbol("array")?,
            },
            name if name == ConstantOperation::name() => Self::Constant {
                value: at.int("value")?,
            },
            name if name == CastOperation::name() => Self::Cast {
                type_name: at.string("type")?,
            },
            _ => return None,
        };
        Some(read)
    }

    /// Builds the op; functions and loops have one region.
    pub fn build<'c>(
        &self,
        context: &'c Context,
        operands: &[Val<'c>],
        results: &[Type<'c>],
        region: Option<Region<'c>>,
        location: Location<'c>,
    ) -> Operation<'c> {
        let attributes: Vec<_> = self
            .attributes()
            .iter()
            .map(|(name, value)| (Identifier::new(context, name), value.to_attribute(context)))
            .collect();
        let mut builder = OperationBuilder::new(self.mlir_name(), location)
            .add_operands(operands)
            .add_attributes(&attributes)
            .add_results(results);
        if let Some(region) = region {
            builder = builder.add_regions([region]);
        }
        builder
            .build()
            .expect("an op with explicit result types can always be created")
    }
}
