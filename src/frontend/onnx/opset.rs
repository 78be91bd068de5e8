//! Domains and versions (QONNX semantics, sections 1.0 and 8.1).

use std::ops::{RangeFrom, RangeInclusive};

use super::error::Problem;
use super::proto::{ModelProto, NodeProto};
use super::schema;

/// The operator set that a node belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// The standard operators, of a version.
    Onnx(i64),
    /// QONNX's general operators, of a version.
    Qonnx(i64),
}

/// The versions of the standard operators that are read. Older ones broadcast by other rules.
const ONNX_VERSIONS: RangeInclusive<i64> = 7..=23;
/// Domains under which QONNX's operators have been exported over the years.
const QONNX_DOMAINS: [&str; 5] = [
    "qonnx.custom_op.general",
    "onnx.brevitas",
    "finn.custom_op.general",
    "finn",
    "qonnx",
];
/// `""` and `ai.onnx` are one domain.
fn is_standard(domain: &str) -> bool {
    domain.is_empty() || domain == "ai.onnx"
}

/// Whether a node is an operator of QONNX that its export put into the standard domain.
fn is_misplaced(node: &NodeProto) -> bool {
    schema::is_of_qonnx(&node.op_type)
}

/// The version that an import gives a domain, if there is one.
fn imported(model: &ModelProto, domain: &str) -> Option<i64> {
    let same = |other: &str| other == domain || is_standard(other) && is_standard(domain);
    model
        .opset_import
        .iter()
        .find(|import| same(&import.domain))
        .map(|import| import.version)
}

/// The versions of the format that say which operators they use. The first two did not.
const IR_VERSIONS: RangeFrom<i64> = 3..;

/// What is wrong with the version of the format.
pub fn check_ir_version(model: &ModelProto) -> Option<Problem> {
    let version = model.ir_version;
    if IR_VERSIONS.contains(&version) {
        return None;
    }
    let first = IR_VERSIONS.start;
    let (message, help) = match version {
        0 => (
            format!("has no 'ir_version', expected {first} or newer"),
            "every ONNX file has one; export the model again",
        ),
        1.. => (
            format!(
                "has the 'ir_version' {version}, which is not supported, expected {first} or newer"
            ),
            "convert it with onnx.version_converter",
        ),
        _ => (
            format!("has the 'ir_version' {version}, expected {first} or newer"),
            "the file is damaged; export the model again",
        ),
    };
    Some(Problem::new("model", message).help(help))
}

/// What is wrong with the version of the standard operators, if the model uses any.
pub fn check_version(model: &ModelProto) -> Option<Problem> {
    let nodes = model.graph.iter().flat_map(|graph| &graph.node);
    nodes
        .clone()
        .find(|node| is_standard(&node.domain) && !is_misplaced(node))?;
    let expected = format!(
        "expected version {} to {}",
        ONNX_VERSIONS.start(),
        ONNX_VERSIONS.end()
    );
    match imported(model, "") {
        Some(version) if ONNX_VERSIONS.contains(&version) => None,
        Some(version) => Some(
            Problem::new(
                "model",
                format!(
                    "uses version {version} of the standard operators, which is not supported, {expected}"
                ),
            )
            .help("convert it with onnx.version_converter, or export it for another version"),
        ),
        None => Some(
            Problem::new(
                "model",
                format!("does not import the standard operators, {expected}"),
            )
            .help("export it again, or add the import that its exporter used"),
        ),
    }
}

/// The set of a node, or what is wrong with its domain. `check_version` has judged the version of the
/// standard operators.
pub fn set_of(model: &ModelProto, node: &NodeProto) -> Result<Set, (String, &'static str)> {
    let domain = node.domain.as_str();
    if is_standard(domain) && !is_misplaced(node) {
        let version = imported(model, "").unwrap_or(*ONNX_VERSIONS.start());
        return Ok(Set::Onnx(
            version.clamp(*ONNX_VERSIONS.start(), *ONNX_VERSIONS.end()),
        ));
    }
    let backend = node
        .attribute
        .iter()
        .any(|attribute| attribute.name == "backend");
    let hardware = domain.starts_with("finn.custom_op.fpgadataflow") || domain == "finn" && backend;
    if is_standard(domain) || QONNX_DOMAINS.contains(&domain) && !hardware {
        return Ok(Set::Qonnx(qonnx_version(model, node)));
    }
    if domain == "brevitas.onnx" && node.op_type == "DebugMarker" {
        return Ok(Set::Qonnx(1));
    }
    let help = if hardware {
        "it is a hardware layer of FINN; give the QONNX model that the FINN flow started from"
    } else if domain == "qonnx.custom_op.channels_last" {
        "give the model as it was before its conversion to channels-last"
    } else if model.functions.is_empty() {
        "express it in operators of standard ONNX or QONNX"
    } else {
        "inline the model's functions, for instance with onnx.inliner"
    };
    Err((
        format!("domain '{domain}' is not supported, expected standard ONNX or QONNX"),
        help,
    ))
}

