//! Elements within float32 noise of a rounding boundary: what else an op with steps may decide for them.

use qonnx_dialects::error::EvalError;
use qonnx_dialects::graph::GraphOp;
use qonnx_dialects::onnx;
use qonnx_dialects::qonnx::{self, Quantizer};
use qonnx_dialects::tensor::{Data, Tensor};
use std::collections::BTreeMap;

use super::noise::{of_carrier, of_rounding, shifted};
use super::number::Number;
use crate::integers::{NOT_A_NUMBER, Quantization};

/// An element that may be decided another way. A *key* stands for what is decided: of a quantizer its integer, of
/// another op with steps its result.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    /// Number of the element, row-major.
    pub element: usize,
    /// What is rounded.
    pub value: f32,
    /// How far float32 noise may move it.
    pub radius: f32,
    /// How much of the noise it takes, from 0 to 1, to get another result.
    pub share: f32,
    /// What the graph decides.
    pub graph: i64,
    choices: Choices,
}

/// What may be decided.
#[derive(Clone, Debug, PartialEq)]
enum Choices {
    /// The integers from `low` to `high`, `step` apart.
    Integers { low: i64, high: i64, step: i64 },
    /// Results: the bits of float32 numbers.
    Floats(Vec<i64>),
    /// Results: integers, such as those of a comparison.
    Results(Vec<i64>),
}

impl Near {
    /// Whether the noise allows this.
    pub fn allows(&self, key: i64) -> bool {
        match &self.choices {
            Choices::Integers { low, high, step } => {
                (*low..=*high).contains(&key) && (key - low) % step == 0
            }
            Choices::Floats(keys) | Choices::Results(keys) => keys.contains(&key),
        }
    }

    /// What may be decided instead of `key`, one step further away from what the graph decides.
    pub fn further(&self, key: i64) -> Vec<i64> {
        match &self.choices {
            Choices::Integers { step, .. } => {
                let onward = [key - step, key + step];
                let away = |next: &i64| (next - self.graph).abs() > (key - self.graph).abs();
                let onward = onward.into_iter().filter(away);
                onward.filter(|next| self.allows(*next)).collect()
            }
            Choices::Floats(keys) | Choices::Results(keys) if key == self.graph => {
                keys.iter().copied().filter(|&next| next != key).collect()
            }
            Choices::Floats(_) | Choices::Results(_) => Vec::new(),
        }
    }

    /// The number that a key stands for.
    pub fn number(&self, key: i64) -> Number {
        match &self.choices {
            Choices::Floats(_) => Number::Real(f32::from_bits(key as u32).into()),
            Choices::Integers { .. } | Choices::Results(_) => Number::Integer(key.into()),
        }
    }
}

/// The decisions of one op with steps.
pub struct Nearby<'a> {
    kind: Kind<'a>,
    near: Vec<Near>,
}

enum Kind<'a> {
    Quantizer {
        quantization: Quantization,
        quantizers: Vec<Quantizer>,
        x: &'a [f32],
        radii: &'a [f32],
    },
    /// `known` is unset if an operand may be off by more than any number.
    Other { known: bool },
}

/// Results as decided.
pub struct Reached {
    /// How far the elements of the result may be off.
    pub radii: Vec<f32>,
    /// What may be decided another way.
    pub near: Vec<Near>,
}

