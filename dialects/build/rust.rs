//! The Rust side of a dialect: the enum `Op`, the structs of attributes, and the table of declarations.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::formula::{self, Name};
use crate::records::{Attribute, Op, Operand};

/// The source of the module that a dialect includes.
pub fn module(dialect: &str, all: &[Op]) -> String {
    let ops: Vec<&Op> = all.iter().filter(|op| !op.apart && !op.single).collect();
    let mut text = String::from("// Generated from the definitions by dialects/build.rs.\n\n");
    text += "use crate::declare::{Attribute, Declaration, Declared, Kind, Operand, Presence, Role, Value, Values};\n";
    text += "use crate::ir::{self, AttributeValue};\n\n";
    let with_structs: Vec<&Op> = all.iter().filter(|op| !op.apart).collect();
    structs(&mut text, &with_structs);
    enumeration(&mut text, dialect, &ops);
    families(&mut text, &ops);
    layers(&mut text, &ops);
    text += "/// The declarations of the ops, in the order of the definitions.\n";
    text +=
        "#[allow(clippy::approx_constant, reason = \"numbers are those of the definitions\")]\n";
    text += "pub static DECLARATIONS: &[Declaration] = &[\n";
    for op in &ops {
        text += &declaration(dialect, op);
    }
    text += "];\n";
    if all.iter().any(|op| op.apart) {
        text += "\n/// The declarations of the ops that are built and read in ways of their own.\n";
        text += "pub static APART: &[Declaration] = &[\n";
        for op in all.iter().filter(|op| op.apart) {
            text += &declaration(dialect, op);
        }
        text += "];\n";
    }
    declared(&mut text, dialect, &ops);
    for op in all.iter().filter(|op| op.single) {
        single(&mut text, dialect, op);
    }
    text
}

/// An op that is a type of its own.
fn single(text: &mut String, dialect: &str, op: &Op) {
    let name = op
        .structure
        .as_ref()
        .expect("an op of its own has attributes");
    let declaration = declaration(dialect, op);
    let _ = writeln!(
        text,
        "
impl Declared for {name} {{
    fn declarations() -> &'static [Declaration] {{
        static DECLARATION: &[Declaration] = &[
{declaration}];
        DECLARATION
    }}

    fn number(&self) -> usize {{
        0
    }}

    fn find(name: &str) -> Option<usize> {{
        (name == \"{dialect}.{}\").then_some(0)
    }}

    fn of(_: usize, values: &mut Values) -> Option<Self> {{
        Self::of(values)
    }}

    fn values(&self) -> Vec<Option<AttributeValue>> {{
        self.values()
    }}
}}

impl {name} {{
    /// Reads the op in place; `None` if it is another.
    pub fn read(op: ir::Op<'_>) -> Option<Self> {{
        crate::declare::read(op)
    }}
}}",
        op.mnemonic
    );
}

fn documentation(text: &mut String, indent: &str, lines: &str) {
    for line in lines.trim().lines() {
        let _ = writeln!(text, "{indent}/// {}", line.trim());
    }
}

/// The name of an attribute's field: some of MLIR's are no names of Rust, or say what the struct says.
fn field(attribute: &Attribute) -> &str {
    match (attribute.name.as_str(), attribute.kind.as_str()) {
        ("type", "Word") => "word",
        ("type", _) => "type_name",
        ("sym_name", _) => "name",
        (name, _) => name,
    }
}

fn rust_type(attribute: &Attribute) -> String {
    match attribute.optional {
        true => format!("Option<{}>", attribute.rust),
        false => attribute.rust.clone(),
    }
}

