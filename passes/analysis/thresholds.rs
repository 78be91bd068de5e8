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

/// Intervals of each channel that are halved at once: enough for long loops, few enough to stay in the cache.
const BATCH: usize = 256;

/// A part of a channel's range in which there are steps.
struct Interval {
    low: i64,
    high: i64,
    /// How many steps the function has moved at `low`, and at `high`: fewer and more.
    steps: (usize, usize),
}

/// What is known of a monotone function from the ends of its ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Value at the least argument, for each channel.
    pub base: Vec<i64>,
    /// What each threshold adds, for each channel; negative for a decreasing function.
    pub step: Vec<i64>,
    /// The number of thresholds of each channel.
    pub count: Vec<i64>,
}

impl Span {
    /// Least and greatest value of a channel.
    pub fn range(&self, channel: usize) -> (i64, i64) {
        let end = self.base[channel] + self.step[channel] * self.count[channel];
        (self.base[channel].min(end), self.base[channel].max(end))
    }
}

/// Evaluates a monotone function at the ends of its ranges. Values differ by multiples of `unit`. `None` if it cannot
/// be evaluated there.
pub fn span(function: &impl ChannelFunction, unit: i64) -> Option<Span> {
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
        .map(|at| values[channels + at].checked_sub(base[at]))
        .collect::<Option<_>>()?;
    let step: Vec<i64> = moves
        .iter()
        .map(|&by| if by < 0 { -unit } else { unit })
        .collect();
    let count = moves
        .iter()
        .zip(&step)
        .map(|(by, step)| by / step)
        .collect();
    Some(Span { base, step, count })
}

/// The thresholds of some steps: for each row of `wanted`, which has a step (from 0 on) for each channel, the least
/// integer at which more steps than that have been made. Where a channel has fewer steps, its number means nothing.
/// `None` if the function cannot be evaluated.
pub fn levels(
    function: &impl ChannelFunction,
    span: &Span,
    wanted: &[Vec<i64>],
) -> Option<Vec<Vec<i64>>> {
    let ranges = function.ranges();
    let channels = ranges.len();
    let mut low: Vec<i64> = (0..wanted.len())
        .flat_map(|_| ranges.iter().map(|r| r.0))
        .collect();
    let mut high: Vec<i64> = (0..wanted.len())
        .flat_map(|_| ranges.iter().map(|r| r.1))
        .collect();
    while (0..low.len()).any(|at| high[at] - low[at] > 1) {
        let middle: Vec<i64> = low
            .iter()
            .zip(&high)
            .map(|(&low, &high)| low + (high - low) / 2)
            .collect();
        let values = function.eval(&middle)?;
        for (at, value) in values.into_iter().enumerate() {
            let (row, channel) = (at / channels, at % channels);
            let moved = value.checked_sub(span.base[channel])? / span.step[channel];
            if moved > wanted[row][channel] {
                high[at] = middle[at];
            } else {
                low[at] = middle[at];
            }
        }
    }
    Some(high.chunks(channels.max(1)).map(<[i64]>::to_vec).collect())
}

