//! Translation of nodes: by the declaration of the op, but for the operators that say something in other words, which are
//! in one file for each family.

mod elementwise;
mod quantizer;
mod reduction;
mod shape;

use super::node::{Node, Refusal, Translated};
use super::opset::Set;
use super::schema;

/// The translation of some operators; `None` for others.
type Family = fn(&Node<'_>) -> Result<Option<Translated>, Refusal>;

/// Translates a node; `Ok(None)` if its operator is not known.
pub fn translate(node: &Node<'_>, set: Set) -> Result<Option<Translated>, Refusal> {
    let families: &[Family] = match set {
        Set::Qonnx(_) => &[quantizer::translate],
        Set::Onnx(_) => &[
            elementwise::translate,
            reduction::translate,
            shape::translate,
        ],
    };
    for family in families {
        if let Some(translated) = family(node)? {
            return Ok(Some(translated));
        }
    }
    match schema::find(node.proto(), set) {
        Some((Some(number), _)) => schema::translate(node, set, number),
        _ => Ok(None),
    }
}