fn structs(text: &mut String, ops: &[&Op]) {
    let mut done = BTreeSet::new();
    for op in ops {
        // A path names the struct of another dialect.
        let own = op.structure.as_ref().filter(|name| !name.contains("::"));
        let Some(name) = own.filter(|name| done.insert(*name)) else {
            continue;
        };
        let sharing: Vec<_> = ops
            .iter()
            .filter(|other| other.structure.as_ref() == Some(name))
            .map(|other| format!("`{}`", other.variant))
            .collect();
        let _ = writeln!(
            text,
            "/// Attributes of {}: {}.",
            sharing.join(", "),
            op.summary
        );
        documentation(text, "", &format!("\n{}", op.description));
        let exact = ["f32", "crate::tensor::Tensor"];
        let eq = op
            .attributes
            .iter()
            .all(|attribute| !exact.contains(&attribute.rust.as_str()));
        let eq = if eq { ", Eq, Hash" } else { "" };
        let copy = if is_copy(op) { ", Copy" } else { "" };
        let _ = writeln!(
            text,
            "#[derive(Clone{copy}, Debug, PartialEq{eq})]\npub struct {name} {{"
        );
        for attribute in &op.attributes {
            documentation(text, "    ", &attribute.summary);
            let _ = writeln!(
                text,
                "    pub {}: {},",
                field(attribute),
                rust_type(attribute)
            );
        }
        let _ = writeln!(text, "}}\n\nimpl {name} {{");
        let _ = writeln!(
            text,
            "    pub(crate) fn of(values: &mut Values) -> Option<Self> {{\n        Some(Self {{"
        );
        for attribute in &op.attributes {
            let call = if attribute.optional {
                "optional"
            } else {
                "required"
            };
            let _ = writeln!(text, "            {}: values.{call}()?,", field(attribute));
        }
        text.push_str("        })\n    }\n\n    pub(crate) fn values(&self) -> Vec<Option<AttributeValue>> {\n        vec![\n");
        for attribute in &op.attributes {
            let place = format!("self.{}", field(attribute));
            let _ = match (attribute.kind.as_str(), attribute.optional) {
                ("Symbol", false) => writeln!(
                    text,
                    "            Some(AttributeValue::Symbol({place}.clone())),"
                ),
                (_, false) => writeln!(text, "            Some(Value::value(&{place})),"),
                (_, true) => writeln!(text, "            {place}.as_ref().map(Value::value),"),
            };
        }
        text.push_str("        ]\n    }\n}\n\n");
    }
}

/// Whether all attributes are plain numbers and names.
fn is_copy(op: &Op) -> bool {
    let plain = [
        "Int", "Size", "Bits", "Float", "Bool", "Choice", "Element", "Word",
    ];
    let mut attributes = op.attributes.iter();
    attributes.all(|attribute| plain.contains(&attribute.kind.as_str()))
}

fn variant(op: &Op, payload: &str) -> String {
    match &op.structure {
        Some(_) => format!("{}({payload})", op.variant),
        None if !op.group.is_empty() => format!("{0}({0}::{1})", op.group, op.variant),
        None => op.variant.clone(),
    }
}

