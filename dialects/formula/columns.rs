//! Evaluation, many elements at a time: each node is computed for all of them before the next, in loops that
//! vectorize.

use super::{Binary, Comparison, Formula, Node, Unary};

// The C library's function: the standard library has none yet. It is the one that native code calls.
#[expect(
    unsafe_code,
    reason = "declares a C function that takes and returns a number"
)]
mod c {
    unsafe extern "C" {
        pub safe fn erf(x: f64) -> f64;
    }
}

/// An integer was divided by 0, or a function is not one of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undefined;

/// One operand of neighbouring elements.
#[derive(Clone, Copy, Debug)]
pub enum Column<'a, T> {
    /// One number for each element.
    Each(&'a [T]),
    /// One number for all of them.
    Same(T),
}

/// How many elements are evaluated at a time: few enough for the cache, enough to make up for looking at the nodes.
const CHUNK: usize = 512;

/// A type of numbers that formulas are evaluated in.
pub trait Number: Copy + PartialOrd {
    /// A constant of a formula.
    fn constant(value: f64) -> Self;
    /// A function of one number.
    fn unary(function: Unary, x: Self) -> Result<Self, Undefined>;
    /// A function of two numbers.
    fn binary(function: Binary, a: Self, b: Self) -> Result<Self, Undefined>;
}

impl Number for f64 {
    fn constant(value: f64) -> Self {
        value
    }

    #[inline]
    fn unary(function: Unary, x: Self) -> Result<Self, Undefined> {
        Ok(match function {
            Unary::Neg => -x,
            Unary::Abs => x.abs(),
            Unary::Sqrt => x.sqrt(),
            Unary::Exp => x.exp(),
            Unary::ExpM1 => x.exp_m1(),
            Unary::Log => x.ln(),
            Unary::Log1P => x.ln_1p(),
            Unary::Floor => x.floor(),
            Unary::Ceil => x.ceil(),
            Unary::RoundEven => x.round_ties_even(),
            Unary::Tanh => x.tanh(),
            Unary::Erf => c::erf(x),
        })
    }

    #[inline]
    fn binary(function: Binary, a: Self, b: Self) -> Result<Self, Undefined> {
        Ok(match function {
            Binary::Add => a + b,
            Binary::Sub => a - b,
            Binary::Mul => a * b,
            Binary::Div => a / b,
            Binary::Pow => a.powf(b),
            Binary::Min if a.is_nan() || a < b => a,
            Binary::Max if a.is_nan() || a > b => a,
            Binary::Min | Binary::Max => b,
        })
    }
}

macro_rules! integers {
    ($($integer:ty, $abs:expr;)*) => {
        $(impl Number for $integer {
            fn constant(value: f64) -> Self {
                value as Self
            }

            fn unary(function: Unary, x: Self) -> Result<Self, Undefined> {
                match function {
                    Unary::Neg => Ok(x.wrapping_neg()),
                    Unary::Abs => Ok($abs(x)),
                    Unary::Floor | Unary::Ceil | Unary::RoundEven => Ok(x),
                    Unary::Sqrt | Unary::Exp | Unary::ExpM1 | Unary::Log | Unary::Log1P | Unary::Tanh | Unary::Erf => {
                        Err(Undefined)
                    }
                }
            }

            #[inline]
            fn binary(function: Binary, a: Self, b: Self) -> Result<Self, Undefined> {
                Ok(match function {
                    Binary::Add => a.wrapping_add(b),
                    Binary::Sub => a.wrapping_sub(b),
                    Binary::Mul => a.wrapping_mul(b),
                    Binary::Div if b == 0 => return Err(Undefined),
                    Binary::Div => a.wrapping_div(b),
                    Binary::Pow => return Err(Undefined),
                    Binary::Min => a.min(b),
                    Binary::Max => a.max(b),
                })
            }
        })*
    };
}

integers! {
    i64, i64::wrapping_abs;
    u64, |x| x;
}

