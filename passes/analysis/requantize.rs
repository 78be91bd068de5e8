//! A multiply, an add and a shift that equal a monotone function.
//!
//! For each channel, `round((n * multiplier + addend) / 2^shift)` must reach each level exactly where the function
//! does. That is a set of linear inequalities in the two unknowns; the smallest shift for which all channels have a
//! solution is taken. `round` is the floor, which any addend can turn into the other modes, or the nearest with ties
//! to even, whose thresholds at scales that are powers of two lie on no line.
//!
//! Few of the inequalities matter, so they are not written down beforehand: a solution of a few is held against the
//! function at every level; where the two part is one more inequality. This ends with a solution that equals the
//! function everywhere, or with a few inequalities that have none. Nothing is approximated.

use super::thresholds::{self, Span, levels};

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
/// Levels of each channel whose thresholds are known before the first solution: where there is none, they show it.
const SAMPLES: i64 = 24;
/// Levels that are held against the function at once.
const BATCH: i64 = 512;

/// Inequalities that a channel gets from one wrong solution.
const LESSONS: usize = 4;

/// Finds the form of a function that is monotone in each channel and moves by single steps, given its values at the
/// ends of its ranges; `None` if there is none or the function cannot be evaluated.
pub fn fit(function: &impl thresholds::ChannelFunction, span: &Span) -> Option<Rescale> {
    if span.step.iter().any(|step| step.abs() != 1) {
        return None;
    }
    let ranges = function.ranges();
    let (lo, hi) = (0..ranges.len())
        .map(|at| span.range(at))
        .fold((i64::MAX, i64::MIN), |(lo, hi), range| {
            (lo.min(range.0), hi.max(range.1))
        });
    let mut rows: Vec<Row> = (0..ranges.len())
        .map(|at| Row::new(span, at, ranges[at], (lo, hi)))
        .collect();
    sample(function, span, &mut rows)?;
    // Whichever channel was without a solution is likely to be so again: it is looked at first.
    let mut order: Vec<usize> = (0..rows.len()).collect();
    for shift in 0..=MAX_SHIFT {
        for rounding in [Nearest::Floor, Nearest::Even] {
            let form = Form { shift, rounding };
            loop {
                let mut lines = vec![Line::default(); rows.len()];
                let failed = order.iter().position(|&channel| {
                    let line = rows[channel].solve(form);
                    lines[channel] = line.unwrap_or_default();
                    line.is_none()
                });
                if let Some(at) = failed {
                    order[..=at].rotate_right(1);
                    break;
                }
                if !learn(function, form, &lines, &mut rows)? {
                    let of = |value: fn(&Line) -> i64| lines.iter().map(value).collect();
                    let signs = rows.iter().map(|row| if row.decreasing { -1 } else { 1 });
                    return Some(Rescale {
                        multiplier: signs
                            .zip(of(|line| line.multiplier) as Vec<i64>)
                            .map(|(sign, multiplier)| sign * multiplier)
                            .collect(),
                        addend: of(|line| line.addend),
                        shift,
                        rounding,
                        lo,
                        hi,
                    });
                }
            }
        }
    }
    None
}

/// Tells each row some of its function's thresholds.
fn sample(
    function: &impl thresholds::ChannelFunction,
    span: &Span,
    rows: &mut [Row],
) -> Option<()> {
    let most = span.count.iter().copied().max().unwrap_or(0);
    // The first and the last level of each channel, and some between.
    let parts = SAMPLES.min(most).max(1);
    let wanted: Vec<Vec<i64>> = (0..parts)
        .map(|part| {
            let of = |&count: &i64| match count {
                0 => 0,
                count if parts == 1 => count - 1,
                count => {
                    i64::try_from(i128::from(count - 1) * i128::from(part) / i128::from(parts - 1))
                        .unwrap_or(0)
                }
            };
            span.count.iter().map(of).collect()
        })
        .collect();
    for (wanted, found) in wanted.iter().zip(levels(function, span, &wanted)?) {
        for (channel, row) in rows.iter_mut().enumerate() {
            if span.count[channel] > 0 {
                row.threshold(wanted[channel], found[channel], span.count[channel]);
            }
        }
    }
    Some(())
}

