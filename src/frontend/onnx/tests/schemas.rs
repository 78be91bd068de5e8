//! The dialects' declarations against the schemas that the `onnx` package carries, for every version of the operator set
//! up to the newest that it knows. `scripts/onnx_schemas.py` makes the table.

use std::collections::{BTreeMap, BTreeSet};

use qonnx_dialects::declare::{Declaration, OnnxAttribute, OnnxKind, Presence};
use qonnx_dialects::onnx;
use serde::Deserialize;
use serde_json::Value;

/// An operator in one version.
#[derive(Deserialize)]
struct Schema {
    name: String,
    since: i64,
    inputs: Vec<String>,
    outputs: Vec<String>,
    /// Type, whether it must be there, and default.
    attributes: BTreeMap<String, (String, bool, Value)>,
}

#[derive(Deserialize)]
struct Head {
    newest: i64,
}

/// The oldest version that is read.
const OLDEST: i64 = 7;

/// The newest version that the package knows, and its schemas in the order of names and versions.
fn schemas() -> (i64, Vec<Schema>) {
    let text = include_str!("schemas.jsonl");
    let mut lines = text.lines();
    let head: Head = serde_json::from_str(lines.next().expect("a head")).expect("JSON");
    let all = lines.map(|line| serde_json::from_str(line).expect("JSON"));
    (head.newest, all.collect())
}

fn kind_name(kind: OnnxKind) -> &'static str {
    match kind {
        OnnxKind::Int => "INT",
        OnnxKind::Float => "FLOAT",
        OnnxKind::String => "STRING",
        OnnxKind::Tensor => "TENSOR",
        OnnxKind::Ints => "INTS",
        OnnxKind::Floats => "FLOATS",
        OnnxKind::Strings => "STRINGS",
        OnnxKind::SparseTensor => "SPARSE_TENSOR",
    }
}

/// Whether the text of a default is the value of a schema.
fn is_default(text: &str, value: &Value) -> bool {
    match value {
        Value::String(value) => text == value,
        Value::Number(value) => {
            // The package holds float32 numbers.
            let (ours, theirs) = (text.parse::<f32>(), value.as_f64());
            ours.is_ok_and(|ours| theirs.is_some_and(|theirs| ours == theirs as f32))
        }
        // What has no default is empty.
        Value::Null => text == "[]",
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

fn compare(declared: &Declaration, version: i64, schema: &Schema, wrong: &mut BTreeSet<String>) {
    let what = format!("{} in version {version}", declared.name());
    let has = |known: &&OnnxAttribute| (known.first..=known.last).contains(&version);
    let ours: BTreeMap<_, _> = declared
        .onnx
        .iter()
        .filter(has)
        .map(|known| (known.name, known))
        .collect();
    for name in ours
        .keys()
        .filter(|name| !schema.attributes.contains_key(**name))
    {
        wrong.insert(format!("{what}: '{name}' is declared, and is not there"));
    }
    for (name, (kind, required, default)) in &schema.attributes {
        let Some(known) = ours.get(name.as_str()) else {
            wrong.insert(format!("{what}: '{name}' is not declared"));
            continue;
        };
        if kind_name(known.kind) != kind {
            wrong.insert(format!("{what}: '{name}' is {kind}"));
        }
        let Some(own) = known.fills.map(|at| &declared.attributes[at]) else {
            continue;
        };
        let must = known.default.is_none() && !own.optional;
        if must != *required {
            wrong.insert(format!("{what}: '{name}' must be there: {required}"));
        }
        if let Some(text) = known.default
            && !is_default(text, default)
        {
            wrong.insert(format!(
                "{what}: '{name}' is {default} by default, declared {text}"
            ));
        }
    }
}

/// The newest form of an operator: its inputs but for those that are attributes here.
fn compare_operands(declared: &Declaration, schema: &Schema, wrong: &mut BTreeSet<String>) {
    let shown = |name: &str, presence| match presence {
        Presence::Required => name.to_owned(),
        Presence::Optional => format!("{name}?"),
        Presence::Variadic => format!("{name}..."),
    };
    let ours: Vec<_> = declared
        .operands
        .iter()
        .map(|own| shown(own.name, own.presence))
        .collect();
    let theirs: Vec<_> = schema
        .inputs
        .iter()
        .filter(|input| {
            let name = input.trim_end_matches(['?', '.']);
            !declared.onnx.iter().any(|known| {
                known.name == name
                    && known.last != i64::MAX
                    && declared.operands.iter().all(|own| own.name != name)
            })
        })
        .cloned()
        .collect();
    if ours != theirs {
        wrong.insert(format!(
            "{}: operands {ours:?}, ONNX has {theirs:?}",
            declared.name()
        ));
    }
}

#[test]
fn declarations_are_those_of_the_standard() {
    let (newest, schemas) = schemas();
    let mut wrong = BTreeSet::new();
    let operators = onnx::DECLARATIONS
        .iter()
        .chain(onnx::APART)
        .filter(|known| !known.names.is_empty());
    let mut compared = 0;
    for declared in operators {
        let versions: Vec<_> = schemas
            .iter()
            .filter(|schema| schema.name == declared.name())
            .collect();
        let Some(first) = versions.first() else {
            wrong.insert(format!("{} is no operator of ONNX", declared.name()));
            continue;
        };
        let since = if first.since <= OLDEST {
            1
        } else {
            first.since
        };
        if declared.since != since {
            wrong.insert(format!(
                "{}: since version {}, declared {}",
                declared.name(),
                first.since,
                declared.since
            ));
        }
        for version in OLDEST.max(first.since)..=newest {
            let schema = versions.iter().rfind(|schema| schema.since <= version);
            if let Some(schema) = schema {
                compare(declared, version, schema, &mut wrong);
                compared += 1;
            }
        }
        let most = versions.iter().filter(|schema| {
            schema.since >= OLDEST
                || Some(schema.since)
                    == versions
                        .iter()
                        .rfind(|schema| schema.since <= OLDEST)
                        .map(|schema| schema.since)
        });
        let most = most.map(|schema| match schema.outputs.last() {
            Some(last) if last.ends_with("...") => usize::MAX,
            _ => schema.outputs.len(),
        });
        let most = most.max().unwrap_or(0);
        if declared.outputs != most {
            wrong.insert(format!(
                "{}: {most} outputs, declared {}",
                declared.name(),
                declared.outputs
            ));
        }
        if let (Some(last), true) = (
            versions.last(),
            declared.op.len() > "onnx.".len() && !declared.operands.is_empty(),
        ) {
            compare_operands(declared, last, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(compared > 1_000, "{compared}");
}
