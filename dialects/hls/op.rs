//! The constructs of emitted C++ as Rust values, without operands and bodies, which the build makes of the definitions in
//! `Hls.td`.

use melior::Context;
use melior::ir::{Location, Region, Type, operation::Operation};

use super::types::Scalar;
use crate::declare;
use crate::ir::Val;

include!(concat!(env!("OUT_DIR"), "/hls.rs"));

impl Op {
    /// Builds the op; functions and loops have one region.
    pub fn build<'c>(
        &self,
        context: &'c Context,
        operands: &[Val<'c>],
        results: &[Type<'c>],
        region: Option<Region<'c>>,
        location: Location<'c>,
    ) -> Operation<'c> {
        declare::build_with_region(self, context, operands, results, region, location)
    }
}

impl Binary {
    /// The operator as C++ writes it.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Rem => "%",
            Self::And => "&",
            Self::Shr => ">>",
            Self::Lt => "<",
            Self::Ge => ">=",
        }
    }

    /// The type of the result: for words, that of the ap_int operators, which hold every result. `None` where
    /// the operator has no meaning on these operands.
    pub fn result(self, a: Scalar, b: Scalar) -> Option<Scalar> {
        match (self, a, b) {
            (
                Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Rem,
                Scalar::Index,
                Scalar::Index,
            ) => Some(Scalar::Index),
            (Self::Add, Scalar::Word(a), Scalar::Word(b)) => Some(Scalar::Word(a.sum(b))),
            (Self::Sub, Scalar::Word(a), Scalar::Word(b)) => Some(Scalar::Word(a.difference(b))),
            (Self::Mul, Scalar::Word(a), Scalar::Word(b)) => Some(Scalar::Word(a.product(b))),
            (Self::And, Scalar::Word(a), Scalar::Word(b)) => Some(Scalar::Word(a.joined(b))),
            (Self::Shr, Scalar::Word(a), Scalar::Index) => Some(Scalar::Word(a)),
            (Self::Lt | Self::Ge, Scalar::Word(_), Scalar::Word(_))
            | (Self::Lt | Self::Ge, Scalar::Index, Scalar::Index) => Some(Scalar::Bool),
            _ => None,
        }
    }
}
