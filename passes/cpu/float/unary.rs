//! Elementwise ops of one operand: the functions of `onnx`'s evaluation, in `f64`, rounded once.
//!
//! LLVM narrows what is exact in `f32`. Transcendental functions are the C library's.

use std::f64::consts::FRAC_1_SQRT_2;

use qonnx_dialects::ir::Val;
use qonnx_dialects::onnx::Op;
use qonnx_dialects::upstream::{Binary, Compare, Scalars, Unary};

use super::{Node, narrow, wide};
use crate::cpu::Refusal;

/// Lowers the op.
pub fn lower<'c>(op: &Op, node: &Node<'c, '_>) -> Result<Vec<Val<'c>>, Refusal> {
    let mut known = true;
    let results = node.map(&[0], |scalars, elements| {
        // Without arithmetic there is nothing to round.
        if matches!(op, Op::Relu) {
            return if_below(scalars, elements[0], scalars.f32(0.0), scalars.f32(0.0));
        }
        let Some(value) = Body { scalars }.function(op, wide(scalars, elements[0])) else {
            known = false;
            return elements[0];
        };
        narrow(scalars, value)
    })?;
    if known {
        Ok(results)
    } else {
        Err("is a function without machine code yet".to_owned())
    }
}

/// `below` if `x` is less than `bound`, else `x`: NaN stays NaN.
pub fn if_below<'c>(
    scalars: &Scalars<'c, '_>,
    x: Val<'c>,
    bound: Val<'c>,
    below: Val<'c>,
) -> Val<'c> {
    scalars.select(scalars.compare(Compare::OrderedLess, x, bound), below, x)
}

/// Arithmetic on `f64` in a body.
struct Body<'c, 'a, 'b> {
    scalars: &'a Scalars<'c, 'b>,
}

impl<'c> Body<'c, '_, '_> {
    fn add(&self, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        self.scalars.binary(Binary::AddF, a, b)
    }

    fn mul(&self, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        self.scalars.binary(Binary::MulF, a, b)
    }

    fn div(&self, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        self.scalars.binary(Binary::DivF, a, b)
    }

    fn call(&self, function: Unary, x: Val<'c>) -> Val<'c> {
        self.scalars.unary(function, x)
    }

    fn number(&self, value: f64) -> Val<'c> {
        self.scalars.f64(value)
    }

    fn below_zero(&self, x: Val<'c>, below: Val<'c>) -> Val<'c> {
        if_below(self.scalars, x, self.number(0.0), below)
    }

    /// `x` limited to 0 to 1; NaN stays NaN.
    fn unit_interval(&self, x: Val<'c>) -> Val<'c> {
        let x = self.below_zero(x, self.number(0.0));
        let one = self.number(1.0);
        self.scalars.select(
            self.scalars.compare(Compare::OrderedGreater, x, one),
            one,
            x,
        )
    }

    /// The function of an op, before the rounding; `None` for an op that is none of these.
    fn function(&self, op: &Op, x: Val<'c>) -> Option<Val<'c>> {
        Some(match *op {
            Op::Sqrt => self.call(Unary::Sqrt, x),
            Op::Abs => self.call(Unary::AbsF, x),
            Op::Neg => self.call(Unary::NegF, x),
            Op::Exp => self.call(Unary::Exp, x),
            Op::Log => self.call(Unary::Log, x),
            Op::Floor => self.call(Unary::Floor, x),
            Op::Ceil => self.call(Unary::Ceil, x),
            Op::Round => self.call(Unary::RoundEven, x),
            Op::Sign => self.sign(x),
            Op::LeakyRelu { alpha } => self.below_zero(x, self.mul(self.number(alpha.into()), x)),
            Op::Elu { alpha } => self.elu(x, alpha),
            Op::Selu { alpha, gamma } => self.mul(self.number(gamma.into()), self.elu(x, alpha)),
            Op::Sigmoid => {
                let one = self.number(1.0);
                let exponential = self.call(Unary::Exp, self.call(Unary::NegF, x));
                self.div(one, self.add(one, exponential))
            }
            Op::HardSigmoid { alpha, beta } => {
                let line = self.add(
                    self.mul(self.number(alpha.into()), x),
                    self.number(beta.into()),
                );
                self.unit_interval(line)
            }
            Op::HardSwish => {
                let line = self.add(self.div(x, self.number(6.0)), self.number(0.5));
                self.mul(x, self.unit_interval(line))
            }
            Op::Tanh => self.call(Unary::Tanh, x),
            Op::Erf => self.call(Unary::Erf, x),
            Op::Gelu => {
                let error = self.call(Unary::Erf, self.mul(x, self.number(FRAC_1_SQRT_2)));
                self.mul(
                    self.mul(self.number(0.5), x),
                    self.add(self.number(1.0), error),
                )
            }
            Op::Softplus => self.softplus(x),
            _ => return None,
        })
    }

    fn sign(&self, x: Val<'c>) -> Val<'c> {
        let signed_one = self.scalars.binary(Binary::CopySign, self.number(1.0), x);
        let zero = self
            .scalars
            .compare(Compare::OrderedEqual, x, self.number(0.0));
        let value = self.scalars.select(zero, self.number(0.0), signed_one);
        self.scalars
            .select(self.scalars.compare(Compare::Unordered, x, x), x, value)
    }

    fn elu(&self, x: Val<'c>, alpha: f32) -> Val<'c> {
        self.below_zero(
            x,
            self.mul(self.number(alpha.into()), self.call(Unary::ExpM1, x)),
        )
    }

    /// `ln(1 + e^x)`, as `x + ln(1 + e^-x)` above 0, where the first form overflows.
    fn softplus(&self, x: Val<'c>) -> Val<'c> {
        let positive = self
            .scalars
            .compare(Compare::OrderedGreater, x, self.number(0.0));
        let exponent = self.scalars.select(positive, self.call(Unary::NegF, x), x);
        let logarithm = self.call(Unary::Log1P, self.call(Unary::Exp, exponent));
        self.scalars
            .select(positive, self.add(x, logarithm), logarithm)
    }
}
