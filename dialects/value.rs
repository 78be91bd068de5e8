//! What is known about a value at compile time, and checked access to an op's operands.
//!
//! Type inference ([`Operands`] over [`ValueInfo`]) makes every check that evaluation needs, so that the kernels
//! work on operands that are known to fit.

use crate::error::EvalError;
pub use crate::tensor::MAX_ELEMENTS;
use crate::tensor::{Element, Tensor, broadcast_shape};

/// The static type of a tensor: every extent is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TensorType {
    /// Extent of each dimension.
    pub shape: Vec<usize>,
    /// Type of the elements.
    pub element: Element,
}

impl TensorType {
    /// The type of tensors of this shape and element type.
    pub fn new(shape: impl Into<Vec<usize>>, element: Element) -> Self {
        Self {
            shape: shape.into(),
            element,
        }
    }

    /// The type of `f32` tensors of this shape.
    pub fn f32(shape: impl Into<Vec<usize>>) -> Self {
        Self::new(shape, Element::F32)
    }

    /// The type of a tensor.
    pub fn of(tensor: &Tensor) -> Self {
        Self::new(tensor.shape.clone(), tensor.element())
    }

    /// Whether there are no elements: an extent is 0.
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// The type of the buffer that native code gets for such a tensor: the same, or that of a vector where there are no
    /// elements. An extent of 0 behind others makes a stride 0, and MLIR has no plain pointers for such buffers.
    pub fn buffer(&self) -> Self {
        match self.is_empty() {
            true => Self::new([0], self.element),
            false => self.clone(),
        }
    }

    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements; `None` if it overflows.
    pub fn elements(&self) -> Option<usize> {
        let mut extents = self.shape.iter();
        extents.try_fold(1usize, |count, &extent| count.checked_mul(extent))
    }
}

/// What is known about an operand: its type, and its value if it is a constant.
#[derive(Clone, Copy, Debug)]
pub struct ValueInfo<'a> {
    /// The operand's type.
    pub ty: &'a TensorType,
    /// The operand's value, if it is known at compile time.
    pub value: Option<&'a Tensor>,
}

/// The operands of one op, with access that reports what is missing under the op's name.
#[derive(Clone, Copy, Debug)]
pub struct Operands<'a> {
    op: &'static str,
    infos: &'a [Option<ValueInfo<'a>>],
}