fn operands(op: &Op) -> String {
    let shown = |operand: &Operand| match operand.presence {
        "Optional" => format!("{}?", operand.name),
        "Variadic" => format!("{}...", operand.name),
        _ => operand.name.clone(),
    };
    op.operands.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn enumeration(text: &mut String, dialect: &str, ops: &[&Op]) {
    let exact =
        |attribute: &Attribute| attribute.rust == "f32" || attribute.rust.ends_with("Tensor");
    let eq = !ops.iter().any(|op| op.attributes.iter().any(exact));
    let copy = ops.iter().all(|op| is_copy(op));
    let _ = writeln!(
        text,
        "/// An op of `{dialect}` with its attributes, without its operands."
    );
    let _ = writeln!(
        text,
        "#[derive(Clone{}, Debug, PartialEq{})]\npub enum Op {{",
        if copy { ", Copy" } else { "" },
        if eq { ", Eq" } else { "" }
    );
    let mut groups: Vec<&str> = Vec::new();
    for op in ops {
        let group = op.group.as_str();
        if group.is_empty() {
            let _ = writeln!(text, "    /// `({})`: {}.", operands(op), op.summary);
            let _ = writeln!(
                text,
                "    {},",
                variant(op, op.structure.as_deref().unwrap_or(""))
            );
        } else if !groups.contains(&group) {
            groups.push(group);
            let _ = writeln!(
                text,
                "    /// `({})`: {group}.\n    {group}({group}),",
                operands(op)
            );
        }
    }
    text.push_str("}\n\n");
    for group in groups {
        let _ = writeln!(
            text,
            "/// The ops of the group `{group}`, which have the same operands."
        );
        let _ = writeln!(
            text,
            "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\npub enum {group} {{"
        );
        for op in ops.iter().filter(|op| op.group == group) {
            let _ = writeln!(text, "    /// {}.\n    {},", op.summary, op.variant);
        }
        text.push_str("}\n\n");
    }
}

/// Each op as a layer; one without attributes is a type of its own.
fn layers(text: &mut String, ops: &[&Op]) {
    if !ops.iter().any(|op| op.layer) {
        return;
    }
    let plain = |op: &&&Op| op.structure.is_none() && op.group.is_empty();
    for op in ops.iter().filter(plain) {
        let _ = writeln!(
            text,
            "/// {}.\n#[derive(Clone, Copy, Debug, PartialEq, Eq)]\npub struct {};\n",
            op.summary, op.variant
        );
    }
    text.push_str("impl Op {\n    /// The layer behind the op.\n    pub fn layer(&self) -> &dyn super::layers::Layer {\n        match self {\n");
    let mut groups = BTreeSet::new();
    for op in ops {
        let _ = match (op.group.as_str(), &op.structure) {
            ("", Some(_)) => writeln!(text, "            Self::{}(op) => op,", op.variant),
            ("", None) => writeln!(text, "            Self::{0} => &{0},", op.variant),
            (group, _) if groups.insert(group) => {
                writeln!(text, "            Self::{group}(op) => op,")
            }
            _ => Ok(()),
        };
    }
    text.push_str("        }\n    }\n}\n\n");
}

/// One enum for each family, and one of the families.
fn families(text: &mut String, ops: &[&Op]) {
    let mut names: Vec<&str> = Vec::new();
    for op in ops {
        if !op.family.is_empty() && !names.contains(&op.family.as_str()) {
            names.push(&op.family);
        }
    }
    if names.is_empty() {
        return;
    }
    text.push_str("/// An op by its family, so that each file matches its own ops and no others.\n#[derive(Clone, Copy, Debug)]\npub enum Family<'a> {\n");
    for name in &names {
        let of = if *name == "Elementwise" {
            "&'a Op".to_owned()
        } else {
            format!("{name}<'a>")
        };
        let _ = writeln!(
            text,
            "    /// An op of the family `{name}`.\n    {name}({of}),"
        );
    }
    text.push_str("}\n\nimpl Op {\n    /// The op by its family.\n    pub fn family(&self) -> Family<'_> {\n        match self {\n");
    for op in ops {
        let family = &op.family;
        let _ = match (family.as_str(), &op.structure) {
            ("Elementwise", _) => writeln!(
                text,
                "            Self::{} => Family::Elementwise(self),",
                variant(op, "_")
            ),
            (_, Some(_)) => writeln!(
                text,
                "            Self::{0}(op) => Family::{family}({family}::{0}(op)),",
                op.variant
            ),
            (_, None) => writeln!(
                text,
                "            Self::{0} => Family::{family}({family}::{0}),",
                op.variant
            ),
        };
    }
    text.push_str("        }\n    }\n}\n\n");
    for name in names.into_iter().filter(|name| *name != "Elementwise") {
        let own: Vec<&&Op> = ops.iter().filter(|op| op.family == name).collect();
        let _ = writeln!(
            text,
            "/// The ops of the family `{name}`.\n#[derive(Clone, Copy, Debug)]\npub enum {name}<'a> {{"
        );
        for op in &own {
            let _ = writeln!(text, "    /// `({})`: {}.", operands(op), op.summary);
            let _ = match &op.structure {
                Some(structure) => writeln!(text, "    {}(&'a {structure}),", op.variant),
                None => writeln!(text, "    {},", op.variant),
            };
        }
        // So that a family without attributes is generic over the same lifetime.
        if own.iter().all(|op| op.structure.is_none()) {
            panic!("the family {name} has no op with attributes");
        }
        text.push_str("}\n\n");
    }
}

fn declaration(dialect: &str, op: &Op) -> String {
    let mut text = String::from("    Declaration {\n");
    let _ = writeln!(text, "        op: \"{dialect}.{}\",", op.mnemonic);
    let _ = writeln!(text, "        names: &{:?},", op.onnx_names);
    let _ = writeln!(text, "        since: {},", op.since);
    for (name, list) in [("operands", &op.operands), ("results", &op.results)] {
        let _ = writeln!(text, "        {name}: &[");
        for operand in list {
            let _ = writeln!(
                text,
                "            Operand {{ name: {:?}, presence: Presence::{}, role: Role::{} }},",
                operand.name, operand.presence, operand.role
            );
        }
        text.push_str("        ],\n");
    }
    text.push_str("        attributes: &[\n");
    for attribute in &op.attributes {
        let kind = match attribute.kind.as_str() {
            "Choice" => format!("Choice(crate::declare::Choice::of::<{}>())", attribute.rust),
            kind => kind.to_owned(),
        };
        let _ = writeln!(
            text,
            "            Attribute {{ name: {:?}, kind: Kind::{kind}, optional: {}, default: {:?} }},",
            attribute.name, attribute.optional, attribute.default
        );
    }
    text.push_str("        ],\n        onnx: &[\n");
    for known in &op.onnx_attributes {
        let fills = (!known.fills.is_empty()).then(|| {
            let own = op.attributes.iter().position(|own| own.name == known.fills);
            own.unwrap_or_else(|| {
                panic!(
                    "{} has no attribute '{}' for ONNX to fill",
                    op.variant, known.fills
                )
            })
        });
        let kind = match fills {
            Some(at) => onnx_kind(&op.attributes[at].kind),
            None => known_kind(&known.kind),
        };
        let default = (!known.default.is_empty()).then_some(&known.default);
        let last = if known.last == 9999 {
            i64::MAX
        } else {
            known.last
        };
        let _ = writeln!(
            text,
            "            crate::declare::OnnxAttribute {{ name: {:?}, kind: crate::declare::OnnxKind::{kind}, fills: {fills:?}, default: {default:?}, first: {}, last: {last} }},",
            known.name, known.first
        );
    }
    let outputs = if op.outputs == usize::MAX {
        "usize::MAX".to_owned()
    } else {
        op.outputs.to_string()
    };
    let _ = writeln!(
        text,
        "        ],\n        outputs: {outputs},\n        elementwise: {},",
        op.elementwise
    );
    let _ = writeln!(text, "        formula: {},", formula(op));
    let _ = writeln!(
        text,
        "        summary: {:?},\n        level2: {:?},\n    }},",
        op.summary, op.level2
    );
    text
}

fn onnx_kind(kind: &str) -> &'static str {
    match kind {
        "Int" | "Size" | "Bits" | "Bool" => "Int",
        "Float" => "Float",
        "Text" | "Foreign" | "Choice" => "String",
        "Ints" | "Sizes" | "Flags" => "Ints",
        "Tensor" => "Tensor",
        other => panic!("ONNX has no attributes of the kind {other}"),
    }
}

