//! The records of a definition file, as `llvm-tblgen --dump-json` gives them, in the terms of `Common.td`.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// An op.
pub struct Op {
    /// Its variant of the enum `Op`.
    pub variant: String,
    /// Its name without that of the dialect.
    pub mnemonic: String,
    pub summary: String,
    pub description: String,
    /// Its struct, if it has attributes.
    pub structure: Option<String>,
    pub family: String,
    pub group: String,
    pub apart: bool,
    pub single: bool,
    pub layer: bool,
    pub in_onnx: bool,
    pub onnx_names: Vec<String>,
    pub since: i64,
    pub onnx_attributes: Vec<OnnxAttribute>,
    pub outputs: usize,
    pub level2: String,
    pub formula: String,
    pub on_integers: bool,
    pub refused_on: Vec<String>,
    pub direction: String,
    pub elementwise: bool,
    pub operands: Vec<Operand>,
    pub results: Vec<Operand>,
    pub attributes: Vec<Attribute>,
}

/// An operand or a result.
pub struct Operand {
    pub name: String,
    /// A variant of `Presence`.
    pub presence: &'static str,
    /// A variant of `Role`.
    pub role: String,
}

/// An attribute.
pub struct Attribute {
    pub name: String,
    pub summary: String,
    /// A variant of `Kind`, and the Rust type.
    pub kind: String,
    pub rust: String,
    pub optional: bool,
    pub default: Option<String>,
}

/// An attribute as ONNX has it.
pub struct OnnxAttribute {
    pub name: String,
    pub default: String,
    pub fills: String,
    pub first: i64,
    pub last: i64,
    pub kind: String,
}

/// The ops of a definition file, and the operators that are no ops, in the order of the file.
pub fn read(tblgen: &Path, include: &Path, source: &str) -> Vec<Op> {
    let output = Command::new(tblgen)
        .arg("--dump-json")
        .arg(format!("-I{}", include.display()))
        .args(["-I.", source])
        .output()
        .unwrap_or_else(|error| panic!("cannot run {}: {error}", tblgen.display()));
    assert!(
        output.status.success(),
        "llvm-tblgen failed on dialects/{source}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let records: Value = serde_json::from_slice(&output.stdout).expect("llvm-tblgen writes JSON");
    let records = Records(&records);
    let all = |class: &str| records.0["!instanceof"][class].as_array();
    let is_declared = |name: &Value| all("Declared").is_some_and(|known| known.contains(name));
    for name in all("Op").into_iter().flatten() {
        assert!(is_declared(name), "{name} is not a `Declared` of Common.td");
    }
    let mut ops: Vec<_> = all("Declared")
        .into_iter()
        .flatten()
        .map(|name| {
            let record = &records.0[text(name)];
            let line = text(&record["!locs"][0]).rsplit_once(':');
            let line: usize = line
                .and_then(|(_, line)| line.parse().ok())
                .expect("a record has a line");
            (line, records.op(record))
        })
        .collect();
    ops.sort_by_key(|(line, _)| *line);
    ops.into_iter().map(|(_, op)| op).collect()
}

struct Records<'a>(&'a Value);

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

fn flag(value: &Value) -> bool {
    value.as_i64() == Some(1)
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items.map(|item| text(item).to_owned()).collect()
}

fn or(given: &str, default: &str) -> String {
    if given.is_empty() { default } else { given }.to_owned()
}

