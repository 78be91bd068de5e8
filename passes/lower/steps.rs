//! Elementwise functions that wait for a quantizer.
//!
//! A value has all steps of the value it is made of and one more, so chains share their beginnings: a thousand
//! elementwise ops in a row are a thousand links, whoever else uses the values between them.

use melior::ir::Location;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::monotone::{Direction, Monotonicity};
use qonnx_dialects::tensor::Tensor;
use qonnx_dialects::value::{TensorType, ValueInfo};
use std::cell::OnceCell;
use std::rc::Rc;

use super::refusal::Refusal;

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

/// Steps in the order of the graph.
#[derive(Clone, Default)]
pub struct Steps<'c> {
    last: Option<Rc<Link<'c>>>,
}

/// A step and those before it.
struct Link<'c> {
    step: Step<'c>,
    before: Steps<'c>,
    /// The axis that constants vary along, of this step and those before.
    axis: Option<usize>,
    /// How the value moves with the carrier; the same in all channels, or [`Direction::Unknown`].
    direction: OnceCell<Direction>,
}

impl Drop for Link<'_> {
    /// Without recursion: a graph may have more steps than the stack has room for.
    fn drop(&mut self) {
        let mut before = self.before.last.take();
        while let Some(mut link) = before.and_then(Rc::into_inner) {
            before = link.before.last.take();
        }
    }
}

impl<'c> Steps<'c> {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// The axis that constants vary along; there is at most one.
    pub fn axis(&self) -> Option<usize> {
        self.last.as_ref()?.axis
    }

    /// These steps and one more. Refuses one whose constants vary along another axis than those of these.
    pub fn then(&self, step: Step<'c>) -> Result<Self, Refusal> {
        let axis = match (self.axis(), step.axis) {
            (Some(before), Some(axis)) if axis != before => {
                return Err("constants vary along more than one axis".to_owned());
            }
            (before, axis) => axis.or(before),
        };
        Ok(Self {
            last: Some(Rc::new(Link {
                step,
                before: self.clone(),
                axis,
                direction: OnceCell::new(),
            })),
        })
    }

    /// The last step and those before it.
    pub fn split_last(&self) -> Option<(&Step<'c>, &Self)> {
        let link = self.last.as_deref()?;
        Some((&link.step, &link.before))
    }

    /// All steps, in the order of the graph.
    pub fn in_order(&self) -> Vec<&Step<'c>> {
        let mut steps: Vec<_> = self.ends().map(|link| &link.step).collect();
        steps.reverse();
        steps
    }

    /// What tells this list from all others, as long as it lives. The same for a list and its clones.
    pub fn key(&self) -> usize {
        self.last
            .as_ref()
            .map_or(0, |link| Rc::as_ptr(link) as usize)
    }

    /// How the value moves with the carrier, if it does so alike in all channels of a value of shape `shape`.
    pub fn direction(&self, shape: &[usize]) -> Direction {
        let unknown = self
            .ends()
            .take_while(|link| link.direction.get().is_none());
        for link in unknown.collect::<Vec<_>>().into_iter().rev() {
            let before = link.before.last.as_ref();
            let before =
                before.map_or(Some(&Direction::NonDecreasing), |link| link.direction.get());
            let of_step = link.step.monotonicity(&link.step.constants, shape);
            let of_step = of_step.as_uniform().unwrap_or(Direction::Unknown);
            let direction = before.map_or(Direction::Unknown, |before| before.then(of_step));
            link.direction.get_or_init(|| direction);
        }
        let last = self.last.as_ref().and_then(|link| link.direction.get());
        last.copied().unwrap_or(Direction::NonDecreasing)
    }

    /// The links from the last to the first.
    fn ends(&self) -> impl Iterator<Item = &Link<'c>> {
        std::iter::successors(self.last.as_deref(), |link| link.before.last.as_deref())
    }
}