impl<'a> Nearby<'a> {
    /// What an op decides on these operands, whose elements are off by `radii`; `None` if it has no steps. Fails where
    /// the op does.
    pub fn of(
        op: &GraphOp,
        operands: &[Option<&'a Tensor>],
        radii: &[Option<&'a [f32]>],
        results: &[Tensor],
    ) -> Result<Option<Self>, EvalError> {
        let x = operands.first().copied().flatten();
        let radii_of_x = radii.first().copied().flatten().unwrap_or(&[]);
        if let Some(quantization) = Quantization::of(op, operands)
            && let Some(tensor) = x
            && let Some(values) = tensor.as_f32()
        {
            let quantizers = quantization.each(&tensor.shape);
            let near = near_quantizers(&quantization, &quantizers, values, radii_of_x);
            let kind = Kind::Quantizer {
                quantization,
                quantizers,
                x: values,
                radii: radii_of_x,
            };
            return Ok(Some(Self { kind, near }));
        }
        let (true, [result]) = (has_steps(op), results) else {
            return Ok(None);
        };
        let x = x.map(Tensor::to_f32).unwrap_or_default();
        let near = near_steps(op, operands, radii, result, &x)?;
        let mut all = radii.iter().copied().flatten().flatten();
        let known = all.all(|radius| radius.is_finite());
        let kind = Kind::Other { known };
        Ok(Some(Self { kind, near }))
    }

    /// Puts what is decided into the result; `None` if the noise does not allow it. If `everything` is set the radii
    /// cover all that may be decided.
    pub fn decide(
        self,
        result: &mut Tensor,
        decided: &BTreeMap<usize, i64>,
        everything: bool,
    ) -> Option<Reached> {
        for (&element, &key) in decided {
            let at = self
                .near
                .binary_search_by_key(&element, |near| near.element);
            let near = at.ok().map(|at| &self.near[at])?;
            if !near.allows(key) {
                return None;
            }
            self.put(result, element, key);
        }
        let mut radii = match (&self.kind, result.as_f32()) {
            (
                Kind::Quantizer {
                    quantization,
                    quantizers,
                    ..
                },
                Some(values),
            ) => of_carrier(values, |at, value| {
                quantization.is_exact(&quantizers[at], value)
            }),
            // What such an op decides most often is a whole number, which is rounded nowhere.
            (Kind::Other { .. }, Some(values)) => values
                .iter()
                .map(|&value| {
                    if value.fract() == 0.0 {
                        0.0
                    } else {
                        of_rounding(value)
                    }
                })
                .collect(),
            (_, None) => vec![0.0; result.len()],
        };
        if everything {
            self.widen(result, &mut radii);
        }
        Some(Reached {
            radii,
            near: self.near,
        })
    }

    fn put(&self, result: &mut Tensor, element: usize, key: i64) {
        match (&self.kind, &mut result.data) {
            (
                Kind::Quantizer {
                    quantization,
                    quantizers,
                    ..
                },
                Data::F32(values),
            ) => values[element] = quantization.carrier(&quantizers[element], key),
            (_, Data::F32(values)) => values[element] = f32::from_bits(key as u32),
            (_, Data::Int { values, .. }) => values[element] = key,
            (_, Data::F64(_)) => {}
        }
    }

    /// Widens the radii to what may be decided, also where the noise is not finite.
    fn widen(&self, result: &Tensor, radii: &mut [f32]) {
        match &self.kind {
            Kind::Quantizer {
                quantization,
                quantizers,
                x,
                radii: noise,
            } => {
                let Some(values) = result.as_f32() else {
                    return;
                };
                for (element, radius) in noise.iter().enumerate().filter(|(_, r)| **r != 0.0) {
                    let quantizer = &quantizers[element];
                    let distance = |x: f32| {
                        let n = quantization.integer(quantizer, x);
                        (quantization.carrier(quantizer, n) - values[element]).abs()
                    };
                    let ends = [x[element] - radius, x[element] + radius].map(distance);
                    let unknown = ends.iter().any(|by| by.is_nan());
                    let most = if unknown {
                        f32::INFINITY
                    } else {
                        ends[0].max(ends[1])
                    };
                    radii[element] += most;
                }
            }
            Kind::Other { known: false } => radii.fill(f32::INFINITY),
            Kind::Other { known: true } => {
                for near in &self.near {
                    let graph = Number::at(result, near.element);
                    let by = |key: &i64| near.number(*key).distance(graph) as f32;
                    radii[near.element] = match &near.choices {
                        Choices::Floats(keys) => keys.iter().map(by).fold(0.0, f32::max),
                        _ => f32::INFINITY,
                    };
                }
            }
        }
    }
}

/// Whether an op may decide anything.
pub fn may_decide(op: &GraphOp) -> bool {
    matches!(
        op,
        GraphOp::Qonnx(qonnx::Op::IntQuant(_) | qonnx::Op::BipolarQuant)
    ) || has_steps(op)
}

/// Whether an op other than a quantizer with known integers jumps: its result changes by steps as an operand moves.
fn has_steps(op: &GraphOp) -> bool {
    match op {
        GraphOp::Qonnx(op) => !matches!(op, qonnx::Op::QuantAvgPool2d(_)),
        GraphOp::Onnx(onnx::Op::Cast(cast)) => cast.to.is_int(),
        GraphOp::Onnx(op) => {
            let formula = op.declaration().formula.as_ref();
            formula.is_some_and(|formula| formula.has_steps(&op.numbers()))
        }
    }
}

fn near_quantizers(
    quantization: &Quantization,
    quantizers: &[Quantizer],
    x: &[f32],
    radii: &[f32],
) -> Vec<Near> {
    let mut found = Vec::new();
    for (element, (&value, &radius)) in x.iter().zip(radii).enumerate() {
        // Noise that is not finite says nothing.
        if radius == 0.0 || !radius.is_finite() {
            continue;
        }
        let quantizer = &quantizers[element];
        let integer = |x: f32| quantization.integer(quantizer, x);
        let (a, b) = (integer(value - radius), integer(value + radius));
        if a == b || a == NOT_A_NUMBER || b == NOT_A_NUMBER {
            continue;
        }
        let graph = integer(value);
        let differs = |share: f32| {
            integer(value - share * radius) != graph || integer(value + share * radius) != graph
        };
        found.push(Near {
            element,
            value,
            radius,
            share: least_share(differs),
            graph,
            choices: Choices::Integers {
                low: a.min(b),
                high: a.max(b),
                step: quantization.step(quantizer),
            },
        });
    }
    found
}

/// The least share of the noise for which a result differs, to 1/256: it does so for 1.
fn least_share(differs: impl Fn(f32) -> bool) -> f32 {
    let (mut same, mut other) = (0.0, 1.0);
    for _ in 0..8 {
        let middle = f32::midpoint(same, other);
        if differs(middle) {
            other = middle;
        } else {
            same = middle;
        }
    }
    other
}

/// The elements whose result differs when the operands move by their radii, up or down.
fn near_steps(
    op: &GraphOp,
    operands: &[Option<&Tensor>],
    radii: &[Option<&[f32]>],
    result: &Tensor,
    x: &[f32],
) -> Result<Vec<Near>, EvalError> {
    let key = |tensor: &Tensor, at: usize| match &tensor.data {
        Data::F32(values) => i64::from(values[at].to_bits()),
        Data::F64(_) => 0,
        Data::Int { values, .. } => values[at],
    };
    let moving = radii.iter().filter(|radii| radii.is_some()).count();
    let directions: &[[f32; 2]] = match moving {
        0 => &[],
        1 => &[[1.0, 1.0], [-1.0, -1.0]],
        _ => &[[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]],
    };
    let mut keys: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
    for direction in directions {
        let tensors = shifted(operands, radii, *direction);
        let tensors: Vec<Option<&Tensor>> = tensors.iter().map(Option::as_ref).collect();
        let others = op.eval(&tensors)?;
        for other in others.iter().filter(|other| other.len() == result.len()) {
            for at in 0..result.len() {
                let (graph, other) = (key(result, at), key(other, at));
                if graph != other {
                    let known = keys.entry(at).or_insert_with(|| vec![graph]);
                    if !known.contains(&other) {
                        known.push(other);
                    }
                }
            }
        }
    }
    let radii_of_x = radii.first().copied().flatten().unwrap_or(&[]);
    let at = |values: &[f32], element: usize| values.get(element).copied().unwrap_or(0.0);
    let found = keys.into_iter().map(|(element, keys)| Near {
        element,
        value: at(x, element),
        radius: at(radii_of_x, element),
        share: 1.0,
        graph: key(result, element),
        choices: match &result.data {
            Data::F32(_) => Choices::Floats(keys),
            _ => Choices::Results(keys),
        },
    });
    Ok(found.collect())
}
