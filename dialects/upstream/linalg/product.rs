//! Bodies that add up products: those of matrix products and convolutions.

use super::generic::{Generic, Instr};
use crate::upstream::arith::{Integer, Resize};

/// A factor of a product: the element of an input, in another width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Number of the input.
    pub input: usize,
    /// The changes of its width, in order.
    pub changes: Vec<Instr>,
}

impl Factor {
    /// The factor that an instruction of a body is.
    fn of(body: &[Instr], mut at: usize) -> Option<Self> {
        let mut changes = Vec::new();
        loop {
            match *body.get(at)? {
                Instr::Input(input) => {
                    changes.reverse();
                    return Some(Self { input, changes });
                }
                change @ Instr::Resize(_, from, _) => {
                    changes.push(change);
                    at = from;
                }
                _ => return None,
            }
        }
    }

    /// Whether the bits of the element are read as a signed number; `None` if some of them are cut off. An element that is as
    /// wide as the sum may be read either way, which makes no difference.
    pub fn signed(&self) -> Option<bool> {
        match *self.changes.as_slice() {
            [] | [Instr::Resize(Resize::ExtS, ..)] => Some(true),
            [Instr::Resize(Resize::ExtU, ..)] => Some(false),
            _ => None,
        }
    }
}

impl Generic {
    /// The factors `a` and `b` of a body `out + a * b`; `None` for other bodies.
    pub fn product(&self) -> Option<[Factor; 2]> {
        let body = &self.body;
        let &Instr::Integer(Integer::Add, left, right) = body.last()? else {
            return None;
        };
        let product = match (body.get(left)?, body.get(right)?) {
            (Instr::Output, product) | (product, Instr::Output) => product,
            _ => return None,
        };
        let &Instr::Integer(Integer::Mul, a, b) = product else {
            return None;
        };
        Some([Factor::of(body, a)?, Factor::of(body, b)?])
    }
}
