//! Which integers a value can be.

use std::fmt;

use crate::word::Word;

/// The integers `lo`, `lo + step`, ... `hi`: a range, or every second number of one, such as the -1 and 1 of a bipolar
/// value. A single integer has the step 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Values {
    lo: i64,
    hi: i64,
    step: i64,
}

impl Values {
    /// The integers from `lo` to `hi` in steps; `None` if there is none, or the steps do not end at `hi`.
    pub fn new(lo: i64, hi: i64, step: i64) -> Option<Self> {
        if lo == hi {
            return Some(Self::one(lo));
        }
        let distance = i128::from(hi) - i128::from(lo);
        let fits = lo < hi && step >= 1 && distance % i128::from(step) == 0;
        fits.then_some(Self { lo, hi, step })
    }

    /// One integer.
    pub fn one(value: i64) -> Self {
        Self {
            lo: value,
            hi: value,
            step: 0,
        }
    }

    /// All integers between two, in either order.
    pub fn range(a: i64, b: i64) -> Self {
        let (lo, hi) = (a.min(b), a.max(b));
        Self {
            lo,
            hi,
            step: i64::from(lo != hi),
        }
    }

    /// All integers of a word; `None` for 64 bits without a sign, which are beyond `i64`.
    pub fn of_word(word: Word) -> Option<Self> {
        if word.bits > 64 || word.bits == 64 && !word.signed {
            return None;
        }
        let (lo, hi) = word.range();
        Some(Self::range(lo, hi))
    }

    /// The smallest such set that has all of these; `None` if there are none.
    pub fn of(values: impl IntoIterator<Item = i64>) -> Option<Self> {
        let sets = values.into_iter().map(Self::one);
        sets.reduce(Self::union)
    }

    /// The least.
    pub fn lo(self) -> i64 {
        self.lo
    }

    /// The greatest.
    pub fn hi(self) -> i64 {
        self.hi
    }

    /// How far apart neighbours are; 0 for a single integer.
    pub fn step(self) -> i64 {
        self.step
    }

    /// The narrowest word that holds all of them.
    pub fn word(self) -> Word {
        Word::of_range(self.lo, self.hi)
    }

    /// Whether all of `other` are among these.
    pub fn contains(self, other: Self) -> bool {
        let on_grid = |distance: i128| match i128::from(self.step) {
            0 => distance == 0,
            step => distance % step == 0,
        };
        self.lo <= other.lo
            && other.hi <= self.hi
            && on_grid(i128::from(other.lo) - i128::from(self.lo))
            && on_grid(other.step.into())
    }

    /// The smallest such set that has all of both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        let (lo, hi) = (self.lo.min(other.lo), self.hi.max(other.hi));
        let apart = self.lo.abs_diff(other.lo);
        let step = gcd(
            gcd(self.step.unsigned_abs(), other.step.unsigned_abs()),
            apart,
        );
        // Between the ends of `i64` there is more than one, so that a step of more than half of all is two numbers only.
        match i64::try_from(step) {
            Ok(step) => Self { lo, hi, step },
            Err(_) => Self::range(lo, hi),
        }
    }

    /// These with their signs changed.
    pub fn negated(self) -> Option<Self> {
        Some(Self {
            lo: self.hi.checked_neg()?,
            hi: self.lo.checked_neg()?,
            step: self.step,
        })
    }

    /// All sums of one of these and one of `other`; `None` beyond 64 bits.
    pub fn sum(self, other: Self) -> Option<Self> {
        Some(Self {
            lo: self.lo.checked_add(other.lo)?,
            hi: self.hi.checked_add(other.hi)?,
            step: gcd_of(self.step, other.step),
        })
    }

    /// All sums of `count` of these; `None` beyond 64 bits.
    pub fn sum_of(self, count: usize) -> Option<Self> {
        let count = i64::try_from(count).ok()?;
        let (lo, hi) = (self.lo.checked_mul(count)?, self.hi.checked_mul(count)?);
        Some(match count {
            0 => Self::one(0),
            _ => Self {
                lo,
                hi,
                step: self.step,
            },
        })
    }

    /// A set that has all products of one of these and one of `other`; `None` beyond 64 bits.
    pub fn product(self, other: Self) -> Option<Self> {
        let mut ends = [0; 4];
        let pairs = [
            (self.lo, other.lo),
            (self.lo, other.hi),
            (self.hi, other.lo),
            (self.hi, other.hi),
        ];
        for (end, (a, b)) in ends.iter_mut().zip(pairs) {
            *end = a.checked_mul(b)?;
        }
        let (lo, hi) = (ends.iter().min()?, ends.iter().max()?);
        // (a + i s) (b + j t) = a b + a t j + b s i + s t i j
        let step = gcd_of(
            gcd_of(
                self.lo.checked_mul(other.step)?,
                other.lo.checked_mul(self.step)?,
            ),
            self.step.checked_mul(other.step)?,
        );
        Self::new(*lo, *hi, step).or(Some(Self::range(*lo, *hi)))
    }
}

impl fmt::Display for Values {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} to {}", self.lo, self.hi)?;
        match self.step {
            0 | 1 => Ok(()),
            step => write!(formatter, " by {step}"),
        }
    }
}

