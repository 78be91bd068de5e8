//! What ONNX and QONNX say an operator has: attributes, since and until which version, and outputs.
//!
//! A file that has more is refused, as `onnx.checker` refuses it: an attribute that nothing reads changes the meaning
//! of the node for its author, not for us. Everything that is listed is either read by the translation or has no
//! effect on the values that an operator computes at inference.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::node::Refusal;
use super::opset::Set;
use super::proto::NodeProto;

/// An attribute, in the versions of the operator set that have it.
struct Attribute {
    name: &'static str,
    versions: RangeInclusive<i64>,
}

const fn always(name: &'static str) -> Attribute {
    between(name, i64::MIN, i64::MAX)
}

const fn since(name: &'static str, first: i64) -> Attribute {
    between(name, first, i64::MAX)
}

const fn until(name: &'static str, last: i64) -> Attribute {
    between(name, i64::MIN, last)
}

const fn between(name: &'static str, first: i64, last: i64) -> Attribute {
    Attribute {
        name,
        versions: first..=last,
    }
}

/// An operator with its attributes and the greatest number of its outputs.
struct Schema {
    operator: &'static str,
    outputs: usize,
    attributes: &'static [Attribute],
}

const fn schema(operator: &'static str, attributes: &'static [Attribute]) -> Schema {
    Schema {
        operator,
        outputs: 1,
        attributes,
    }
}

const fn with_outputs(schema: Schema, outputs: usize) -> Schema {
    Schema { outputs, ..schema }
}

const REDUCE: &[Attribute] = &[
    always("keepdims"),
    until("axes", 17),
    since("noop_with_empty_axes", 18),
];

/// The standard operators that have attributes or several outputs; the others have none and one.
const ONNX: &[Schema] = &[
    schema(
        "ArgMax",
        &[
            always("axis"),
            always("keepdims"),
            since("select_last_index", 12),
        ],
    ),
    schema(
        "AveragePool",
        &[
            always("kernel_shape"),
            always("strides"),
            always("pads"),
            always("auto_pad"),
            always("count_include_pad"),
            since("ceil_mode", 10),
            since("dilations", 19),
        ],
    ),
    with_outputs(
        schema(
            "BatchNormalization",
            &[
                always("epsilon"),
                always("momentum"),
                until("spatial", 8),
                since("training_mode", 14),
            ],
        ),
        5,
    ),
    schema("Cast", &[always("to"), since("saturate", 19)]),
    schema("Clip", &[until("min", 10), until("max", 10)]),
    schema("Concat", &[always("axis")]),
    schema(
        "Constant",
        &[
            always("value"),
            since("sparse_value", 11),
            since("value_float", 12),
            since("value_floats", 12),
            since("value_int", 12),
            since("value_ints", 12),
            since("value_string", 12),
            since("value_strings", 12),
        ],
    ),
    schema("ConstantOfShape", &[always("value")]),
    schema(
        "Conv",
        &[
            always("kernel_shape"),
            always("strides"),
            always("pads"),
            always("dilations"),
            always("group"),
            always("auto_pad"),
        ],
    ),
    with_outputs(
        schema("Dropout", &[until("ratio", 11), since("seed", 12)]),
        2,
    ),
    schema("Elu", &[always("alpha")]),
    schema("Flatten", &[always("axis")]),
    schema("Gather", &[always("axis")]),
    schema("Gelu", &[always("approximate")]),
    schema(
        "Gemm",
        &[
            always("alpha"),
            always("beta"),
            always("transA"),
            always("transB"),
        ],
    ),
    schema("HardSigmoid", &[always("alpha"), always("beta")]),
    with_outputs(
        schema(
            "LayerNormalization",
            &[always("axis"), always("epsilon"), always("stash_type")],
        ),
        3,
    ),
    schema("LeakyRelu", &[always("alpha")]),
    schema("LogSoftmax", &[always("axis")]),
    with_outputs(
        schema(
            "MaxPool",
            &[
                always("kernel_shape"),
                always("strides"),
                always("pads"),
                always("auto_pad"),
                since("storage_order", 8),
                since("ceil_mode", 10),
                since("dilations", 10),
            ],
        ),
        2,
    ),
    schema(
        "Pad",
        &[always("mode"), until("pads", 10), until("value", 10)],
    ),
    schema("ReduceMax", REDUCE),
    schema("ReduceMean", REDUCE),
    schema("ReduceMin", REDUCE),
    schema(
        "ReduceSum",
        &[
            always("keepdims"),
            until("axes", 12),
            since("noop_with_empty_axes", 13),
        ],
    ),
    schema("Reshape", &[since("allowzero", 14)]),
    schema("Selu", &[always("alpha"), always("gamma")]),
    schema("Shape", &[since("start", 15), since("end", 15)]),
    schema(
        "Slice",
        &[until("starts", 9), until("ends", 9), until("axes", 9)],
    ),
    schema("Softmax", &[always("axis")]),
    with_outputs(
        schema(
            "Split",
            &[always("axis"), until("split", 12), since("num_outputs", 18)],
        ),
        usize::MAX,
    ),
    schema("Squeeze", &[until("axes", 12)]),
    with_outputs(
        schema(
            "TopK",
            &[
                always("axis"),
                until("k", 9),
                since("largest", 11),
                since("sorted", 11),
            ],
        ),
        2,
    ),
    schema("Transpose", &[always("perm")]),
    schema("Unsqueeze", &[until("axes", 12)]),
];

