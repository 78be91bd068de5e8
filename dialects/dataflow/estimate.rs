//! What a layer costs in hardware, from its constants alone: before any synthesis, and not in place of one.

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
    /// What wires cost.
    pub const WIRES: Self = Self {
        multiplications: 0,
        additions: 0,
        comparisons: 0,
        constant_bits: 0,
        latency: 0,
        interval: 1,
    };

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

/// Levels of a balanced tree of two-operand operators over `terms` terms.
pub(super) fn depth(terms: usize) -> usize {
    terms.max(1).next_power_of_two().trailing_zeros() as usize
}
