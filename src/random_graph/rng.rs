//! A small deterministic generator (xorshift64*), so that a seed names a graph on every machine; or a list of choices
//! that somebody else makes, and makes smaller when a graph is found to be wrong.

/// The generator.
#[derive(Clone, Debug)]
pub struct Rng(Source);

#[derive(Clone, Debug)]
enum Source {
    Seed(u64),
    /// What is left of a list of choices, of which the last comes first. Nothing left is 0 for ever: the plainest choice.
    Choices(Vec<u32>),
}

impl Rng {
    /// From any seed.
    pub fn new(seed: u64) -> Self {
        // Spread neighbouring seeds; the state must not be 0.
        let state = (seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9) | 1;
        Self(Source::Seed(state))
    }

    /// These choices, in order.
    pub fn of_choices(choices: &[u32]) -> Self {
        Self(Source::Choices(choices.iter().rev().copied().collect()))
    }

    /// The next 64 random bits.
    pub fn next_bits(&mut self) -> u64 {
        match &mut self.0 {
            Source::Seed(state) => {
                *state ^= *state >> 12;
                *state ^= *state << 25;
                *state ^= *state >> 27;
                state.wrapping_mul(0x2545_f491_4f6c_dd1d)
            }
            // Choices are small numbers; the high bits are those that are looked at.
            Source::Choices(left) => u64::from(left.pop().unwrap_or(0)) << 33,
        }
    }

    /// A number in `0..bound`; 0 if the bound is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next_bits() >> 33) as usize % bound.max(1)
    }

    /// A number in `least..=greatest`.
    pub fn between(&mut self, least: i64, greatest: i64) -> i64 {
        let span = usize::try_from(greatest - least).unwrap_or(0);
        least + self.below(span + 1) as i64
    }

    /// True in `of` cases out of `out_of`.
    pub fn chance(&mut self, of: usize, out_of: usize) -> bool {
        self.below(out_of) < of
    }

    /// A number in `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        (self.next_bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}