/// The version of an operator of QONNX. The executor takes version 1 where there is no import. The two
/// versions of Trunc are told apart by their number of inputs, since imports are often missing or those of
/// another domain.
fn qonnx_version(model: &ModelProto, node: &NodeProto) -> i64 {
    match (node.op_type.as_str(), node.input.len()) {
        ("TruncQuant", _) | ("Trunc", 6) => 2,
        ("Trunc", 5) => 1,
        _ => QONNX_DOMAINS
            .contains(&node.domain.as_str())
            .then(|| imported(model, &node.domain))
            .flatten()
            .unwrap_or(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::onnx::proto::{AttributeProto, GraphProto, OperatorSetIdProto};

    fn model(imports: &[(&str, i64)]) -> ModelProto {
        ModelProto {
            opset_import: imports
                .iter()
                .map(|&(domain, version)| OperatorSetIdProto {
                    domain: domain.to_owned(),
                    version,
                })
                .collect(),
            ..ModelProto::default()
        }
    }

    fn node(domain: &str, op_type: &str, inputs: usize) -> NodeProto {
        NodeProto {
            domain: domain.to_owned(),
            op_type: op_type.to_owned(),
            input: vec!["x".to_owned(); inputs],
            ..NodeProto::default()
        }
    }

    #[test]
    fn imports_are_found_by_domain_in_any_order() {
        for standard in ["", "ai.onnx"] {
            let model = model(&[("qonnx.custom_op.general", 2), (standard, 13)]);
            assert_eq!(set_of(&model, &node("", "Relu", 1)), Ok(Set::Onnx(13)));
            assert_eq!(
                set_of(&model, &node("ai.onnx", "Relu", 1)),
                Ok(Set::Onnx(13))
            );
            let quant = node("qonnx.custom_op.general", "Quant", 4);
            assert_eq!(set_of(&model, &quant), Ok(Set::Qonnx(2)));
        }
    }

    #[test]
    fn quantizers_are_known_under_all_their_domains() {
        let model = model(&[("", 9)]);
        for domain in QONNX_DOMAINS.into_iter().chain(["", "ai.onnx"]) {
            assert_eq!(
                set_of(&model, &node(domain, "Quant", 4)),
                Ok(Set::Qonnx(1)),
                "{domain}"
            );
            assert_eq!(
                set_of(&model, &node(domain, "Trunc", 5)),
                Ok(Set::Qonnx(1)),
                "{domain}"
            );
            assert_eq!(
                set_of(&model, &node(domain, "Trunc", 6)),
                Ok(Set::Qonnx(2)),
                "{domain}"
            );
            assert_eq!(
                set_of(&model, &node(domain, "TruncQuant", 6)),
                Ok(Set::Qonnx(2)),
                "{domain}"
            );
        }
        assert_eq!(
            set_of(&model, &node("brevitas.onnx", "DebugMarker", 1)),
            Ok(Set::Qonnx(1))
        );
    }

    #[test]
    fn hardware_layers_of_finn_are_not_quantizers() {
        let model = model(&[("", 9)]);
        let mut layer = node("finn", "StreamingFCLayer_Batch", 3);
        layer.attribute.push(AttributeProto {
            name: "backend".to_owned(),
            ..AttributeProto::default()
        });
        for node in [
            layer,
            node("finn.custom_op.fpgadataflow.hls", "MVAU_hls", 3),
        ] {
            let (_, help) = set_of(&model, &node).expect_err("not an operator of QONNX");
            assert!(help.contains("FINN"), "{help}");
        }
    }

    #[test]
    fn the_version_of_the_standard_operators_is_judged_once() {
        let with = |imports: &[(&str, i64)], domain: &str| {
            let mut model = model(imports);
            model.graph = Some(GraphProto {
                node: vec![node(domain, "Relu", 1)],
                ..GraphProto::default()
            });
            check_version(&model).map(|problem| problem.message)
        };
        assert_eq!(with(&[("ai.onnx", 7)], ""), None);
        assert_eq!(with(&[], "onnx.brevitas"), None);
        assert!(with(&[("", 6)], "").is_some_and(|message| message.contains("version 6")));
        assert!(
            with(&[("onnx.brevitas", 9)], "").is_some_and(|message| message.contains("not import"))
        );
    }
}
