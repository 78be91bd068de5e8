//! What the conversion knows of each value of the graph.

use qonnx_dialects::ir::Val;
use std::rc::Rc;

use super::constant::Constant;
use super::steps::Steps;
use crate::analysis::scaled_int::ScaledInt;

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

/// Scaled integers with pending elementwise functions: the value of the graph is
/// `steps(dequantize(n, scale))`.
#[derive(Clone)]
pub struct IntValue<'c> {
    /// The integers, in the new function.
    pub n: Val<'c>,
    /// Scale and range of the integers.
    pub info: Rc<ScaledInt>,
    /// The shape of the integers and of the value.
    pub shape: Vec<usize>,
    /// Float32 functions of each element.
    pub steps: Steps<'c>,
}

impl<'c> IntValue<'c> {
    /// Integers without pending functions.
    pub fn new(n: Val<'c>, info: ScaledInt, shape: Vec<usize>) -> Self {
        Self {
            n,
            info: Rc::new(info),
            shape,
            steps: Steps::default(),
        }
    }
}