/// Holds a line for each channel against the function at every level, and adds to the rows where they part; whether
/// they do. `None` if the function cannot be evaluated.
fn learn(
    function: &impl thresholds::ChannelFunction,
    form: Form,
    lines: &[Line],
    rows: &mut [Row],
) -> Option<bool> {
    let channels = rows.len();
    let most = rows.iter().map(|row| row.count).max().unwrap_or(0);
    let mut first = 0;
    while first < most {
        let last = (first + BATCH).min(most);
        // On both sides of where the line reaches each level.
        let mut arguments =
            Vec::with_capacity(usize::try_from(2 * (last - first)).ok()? * channels);
        for k in first..last {
            for side in [1, 0] {
                for (row, line) in rows.iter().zip(lines) {
                    let at = if k < row.count {
                        let at = line.reaches(row.level(k), form).saturating_sub(side);
                        at.clamp(row.range.0, row.range.1)
                    } else {
                        row.range.0
                    };
                    arguments.push(if row.decreasing { -at } else { at });
                }
            }
        }
        let values = function.eval(&arguments)?;
        // One wrong slope is wrong at most levels; a few of them say so.
        let mut parted = vec![0; channels];
        for (at, (&argument, &value)) in arguments.iter().zip(&values).enumerate() {
            let (channel, k) = (at % channels, first + (at / channels / 2) as i64);
            let row = &mut rows[channel];
            if k >= row.count || parted[channel] == LESSONS {
                continue;
            }
            let n = if row.decreasing { -argument } else { argument };
            let level = row.level(k);
            let line_reaches = lines[channel].reaches(level, form) <= n;
            if (value >= level) != line_reaches {
                parted[channel] += 1;
                row.add(level, n, value >= level);
            }
        }
        if parted.iter().any(|&count| count > 0) {
            return Some(true);
        }
        first = last;
    }
    Some(false)
}

/// What all channels share.
#[derive(Clone, Copy)]
struct Form {
    shift: u32,
    rounding: Nearest,
}

/// What a channel has of its own, as an increasing function.
#[derive(Clone, Copy, Default)]
struct Line {
    multiplier: i64,
    addend: i64,
}

impl Line {
    /// The least integer at which a level is reached.
    fn reaches(&self, level: i64, form: Form) -> i64 {
        let rest = form.rounding.least(level, form.shift) - i128::from(self.addend);
        if self.multiplier <= 0 {
            return if rest <= 0 { i64::MIN } else { i64::MAX };
        }
        let ceil = match i64::try_from(rest) {
            // Most often everything is small, and a division of 64 bits is much faster.
            Ok(rest) => {
                return rest.div_euclid(self.multiplier)
                    + i64::from(rest.rem_euclid(self.multiplier) != 0);
            }
            Err(_) => -(-rest).div_euclid(i128::from(self.multiplier)),
        };
        i64::try_from(ceil).unwrap_or(if ceil < 0 { i64::MIN } else { i64::MAX })
    }
}

/// One channel, turned into an increasing function that begins at `base` and rises by `count` levels.
struct Row {
    base: i64,
    count: i64,
    range: (i64, i64),
    decreasing: bool,
    /// `(level, n that must reach it)`: those of all inequalities that were found to matter.
    reached: Vec<(i64, i64)>,
    /// `(level, n that must not reach it)`, likewise.
    unreached: Vec<(i64, i64)>,
}

impl Row {
    fn new(span: &Span, channel: usize, range: (i64, i64), (lo, hi): (i64, i64)) -> Self {
        let decreasing = span.step[channel] < 0;
        // A decreasing function of n is an increasing function of -n.
        let range = if decreasing {
            (-range.1, -range.0)
        } else {
            range
        };
        let (base, top) = span.range(channel);
        let mut row = Self {
            base,
            count: span.count[channel],
            range,
            decreasing,
            reached: Vec::new(),
            unreached: Vec::new(),
        };
        // Where clamping does not hold the ends of the range in place, they matter too.
        if base > lo {
            row.add(base, range.0, true);
        }
        if top < hi {
            row.add(top + 1, range.1, false);
        }
        row
    }

    /// The level that the `k`-th threshold leads to.
    fn level(&self, k: i64) -> i64 {
        self.base + k + 1
    }

    /// Takes over the `k`-th threshold of the function as it is in the channel, counted from its least argument.
    fn threshold(&mut self, k: i64, at: i64, count: i64) {
        let (k, at) = if self.decreasing {
            (count - 1 - k, 1 - at)
        } else {
            (k, at)
        };
        let level = self.level(k);
        self.add(level, at, true);
        self.add(level, at - 1, false);
    }

