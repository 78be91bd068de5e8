//! Rules for ops that only move elements.

use melior::ir::Location;
use qonnx_dialects::ir;
use qonnx_dialects::onnx;
use qonnx_dialects::qint;
use qonnx_dialects::tensor::strides;
use qonnx_dialects::upstream::{self, Slice, Transpose};
use qonnx_dialects::value::TensorType;
use std::rc::Rc;

use super::converter::Converter;
use super::refusal::Refusal;
use super::steps::{Step, Steps};
use super::value::{IntValue, State};
use crate::analysis::scaled_int::{Channel, ScaledConstant, ScaledInt};

/// Where an axis goes: its new place, and how often each of its positions is repeated there (a flattened
/// inner part).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NewAxis {
    axis: usize,
    repeat: usize,
}

/// The permutation of a transpose: result dimension `at` is operand dimension `perm[at]`.
fn permutation(perm: &[i64], rank: usize) -> Option<Vec<usize>> {
    if perm.is_empty() {
        return Some((0..rank).rev().collect());
    }
    perm.iter()
        .map(|&axis| usize::try_from(if axis < 0 { axis + rank as i64 } else { axis }).ok())
        .collect()
}

/// Follows an axis through an op.
fn follow(op: &onnx::Op, from: &[usize], to: &[usize], axis: usize) -> Option<NewAxis> {
    if let onnx::Op::Transpose(onnx::Transpose { perm }) = op {
        let axis = permutation(perm, from.len())?
            .iter()
            .position(|&at| at == axis)?;
        return Some(NewAxis { axis, repeat: 1 });
    }
    // A reshape keeps row-major order: the axis survives where a dimension of the result begins at the same
    // stride boundary and holds the axis times an inner part.
    let before: usize = from[..axis].iter().product();
    let mut prefix = 1;
    for (at, &extent) in to.iter().enumerate() {
        if prefix == before && extent != 1 && extent.is_multiple_of(from[axis]) {
            return Some(NewAxis {
                axis: at,
                repeat: extent / from[axis],
            });
        }
        prefix *= extent;
    }
    None
}

impl ScaledInt {
    /// The facts about the moved tensor.
    fn moved(&self, op: &onnx::Op, from: &[usize], to: &[usize]) -> Result<Self, Refusal> {
        if self.channels.len() == 1 {
            return Ok(self.clone());
        }
        if let Some(new) = follow(op, from, to, self.axis) {
            let channels = self
                .channels
                .iter()
                .flat_map(|channel| std::iter::repeat_n(*channel, new.repeat))
                .collect();
            return Ok(Self {
                axis: new.axis,
                channels,
            });
        }
        self.joined().ok_or_else(|| {
            "its channels' scales differ and the axis is mixed with others".to_owned()
        })
    }
}

/// A pending step for the moved tensor.
fn moved_step<'c>(
    step: &Step<'c>,
    op: &onnx::Op,
    from: &[usize],
    to: &[usize],
) -> Result<Step<'c>, Refusal> {
    let Some(axis) = step.axis else {
        return Ok(step.clone());
    };
    let new =
        follow(op, from, to, axis).ok_or("the axis of a pending constant is mixed with others")?;
    let constants = step
        .constants
        .iter()
        .map(|constant| {
            let constant = constant.as_ref()?;
            if constant.rank() == 0 {
                return Some(Rc::clone(constant));
            }
            let mut shape = vec![1; to.len()];
            shape[new.axis] = constant.len() * new.repeat;
            Some(Rc::new(
                constant.gather(&shape, |index| index[new.axis] / new.repeat),
            ))
        })
        .collect();
    Ok(Step {
        constants,
        axis: Some(new.axis),
        ..step.clone()
    })
}

/// Pending steps for the moved tensor.
fn moved_steps<'c>(
    steps: &Steps<'c>,
    op: &onnx::Op,
    from: &[usize],
    to: &[usize],
) -> Result<Steps<'c>, Refusal> {
    if steps.axis().is_none() {
        return Ok(steps.clone());
    }
    let mut moved = Steps::default();
    for step in steps.in_order() {
        moved = moved.then(moved_step(step, op, from, to)?)?;
    }
    Ok(moved)
}

