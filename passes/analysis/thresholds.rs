//! The thresholds of a monotone integer function, found by evaluating it.
//!
//! FINN puts the threshold of level `k` at `(k - 1/2) * scale` and compares with `>=`, which rounds ties the
//! wrong way and ignores rounding modes. Here the very function decides: a threshold is the least integer at
//! which the function has moved `k` steps away from its value at the least integer of the range.

/// A function from an integer of each channel to an integer, evaluated for many integers at once.
pub trait ChannelFunction {
    /// Least and greatest argument of each channel.
    fn ranges(&self) -> &[(i64, i64)];
    /// The function at `arguments[row * channels + channel]`, in the same order. `None` if it cannot be
    /// evaluated there.
    fn eval(&self, arguments: &[i64]) -> Option<Vec<i64>>;
}

/// A monotone step function of each channel: `base + step * #{k : n >= thresholds[k]}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepFunction {
    /// One row for each channel, ascending; channels may have different numbers of steps.
    pub thresholds: Vec<Vec<i64>>,
    /// Value at the least argument, for each channel.
    pub base: Vec<i64>,
    /// What each threshold adds, for each channel; negative for a decreasing function.
    pub step: Vec<i64>,
}

/// Most steps that a channel may have.
pub const MAX_STEPS: i64 = 1 << 16;

/// Finds the thresholds of a function that is monotone in each channel. Values differ by multiples of `unit`.
/// `None` if there are more than [`MAX_STEPS`] of them or the function cannot be evaluated.
pub fn find(function: &impl ChannelFunction, unit: i64) -> Option<StepFunction> {
    let ranges = function.ranges();
    let channels = ranges.len();
    let ends: Vec<i64> = ranges
        .iter()
        .map(|range| range.0)
        .chain(ranges.iter().map(|range| range.1))
        .collect();
    let values = function.eval(&ends)?;
    let base: Vec<i64> = values[..channels].to_vec();
    let moves: Vec<i64> = (0..channels)
        .map(|at| values[channels + at] - base[at])
        .collect();
    let step: Vec<i64> = moves
        .iter()
        .map(|&by| if by < 0 { -unit } else { unit })
        .collect();
    let counts: Vec<i64> = moves.iter().map(|by| by.abs() / unit).collect();
    let rows = counts.iter().copied().max().unwrap_or(0);
    if rows > MAX_STEPS {
        return None;
    }
    // For each row and channel: `low` has not moved `row + 1` steps, `high` has. A channel without that many
    // steps keeps an interval that needs no bisection.
    let rows = usize::try_from(rows).ok()?;
    let mut low = Vec::with_capacity(rows * channels);
    let mut high = Vec::with_capacity(rows * channels);
    for row in 0..rows as i64 {
        for (at, range) in ranges.iter().enumerate() {
            low.push(range.0);
            high.push(if row < counts[at] {
                range.1
            } else {
                range.0 + 1
            });
        }
    }
    while (0..low.len()).any(|at| high[at] - low[at] > 1) {
        let middle: Vec<i64> = low
            .iter()
            .zip(&high)
            .map(|(&low, &high)| low + (high - low) / 2)
            .collect();
        let values = function.eval(&middle)?;
        for at in 0..middle.len() {
            if high[at] - low[at] <= 1 {
                continue;
            }
            let (row, channel) = (at / channels, at % channels);
            let moved = (values[at] - base[channel]) / step[channel];
            if moved > row as i64 {
                high[at] = middle[at]
            } else {
                low[at] = middle[at]
            }
        }
    }
    let thresholds = (0..channels)
        .map(|channel| {
            (0..counts[channel] as usize)
                .map(|row| high[row * channels + channel])
                .collect()
        })
        .collect();
    Some(StepFunction {
        thresholds,
        base,
        step,
    })
}

impl StepFunction {
    /// The function's value.
    pub fn apply(&self, channel: usize, n: i64) -> i64 {
        let reached = self.thresholds[channel].partition_point(|&threshold| threshold <= n);
        self.base[channel] + self.step[channel] * reached as i64
    }

    /// Largest number of steps of a channel.
    pub fn max_steps(&self) -> usize {
        self.thresholds.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// Least and greatest value of a channel.
    pub fn range(&self, channel: usize) -> (i64, i64) {
        let end = self.base[channel] + self.step[channel] * self.thresholds[channel].len() as i64;
        (self.base[channel].min(end), self.base[channel].max(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closure<F> {
        ranges: Vec<(i64, i64)>,
        function: F,
    }

    impl<F: Fn(usize, i64) -> i64> ChannelFunction for Closure<F> {
        fn ranges(&self) -> &[(i64, i64)] {
            &self.ranges
        }
        fn eval(&self, arguments: &[i64]) -> Option<Vec<i64>> {
            let channels = self.ranges.len();
            Some(
                arguments
                    .iter()
                    .enumerate()
                    .map(|(at, &n)| (self.function)(at % channels, n))
                    .collect(),
            )
        }
    }

    #[test]
    fn every_argument_is_reproduced() {
        // Increasing with ties to even, decreasing with a floor, constant, and a jump over several levels.
        let function = Closure {
            ranges: vec![(-40, 40), (-7, 90), (0, 5), (-3, 3)],
            function: |channel, n: i64| match channel {
                0 => ((n as f64 / 4.0).round_ties_even() as i64).clamp(-3, 4),
                1 => -n.div_euclid(7),
                2 => 11,
                _ => 9 * i64::from(n > 0),
            },
        };
        let found = find(&function, 1).expect("few steps");
        for (channel, &(lo, hi)) in function.ranges.iter().enumerate() {
            for n in lo..=hi {
                assert_eq!(
                    found.apply(channel, n),
                    (function.function)(channel, n),
                    "{channel} {n}"
                );
            }
        }
        assert_eq!(found.range(1), (-12, 1));
        assert_eq!(found.thresholds[2], Vec::<i64>::new());
    }

    #[test]
    fn bipolar_steps_are_two() {
        let function = Closure {
            ranges: vec![(-5, 5)],
            function: |_, n| if n >= 2 { 1 } else { -1 },
        };
        let found = find(&function, 2).expect("one step");
        assert_eq!(
            (found.thresholds, found.base, found.step),
            (vec![vec![2]], vec![-1], vec![2])
        );
    }
}