    fn add(&mut self, level: i64, n: i64, reached: bool) {
        let list = if reached {
            &mut self.reached
        } else {
            &mut self.unreached
        };
        list.push((level, n));
    }

    /// Multiplier and addend that satisfy the known inequalities; `None` if there are none of 64 bits.
    fn solve(&self, Form { shift, rounding }: Form) -> Option<Line> {
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
            if least > greatest {
                return None;
            }
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
        let multiplier = i64::try_from(power.unwrap_or(middle)).ok()?;
        let m = i128::from(multiplier);
        // Everything is an integer, so that an addend exists for every such multiplier.
        let needed = |&(level, n): &(i64, i64)| rounding.least(level, shift) - i128::from(n) * m;
        let from = self.reached.iter().map(needed).max();
        let below = self.unreached.iter().map(needed).min();
        let addend = from.or(below.map(|below| below - 1)).unwrap_or(0);
        Some(Line {
            multiplier,
            addend: i64::try_from(addend).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::thresholds::{ChannelFunction, span};
    use super::*;

    struct Channels<F> {
        ranges: Vec<(i64, i64)>,
        function: F,
    }

    impl<F: Fn(usize, i64) -> i64> ChannelFunction for Channels<F> {
        fn ranges(&self) -> &[(i64, i64)] {
            &self.ranges
        }
        fn eval(&self, arguments: &[i64]) -> Option<Vec<i64>> {
            let channels = self.ranges.len();
            let value = |(at, &n): (usize, &i64)| (self.function)(at % channels, n);
            Some(arguments.iter().enumerate().map(value).collect())
        }
    }

    impl Rescale {
        fn apply(&self, channel: usize, n: i64) -> i64 {
            let scaled = i128::from(n) * i128::from(self.multiplier[channel])
                + i128::from(self.addend[channel]);
            let floor = (scaled >> self.shift) as i64;
            let up = scaled >= self.rounding.least(floor + 1, self.shift);
            (floor + i64::from(up)).clamp(self.lo, self.hi)
        }
    }

    fn check(range: (i64, i64), function: impl Fn(i64) -> i64) -> Option<(u32, Nearest)> {
        check_all(vec![range], |_, n| function(n))
    }

    fn check_all(
        ranges: Vec<(i64, i64)>,
        function: impl Fn(usize, i64) -> i64,
    ) -> Option<(u32, Nearest)> {
        let function = Channels { ranges, function };
        let rescale = fit(&function, &span(&function, 1)?)?;
        for (channel, &(lo, hi)) in function.ranges.iter().enumerate() {
            // Every integer of a short range, some of a long one.
            let step = ((hi - lo) / 100_000).max(1) as usize;
            for n in (lo..=hi).step_by(step) {
                let expected = (function.function)(channel, n);
                assert_eq!(rescale.apply(channel, n), expected, "{n} in {rescale:?}");
            }
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
        // Sixteen bits behind a product.
        let wide = |n: i64| ((n as f64 / 65536.0).round_ties_even() as i64).clamp(-32768, 32767);
        let range = (-(1 << 33), 1 << 33);
        assert_eq!(check(range, wide), Some((16, Nearest::Even)));
    }

    #[test]
    fn odd_scales_are_reproduced_exactly() {
        for slope in [0.013, 0.37, -0.21, 0.999] {
            let function = move |n: i64| ((n as f64 * slope + 0.3).floor() as i64).clamp(0, 63);
            assert!(check((-300, 300), function).is_some(), "{slope}");
        }
        assert_eq!(check((-20, 20), |n| n * n * n.signum() / 9), None);
    }

    #[test]
    fn a_single_step_beside_the_line_is_found() {
        // One level of thousands is reached one integer late.
        let odd = |n: i64| n.div_euclid(64) - i64::from(n == 64 * 1777);
        assert_eq!(check((0, 64 * 4000), odd), None);
        let line = |n: i64| n.div_euclid(64);
        assert_eq!(check((0, 64 * 4000), line), Some((6, Nearest::Floor)));
    }

    #[test]
    fn channels_of_all_kinds_share_a_shift() {
        let ranges = vec![(-500, 500), (-40, 900), (3, 3), (-7, 7), (0, 1)];
        let found = check_all(ranges, |channel, n| match channel {
            0 => (n * 3 + 5).div_euclid(16).clamp(-20, 20),
            1 => (-n * 5).div_euclid(32).clamp(-20, 20),
            2 => 7,
            3 => -20,
            _ => n,
        });
        assert!(found.is_some());
    }
}