impl<'a> Operands<'a> {
    /// The operands of `op`, which takes `least` to `most` of them. Optional operands at the end may be left out
    /// or be `None`.
    pub fn new(
        op: &'static str,
        infos: &'a [Option<ValueInfo<'a>>],
        (least, most): (usize, usize),
    ) -> Result<Self, EvalError> {
        let operands = Self { op, infos };
        let found = operands.len();
        if (least..=most).contains(&found) {
            return Ok(operands);
        }
        let expected = match (least, most) {
            (least, most) if least == most => format!("{least}"),
            (least, usize::MAX) => format!("at least {least}"),
            (least, most) => format!("{least} to {most}"),
        };
        Err(EvalError::OperandCount {
            op,
            expected,
            found,
        })
    }

    /// Name of the op.
    pub fn op(&self) -> &'static str {
        self.op
    }

    /// The type of the operand at `index`, if it is present.
    pub fn optional(&self, index: usize) -> Option<&'a TensorType> {
        self.infos.get(index).copied().flatten().map(|info| info.ty)
    }

    /// The type of a mandatory operand. Fails if it is absent.
    pub fn get(&self, index: usize, operand: &'static str) -> Result<&'a TensorType, EvalError> {
        self.optional(index).ok_or(EvalError::OperandAbsent {
            op: self.op,
            operand,
        })
    }

    /// The type of a mandatory operand of `f32` elements. Fails if it is absent or of another element type.
    pub fn f32(&self, index: usize, operand: &'static str) -> Result<&'a TensorType, EvalError> {
        self.f32_of(&[], index, operand)
    }

    /// Like [`Self::f32`] for an operand that ONNX also allows to have one of the element types `others`: those are
    /// refused as not supported. (All ops on `f32` also exist on `f64`.)
    pub fn f32_of(
        &self,
        others: &[Element],
        index: usize,
        operand: &'static str,
    ) -> Result<&'a TensorType, EvalError> {
        let ty = self.get(index, operand)?;
        match ty.element {
            Element::F32 => Ok(ty),
            found => Err(self.not_f32(others, found, operand)),
        }
    }

    /// The error of an operand that is not of `f32`; see [`Self::f32_of`].
    pub fn not_f32(&self, others: &[Element], found: Element, operand: &'static str) -> EvalError {
        if found == Element::F64 || others.contains(&found) {
            return EvalError::UnsupportedElement {
                op: self.op,
                operand,
                found,
            };
        }
        EvalError::element(self.op, operand, found, "f32")
    }

    /// The type of an optional operand of `f32` elements. Fails if it is of another element type.
    pub fn optional_f32(
        &self,
        index: usize,
        operand: &'static str,
    ) -> Result<Option<&'a TensorType>, EvalError> {
        self.optional(index)
            .map(|_| self.f32(index, operand))
            .transpose()
    }

    /// The value of the operand at `index`, if it is present and constant.
    pub fn value(&self, index: usize) -> Option<&'a Tensor> {
        self.infos
            .get(index)
            .copied()
            .flatten()
            .and_then(|info| info.value)
    }

    /// The value of a mandatory operand. Fails if it is absent or not constant.
    pub fn tensor(&self, index: usize, operand: &'static str) -> Result<&'a Tensor, EvalError> {
        self.get(index, operand)?;
        self.value(index).ok_or(EvalError::NotConstant {
            op: self.op,
            operand,
        })
    }

    /// The value of a mandatory `f32` operand. Fails if it is absent, not constant, or of another element type.
    pub fn floats(&self, index: usize, operand: &'static str) -> Result<&'a [f32], EvalError> {
        let tensor = self.tensor(index, operand)?;
        tensor
            .as_f32()
            .ok_or_else(|| EvalError::element(self.op, operand, tensor.element(), "f32"))
    }

    /// The value of a mandatory integer operand. Fails if it is absent, not constant, or not of integers.
    pub fn integers(&self, index: usize, operand: &'static str) -> Result<&'a [i64], EvalError> {
        let tensor = self.tensor(index, operand)?;
        tensor.as_int().ok_or_else(|| {
            EvalError::element(self.op, operand, tensor.element(), "an integer type")
        })
    }

    /// The value of a mandatory operand that lists extents, axes or positions. Fails where [`Self::integers`] fails,
    /// and if it has not one dimension.
    pub fn list(&self, index: usize, operand: &'static str) -> Result<&'a [i64], EvalError> {
        let ty = self.get(index, operand)?;
        if ty.rank() != 1 {
            return Err(EvalError::shape(
                self.op,
                operand,
                &ty.shape,
                "one dimension",
            ));
        }
        self.integers(index, operand)
    }

    /// Like [`Self::list`] for an operand that may be absent.
    pub fn optional_list(
        &self,
        index: usize,
        operand: &'static str,
    ) -> Result<Option<&'a [i64]>, EvalError> {
        self.optional(index)
            .map(|_| self.list(index, operand))
            .transpose()
    }

    /// Checks that two operands have the same element type and returns it.
    pub fn same_element(
        &self,
        (left, left_name): (usize, &'static str),
        (right, right_name): (usize, &'static str),
    ) -> Result<Element, EvalError> {
        let (left, right) = (self.get(left, left_name)?, self.get(right, right_name)?);
        if left.element == right.element {
            return Ok(left.element);
        }
        let expected = format!("{}, as operand '{left_name}'", left.element);
        Err(EvalError::element(
            self.op,
            right_name,
            right.element,
            expected,
        ))
    }

    /// Number of operands, counting absent ones before the last one that is present.
    pub fn len(&self) -> usize {
        self.infos
            .iter()
            .rposition(Option::is_some)
            .map_or(0, |last| last + 1)
    }

    /// Whether there are no operands.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the value of every operand that is present is known.
    pub fn all_known(&self) -> bool {
        self.infos.iter().flatten().all(|info| info.value.is_some())
    }

    /// The shape that the operands that are present broadcast to.
    pub fn broadcast(&self) -> Result<Vec<usize>, EvalError> {
        let shapes = self
            .infos
            .iter()
            .flatten()
            .map(|info| info.ty.shape.as_slice());
        broadcast_all(self.op, shapes)
    }

    /// `axis` counted from the front; a negative one counts from the back of `rank` dimensions. Fails outside
    /// `-rank..rank`.
    pub fn axis(&self, axis: i64, rank: usize) -> Result<usize, EvalError> {
        normalize_axis(axis, rank).ok_or_else(|| {
            let expected = format!("an axis of {rank} dimensions, counted from either end");
            EvalError::attribute(self.op, "axis", axis, expected)
        })
    }

    /// Like [`Self::axis`] for several axes, in the order given. Fails if one is named twice.
    pub fn axes(&self, axes: &[i64], rank: usize) -> Result<Vec<usize>, EvalError> {
        let normalized = axes
            .iter()
            .map(|&axis| self.axis(axis, rank))
            .collect::<Result<Vec<_>, _>>()?;
        let repeated = (1..normalized.len()).any(|at| normalized[..at].contains(&normalized[at]));
        if repeated {
            return Err(EvalError::attribute(
                self.op,
                "axes",
                axes,
                "every axis once",
            ));
        }
        Ok(normalized)
    }

    /// A result type of this shape. Fails if it has more than [`MAX_ELEMENTS`] elements.
    pub fn result(&self, shape: Vec<usize>, element: Element) -> Result<TensorType, EvalError> {
        // A zero extent must not hide the overflow of the others: they are strides all the same.
        let elements = shape
            .iter()
            .try_fold(1usize, |count, &extent| count.checked_mul(extent.max(1)));
        match elements {
            Some(elements) if elements <= MAX_ELEMENTS => Ok(TensorType { shape, element }),
            _ => Err(EvalError::TooLarge { op: self.op, shape }),
        }
    }
}

/// The shape that all `shapes` broadcast to by numpy's rule.
fn broadcast_all<'a>(
    op: &'static str,
    shapes: impl Iterator<Item = &'a [usize]>,
) -> Result<Vec<usize>, EvalError> {
    let mut result = Vec::new();
    for shape in shapes {
        result = broadcast_shape(&result, shape).ok_or_else(|| EvalError::Broadcast {
            op,
            left: result.clone(),
            right: shape.to_vec(),
        })?;
    }
    Ok(result)
}

/// `axis` counted from the front, or `None` outside `-rank..rank`.
pub fn normalize_axis(axis: i64, rank: usize) -> Option<usize> {
    let rank = i64::try_from(rank).ok()?;
    let front = if axis < 0 {
        axis.checked_add(rank)?
    } else {
        axis
    };
    (0..rank).contains(&front).then_some(front as usize)
}

/// Calls `with` with what is known about run-time operands: their types and their values.
pub fn with_infos<R>(
    inputs: &[Option<&Tensor>],
    with: impl FnOnce(&[Option<ValueInfo<'_>>]) -> R,
) -> R {
    let types: Vec<_> = inputs
        .iter()
        .map(|input| input.map(TensorType::of))
        .collect();
    let infos: Vec<_> = types
        .iter()
        .zip(inputs)
        .map(|(ty, &value)| ty.as_ref().map(|ty| ValueInfo { ty, value }))
        .collect();
    with(&infos)
}
