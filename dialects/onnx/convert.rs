//! The ops of `onnx` between MLIR and Rust: the only place that knows the names of their attributes.

use melior::Context;
use melior::ir::{Location, Type, operation::Operation};

use super::ods;
use super::op::*;
use crate::ir::{self, AttributeValue, Attributes, Val};
use crate::tensor::Tensor;

macro_rules! op_names {
    ($($pattern:pat => $ods:ident,)*) => {
        impl Op {
            /// The op's name in MLIR.
            pub fn mlir_name(&self) -> &'static str {
                match self {
                    $($pattern => ods::$ods::name(),)*
                }
            }
        }
    };
}

op_names! {
    Op::MatMul => MatMulOperation,
    Op::Gemm(_) => GemmOperation,
    Op::Conv(_) => ConvOperation,
    Op::MaxPool(_) => MaxPoolOperation,
    Op::AveragePool(_) => AveragePoolOperation,
    Op::GlobalAveragePool => GlobalAveragePoolOperation,
    Op::Add => AddOperation,
    Op::Sub => SubOperation,
    Op::Mul => MulOperation,
    Op::Div => DivOperation,
    Op::Pow => PowOperation,
    Op::Min => MinOperation,
    Op::Max => MaxOperation,
    Op::Equal => EqualOperation,
    Op::Less => LessOperation,
    Op::LessOrEqual => LessOrEqualOperation,
    Op::Greater => GreaterOperation,
    Op::GreaterOrEqual => GreaterOrEqualOperation,
    Op::Where => WhereOperation,
    Op::Sqrt => SqrtOperation,
    Op::Abs => AbsOperation,
    Op::Neg => NegOperation,
    Op::Exp => ExpOperation,
    Op::Log => LogOperation,
    Op::Floor => FloorOperation,
    Op::Ceil => CeilOperation,
    Op::Round => RoundOperation,
    Op::Sign => SignOperation,
    Op::Clip => ClipOperation,
    Op::Relu => ReluOperation,
    Op::LeakyRelu { .. } => LeakyReluOperation,
    Op::PRelu => PReluOperation,
    Op::Elu { .. } => EluOperation,
    Op::Selu { .. } => SeluOperation,
    Op::Sigmoid => SigmoidOperation,
    Op::HardSigmoid { .. } => HardSigmoidOperation,
    Op::HardSwish => HardSwishOperation,
    Op::Tanh => TanhOperation,
    Op::Erf => ErfOperation,
    Op::Gelu => GeluOperation,
    Op::Softplus => SoftplusOperation,
    Op::Cast { .. } => CastOperation,
    Op::Identity => IdentityOperation,
    Op::BatchNormalization { .. } => BatchNormalizationOperation,
    Op::LayerNormalization(_) => LayerNormalizationOperation,
    Op::Softmax(_) => SoftmaxOperation,
    Op::LogSoftmax(_) => LogSoftmaxOperation,
    Op::Reshape { .. } => ReshapeOperation,
    Op::Flatten { .. } => FlattenOperation,
    Op::Transpose { .. } => TransposeOperation,
    Op::Shape { .. } => ShapeOperation,
    Op::Gather { .. } => GatherOperation,
    Op::Unsqueeze { .. } => UnsqueezeOperation,
    Op::Squeeze { .. } => SqueezeOperation,
    Op::Concat { .. } => ConcatOperation,
    Op::ConstantOfShape { .. } => ConstantOfShapeOperation,
    Op::Slice => SliceOperation,
    Op::Split { .. } => SplitOperation,
    Op::Pad => PadOperation,
    Op::Expand => ExpandOperation,
    Op::Tile => TileOperation,
    Op::ReduceMean(_) => ReduceMeanOperation,
    Op::ReduceSum(_) => ReduceSumOperation,
    Op::ReduceMax(_) => ReduceMaxOperation,
    Op::ReduceMin(_) => ReduceMinOperation,
    Op::ArgMax(_) => ArgMaxOperation,
    Op::TopK(_) => TopKOperation,
}

fn usizes(values: &[usize]) -> AttributeValue {
    AttributeValue::Ints(values.iter().map(|&value| value as i64).collect())
}