const QUANT: &[Attribute] = &[always("signed"), always("narrow"), always("rounding_mode")];

/// The operators of QONNX that have attributes. The two versions of `Trunc` are told apart by their inputs, so that
/// both may have the attributes of the newer one.
const QONNX: &[Schema] = &[
    schema("Quant", QUANT),
    schema("IntQuant", QUANT),
    schema("Trunc", QUANT),
    schema("TruncQuant", QUANT),
    schema(
        "FloatQuant",
        &[
            always("has_inf"),
            always("has_nan"),
            always("has_subnormal"),
            always("saturation"),
            always("rounding_mode"),
        ],
    ),
    schema(
        "MultiThreshold",
        &[
            always("out_dtype"),
            always("out_scale"),
            always("out_bias"),
            always("data_layout"),
        ],
    ),
    schema(
        "QuantAvgPool2d",
        &[
            always("stride"),
            always("kernel"),
            always("ibits"),
            always("obits"),
            always("signed"),
            always("data_layout"),
        ],
    ),
    schema("DebugMarker", &[always("export_debug_name")]),
];

/// Checks that a node has no attribute and no output that its operator does not have, and no attribute twice. The
/// operator must be one that is translated.
pub fn check(node: &NodeProto, set: Set) -> Result<(), Refusal> {
    let (table, version, domain) = match set {
        Set::Onnx(version) => (ONNX, version, "ai.onnx"),
        Set::Qonnx(version) => (QONNX, version, "QONNX"),
    };
    let known = table.iter().find(|schema| schema.operator == node.op_type);
    let attributes = known.map_or(&[][..], |schema| schema.attributes);
    let operator = format!("{} of {domain} version {version}", node.op_type);
    let mut seen = BTreeSet::new();
    for attribute in &node.attribute {
        let name = attribute.name.as_str();
        if !seen.insert(name) {
            return Err(Refusal {
                message: format!("it has the attribute '{name}' more than once"),
                help: "leave the one that is meant; ONNX allows each attribute once",
            });
        }
        let known = attributes.iter().find(|known| known.name == name);
        if known.is_some_and(|known| known.versions.contains(&version)) {
            continue;
        }
        let expected = known.map_or_else(
            || expected(attributes, version),
            |known| versions(&known.versions),
        );
        return Err(Refusal {
            message: format!(
                "it has the attribute '{name}', which {operator} does not have, expected {expected}"
            ),
            help: "remove the attribute, or correct its name or the version that the model imports",
        });
    }
    let (found, most) = (last_named(&node.output), known.map_or(1, |s| s.outputs));
    if found > most {
        return Err(Refusal {
            message: format!("it has {found} outputs, expected at most {most}, as {operator} has"),
            help: "the node breaks the rules of its operator; correct the exporter or the file",
        });
    }
    Ok(())
}

/// Number of tensors of a node, absent ones at the end not counted.
pub fn last_named(names: &[String]) -> usize {
    names
        .iter()
        .rposition(|name| !name.is_empty())
        .map_or(0, |last| last + 1)
}

/// The attributes that an operator has, in words.
fn expected(attributes: &[Attribute], version: i64) -> String {
    let names: Vec<_> = attributes
        .iter()
        .filter(|known| known.versions.contains(&version))
        .map(|known| format!("'{}'", known.name))
        .collect();
    if names.is_empty() {
        "no attributes".to_owned()
    } else {
        format!("only {}", names.join(", "))
    }
}

/// The versions that have an attribute, in words.
fn versions(versions: &RangeInclusive<i64>) -> String {
    if *versions.end() == i64::MAX {
        format!("it from version {} on", versions.start())
    } else {
        format!("it up to version {}", versions.end())
    }
}
