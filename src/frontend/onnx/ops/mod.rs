//! Translation of nodes, one file for each family of operators.

mod contraction;
mod elementwise;
mod quantizer;
mod reduction;
mod shape;

use super::node::{Node, Refusal, Translated};
use super::opset::Set;

/// Translates a node; `Ok(None)` if its operator is not known.
pub fn translate(node: &Node<'_>, set: Set) -> Result<Option<Translated>, Refusal> {
    if matches!(set, Set::Qonnx(_)) {
        return quantizer::translate(node);
    }
    for family in [
        elementwise::translate,
        contraction::translate,
        shape::translate,
        reduction::translate,
    ] {
        if let Some(translated) = family(node)? {
            return Ok(Some(translated));
        }
    }
    Ok(None)
}
