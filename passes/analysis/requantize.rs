//! A multiply, an add and a shift that equal a step function.
//!
//! For each channel, `round((n * multiplier + addend) / 2^shift)` must have reached `base + k` exactly from the
//! `k`-th threshold on. That is a set of linear inequalities in the two unknowns; the smallest shift for which
//! all channels have a solution is taken. Few of the inequalities matter: a solution of some is held against all,
//! and those that it breaks most are added, until it breaks none or the few have no solution. `round` is the floor, which any addend can turn into the other modes,
//! or the nearest with ties to even, whose thresholds at scales that are powers of two lie on no line. Nothing
//! is approximated: a function without such a form is refused.

use super::thresholds::StepFunction;

/// How the dropped bits are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nearest {
    /// Toward minus infinity.
    Floor,
    /// To nearest, ties to even.
    Even,
}

impl Nearest {
    /// The least `n * multiplier + addend` that is rounded to at least `level`.
    fn least(self, level: i64, shift: u32) -> i128 {
        let floor = i128::from(level) << shift;
        match self {
            Self::Even if shift > 0 => floor - (1 << (shift - 1)) + i128::from(level & 1),
            Self::Floor | Self::Even => floor,
        }
    }
}

/// `clamp(round((n * multiplier[c] + addend[c]) / 2^shift), lo, hi)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rescale {
    /// One for each channel.
    pub multiplier: Vec<i64>,
    /// One for each channel.
    pub addend: Vec<i64>,
    /// Fraction bits.
    pub shift: u32,
    /// How they are rounded.
    pub rounding: Nearest,
    /// Least result.
    pub lo: i64,
    /// Greatest result.
    pub hi: i64,
}

/// Largest shift that is tried: products of a 32-bit integer with the multiplier stay within 64 bits.
const MAX_SHIFT: u32 = 31;

/// Finds the form of a step function whose arguments lie in `ranges`; `None` if there is none.
pub fn fit(function: &StepFunction, ranges: &[(i64, i64)]) -> Option<Rescale> {
    if function.step.iter().any(|step| step.abs() != 1) {
        return None;
    }
    let (lo, hi) = (0..ranges.len())
        .map(|at| function.range(at))
        .fold((i64::MAX, i64::MIN), |(lo, hi), range| {
            (lo.min(range.0), hi.max(range.1))
        });
    let mut rows: Vec<Row> = ranges
        .iter()
        .enumerate()
        .map(|(at, &range)| Row::new(function, at, range, (lo, hi)))
        .collect();
    // Whichever channel was without a solution is likely to be so again: it is looked at first.
    let mut order: Vec<usize> = (0..rows.len()).collect();
    for shift in 0..=MAX_SHIFT {
        for rounding in [Nearest::Floor, Nearest::Even] {
            let mut rescale = Rescale {
                multiplier: vec![0; rows.len()],
                addend: vec![0; rows.len()],
                shift,
                rounding,
                lo,
                hi,
            };
            let failed = order.iter().position(|&channel| {
                let solution = rows[channel].solve(shift, rounding);
                if let Some((multiplier, addend)) = solution {
                    rescale.multiplier[channel] = multiplier;
                    rescale.addend[channel] = addend;
                }
                solution.is_none()
            });
            match failed {
                Some(at) => order[..=at].rotate_right(1),
                None if rescale.equals(function, ranges) => return Some(rescale),
                None => {}
            }
        }
    }
    None
}

impl Rescale {
    fn apply(&self, channel: usize, n: i64) -> i64 {
        let scaled =
            i128::from(n) * i128::from(self.multiplier[channel]) + i128::from(self.addend[channel]);
        let floor = (scaled >> self.shift) as i64;
        let up = scaled >= self.rounding.least(floor + 1, self.shift);
        (floor + i64::from(up)).clamp(self.lo, self.hi)
    }

    /// Whether both functions agree at both ends of the range and on both sides of every threshold, which for
    /// monotone functions means everywhere.
    fn equals(&self, function: &StepFunction, ranges: &[(i64, i64)]) -> bool {
        ranges.iter().enumerate().all(|(channel, &(lo, hi))| {
            let around = function.thresholds[channel]
                .iter()
                .flat_map(|&at| [at - 1, at]);
            around
                .chain([lo, hi])
                .all(|n| self.apply(channel, n) == function.apply(channel, n))
        })
    }
}

/// One channel, turned into an increasing function: level `base + k + 1` is reached from `thresholds[k]` on.
struct Row {
    thresholds: Vec<i64>,
    base: i64,
    /// Where clamping does not hold the ends of the range in place, they are constraints too: `(level, n)` that
    /// must reach it, and that must not.
    ends: [Option<(i64, i64)>; 2],
    /// `(level, n that must reach it)`: those of all constraints that were found to matter.
    reached: Vec<(i64, i64)>,
    /// `(level, n that must not reach it)`, likewise.
    unreached: Vec<(i64, i64)>,
    decreasing: bool,
}

impl Row {
    fn new(
        function: &StepFunction,
        channel: usize,
        range: (i64, i64),
        (lo, hi): (i64, i64),
    ) -> Self {
        let thresholds = &function.thresholds[channel];
        let count = thresholds.len() as i64;
        let decreasing = function.step[channel] < 0;
        // A decreasing function of n is an increasing function of -n.
        let (base, range, thresholds): (i64, (i64, i64), Vec<i64>) = if decreasing {
            let mirrored = thresholds.iter().rev().map(|&at| 1 - at).collect();
            (
                function.base[channel] - count,
                (-range.1, -range.0),
                mirrored,
            )
        } else {
            (function.base[channel], range, thresholds.clone())
        };
        let ends = [
            (base > lo).then_some((base, range.0)),
            (base + count < hi).then_some((base + count + 1, range.1)),
        ];
        let mut row = Self {
            thresholds,
            base,
            ends,
            reached: ends[0].into_iter().collect(),
            unreached: ends[1].into_iter().collect(),
            decreasing,
        };
        for k in [0, row.thresholds.len().wrapping_sub(1)] {
            if let Some(&at) = row.thresholds.get(k) {
                let level = row.level(k);
                row.reached.push((level, at));
                row.unreached.push((level, at - 1));
            }
        }
        row
    }