/// What a sum of products of weights with integers can be, as exact as the weights say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Products {
    lo: i128,
    hi: i128,
    step: u64,
}

impl Products {
    /// Adds `weight * x` for `x` among `values`. As many terms as fit a memory of 64-bit addresses stay exact.
    pub fn add(&mut self, weight: i64, values: Values) {
        let (a, b) = (
            i128::from(weight) * i128::from(values.lo),
            i128::from(weight) * i128::from(values.hi),
        );
        self.lo = self.lo.saturating_add(a.min(b));
        self.hi = self.hi.saturating_add(a.max(b));
        if self.step != 1 {
            let step = u128::from(weight.unsigned_abs()) * u128::from(values.step.unsigned_abs());
            // Of what is wider no sum is known in the end.
            self.step = gcd(self.step, u64::try_from(step).unwrap_or(1));
        }
    }

    /// The sums; `None` past 62 bits.
    pub fn get(self) -> Option<Values> {
        let limit = 1i128 << 61;
        if self.lo <= -limit || self.hi >= limit {
            return None;
        }
        let (lo, hi) = (self.lo as i64, self.hi as i64);
        let step = i64::try_from(self.step).unwrap_or(1);
        Values::new(lo, hi, step).or(Some(Values::range(lo, hi)))
    }
}

/// The greatest common divisor; 0 for two zeros.
fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Likewise, of numbers of either sign.
fn gcd_of(a: i64, b: i64) -> i64 {
    // Only of two least numbers is it none of `i64`; any divisor of it will do.
    i64::try_from(gcd(a.unsigned_abs(), b.unsigned_abs())).unwrap_or(1 << 62)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(values: Values) -> Vec<i64> {
        let step = values.step.max(1);
        (0..)
            .map(|at| values.lo + at * step)
            .take_while(|n| *n <= values.hi)
            .collect()
    }

    fn sets() -> Vec<Values> {
        let mut sets = Vec::new();
        for lo in -4..4 {
            for step in 0..4 {
                for count in 0..3 {
                    let set = Values::new(lo, lo + step * count, step);
                    sets.push(set.expect("the steps end there"));
                }
            }
        }
        sets
    }

    #[test]
    fn all_that_can_come_out_is_there() {
        let holds =
            |set: Option<Values>, n: i64| set.is_some_and(|set| set.contains(Values::one(n)));
        for a in sets() {
            assert_eq!(Values::of(members(a)), Some(a));
            assert_eq!(a.sum_of(0), Some(Values::one(0)));
            assert_eq!(a.sum_of(1), Some(a));
            for x in members(a) {
                assert!(holds(a.negated(), -x));
                assert!(members(a).iter().all(|y| holds(a.sum_of(2), x + y)));
            }
            for b in sets() {
                let union = a.union(b);
                assert!(union.contains(a) && union.contains(b));
                assert_eq!(
                    a.contains(b),
                    members(b).iter().all(|n| a.contains(Values::one(*n)))
                );
                for x in members(a) {
                    for y in members(b) {
                        assert!(holds(a.sum(b), x + y), "{a} + {b}");
                        assert!(holds(a.product(b), x * y), "{a} * {b} has {}", x * y);
                    }
                }
            }
        }
    }

    #[test]
    fn bipolar_values_stay_odd_or_even() {
        let bipolar = Values::new(-1, 1, 2).expect("a set");
        assert_eq!(bipolar.product(bipolar), Some(bipolar));
        let sum = bipolar.sum_of(3).expect("small");
        assert_eq!((sum.lo(), sum.hi(), sum.step()), (-3, 3, 2));
        assert_eq!(sum.to_string(), "-3 to 3 by 2");
        assert_eq!(
            bipolar.word(),
            Word {
                bits: 2,
                signed: true
            }
        );
    }

    #[test]
    fn sums_of_products_are_exact() {
        let of = |terms: &[(i64, i64, i64)]| {
            let mut sum = Products::default();
            for &(weight, lo, hi) in terms {
                sum.add(weight, Values::range(lo, hi));
            }
            sum.get()
        };
        assert_eq!(of(&[(2, 0, 3), (-1, 0, 3)]), Some(Values::range(-3, 6)));
        assert_eq!(of(&[(2, 0, 3), (-4, 0, 1)]), Values::new(-4, 6, 2));
        assert_eq!(of(&[]), Some(Values::one(0)));
        assert_eq!(of(&[(i64::MAX / 2, 0, 4)]), None);
        assert_eq!(of(&[(i64::MAX, i64::MIN, 0); 4]), None);
    }

    #[test]
    fn ends_of_64_bits_are_no_panic() {
        let all = Values::range(i64::MIN, i64::MAX);
        assert_eq!(all.sum(Values::one(1)), None);
        assert_eq!(all.product(Values::one(-1)), None);
        assert_eq!(all.negated(), None);
        assert_eq!(Values::new(i64::MIN, i64::MAX, i64::MAX), None);
        let ends = Values::one(i64::MIN).union(Values::one(i64::MAX));
        assert_eq!(ends, all, "no step is as far");
        assert!(all.contains(ends));
    }
}