impl Op {
    /// The op's attributes, by name.
    fn attributes(&self) -> Vec<(&'static str, AttributeValue)> {
        use AttributeValue::{Bool, Float, Int, Ints, Tensor, Text};
        match self {
            Self::Gemm(op) => vec![
                ("alpha", Float(op.alpha)),
                ("beta", Float(op.beta)),
                ("trans_a", Bool(op.trans_a)),
                ("trans_b", Bool(op.trans_b)),
            ],
            Self::Conv(op) => {
                let mut attributes = vec![
                    ("strides", usizes(&op.strides)),
                    ("pads", usizes(&op.pads)),
                    ("dilations", usizes(&op.dilations)),
                    ("group", Int(op.group as i64)),
                    ("auto_pad", Text(op.auto_pad.name().to_owned())),
                ];
                if !op.kernel_shape.is_empty() {
                    attributes.push(("kernel_shape", usizes(&op.kernel_shape)));
                }
                attributes
            }
            Self::MaxPool(op) => vec![
                ("kernel_shape", usizes(&op.kernel_shape)),
                ("strides", usizes(&op.strides)),
                ("pads", usizes(&op.pads)),
                ("dilations", usizes(&op.dilations)),
                ("ceil_mode", Bool(op.ceil_mode)),
                ("auto_pad", Text(op.auto_pad.name().to_owned())),
            ],
            Self::AveragePool(op) => vec![
                ("kernel_shape", usizes(&op.kernel_shape)),
                ("strides", usizes(&op.strides)),
                ("pads", usizes(&op.pads)),
                ("dilations", usizes(&op.dilations)),
                ("ceil_mode", Bool(op.ceil_mode)),
                ("count_include_pad", Bool(op.count_include_pad)),
                ("auto_pad", Text(op.auto_pad.name().to_owned())),
            ],
            Self::LeakyRelu { alpha } | Self::Elu { alpha } => vec![("alpha", Float(*alpha))],
            Self::Selu { alpha, gamma } => vec![("alpha", Float(*alpha)), ("gamma", Float(*gamma))],
            Self::HardSigmoid { alpha, beta } => {
                vec![("alpha", Float(*alpha)), ("beta", Float(*beta))]
            }
            Self::Cast { to } => vec![("to", AttributeValue::Element(*to))],
            Self::BatchNormalization { epsilon } => vec![("epsilon", Float(*epsilon))],
            Self::LayerNormalization(op) => {
                vec![("axis", Int(op.axis)), ("epsilon", Float(op.epsilon))]
            }
            Self::Softmax(op) | Self::LogSoftmax(op) => {
                vec![("axis", Int(op.axis)), ("flatten", Bool(op.flatten))]
            }
            Self::Reshape { allow_zero } => vec![("allow_zero", Bool(*allow_zero))],
            Self::Flatten { axis } | Self::Gather { axis } | Self::Concat { axis } => {
                vec![("axis", Int(*axis))]
            }
            Self::Transpose { perm } => vec![("perm", Ints(perm.clone()))],
            Self::Shape { start, end } => {
                let mut attributes = vec![("start", Int(*start))];
                attributes.extend(end.map(|end| ("end", Int(end))));
                attributes
            }
            Self::Unsqueeze { axes } => vec![("axes", Ints(axes.clone()))],
            Self::Squeeze { axes } => axes
                .iter()
                .map(|axes| ("axes", Ints(axes.clone())))
                .collect(),
            Self::ConstantOfShape { value } => vec![("value", Tensor(value.clone()))],
            Self::Split { axis, parts } => {
                let parts = match parts {
                    SplitParts::Sizes(sizes) => ("sizes", usizes(sizes)),
                    SplitParts::Count(count) => ("count", Int(*count as i64)),
                };
                vec![parts, ("axis", Int(*axis))]
            }
            Self::ReduceMean(op)
            | Self::ReduceSum(op)
            | Self::ReduceMax(op)
            | Self::ReduceMin(op) => {
                let mut attributes = vec![("keepdims", Bool(op.keepdims))];
                attributes.extend(op.axes.iter().map(|axes| ("axes", Ints(axes.clone()))));
                attributes
            }
            Self::ArgMax(op) => vec![
                ("axis", Int(op.axis)),
                ("keepdims", Bool(op.keepdims)),
                ("select_last_index", Bool(op.select_last_index)),
            ],
            Self::TopK(op) => vec![
                ("axis", Int(op.axis)),
                ("largest", Bool(op.largest)),
                ("sorted", Bool(op.sorted)),
            ],
            Self::MatMul
            | Self::GlobalAveragePool
            | Self::Add
            | Self::Sub
            | Self::Mul
            | Self::Div
            | Self::Pow
            | Self::Min
            | Self::Max
            | Self::Equal
            | Self::Less
            | Self::LessOrEqual
            | Self::Greater
            | Self::GreaterOrEqual
            | Self::Where
            | Self::Sqrt
            | Self::Abs
            | Self::Neg
            | Self::Exp
            | Self::Log
            | Self::Floor
            | Self::Ceil
            | Self::Round
            | Self::Sign
            | Self::Clip
            | Self::Relu
            | Self::PRelu
            | Self::Sigmoid
            | Self::HardSwish
            | Self::Tanh
            | Self::Erf
            | Self::Gelu
            | Self::Softplus
            | Self::Identity
            | Self::Slice
            | Self::Pad
            | Self::Expand
            | Self::Tile => Vec::new(),
        }
    }