fn known_kind(kind: &str) -> &'static str {
    match kind {
        "int" => "Int",
        "float" => "Float",
        "string" => "String",
        "tensor" => "Tensor",
        "ints" => "Ints",
        "floats" => "Floats",
        "strings" => "Strings",
        "sparse_tensor" => "SparseTensor",
        other => panic!("'{other}' is no type of an attribute of ONNX"),
    }
}

fn formula(op: &Op) -> String {
    if op.formula.is_empty() {
        assert!(
            op.family != "Elementwise",
            "{} is elementwise and has no formula: it would have no meaning",
            op.variant
        );
        return "None".to_owned();
    }
    let variadic = op
        .operands
        .iter()
        .any(|operand| operand.presence == "Variadic");
    let names = |name: &str| {
        let attribute = op
            .attributes
            .iter()
            .position(|attribute| attribute.name == name);
        if let Some(at) = attribute {
            return Some(Name::Attribute(at));
        }
        let at = match variadic {
            // From left to right: what there is so far, and the next.
            true => ["A", "B"].iter().position(|known| *known == name),
            false => op.operands.iter().position(|operand| operand.name == name),
        };
        at.map(Name::Operand)
    };
    let nodes = formula::nodes(&op.formula, &names)
        .unwrap_or_else(|error| panic!("the formula of {}, {}: {error}", op.variant, op.formula));
    let direction = match op.direction.as_str() {
        "" => "None".to_owned(),
        direction => format!("Some(crate::monotone::Direction::{direction})"),
    };
    let refused: Vec<_> = op
        .refused_on
        .iter()
        .map(|name| {
            let (sign, width) = name.split_at(1);
            let signed = if sign == "i" { "int" } else { "uint" };
            format!("crate::tensor::Element::{signed}({width})")
        })
        .collect();
    format!(
        "Some(crate::formula::Formula {{ nodes: &[{}], on_integers: {}, refused_on: &[{}], direction: {direction} }})",
        nodes.join(", "),
        op.on_integers,
        refused.join(", ")
    )
}

