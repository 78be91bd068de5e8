//! What a layer costs in hardware, from its constants alone: before any synthesis, and not in place of one.

use super::op::{Dense, Function, Op};
use super::types::Array;
use crate::declare::Value;
use crate::ir::AttributeValue;

/// Resources and time of one layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cost {
    /// Multiplications by constants that are neither zero nor a power of two, in one pass.
    pub multiplications: usize,
    /// Additions and subtractions of one pass.
    pub additions: usize,
    /// Comparisons of one pass.
    pub comparisons: usize,
    /// Bits of constants.
    pub constant_bits: usize,
    /// Cycles from an input to its output if every operation that has operators in sequence takes one cycle for
    /// each: the depth of balanced adder trees.
    pub latency: usize,
    /// Cycles between two inputs.
    pub interval: usize,
}

impl std::fmt::Display for Cost {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} multiplications, {} additions, {} comparisons, {} bits of constants, latency {}, interval {}",
            self.multiplications,
            self.additions,
            self.comparisons,
            self.constant_bits,
            self.latency,
            self.interval
        )
    }
}

impl Cost {
    /// The fields in their order.
    pub const fn to_fields(self) -> [usize; 6] {
        [
            self.multiplications,
            self.additions,
            self.comparisons,
            self.constant_bits,
            self.latency,
            self.interval,
        ]
    }

    /// The cost with these fields.
    pub const fn from_fields(fields: [usize; 6]) -> Self {
        let [
            multiplications,
            additions,
            comparisons,
            constant_bits,
            latency,
            interval,
        ] = fields;
        Self {
            multiplications,
            additions,
            comparisons,
            constant_bits,
            latency,
            interval,
        }
    }

    /// The cost of two layers in sequence.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        Self {
            multiplications: self.multiplications + next.multiplications,
            additions: self.additions + next.additions,
            comparisons: self.comparisons + next.comparisons,
            constant_bits: self.constant_bits + next.constant_bits,
            latency: self.latency + next.latency,
            interval: self.interval.max(next.interval),
        }
    }
}

impl Value for Cost {
    fn of(value: AttributeValue) -> Option<Self> {
        let fields = Vec::<usize>::of(value)?;
        fields.try_into().ok().map(Self::from_fields)
    }

    fn value(&self) -> AttributeValue {
        self.to_fields().to_vec().value()
    }
}

/// The cost of a layer with operands `operands` and result `result`.
pub fn cost(op: &Op, operands: &[Array], result: Array) -> Cost {
    match op {
        Op::Dense(dense) => dense_cost(dense),
        Op::Threshold(_) | Op::Requantize(_) | Op::Lookup(_) => {
            let Some(activation) = op.activation() else {
                return Cost::default();
            };
            let rows = activation.function.channels();
            match &activation.function {
                Function::Threshold(threshold) => {
                    let levels = threshold.thresholds.shape.get(1).copied().unwrap_or(0);
                    let input = operands.first().map_or(0, |array| array.word.bits as usize);
                    Cost {
                        comparisons: levels * result.size,
                        additions: levels * result.size,
                        constant_bits: levels * rows * input,
                        latency: 1 + depth(levels),
                        interval: 1,
                        ..Cost::default()
                    }
                }
                Function::Requantize(_) => Cost {
                    multiplications: result.size,
                    additions: 2 * result.size,
                    comparisons: 2 * result.size,
                    latency: 4,
                    interval: 1,
                    ..Cost::default()
                },
                Function::Lookup(lookup) => Cost {
                    constant_bits: lookup.table.len() * result.word.bits as usize,
                    latency: 1,
                    interval: 1,
                    ..Cost::default()
                },
            }
        }
        Op::Elementwise(_) => Cost {
            additions: result.size,
            latency: 1,
            interval: 1,
            ..Cost::default()
        },
        Op::Cast | Op::Constant(_) | Op::Gather(_) => Cost {
            interval: 1,
            ..Cost::default()
        },
    }
}

fn dense_cost(dense: &Dense) -> Cost {
    let weights = dense.weight_numbers();
    let real = weights.iter().filter(|weight| {
        !matches!(weight.unsigned_abs(), 0 | 1) && !weight.unsigned_abs().is_power_of_two()
    });
    let terms = weights.iter().filter(|&&weight| weight != 0).count();
    let biases = dense.bias.iter().filter(|&&bias| bias != 0).count();
    let outputs = dense.outputs();
    let longest = (0..outputs)
        .map(|output| {
            weights
                .iter()
                .skip(output)
                .step_by(outputs.max(1))
                .filter(|&&w| w != 0)
                .count()
        })
        .max()
        .unwrap_or(0);
    let bits = match dense.weights.element() {
        crate::tensor::Element::Int { width, .. } => width as usize,
        _ => 0,
    };
    Cost {
        multiplications: dense.rows * real.count(),
        additions: dense.rows * (terms + biases).saturating_sub(outputs),
        comparisons: 0,
        constant_bits: weights.len() * bits,
        latency: dense.reuse_factor - 1 + 1 + depth(longest + usize::from(biases > 0)),
        interval: dense.reuse_factor,
    }
}

/// Levels of a balanced tree of two-operand operators over `terms` terms.
fn depth(terms: usize) -> usize {
    terms.max(1).next_power_of_two().trailing_zeros() as usize
}