impl<'a> Records<'a> {
    /// The record that a value refers to.
    fn of(&self, reference: &Value) -> &'a Value {
        &self.0[text(&reference["def"])]
    }

    fn op(&self, record: &'a Value) -> Op {
        let name = text(&record["!name"]);
        let own = name.split_once('_').map_or(name, |(_, own)| own);
        let variant = or(
            text(&record["rustName"]),
            own.strip_suffix("Op").unwrap_or(own),
        );
        let (mut operands, mut attributes) = (Vec::new(), Vec::new());
        for (constraint, name) in self.arguments(&record["arguments"]) {
            if is_a(self.constraint(constraint).0, "Attr") {
                attributes.push(self.attribute(constraint, name));
            } else {
                operands.push(self.operand(constraint, name));
            }
        }
        let results: Vec<_> = self
            .arguments(&record["results"])
            .into_iter()
            .map(|(constraint, name)| self.operand(constraint, name))
            .collect();
        let variadic = results.iter().any(|result| result.presence == "Variadic");
        let outputs = record["onnxOutputs"].as_u64().unwrap_or(0) as usize;
        let formula = text(&record["formula"]).to_owned();
        Op {
            mnemonic: text(&record["opName"]).to_owned(),
            summary: text(&record["summary"]).to_owned(),
            description: text(&record["description"]).to_owned(),
            structure: (!attributes.is_empty()).then(|| or(text(&record["rustStruct"]), &variant)),
            family: text(&record["family"]).to_owned(),
            group: text(&record["group"]).to_owned(),
            apart: flag(&record["apart"]),
            single: flag(&record["single"]),
            layer: flag(&record["layer"]),
            in_onnx: flag(&record["inOnnx"]),
            onnx_names: match (flag(&record["inOnnx"]), texts(&record["onnxNames"])) {
                (true, names) if names.is_empty() => vec![variant.clone()],
                (_, names) => names,
            },
            since: record["since"].as_i64().unwrap_or(1),
            onnx_attributes: self.onnx_attributes(&record["onnxAttributes"]),
            outputs: match variadic {
                true => usize::MAX,
                false => outputs.max(results.len()),
            },
            level2: text(&record["level2"]).to_owned(),
            on_integers: flag(&record["onIntegers"]),
            refused_on: texts(&record["refusedOn"]),
            direction: text(&record["direction"]).to_owned(),
            elementwise: flag(&record["elementwise"]) || !formula.is_empty(),
            formula,
            operands,
            results,
            attributes,
            variant,
        }
    }

    /// The constraints of a list of arguments, with their names.
    fn arguments(&self, dag: &'a Value) -> Vec<(&'a Value, &'a str)> {
        let arguments = dag["args"].as_array().into_iter().flatten();
        arguments
            .map(|argument| (self.of(&argument[0]), text(&argument[1])))
            .collect()
    }

    /// What an `Arg` constrains, and its text; any other constraint itself.
    fn constraint(&self, record: &'a Value) -> (&'a Value, &'a str) {
        if is_a(record, "OpVariable") {
            (self.of(&record["constraint"]), text(&record["summary"]))
        } else {
            (record, "")
        }
    }

    fn operand(&self, constraint: &'a Value, name: &str) -> Operand {
        let (constraint, _) = self.constraint(constraint);
        let role = text(&constraint["role"]);
        let absent = text(&constraint["!name"]) == "OptionalTensor" || role == "Bound";
        Operand {
            name: name.to_owned(),
            presence: if is_a(constraint, "Variadic") {
                "Variadic"
            } else if absent || is_a(constraint, "Optional") {
                "Optional"
            } else {
                "Required"
            },
            role: or(role, "Like"),
        }
    }

    fn attribute(&self, constraint: &'a Value, name: &str) -> Attribute {
        let (mut constraint, summary) = self.constraint(constraint);
        let optional = is_a(constraint, "OptionalAttr");
        let default = is_a(constraint, "DefaultValuedAttr").then(|| {
            text(&constraint["defaultValue"])
                .trim_matches('"')
                .to_owned()
        });
        if optional || default.is_some() {
            constraint = self.of(&constraint["baseAttr"]);
        }
        let (kind, rust) = match text(&constraint["!name"]) {
            "I64Attr" => ("Int", "i64"),
            "F32Attr" => ("Float", "f32"),
            "BoolAttr" => ("Bool", "bool"),
            "StrAttr" | "SymbolNameAttr" => ("Text", "String"),
            "FlatSymbolRefAttr" => ("Symbol", "String"),
            "StrArrayAttr" => ("Texts", "Vec<String>"),
            "DenseI64ArrayAttr" => ("Ints", "Vec<i64>"),
            "ElementsAttr" => ("Tensor", "crate::tensor::Tensor"),
            other => {
                let kind = text(&constraint["rustKind"]);
                assert!(
                    !kind.is_empty(),
                    "the attribute '{name}' is an {other}, which has no Rust type; see RustKind in Common.td"
                );
                (kind, text(&constraint["rustType"]))
            }
        };
        Attribute {
            name: name.to_owned(),
            summary: or(summary, &format!("The attribute `{name}`.")),
            kind: kind.to_owned(),
            rust: rust.to_owned(),
            optional,
            default,
        }
    }

    fn onnx_attributes(&self, list: &'a Value) -> Vec<OnnxAttribute> {
        let items = list.as_array().into_iter().flatten();
        items
            .map(|item| {
                let record = self.of(item);
                OnnxAttribute {
                    name: text(&record["onnxName"]).to_owned(),
                    default: text(&record["defaultText"]).to_owned(),
                    fills: text(&record["fills"]).to_owned(),
                    first: record["first"].as_i64().unwrap_or(1),
                    last: record["last"].as_i64().unwrap_or(i64::MAX),
                    kind: text(&record["onnxType"]).to_owned(),
                }
            })
            .collect()
    }
}

fn is_a(record: &Value, class: &str) -> bool {
    let classes = record["!superclasses"].as_array().into_iter().flatten();
    classes.into_iter().any(|name| name == class)
}
