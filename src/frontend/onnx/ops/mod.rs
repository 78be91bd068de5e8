//! Translation of nodes, one file for each family of operators.

mod contraction;
mod elementwise;
mod quantizer;
mod reduction;
mod shape;

use super::node::{Node, Refusal, Translated};
use super::opset::Set;

/// The oldest and newest version of the standard operators that are read.
pub const ONNX_VERSIONS: std::ops::RangeInclusive<i64> = 1..=23;

/// Translates a node; `Ok(None)` if its operator is not known.
pub fn translate(node: &Node<'_>, set: Set) -> Result<Option<Translated>, Refusal> {
    match set {
        Set::Qonnx(_) => quantizer::translate(node),
        Set::Onnx(version) if !ONNX_VERSIONS.contains(&version) => Err(format!(
            "operator set version {version} is not supported, expected {} to {}",
            ONNX_VERSIONS.start(),
            ONNX_VERSIONS.end()
        )),
        Set::Onnx(_) => {
            for family in
                [elementwise::translate, contraction::translate, shape::translate, reduction::translate]
            {
                if let Some(translated) = family(node)? {
                    return Ok(Some(translated));
                }
            }
            Ok(None)
        }
    }
}