    /// The level that the `k`-th threshold leads to.
    fn level(&self, k: usize) -> i64 {
        self.base + k as i64 + 1
    }

    /// Multiplier and addend for a shift; `None` if there are none.
    fn solve(&mut self, shift: u32, rounding: Nearest) -> Option<(i64, i64)> {
        loop {
            let (m, addend) = self.solve_known(shift, rounding)?;
            if !self.learn(m, addend, shift, rounding) {
                let m = if self.decreasing { -m } else { m };
                return Some((i64::try_from(m).ok()?, i64::try_from(addend).ok()?));
            }
        }
    }

    /// Adds the constraints that a candidate breaks most, one of each kind; whether it breaks any.
    fn learn(&mut self, m: i128, addend: i128, shift: u32, rounding: Nearest) -> bool {
        // How much is missing to reach a level: nothing where it must be reached, something where it must not.
        let missing =
            |&(level, n): &(i64, i64)| rounding.least(level, shift) - (i128::from(n) * m + addend);
        let base = self.base;
        let thresholds = &self.thresholds;
        let constraints = |offset: i64| {
            (base + 1..).zip(thresholds.iter().map(move |&at| at - offset))
        };
        let lacking = constraints(0).chain(self.ends[0]).max_by_key(missing);
        let lacking = lacking.filter(|at| missing(at) > 0);
        let exceeding = constraints(1).chain(self.ends[1]).min_by_key(missing);
        let exceeding = exceeding.filter(|at| missing(at) <= 0);
        let broken = lacking.is_some() || exceeding.is_some();
        self.reached.extend(lacking);
        self.unreached.extend(exceeding);
        broken
    }

    /// Multiplier and addend that satisfy the known constraints.
    fn solve_known(&self, shift: u32, rounding: Nearest) -> Option<(i128, i128)> {
        // For any `a` that must reach level `i` and `b` that must not reach level `j`:
        // `m * (a - b) > least(i) - least(j)`.
        let (mut least, mut greatest) = (0i128, i128::MAX);
        for &(i, a) in &self.reached {
            for &(j, b) in &self.unreached {
                let run = i128::from(a) - i128::from(b);
                let rise = rounding.least(i, shift) - rounding.least(j, shift);
                if run > 0 {
                    least = least.max(rise.div_euclid(run) + 1);
                } else if run == 0 {
                    if rise >= 0 {
                        return None;
                    }
                } else {
                    // m * |run| < -rise
                    greatest = greatest.min((-rise - 1).div_euclid(-run));
                }
            }
        }
        if least > greatest {
            return None;
        }
        // The middle of what is possible leaves the addend the most room; a power of two is cheapest.
        let middle = if greatest == i128::MAX {
            least
        } else {
            (least + greatest) / 2
        };
        let power = (0..62)
            .map(|bit| 1i128 << bit)
            .find(|power| (least..=greatest).contains(power));
        let m = power.unwrap_or(middle);
        // Everything is an integer, so that an addend exists for every such multiplier.
        let needed = |&(level, n): &(i64, i64)| rounding.least(level, shift) - i128::from(n) * m;
        let from = self.reached.iter().map(needed).max();
        let below = self.unreached.iter().map(needed).min();
        Some((m, from.or(below.map(|below| below - 1)).unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step_function(range: (i64, i64), function: impl Fn(i64) -> i64) -> StepFunction {
        let base = function(range.0);
        let last = function(range.1);
        let step = if last < base { -1 } else { 1 };
        let thresholds = (1..=(last - base).abs())
            .map(|k| {
                (range.0..=range.1)
                    .find(|&n| (function(n) - base) * step >= k)
                    .expect("reached")
            })
            .collect();
        StepFunction {
            thresholds: vec![thresholds],
            base: vec![base],
            step: vec![step],
        }
    }

    fn check(range: (i64, i64), function: impl Fn(i64) -> i64 + Copy) -> Option<(u32, Nearest)> {
        let steps = step_function(range, function);
        let rescale = fit(&steps, &[range])?;
        for n in range.0..=range.1 {
            assert_eq!(rescale.apply(0, n), function(n), "{n} in {rescale:?}");
        }
        Some((rescale.shift, rescale.rounding))
    }

    #[test]
    fn powers_of_two_are_shifts_whatever_happens_to_ties() {
        let half_up = |n: i64| (n + 8).div_euclid(16).clamp(-8, 7);
        assert_eq!(check((-200, 200), half_up), Some((4, Nearest::Floor)));
        let even = |n: i64| ((n as f64 / 16.0).round_ties_even() as i64).clamp(-8, 7);
        assert_eq!(check((-200, 200), even), Some((4, Nearest::Even)));
        let down = |n: i64| -(n as f64 / 16.0).floor() as i64;
        assert_eq!(check((-200, 200), down), Some((4, Nearest::Floor)));
    }

    #[test]
    fn odd_scales_are_reproduced_exactly() {
        for slope in [0.013, 0.37, -0.21, 0.999] {
            let function = move |n: i64| ((n as f64 * slope + 0.3).floor() as i64).clamp(0, 63);
            assert!(check((-300, 300), function).is_some(), "{slope}");
        }
        assert_eq!(check((-20, 20), |n| n * n * n.signum() / 9), None);
    }
}