    /// Reads an op in place. `None` if it is not of this dialect, is a constant, or an attribute is malformed
    /// (which ODS rules out).
    pub fn read(op: ir::Op<'_>) -> Option<Self> {
        let name = ir::op_name(op);
        let at = Attributes::of(op);
        let usizes = |name: &str| -> Option<Vec<usize>> {
            at.ints(name)?
                .into_iter()
                .map(|value| usize::try_from(value).ok())
                .collect()
        };
        let auto_pad = || {
            at.string("auto_pad")
                .map_or(Some(AutoPad::NotSet), |text| text.parse().ok())
        };
        let softmax = || {
            Some(Softmax {
                axis: at.int("axis")?,
                flatten: at.boolean("flatten")?,
            })
        };
        let reduce = || {
            Some(Reduce {
                axes: at.ints("axes"),
                keepdims: at.boolean("keepdims")?,
            })
        };
        let one = |value: Option<Tensor>| value.filter(|value| value.len() == 1);
        let axis = || at.int("axis");
        macro_rules! dispatch {
            ($($ods:ident => $value:expr,)*) => {
                $(if name == ods::$ods::name() { return Some($value); })*
            };
        }
        dispatch! {
            MatMulOperation => Op::MatMul,
            GemmOperation => Op::Gemm(Gemm {
                alpha: at.float("alpha")?,
                beta: at.float("beta")?,
                trans_a: at.boolean("trans_a")?,
                trans_b: at.boolean("trans_b")?,
            }),
            ConvOperation => Op::Conv(Conv {
                kernel_shape: match at.ints("kernel_shape") {
                    Some(_) => usizes("kernel_shape")?,
                    None => Vec::new(),
                },
                strides: usizes("strides")?,
                pads: usizes("pads")?,
                dilations: usizes("dilations")?,
                group: usize::try_from(at.int("group")?).ok()?,
                auto_pad: auto_pad()?,
            }),
            MaxPoolOperation => Op::MaxPool(MaxPool {
                kernel_shape: usizes("kernel_shape")?,
                strides: usizes("strides")?,
                pads: usizes("pads")?,
                dilations: usizes("dilations")?,
                ceil_mode: at.boolean("ceil_mode")?,
                auto_pad: auto_pad()?,
            }),
            AveragePoolOperation => Op::AveragePool(AveragePool {
                kernel_shape: usizes("kernel_shape")?,
                strides: usizes("strides")?,
                pads: usizes("pads")?,
                dilations: usizes("dilations")?,
                ceil_mode: at.boolean("ceil_mode")?,
                count_include_pad: at.boolean("count_include_pad")?,
                auto_pad: auto_pad()?,
            }),
            GlobalAveragePoolOperation => Op::GlobalAveragePool,
            AddOperation => Op::Add,
            SubOperation => Op::Sub,
            MulOperation => Op::Mul,
            DivOperation => Op::Div,
            PowOperation => Op::Pow,
            MinOperation => Op::Min,
            MaxOperation => Op::Max,
            EqualOperation => Op::Equal,
            LessOperation => Op::Less,
            LessOrEqualOperation => Op::LessOrEqual,
            GreaterOperation => Op::Greater,
            GreaterOrEqualOperation => Op::GreaterOrEqual,
            WhereOperation => Op::Where,
            SqrtOperation => Op::Sqrt,
            AbsOperation => Op::Abs,
            NegOperation => Op::Neg,
            ExpOperation => Op::Exp,
            LogOperation => Op::Log,
            FloorOperation => Op::Floor,
            CeilOperation => Op::Ceil,
            RoundOperation => Op::Round,
            SignOperation => Op::Sign,
            ClipOperation => Op::Clip,
            ReluOperation => Op::Relu,
            LeakyReluOperation => Op::LeakyRelu { alpha: at.float("alpha")? },
            PReluOperation => Op::PRelu,
            EluOperation => Op::Elu { alpha: at.float("alpha")? },
            SeluOperation => Op::Selu { alpha: at.float("alpha")?, gamma: at.float("gamma")? },
            SigmoidOperation => Op::Sigmoid,
            HardSigmoidOperation => Op::HardSigmoid { alpha: at.float("alpha")?, beta: at.float("beta")? },
            HardSwishOperation => Op::HardSwish,
            TanhOperation => Op::Tanh,
            ErfOperation => Op::Erf,
            GeluOperation => Op::Gelu,
            SoftplusOperation => Op::Softplus,
            CastOperation => Op::Cast { to: ir::element_of(at.r#type("to")?)? },
            IdentityOperation => Op::Identity,
            BatchNormalizationOperation => Op::BatchNormalization { epsilon: at.float("epsilon")? },
            LayerNormalizationOperation => Op::LayerNormalization(LayerNormalization { axis: axis()?, epsilon: at.float("epsilon")? }),
            SoftmaxOperation => Op::Softmax(softmax()?),
            LogSoftmaxOperation => Op::LogSoftmax(softmax()?),
            ReshapeOperation => Op::Reshape { allow_zero: at.boolean("allow_zero")? },
            FlattenOperation => Op::Flatten { axis: axis()? },
            TransposeOperation => Op::Transpose { perm: at.ints("perm")? },
            ShapeOperation => Op::Shape { start: at.int("start")?, end: at.int("end") },
            GatherOperation => Op::Gather { axis: axis()? },
            UnsqueezeOperation => Op::Unsqueeze { axes: at.ints("axes")? },
            SqueezeOperation => Op::Squeeze { axes: at.ints("axes") },
            ConcatOperation => Op::Concat { axis: axis()? },
            ConstantOfShapeOperation => Op::ConstantOfShape { value: one(at.tensor("value"))? },
            SliceOperation => Op::Slice,
            SplitOperation => Op::Split {
                axis: axis()?,
                parts: match (usizes("sizes"), at.int("count")) {
                    (Some(sizes), _) => SplitParts::Sizes(sizes),
                    (None, count) => SplitParts::Count(usize::try_from(count?).ok()?),
                },
            },
            PadOperation => Op::Pad,
            ExpandOperation => Op::Expand,
            TileOperation => Op::Tile,
            ReduceMeanOperation => Op::ReduceMean(reduce()?),
            ReduceSumOperation => Op::ReduceSum(reduce()?),
            ReduceMaxOperation => Op::ReduceMax(reduce()?),
            ReduceMinOperation => Op::ReduceMin(reduce()?),
            ArgMaxOperation => Op::ArgMax(ArgMax {
                axis: axis()?,
                keepdims: at.boolean("keepdims")?,
                select_last_index: at.boolean("select_last_index")?,
            }),
            TopKOperation => Op::TopK(TopK {
                axis: axis()?,
                largest: at.boolean("largest")?,
                sorted: at.boolean("sorted")?,
            }),
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

/// Builds an `onnx.constant` with the value of an elements attribute.
pub fn constant<'c>(
    context: &'c Context,
    value: melior::ir::Attribute<'c>,
    location: Location<'c>,
) -> Option<Operation<'c>> {
    let r#type = ir::type_of_elements(value)?;
    let attributes = [("value", value)];
    Some(ir::build_op_raw(
        context,
        CONSTANT,
        &[],
        &attributes,
        &[r#type],
        location,
    ))
}

/// Builds an `onnx.none`: an optional input that is left out.
pub fn none<'c>(context: &'c Context, location: Location<'c>) -> Operation<'c> {
    let r#type = Type::none(context);
    ir::build_op_raw(
        context,
        ods::NoneOperation::name(),
        &[],
        &[],
        &[r#type],
        location,
    )
}

/// Whether the op is an `onnx.none`.
pub fn is_none(op: ir::Op<'_>) -> bool {
    ir::op_name(op) == ods::NoneOperation::name()
}

/// Whether the op is an `onnx.constant`.
pub fn is_constant(op: ir::Op<'_>) -> bool {
    ir::op_name(op) == CONSTANT
}

/// Name of the constant op. (A function of the generated wrapper cannot be called in a constant.)
pub(crate) const CONSTANT: &str = "onnx.constant";