fn declared(text: &mut String, dialect: &str, ops: &[&Op]) {
    text.push_str("\nimpl Declared for Op {\n    fn declarations() -> &'static [Declaration] {\n        DECLARATIONS\n    }\n\n    fn number(&self) -> usize {\n        match self {\n");
    for (at, op) in ops.iter().enumerate() {
        let _ = writeln!(text, "            Self::{} => {at},", variant(op, "_"));
    }
    text.push_str("        }\n    }\n\n    fn find(name: &str) -> Option<usize> {\n        Some(match name {\n");
    for (at, op) in ops.iter().enumerate() {
        let _ = writeln!(text, "            \"{dialect}.{}\" => {at},", op.mnemonic);
    }
    text.push_str("            _ => return None,\n        })\n    }\n\n    fn of(number: usize, values: &mut Values) -> Option<Self> {\n        Some(match number {\n");
    for (at, op) in ops.iter().enumerate() {
        let payload = op
            .structure
            .as_ref()
            .map_or(String::new(), |name| format!("{name}::of(values)?"));
        let _ = writeln!(text, "            {at} => Self::{},", variant(op, &payload));
    }
    text.push_str("            _ => return None,\n        })\n    }\n\n    fn values(&self) -> Vec<Option<AttributeValue>> {\n        match self {\n");
    for op in ops {
        let _ = match &op.structure {
            Some(_) => writeln!(text, "            Self::{}(op) => op.values(),", op.variant),
            None => writeln!(text, "            Self::{} => Vec::new(),", variant(op, "")),
        };
    }
    text.push_str(
        "        }
    }
}

impl Op {
    /// Its declaration.
    pub fn declaration(&self) -> &'static Declaration {
        &DECLARATIONS[Declared::number(self)]
    }

    /// Its name as ONNX and QONNX spell it, for messages.
    pub fn name(&self) -> &'static str {
        self.declaration().name()
    }

    /// Its name in MLIR.
    pub fn mlir_name(&self) -> &'static str {
        self.declaration().op
    }

    /// The least and the greatest number of operands, absent optional ones at the end not counted.
    pub fn arity(&self) -> (usize, usize) {
        self.declaration().arity()
    }

    /// Whether every result element depends on one element of each operand, the one that broadcasting puts in its
    /// place, or the parameters of its channel. Every such op has one result, whose shape is what the operands
    /// broadcast to.
    pub fn is_elementwise(&self) -> bool {
        self.declaration().elementwise
    }

    /// Reads an op in place. `None` if it is none of these, or an attribute is malformed or out of range.
    pub fn read(op: ir::Op<'_>) -> Option<Self> {
        crate::declare::read(op)
    }
}
",
    );
    // Those of the other dialects have fixed numbers of operands and results, or regions.
    if ops.iter().all(|op| op.in_onnx) {
        text.push_str(
            "
impl Op {
    /// Builds the op.
    pub fn build<'c>(
        &self,
        context: &'c melior::Context,
        operands: &[ir::Val<'c>],
        results: &[melior::ir::Type<'c>],
        location: melior::ir::Location<'c>,
    ) -> melior::ir::operation::Operation<'c> {
        crate::declare::build(self, context, operands, results, location)
    }
}
",
        );
    }
}