impl<'c> Converter<'c> {
    /// Reshapes and transposes.
    pub fn movement(
        &mut self,
        op: &onnx::Op,
        states: &[State<'c>],
        result: &TensorType,
        location: Location<'c>,
    ) -> Result<State<'c>, Refusal> {
        let Some(State::Int(value)) = states.first() else {
            return Err(self.reasons.no_integers("its input", &states[0], true));
        };
        let (from, to) = (&value.shape, &result.shape);
        let info = value.info.moved(op, from, to)?;
        let steps = moved_steps(&value.steps, op, from, to)?;
        let n = match op {
            onnx::Op::Transpose(onnx::Transpose { perm }) => {
                let perm = permutation(perm, from.len()).ok_or("its permutation is malformed")?;
                if perm.is_sorted() {
                    return Ok(State::Int(IntValue {
                        steps,
                        ..IntValue::new(value.n, info, to.clone())
                    }));
                }
                let r#type = self.integers_type(to, info.values());
                let empty = self.append(upstream::empty(self.context, r#type, location));
                let transpose = Transpose { perm };
                self.append(transpose.build(self.context, value.n, empty, location))
            }
            _ => self.reshape(value.n, to, location),
        };
        Ok(State::Int(IntValue {
            steps,
            ..IntValue::new(n, info, to.clone())
        }))
    }

    /// `Concat` of scaled integers without pending steps: all of one scale, or channel by channel along the
    /// channel axis.
    pub fn concat(
        &mut self,
        axis: i64,
        states: &[State<'c>],
        result: &TensorType,
        location: Location<'c>,
    ) -> Result<State<'c>, Refusal> {
        let rank = result.rank() as i64;
        let axis = usize::try_from(if axis < 0 { axis + rank } else { axis })
            .map_err(|_| "its axis is out of range")?;
        let mut parts = Vec::with_capacity(states.len());
        for (at, state) in states.iter().enumerate() {
            match state {
                State::Int(value) if value.steps.is_empty() => parts.push(value),
                _ => {
                    let what = format!("operand {at}");
                    return Err(self.reasons.no_integers(&what, state, false));
                }
            }
        }
        let mut channels: Vec<Channel> = Vec::new();
        for part in &parts {
            let along = part.info.channels.len() == 1 || part.info.axis == axis;
            let facts = if along {
                part.info.as_ref().clone()
            } else {
                part.info
                    .joined()
                    .ok_or("scales differ along another axis")?
            };
            channels.extend((0..part.shape[axis]).map(|at| facts.channel(at)));
        }
        if channels.is_empty() {
            return Err("its result holds no elements".to_owned());
        }
        let info = ScaledInt { axis, channels };
        let word = info.word();
        let r#type = self.integers_type(&result.shape, info.values());
        let mut whole = self.append(upstream::empty(self.context, r#type, location));
        let mut offset = 0;
        // MLIR has no slices without elements.
        for part in parts.into_iter().filter(|part| !part.shape.contains(&0)) {
            let source = if part.info.word() == word {
                part.n
            } else {
                let (shape, values) = (&part.shape, part.info.values());
                let r#type = ir::integers_type(self.context, shape, word, values);
                self.append(qint::Op::Cast.build(self.context, &[part.n], r#type, location))
            };
            let mut offsets = vec![0; part.shape.len()];
            offsets[axis] = offset;
            offset += part.shape[axis];
            let slice = Slice::contiguous(offsets, part.shape.clone());
            whole = self.append(slice.build_insert(self.context, source, whole, location));
        }
        let shape = result.shape.clone();
        Ok(State::Int(IntValue::new(whole, info, shape)))
    }
}

/// The scaled integers of a moved constant.
pub fn move_constant(
    op: &onnx::Op,
    constant: &ScaledConstant,
    result: &TensorType,
) -> Result<ScaledConstant, Refusal> {
    let (from, to) = (&constant.shape, &result.shape);
    let n = match op {
        onnx::Op::Transpose(onnx::Transpose { perm }) => {
            let steps = strides(from);
            let perm = permutation(perm, from.len()).ok_or("its permutation is malformed")?;
            let steps = perm.iter().map(|&axis| steps[axis]).collect();
            constant.n.strided(to, steps)
        }
        onnx::Op::Reshape(_)
        | onnx::Op::Flatten(_)
        | onnx::Op::Squeeze(_)
        | onnx::Op::Unsqueeze(_)
        | onnx::Op::Identity => constant.n.clone(),
        _ => {
            return Err(format!(
                "'{}' behind its quantizer is computed in float",
                op.name()
            ));
        }
    };
    let mut shape = vec![1; to.len()];
    let scale = match constant.scale_axis() {
        Ok(None) => constant.scale.clone().reshaped(shape),
        Ok(Some(axis)) => {
            let new = follow(op, from, to, axis).ok_or_else(|| {
                format!("'{}' mixes the axis of its scale with others", op.name())
            })?;
            shape[new.axis] = constant.scale.len() * new.repeat;
            constant
                .scale
                .gather(&shape, |index| index[new.axis] / new.repeat)
        }
        Err(_) => {
            return Err(format!(
                "its scale varies along more than one axis, and '{}' moves them",
                op.name()
            ));
        }
    };
    Ok(ScaledConstant {
        n,
        shape: to.clone(),
        scale,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_followed() {
        let flatten = onnx::Op::Flatten(onnx::Flatten { axis: 1 });
        let transpose = onnx::Op::Transpose(onnx::Transpose {
            perm: vec![0, 2, 3, 1],
        });
        assert_eq!(
            follow(&flatten, &[1, 3, 2, 2], &[1, 12], 1),
            Some(NewAxis { axis: 1, repeat: 4 })
        );
        assert_eq!(
            follow(&flatten, &[2, 3, 1, 1], &[2, 3], 1),
            Some(NewAxis { axis: 1, repeat: 1 })
        );
        assert_eq!(follow(&flatten, &[1, 3, 2, 2], &[1, 12], 2), None);
        assert_eq!(
            follow(&transpose, &[1, 3, 2, 2], &[1, 2, 2, 3], 1),
            Some(NewAxis { axis: 3, repeat: 1 })
        );
    }

    #[test]
    fn scales_of_constants_move_with_them() {
        use qonnx_dialects::packed::Packed;
        use qonnx_dialects::tensor::{Data, Tensor};
        let constant = ScaledConstant {
            n: Packed::of(&[1, 2, 3, 4, 5, 6]),
            shape: vec![2, 3],
            scale: Tensor::new(vec![2, 1], Data::F64(vec![0.5, 0.25])),
        };
        let op = onnx::Op::Transpose(onnx::Transpose { perm: vec![1, 0] });
        let result = TensorType::f32([3, 2]);
        let moved = move_constant(&op, &constant, &result).expect("a transpose");
        assert_eq!(moved.n, Packed::of(&[1, 4, 2, 5, 3, 6]));
        assert_eq!(
            (moved.scale.shape.clone(), moved.scale.to_f64()),
            (vec![1, 2], vec![0.5, 0.25])
        );
    }
}