/// Finds the thresholds of a function that is monotone in each channel, given its values at the ends. `None` if the
/// function cannot be evaluated.
///
/// The range is halved wherever its ends have different values, so that neighbouring thresholds share their
/// evaluations: there are never more than the range has integers, nor more than a bisection for each would need.
pub fn find(function: &impl ChannelFunction, span: &Span) -> Option<StepFunction> {
    let ranges = function.ranges();
    let channels = ranges.len();
    let Span { base, step, count } = span;
    let mut thresholds = Vec::with_capacity(channels);
    let mut open: Vec<Vec<Interval>> = Vec::with_capacity(channels);
    for (at, &(low, high)) in ranges.iter().enumerate() {
        let count = usize::try_from(count[at]).ok()?;
        let whole = Interval {
            low,
            high,
            steps: (0, count),
        };
        let mut row = vec![high; count];
        let pending = count > 0 && !settled(&mut row, &whole);
        thresholds.push(row);
        open.push(if pending { vec![whole] } else { Vec::new() });
    }
    loop {
        let rows = open.iter().map(Vec::len).max().unwrap_or(0).min(BATCH);
        if rows == 0 {
            break;
        }
        // A channel with fewer intervals is evaluated at the least integer of its range once more.
        let mut taken: Vec<Vec<Interval>> = Vec::with_capacity(channels);
        let mut middles: Vec<i64> = (0..rows)
            .flat_map(|_| ranges.iter().map(|range| range.0))
            .collect();
        for (channel, open) in open.iter_mut().enumerate() {
            let batch = open.split_off(open.len().saturating_sub(rows));
            for (row, interval) in batch.iter().enumerate() {
                middles[row * channels + channel] = middle(interval);
            }
            taken.push(batch);
        }
        let values = function.eval(&middles)?;
        for (channel, batch) in taken.into_iter().enumerate() {
            for (row, interval) in batch.into_iter().enumerate() {
                let moved = values[row * channels + channel].checked_sub(base[channel])?;
                let steps = usize::try_from(moved / step[channel]).ok()?;
                for half in halves(&interval, steps)? {
                    if half.steps.0 < half.steps.1 && !settled(&mut thresholds[channel], &half) {
                        open[channel].push(half);
                    }
                }
            }
        }
    }
    Some(StepFunction {
        thresholds,
        base: base.clone(),
        step: step.clone(),
    })
}

fn middle(interval: &Interval) -> i64 {
    interval.low + (interval.high - interval.low) / 2
}

/// Both halves of an interval, given the steps at its middle; `None` if these contradict the ends, so that the
/// function is not monotone.
fn halves(interval: &Interval, steps: usize) -> Option<[Interval; 2]> {
    let (first, last) = interval.steps;
    if !(first..=last).contains(&steps) {
        return None;
    }
    let middle = middle(interval);
    Some([
        Interval {
            low: interval.low,
            high: middle,
            steps: (first, steps),
        },
        Interval {
            low: middle,
            high: interval.high,
            steps: (steps, last),
        },
    ])
}

/// Writes down the thresholds of an interval of two neighbours; whether it was one.
fn settled(thresholds: &mut [i64], interval: &Interval) -> bool {
    let neighbours = interval.high - interval.low <= 1;
    if neighbours {
        thresholds[interval.steps.0..interval.steps.1].fill(interval.high);
    }
    neighbours
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
        let span = span(&function, 1).expect("it is defined everywhere");
        let found = find(&function, &span).expect("it is defined everywhere");
        for (channel, &(lo, hi)) in function.ranges.iter().enumerate() {
            for n in lo..=hi {
                assert_eq!(
                    found.apply(channel, n),
                    (function.function)(channel, n),
                    "{channel} {n}"
                );
            }
        }
        assert_eq!(span.range(1), (-12, 1));
        let wanted = [vec![0, 3, 0, 0], vec![6, 12, 0, 8]];
        let some = levels(&function, &span, &wanted).expect("it is defined everywhere");
        for (wanted, some) in wanted.iter().zip(some) {
            for channel in [0, 1, 3] {
                let all = &found.thresholds[channel];
                assert_eq!(some[channel], all[wanted[channel] as usize], "{channel}");
            }
        }
        assert_eq!(found.thresholds[2], Vec::<i64>::new());
    }

    #[test]
    fn bipolar_steps_are_two() {
        let function = Closure {
            ranges: vec![(-5, 5)],
            function: |_, n| if n >= 2 { 1 } else { -1 },
        };
        let span = span(&function, 2).expect("it is defined everywhere");
        let found = find(&function, &span).expect("it is defined everywhere");
        assert_eq!(
            (found.thresholds, found.base, found.step),
            (vec![vec![2]], vec![-1], vec![2])
        );
    }
}