impl Formula {
    /// The results for the elements of the columns, as many as `results`. A condition is 1 or 0.
    pub fn column<T: Number>(
        &self,
        operands: &[Column<'_, T>],
        attributes: &[f64],
        results: &mut [T],
    ) -> Result<(), Undefined> {
        let width = CHUNK.min(results.len()).max(1);
        // Nodes that are one number for all elements stay one number.
        let mut wide: Vec<Vec<T>> = vec![Vec::new(); self.nodes.len()];
        let mut conditions: Vec<Vec<bool>> = vec![Vec::new(); self.nodes.len()];
        for (chunk, results) in results.chunks_mut(width).enumerate() {
            let (start, count) = (chunk * width, results.len());
            for (at, node) in self.nodes.iter().enumerate() {
                let mut out = std::mem::take(&mut wide[at]);
                out.clear();
                match *node {
                    Node::Operand(operand) => match operands.get(operand).ok_or(Undefined)? {
                        Column::Each(values) => {
                            out.extend_from_slice(&values[start..start + count]);
                        }
                        Column::Same(value) => out.resize(count, *value),
                    },
                    Node::Attribute(attribute) => {
                        let value = attributes.get(attribute).ok_or(Undefined)?;
                        out.resize(count, T::constant(*value));
                    }
                    Node::Number(value) => out.resize(count, T::constant(value)),
                    Node::Unary(function, x) => unary(function, &wide[x], &mut out)?,
                    Node::Binary(function, a, b) => {
                        binary(function, &wide[a], &wide[b], &mut out)?;
                    }
                    Node::Compare(comparison, a, b) => {
                        let mut holds = std::mem::take(&mut conditions[at]);
                        compare(comparison, &wide[a], &wide[b], &mut holds);
                        conditions[at] = holds;
                    }
                    Node::Select(condition, yes, no) => {
                        let both = wide[yes].iter().zip(&wide[no]);
                        let choices = conditions[condition].iter().zip(both);
                        out.extend(
                            choices.map(|(&holds, (&yes, &no))| if holds { yes } else { no }),
                        );
                    }
                }
                wide[at] = out;
            }
            if let Some(holds) = conditions.last().filter(|_| self.is_condition()) {
                let one = |&holds: &bool| T::constant(f64::from(u8::from(holds)));
                results
                    .iter_mut()
                    .zip(holds)
                    .for_each(|(result, holds)| *result = one(holds));
            } else if let Some(values) = wide.last() {
                results.copy_from_slice(values);
            }
        }
        Ok(())
    }
}

/// One loop for each function, so that the function is not looked at in it.
fn unary<T: Number>(function: Unary, x: &[T], out: &mut Vec<T>) -> Result<(), Undefined> {
    macro_rules! each {
        ($($kind:ident)*) => {
            match function {
                $(Unary::$kind => {
                    for &x in x {
                        out.push(T::unary(Unary::$kind, x)?);
                    }
                })*
            }
        };
    }
    each!(Neg Abs Sqrt Exp ExpM1 Log Log1P Floor Ceil RoundEven Tanh Erf);
    Ok(())
}

fn binary<T: Number>(
    function: Binary,
    a: &[T],
    b: &[T],
    out: &mut Vec<T>,
) -> Result<(), Undefined> {
    macro_rules! each {
        ($($kind:ident)*) => {
            match function {
                $(Binary::$kind => {
                    for (&a, &b) in a.iter().zip(b) {
                        out.push(T::binary(Binary::$kind, a, b)?);
                    }
                })*
            }
        };
    }
    each!(Add Sub Mul Div Pow Min Max);
    Ok(())
}

fn compare<T: Number>(comparison: Comparison, a: &[T], b: &[T], out: &mut Vec<bool>) {
    out.clear();
    out.extend(a.iter().zip(b).map(|(&a, &b)| comparison.holds(a, b)));
}
