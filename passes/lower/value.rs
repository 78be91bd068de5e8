//! What the conversion knows of each value of the graph.

use melior::ir::Location;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::ir::Val;
use qonnx_dialects::monotone::Monotonicity;
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::value::{TensorType, ValueInfo};
use std::rc::Rc;

use crate::analysis::scaled_int::{ScaledConstant, ScaledInt};

/// A value of the graph during conversion.
#[derive(Clone)]
pub enum State<'c> {
    /// An optional input that is left out.
    Absent,
    /// A constant.
    Constant(Constant<'c>),
    /// A float32 value of the new function.
    Float(Val<'c>),
    /// Scaled integers, and functions that are still to be applied to them.
    Int(IntValue<'c>),
}

/// A constant of the graph.
#[derive(Clone)]
pub struct Constant<'c> {
    /// The carriers.
    pub value: Rc<Tensor>,
    /// The same as scaled integers, if it came from a quantizer.
    pub int: Option<Rc<ScaledConstant>>,
    /// Why it has none although a quantizer made it, or what it is made of.
    pub unscaled: Option<Rc<str>>,
    /// Where it was made.
    pub location: Location<'c>,
}

/// Scaled integers with pending elementwise functions: the value of the graph is
/// `steps(dequantize(n, scale))`.
#[derive(Clone)]
pub struct IntValue<'c> {
    /// The integers, in the new function.
    pub n: Val<'c>,
    /// Scale and range of the integers.
    pub info: ScaledInt,
    /// The shape of the integers and of the value.
    pub shape: Vec<usize>,
    /// Float32 functions of each element, in the order of the graph.
    pub steps: Vec<Step<'c>>,
}

impl IntValue<'_> {
    /// The axis that the steps' constants vary along. They were admitted so that there is at most one.
    pub fn step_axis(&self) -> Option<usize> {
        self.steps.iter().find_map(|step| step.axis)
    }
}

/// One elementwise op of the graph whose other operands are constants.
#[derive(Clone)]
pub struct Step<'c> {
    /// The op.
    pub op: GraphOp,
    /// Its constant operands; `None` where it is absent and at `moving`.
    pub constants: Vec<Option<Rc<Tensor>>>,
    /// The operand that is the value.
    pub moving: usize,
    /// The axis that a constant varies along; its shape is then that of the value with all other extents 1.
    /// Without one every constant is a scalar of rank 0.
    pub axis: Option<usize>,
    /// The node.
    pub location: Location<'c>,
}

impl Step<'_> {
    /// How the op moves with a value of shape `shape`, given its other operands as `constants`, which are those of
    /// the step or the same in another shape.
    pub fn monotonicity(&self, constants: &[Option<Rc<Tensor>>], shape: &[usize]) -> Monotonicity {
        let moving = TensorType::f32(shape.to_vec());
        let types: Vec<Option<TensorType>> = constants
            .iter()
            .map(|constant| constant.as_deref().map(TensorType::of))
            .collect();
        let infos: Vec<Option<ValueInfo<'_>>> = types
            .iter()
            .zip(constants)
            .enumerate()
            .map(|(at, (ty, constant))| {
                if at == self.moving {
                    return Some(ValueInfo {
                        ty: &moving,
                        value: None,
                    });
                }
                ty.as_ref().map(|ty| ValueInfo {
                    ty,
                    value: constant.as_deref(),
                })
            })
            .collect();
        self.op.monotonicity(self.moving, &infos)
    }
}
