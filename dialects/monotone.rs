//! How an op's result moves with one of its operands: what a search for thresholds by bisection relies on.

/// How a function of one number moves, over the finite numbers where it is not NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `a <= b` implies `f(a) <= f(b)`.
    NonDecreasing,
    /// `a <= b` implies `f(a) >= f(b)`.
    NonIncreasing,
    /// `f(a) == f(b)` for all `a` and `b`.
    Constant,
    /// None of these is known to hold.
    Unknown,
}

impl Direction {
    /// The direction of multiplying by `factor`: that of any function which moves with its operand where `factor`
    /// is positive and against it where `factor` is negative. [`Self::Unknown`] if `factor` is not finite.
    pub fn of_factor(factor: f64) -> Self {
        if !factor.is_finite() {
            Self::Unknown
        } else if factor > 0.0 {
            Self::NonDecreasing
        } else if factor < 0.0 {
            Self::NonIncreasing
        } else {
            Self::Constant
        }
    }

    /// The direction of `-f`.
    pub fn reversed(self) -> Self {
        match self {
            Self::NonDecreasing => Self::NonIncreasing,
            Self::NonIncreasing => Self::NonDecreasing,
            other => other,
        }
    }

    /// The direction of `g(f(x))`, where `self` is that of `f`.
    pub fn then(self, g: Self) -> Self {
        match (self, g) {
            (Self::Constant, _) | (_, Self::Constant) => Self::Constant,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (f, Self::NonDecreasing) => f,
            (f, Self::NonIncreasing) => f.reversed(),
        }
    }
}

/// The direction of an elementwise op in one operand, element by element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monotonicity {
    /// Shape of `directions`; it broadcasts to the result's shape by numpy's rule.
    pub shape: Vec<usize>,
    /// The directions, in row-major order; as many as the product of `shape`.
    pub directions: Vec<Direction>,
}

impl Monotonicity {
    /// Nothing is known about any element.
    pub fn unknown() -> Self {
        Self::uniform(Direction::Unknown)
    }

    /// The same direction for every element.
    pub fn uniform(direction: Direction) -> Self {
        Self {
            shape: Vec::new(),
            directions: vec![direction],
        }
    }

    /// The direction of every element, if it is the same for all.
    pub fn as_uniform(&self) -> Option<Direction> {
        let (&first, rest) = self.directions.split_first()?;
        rest.iter()
            .all(|&direction| direction == first)
            .then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::Direction::*;

    #[test]
    fn composition() {
        assert_eq!(NonIncreasing.then(NonIncreasing), NonDecreasing);
        assert_eq!(NonDecreasing.then(NonIncreasing), NonIncreasing);
        assert_eq!(Unknown.then(Constant), Constant);
        assert_eq!(Unknown.then(NonDecreasing), Unknown);
    }
}
