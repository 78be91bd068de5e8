//! Domains and versions (QONNX semantics, sections 1.0 and 8.1).

use super::proto::{ModelProto, NodeProto};

/// The operator set that a node belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// The standard operators, of a version.
    Onnx(i64),
    /// QONNX's general operators, of a version.
    Qonnx(i64),
}

/// Domains under which QONNX's operators have been exported over the years.
const QONNX_DOMAINS: [&str; 5] =
    ["qonnx.custom_op.general", "onnx.brevitas", "finn.custom_op.general", "finn", "qonnx"];
/// Operators of QONNX that some exports put into the standard domain.
const QONNX_OPS: [&str; 8] =
    ["Quant", "IntQuant", "BipolarQuant", "Trunc", "TruncQuant", "FloatQuant", "MultiThreshold", "QuantAvgPool2d"];

/// The version that an import gives a domain, if there is one. `""` and `ai.onnx` are one domain.
fn imported(model: &ModelProto, domain: &str) -> Option<i64> {
    let same = |other: &str| other == domain || domain.is_empty() && other == "ai.onnx";
    model.opset_import.iter().find(|import| same(&import.domain)).map(|import| import.version)
}

/// The set of a node, or what is wrong with its domain.
pub fn set_of(model: &ModelProto, node: &NodeProto) -> Result<Set, String> {
    let domain = node.domain.as_str();
    let standard = domain.is_empty() || domain == "ai.onnx";
    let backend = node.attribute.iter().any(|attribute| attribute.name == "backend");
    if standard && !QONNX_OPS.contains(&node.op_type.as_str()) {
        // A model without an import of the standard set is older than imports: version 1.
        return Ok(Set::Onnx(imported(model, "").unwrap_or(1)));
    }
    if standard || QONNX_DOMAINS.contains(&domain) && !(domain == "finn" && backend) {
        // The executor takes version 1 where there is no import; the two versions of Trunc are told apart by
        // their number of inputs, since imports are often missing or those of another domain.
        let version = if node.op_type == "TruncQuant" || node.op_type == "Trunc" && node.input.len() == 6 {
            2
        } else if node.op_type == "Trunc" && node.input.len() == 5 {
            1
        } else {
            imported(model, domain).unwrap_or(1)
        };
        return Ok(Set::Qonnx(version));
    }
    if domain == "brevitas.onnx" && node.op_type == "DebugMarker" {
        return Ok(Set::Qonnx(1));
    }
    Err(format!("domain '{domain}' is not known"))
}
